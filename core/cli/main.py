"""`assay`: commands grouped by stage, each imported only when it is called."""

import importlib
import sys
import traceback
from dataclasses import dataclass

import click
from click.shell_completion import CompletionItem

from core.errors import AssayError
from core.version import VERSION


@dataclass(frozen=True)
class Command:
    """A command: name, the group it is listed under, its module in core.cli, a line of help."""

    name: str
    group: str
    module: str
    help: str


COMMANDS = (
    Command("demo", "Start here", "demo", "The guided example, from data to a decision."),
    Command("dashboard", "Start here", "dashboard", "Open the dashboard."),
    Command("doctor", "Start here", "doctor", "What this machine has and lacks."),
    Command("data", "Data", "data", "Import, clean, list, show and check datasets."),
    Command("models", "Train", "models", "Base models that can be used."),
    Command("train", "Train", "train", "Fine-tune a model on a dataset."),
    Command("jobs", "Train", "jobs", "Work: list, show, logs, pause, resume, cancel, clone."),
    Command("runs", "Train", "runs", "Fine-tunes: list, show, diff, progress, curves."),
    Command("evaluate", "Evaluate", "evaluate", "Score a model on a dataset."),
    Command("compare", "Evaluate", "evaluate", "Two evaluations, paired."),
    Command("slices", "Evaluate", "where", "Where a model is weak, or B loses."),
    Command("flips", "Evaluate", "where", "What got better from A to B, what worse."),
    Command("examples", "Evaluate", "where", "Answers one by one, with what is striking."),
    Command("robustness", "Evaluate", "robustness", "The same test under disturbances."),
    Command("judge", "Evaluate", "judge", "Whose answers are better, by a model."),
    Command("evaluations", "Evaluate", "evaluations", "List, show, export; import lm-eval’s."),
    Command("attention", "Understand", "attention", "What each head looks at."),
    Command("heads", "Understand", "heads", "What each head is worth, and does."),
    Command("moved", "Understand", "heads", "Which heads a fine-tune moved."),
    Command("alignment", "Understand", "heads", "Which head aligns source and target."),
    Command("explain", "Understand", "explain", "Which tokens an answer hangs on."),
    Command("trust", "Understand", "trust", "Whether what attention shows matters."),
    Command("positions", "Understand", "positions", "How a model knows word order."),
    Command("context", "Understand", "context", "How long an input it can be trusted with."),
    Command("cost", "Decide", "cost", "Price training and serving on A100s."),
    Command("plan", "Decide", "plan", "Rent, host, tune or build: a scenario, ranked."),
    Command("report", "Decide", "report", "A plan with its evidence, as HTML or PDF."),
    Command("compress", "Deploy and update", "compress", "A run smaller or faster, measured."),
    Command("export", "Deploy and update", "export", "A run as a folder, or onto the Hub."),
    Command("serve", "Deploy and update", "serve", "Answer over HTTP with a model."),
    Command("loadtest", "Deploy and update", "loadtest", "How much a server can bear."),
    Command("keys", "Deploy and update", "keys", "Who may ask a server: add, list, revoke."),
    Command("feedback", "Deploy and update", "feedback", "What users said of the answers."),
    Command("drift", "Deploy and update", "drift", "Live traffic against the training data."),
    Command("update", "Deploy and update", "update", "Feedback to a new run, and the gate."),
    Command("promote", "Deploy and update", "promote", "Let a run serve, through the gate."),
    Command("rollback", "Deploy and update", "promote", "Let the one before serve again."),
    Command("schedule", "Deploy and update", "schedule", "When to retrain by itself."),
)  # fmt: skip


class Assay(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the life cycle."""
        return [command.name for command in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None if there is none of that name."""
        for command in COMMANDS:
            if command.name == cmd_name:
                module = importlib.import_module(f"core.cli.{command.module}")
                found: click.Command = getattr(module, command.name)
                return found
        return None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name without importing any, or an option."""
        names = [
            CompletionItem(command.name, help=command.help)
            for command in COMMANDS
            if command.name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by stage, without importing any."""
        groups = dict.fromkeys(command.group for command in COMMANDS)
        for group in groups:
            with formatter.section(group):
                formatter.write_dl([(c.name, c.help) for c in COMMANDS if c.group == group])


@click.command(cls=Assay, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="assay")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """What a language model is worth to you: tune, score, explain, price, decide."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with the contract's exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    try:
        status = cli.main(
            [word for word in given if word != "--debug"], prog_name="assay", standalone_mode=False
        )
    except click.exceptions.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"assay: {' '.join(error.format_message().split())}", err=True)
        sys.exit(2)
    except AssayError as error:
        if debug:
            traceback.print_exc()
        click.echo(f"assay: {error}", err=True)
        sys.exit(error.exit_status)
    sys.exit(status if isinstance(status, int) else 0)
