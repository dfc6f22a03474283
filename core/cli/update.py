"""`assay update`: accepted feedback to a new dataset version, a new run, and the gate."""

from typing import Any

import click

from core.cli.common import emit, json_option, rows, say_job, workspace_option
from core.data.dataset import open_dataset
from core.evaluate import notation
from core.jobs import runner
from core.run import start_update
from core.text import format
from core.text.literal import printable
from core.train.retraining import retraining_cost
from core.train.runs import open_run
from core.update import verdicts
from core.update.champion import champion, history
from core.update.gate import Gate, margin_of
from core.update.learn import check_replay
from core.update.reference import served_run
from core.update.story import Version, story
from core.workspace import Workspace


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--run", "base", help="The run to update; else the champion, else the newest on D.")
@click.option("--preset", default="quick", show_default=True)
@click.option(
    "--replay",
    type=float,
    metavar="SHARE",
    help="Share of old rows among the training rows, 0 to 0.9; else all are used.",
)
@click.option(
    "--margin",
    type=float,
    metavar="M",
    help="Points that the new run may be worse on the test split; else 1.",
)
@click.option("--show", is_flag=True, help="Start nothing; show the versions and what they cost.")
@click.option("--usd-per-hour", type=float, help="What an hour of this machine costs, for --show.")
@workspace_option
@json_option
def update(
    dataset: str, base: str | None, preset: str, replay: float | None, margin: float | None,
    show: bool, usd_per_hour: float | None, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Turn accepted corrections into a new version of D and a new run, and ask the gate.

    One correction in five is held out: it is never learnt, and shows whether the new run is better.
    """
    data = open_dataset(workspace, dataset)
    if show:
        _show(workspace, data.name, usd_per_hour, as_json)
        return
    check_replay(replay)
    if margin is not None:
        margin_of(margin, "", "points")
    old = open_run(workspace, base).run if base else served_run(workspace, data.name).run
    job, _, _ = start_update(
        workspace, data.name, base=old, preset=preset, replay=replay, margin=margin
    )
    done = runner.follow(workspace, job.id, on_change=say_job)
    result = done.result or {}
    emit({"job": job.id, **result}, as_json, _words(result))


def _words(result: dict[str, Any]) -> str:
    verdict = result["verdict"]
    lines = [
        f"{result['run']} against {result['base']}: {result['metric']} "
        f"{format.fixed(verdict['difference'], sign=True)} "
        f"({format.interval(verdict['low'], verdict['high'], sign=True)}, n = {result['n']:,}): "
        f"{verdict['name']}. {result['corrections']} corrections learnt, {result['held']} held "
        f"out, now {result['data_version']}."
    ]
    gate = result["gate"]
    lines += verdicts.words(Gate.from_json(gate)) if gate else [result["gate_error"]]
    if gate and gate["passed"]:
        lines.append(f"`assay promote {result['run']}` lets it serve.")
    return "\n".join(lines)


def _show(workspace: Workspace, dataset: str, usd_per_hour: float | None, as_json: bool) -> None:
    found = story(workspace, dataset, usd_per_hour)
    cost = retraining_cost(workspace, dataset, usd_per_hour)
    decided = history(workspace, dataset)
    document = {
        "dataset": dataset, "champion": champion(workspace, dataset),
        "versions": [one.to_json() for one in found],
        "promotions": [one.to_json() for one in decided],
        "retraining_cost": cost.to_json() if cost else None,
    }  # fmt: skip
    lines = [_table(found) if found else f"There is no finished run on {dataset!r} yet."]
    lines += [
        f"{format.day(one.at)} {one.kind} {one.run} by {printable(one.who)}"
        f"{' (forced)' if one.forced else ''}: {printable(one.why)}" for one in decided
    ]  # fmt: skip
    if cost:
        lines.append(
            f"A round of retraining took {format.duration(cost.seconds)} (n = {len(cost.rounds)}, "
            f"{cost.device}): {format.usd(cost.usd)}."
        )
    emit(document, as_json, "\n".join(lines))


def _table(found: list[Version]) -> str:
    return rows(
        ("run", "finished", "score", "95 %", "gate", "requests", "liked", "seconds", "usd"),
        [
            (
                f"{one.run}{' (serves)' if one.champion else ''}", format.day(one.at),
                notation.number(one.score["value"], one.score["unit"]) if one.score else "-",
                notation.interval(one.score["low"], one.score["high"], one.score["unit"])
                if one.score else "-",
                one.gate or "-", f"{one.requests:,}",
                f"{100 * one.liked.value:.0f} % of {one.liked.n:,}" if one.liked else "-",
                format.number(one.seconds), format.usd(one.usd),
            )
            for one in found
        ],
    )  # fmt: skip
