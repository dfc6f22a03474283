"""`assay robustness`: the same test under disturbances."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core import run
from core.cli.common import emit, json_option, rows, workspace_option
from core.cli.follow import result_of
from core.evaluate import notation
from core.text.catalog import t
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.robustness import Robustness

LIMIT = 200
"""Examples unless told otherwise: each is answered about 20 times."""


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--model", required=True, metavar="M", help="Catalogue name, run, folder, Hub id.")
@click.option("--disturbance", "disturbances", multiple=True, metavar="X",
              help="typos, case, punctuation, paraphrase, truncation; repeat for more. "
                   "Default: all.")  # fmt: skip
@click.option("--split", type=click.Choice(["test", "validation", "train", "all"]),
              default="test", show_default=True)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True, metavar="N",
              help="At most so many examples; each is answered about 20 times.")  # fmt: skip
@click.option("--metric", metavar="X", help="Default: the headline metric.")
@workspace_option
@json_option
def robustness(
    dataset: str, model: str, disturbances: tuple[str, ...], split: str, limit: int,
    metric: str | None, workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Test a model on dataset D as it is and under disturbances of its inputs.

    Typing errors, capitals, marks left out, other words, the end cut off: the score at each
    strength, with its interval, and the loss against the test as it is.
    """
    from core.evaluate.disturb import DISTURBANCES
    from core.evaluate.prepare import prepare
    from core.evaluate.robustness import open_robustness
    from core.table import find

    # A wrong request is refused here, before anything is queued.
    names = tuple(find(DISTURBANCES, name, "disturbance").name for name in disturbances)
    ready = prepare(workspace, dataset, model=model, predictions=None, split=split,
                    metrics=[metric] if metric else [], limit=limit)  # fmt: skip
    request = run.RobustnessRequest(
        ready.dataset.title, model, tuple(dict.fromkeys(names)), metric, split, limit
    )
    made = open_robustness(workspace, result_of(workspace, request)["robustness"])
    emit({"robustness": made.name, **asdict(made)}, as_json, _robustness(made))


def _robustness(made: "Robustness") -> str:
    lines: list[tuple[object, ...]] = [
        (
            t(f"where.disturbance.{point.disturbance or 'clean'}"),
            f"{point.strength:.0%}" if point.disturbance else "",
            f"{point.changed:.0%}" if point.disturbance else "",
            notation.number(point.value, made.unit),
            notation.interval(point.low, point.high, made.unit),
            notation.change(point.difference, made.unit) if point.disturbance else "",
            notation.interval(point.difference_low, point.difference_high, made.unit, sign=True)
            if point.disturbance else "",
        )
        for point in made.points
    ]  # fmt: skip
    header = ("disturbance", "strength", "inputs changed", notation.title(made.metric),
              "95 % interval", "change", "95 % interval")  # fmt: skip
    return (
        f"{made.name}: {made.model} on {made.dataset}@{made.data_version}, {made.split} split, "
        f"n = {made.n:,}\n{rows(header, lines)}"
    )
