"""`assay loadtest`: put a load on a server and measure how it does."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from core import run
from core.cli.common import emit, json_option, rows, say, say_job, workspace_option
from core.cli.loadtest_plan import plan_of
from core.cli.loadtest_text import headline, text_of
from core.errors import WorkFailed
from core.jobs import runner
from core.jobs.store import JobStore
from core.workspace import Workspace

SHAPES = "flat, office-hours, consumer-evening, two-peaks; or 24 numbers with commas"


class _OrUrl(click.Group):
    """A group whose first word may also be a URL, which is then what is tested."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`list`, `run` and `show` are commands; everything else is whom to test, and how."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_OrUrl, invoke_without_command=False, no_args_is_help=True)
def loadtest() -> None:
    """Put a load on a server: `assay loadtest URL …`, as `assay loadtest run --help` has it."""


@loadtest.command("run")
@click.argument("url", metavar="URL")
@click.option("--rate", type=float, metavar="X", help="Requests a second, at random (Poisson). Or:")
@click.option("--shape", metavar="NAME", help=f"A day squeezed into --minutes: {SHAPES}. Or:")
@click.option(
    "--ramp", is_flag=True, help="Growing rates until it is past its knee: the default. Or:"
)
@click.option("--clients", type=int, metavar="N", help="So many, each waiting for its answer.")
@click.option(
    "--requests-per-day", type=float, metavar="N", help="Of the day; each hour keeps its rate."
)
@click.option(
    "--minutes", type=float, metavar="M", help="The day's length, with --shape. Default: 5."
)
@click.option(
    "--duration", type=float, metavar="S", help="Seconds. Default: 30; of a ramp at most 600."
)
@click.option(
    "--step-seconds", type=float, metavar="S", help="Of a ramp's step, at least. Default: 10."
)
@click.option(
    "--multiple",
    type=float,
    metavar="K",
    help="Times the unloaded p95, what p95 may be at the knee; under 25 ms it may. Default: 3.",
)
@click.option("--max-p95-ms", type=float, metavar="MS", help="And what it may be besides.")
@click.option("--dataset", metavar="D", help="Ask its test split. Or:")
@click.option("--file", metavar="FILE", help="Ask the lines of a file. Or:")
@click.option("--text", metavar="T", help="Ask one text. Default: a sentence of ours.")
@click.option(
    "--model", metavar="M", help="What the server calls the model; and what is estimated."
)
@click.option(
    "--path",
    metavar="P",
    help="chat, completions, classify, translate or predict. Default: what the server does.",
)
@click.option("--stream", is_flag=True, help="Answers piece by piece: time to the first token.")
@click.option(
    "--max-tokens",
    type=click.IntRange(1),
    metavar="N",
    help="Longest answer, of chat and completions. Default: 128.",
)
@click.option("--timeout", type=float, metavar="S", help="For one request. Default: 60.")
@click.option("--max-requests", type=int, metavar="N", help="In all. Default: 1,000,000.")
@click.option("--max-in-flight", type=int, metavar="N", help="At once. Default: 512.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the arrivals.")
@click.option(
    "--key-env",
    metavar="NAME",
    help="Variable that holds the key. Default: ASSAY_TOKEN, for this machine alone.",
)
@click.option("--yes", is_flag=True, help="The server is another machine, and mine to test.")
@click.option("--no-calibrate", is_flag=True, help="Later estimates do not learn from it.")
@workspace_option
@json_option
def run_(url: str, workspace: Workspace, as_json: bool, **given: Any) -> None:
    """Send requests to URL when they are due, whatever became of those before.

    Times count from when a request was due (no coordinated omission). Ctrl-C keeps what was
    measured so far.
    """
    from core.deploy.loadtest_inputs import Inputs, texts
    from core.deploy.loadtest_store import open_loadtest
    from core.deploy.loadtest_target import check_allowed, check_url, read_key

    check_url(url)
    plan = plan_of(given)
    inputs = Inputs(given["dataset"], given["file"], given["text"])
    texts(workspace, inputs)
    how_many = f"about {plan.expected:,.0f} requests" if plan.expected else \
        f"up to {plan.most_requests:,} requests"  # fmt: skip
    check_allowed(url, how_many, yes=given["yes"])
    read_key(url, given["key_env"])
    request = run.LoadTestRequest(
        url, plan.to_json(), inputs.to_json(), given["path"], given["model"], given["stream"],
        given["max_tokens"] or _longest(), given["key_env"], given["yes"],
        not given["no_calibrate"],
    )  # fmt: skip
    name, whole = _followed(workspace, request)
    made = open_loadtest(workspace, name)
    emit(made.to_json(), as_json, text_of(made))
    if not whole:
        raise KeyboardInterrupt


def _longest() -> int:
    from core.deploy.loadtest import MAX_TOKENS

    return MAX_TOKENS


def _followed(workspace: Workspace, request: run.LoadTestRequest) -> tuple[str, bool]:
    """The name of the test, and whether it ran to its end: Ctrl-C keeps what there is."""
    job, _ = run.start(workspace, request)
    try:
        done = runner.follow(workspace, job.id, on_change=say_job)
    except KeyboardInterrupt:
        say(f"Stopping {job.id}; what was measured is kept.")
        with _unmoved():
            return _kept(workspace, job.id), False
    if done.result is None:
        raise WorkFailed(f"The job {job.id} left no result; `assay jobs logs {job.id}` says more.")
    return str(done.result["loadtest"]), True


@contextmanager
def _unmoved() -> Iterator[None]:
    """A second Ctrl-C does not lose what the first one asked to keep."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _kept(workspace: Workspace, job_id: str) -> str:
    runner.cancel(workspace, job_id)
    try:
        runner.follow(workspace, job_id)
    except WorkFailed as error:
        said = str(
            error
        )  # it was cancelled, as asked; or it failed, which is told if nothing is left
    with JobStore(workspace) as store:
        kept = [event.payload for event in store.events(job_id) if event.kind == "kept"]
    if not kept:
        raise WorkFailed(f"Nothing was measured before it was stopped. {said}")
    return str(kept[-1]["loadtest"])


@loadtest.command("list")
@workspace_option
@json_option
def list_(workspace: Workspace, as_json: bool) -> None:
    """List the load tests, newest first."""
    from core.deploy.loadtest_store import list_loadtests

    found = list_loadtests(workspace)
    lines: list[tuple[object, ...]] = [
        (made.name, made.plan.kind, f"{sum(stage.sent for stage in made.stages):,}",
         headline(made), made.created_at[:16])
        for made in found
    ]  # fmt: skip
    header = ("test", "how", "requests", "finding", "when (UTC)")
    emit({"loadtests": [made.to_json() for made in found]}, as_json,
         rows(header, lines) if found else "There is no load test yet.")  # fmt: skip


@loadtest.command()
@click.argument("name", metavar="NAME")
@workspace_option
@json_option
def show(name: str, workspace: Workspace, as_json: bool) -> None:
    """Show a load test again."""
    from core.deploy.loadtest_store import open_loadtest

    made = open_loadtest(workspace, name)
    emit(made.to_json(), as_json, text_of(made))
