"""`assay schedule`: when to retrain without being asked."""

import time
from dataclasses import replace

import click

from core import due as scheduler
from core.cli.common import emit, json_option, rows, workspace_option
from core.data.dataset import open_dataset
from core.errors import BadInput
from core.text.format import minute
from core.update import schedule as store
from core.update.gate import margin_of
from core.update.learn import check_replay
from core.update.schedule import Schedule
from core.update.who import name_of
from core.workspace import Workspace


@click.command()
@click.argument("dataset", metavar="[D|run]", required=False)
@click.option("--monthly", is_flag=True, help="A month after now, then after each start.")
@click.option(
    "--at-corrections",
    type=int,
    metavar="N",
    help="As soon as N accepted corrections can be learnt.",
)
@click.option("--on-drift", is_flag=True, help="After a drift alarm; drift is looked at daily.")
@click.option("--replay", type=float, metavar="SHARE", help="As `assay update --replay`.")
@click.option("--margin", type=float, metavar="M", help="As `assay update --margin`.")
@click.option("--preset", default="quick", show_default=True)
@click.option("--off", is_flag=True, help="End the schedule of D.")
@click.option("--list", "listed", is_flag=True, help="Show all schedules.")
@click.option("--who", metavar="NAME", help="Whose schedule it is; else the account's name.")
@workspace_option
@json_option
def schedule(
    dataset: str | None, monthly: bool, at_corrections: int | None, on_drift: bool,
    replay: float | None, margin: float | None, preset: str, off: bool, listed: bool,
    who: str | None, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Retrain D each month, at so many corrections, or on drift; any that is named is enough.

    Nothing sleeps in the background: whoever looks next starts what is due, the dashboard or any
    command. Where nobody may look for days, put `assay schedule run` into cron:

        0 * * * * assay schedule run --workspace DIR

    A finished update is never promoted by itself: `assay promote` is a person's word.
    """
    if listed or (dataset is None and not (monthly or at_corrections or on_drift or off)):
        _list(workspace, as_json)
        return
    if dataset is None:
        raise BadInput("Name the dataset whose schedule is meant: `assay schedule D --monthly`.")
    if dataset == "run":
        _run(workspace, as_json)
        return
    name = open_dataset(workspace, dataset).name
    if off:
        store.remove(workspace, name)
        emit({"dataset": name, "schedule": None}, as_json, f"{name} has no schedule any more.")
        return
    check_replay(replay)
    if margin is not None:
        margin_of(margin, "", "points")
    made = Schedule(name, monthly, at_corrections, on_drift, replay, margin, preset, name_of(who),
                    time.time())  # fmt: skip
    before = store.schedule_of(workspace, name)
    if before:
        made = replace(made, started_at=before.started_at, job=before.job, reason=before.reason)
    store.put(workspace, made)
    emit(made.to_json(), as_json, f"{name}: {words(made)}. {HOW}")


HOW = ("It starts when somebody looks: the dashboard, any command, or `assay schedule run` from "
       "cron.")  # fmt: skip


def words(made: Schedule) -> str:
    """When it is due."""
    parts = []
    if made.monthly_at is not None:
        parts.append(f"monthly, next {minute(made.monthly_at)} UTC")
    if made.at_corrections is not None:
        parts.append(f"at {made.at_corrections:,} corrections")
    if made.on_drift:
        parts.append("on drift")
    return ", or ".join(parts)


def _list(workspace: Workspace, as_json: bool) -> None:
    found = store.schedules(workspace)
    table = rows(
        ("dataset", "when", "last looked at", "last start", "why", "job"),
        [
            (one.dataset, words(one), minute(one.looked_at) if one.looked_at else "never",
             minute(one.started_at) if one.started_at else "never", one.reason or "-",
             one.job or "-")
            for one in found
        ],
    )  # fmt: skip
    text = (
        f"{table}\n{HOW}"
        if found
        else "There is no schedule; `assay schedule D --monthly` makes one."
    )
    emit({"schedules": [one.to_json() for one in found]}, as_json, text)


def _run(workspace: Workspace, as_json: bool) -> None:
    made = scheduler.carry_out(workspace)
    lines = [f"{one.dataset}: {one.kind} {one.job} ({one.reason})" for one in made]
    emit(
        {"started": [{"dataset": one.dataset, "kind": one.kind, "reason": one.reason,
                      "job": one.job} for one in made]},
        as_json, "\n".join(lines) or "Nothing is due.",
    )  # fmt: skip
