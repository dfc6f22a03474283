"""`assay`: commands grouped by stage, each imported only when it is called."""

import importlib
import sys
import traceback
from dataclasses import dataclass

import click

from core.errors import AssayError
from core.version import VERSION


@dataclass(frozen=True)
class Command:
    """A command: name, the group it is listed under, "module:function", one line of help."""

    name: str
    group: str
    target: str
    help: str


COMMANDS = (
    Command("demo", "Start here", "core.cli.demo:demo", "The guided example, from data to a decision."),
    Command("dashboard", "Start here", "core.cli.dashboard:dashboard", "Open the dashboard."),
    Command("doctor", "Start here", "core.cli.doctor:doctor", "What this machine has and lacks."),
    Command("data", "Data", "core.cli.data:data", "Import, list, show and check datasets."),
    Command("models", "Train", "core.cli.models:models", "Base models that can be used."),
    Command("train", "Train", "core.cli.train:train", "Fine-tune a model on a dataset."),
    Command("jobs", "Train", "core.cli.jobs:jobs", "Work under way: list, show, logs, cancel."),
    Command("runs", "Train", "core.cli.runs:runs", "Finished fine-tunes: list, show, diff."),
    Command("evaluate", "Evaluate", "core.cli.evaluate:evaluate", "Score a model on a dataset."),
    Command("compare", "Evaluate", "core.cli.evaluate:compare", "Two evaluations, paired."),
    Command("attention", "Understand", "core.cli.attention:attention", "What each head looks at."),
    Command("positions", "Understand", "core.cli.positions:positions", "How a model knows word order."),
    Command("cost", "Decide", "core.cli.cost:cost", "Price training and serving on A100s."),
    Command("plan", "Decide", "core.cli.plan:plan", "Rent, host or tune: a scenario, ranked."),
    Command("serve", "Deploy and update", "core.cli.serve:serve", "Answer over HTTP with a model."),
    Command("feedback", "Deploy and update", "core.cli.feedback:feedback", "What users said of the answers."),
    Command("update", "Deploy and update", "core.cli.update:update", "Feedback to a new run, old against new."),
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
                module, function = command.target.split(":")
                found: click.Command = getattr(importlib.import_module(module), function)
                return found
        return None

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
