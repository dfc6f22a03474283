"""`assay promote`, `assay rollback`: who serves a dataset, through the gate, and back."""

import click

from core.cli.common import emit, json_option, say_job, workspace_option
from core.data.dataset import open_dataset
from core.jobs import runner
from core.run import GateRequest, start
from core.text.literal import printable
from core.train.runs import open_run
from core.update import champion as registry
from core.update import verdicts
from core.update.gate import Gate, margin_of
from core.workspace import Workspace

who_option = click.option("--who", metavar="NAME", help="Who decides; else the account's name.")


@click.command()
@click.argument("run", metavar="R")
@click.option("--why", default="", help="The reason, which is kept with the decision.")
@click.option(
    "--margin",
    type=float,
    metavar="M",
    help="Points that R may be worse on the test split; else 1.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Promote whatever the gate says; needs --why, and stays in the record.",
)
@who_option
@workspace_option
@json_option
def promote(
    run: str, why: str, margin: float | None, force: bool, who: str | None, workspace: Workspace,
    as_json: bool,
) -> None:  # fmt: skip
    """Let run R serve its dataset, if it is not worse on the test split and better on what is new.

    Not worse: the paired 95 % interval against the champion lies above −M points. Better: so is
    the one on the held-out corrections above 0. Exits with 1 where the gate stays shut.
    """
    found = open_run(workspace, run)
    registry.fit(workspace, found.dataset, found.run)
    if margin is not None:
        margin_of(margin, "", "points")
    job, _ = start(workspace, GateRequest(found.run, margin))
    verdict = Gate.from_json(runner.follow(workspace, job.id, on_change=say_job).result or {})
    lines = verdicts.words(verdict)
    if not verdict.passed and not force:
        emit({"promoted": False, "gate": verdict.to_json()}, as_json, "\n".join(lines))
        raise SystemExit(1)
    made = registry.promote(workspace, found.dataset, found.run, who=who, why=why,
                            verdict=verdict.to_json(), forced=force)  # fmt: skip
    after = f", after {made.previous}" if made.previous else ""
    lines.append(f"{made.run} serves {made.dataset} from now on{after}: {printable(made.why)}")
    emit({"promoted": True, **made.to_json()}, as_json, "\n".join(lines))


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--why", default="", help="The reason, which is kept with the decision.")
@who_option
@workspace_option
@json_option
def rollback(dataset: str, why: str, who: str | None, workspace: Workspace, as_json: bool) -> None:
    """Let the run serve D that served before."""
    data = open_dataset(workspace, dataset)
    made = registry.rollback(workspace, data.name, who, why)
    emit(made.to_json(), as_json,
         f"{made.run} serves {made.dataset} again, in the place of {made.previous}.")  # fmt: skip
