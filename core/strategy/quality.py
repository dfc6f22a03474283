"""How good an option is: measured here, entered with its source, or not known."""

from dataclasses import dataclass
from typing import Literal

from core.errors import NotFound
from core.evaluate.metrics import METRICS
from core.evaluate.score import Score
from core.evaluate.store import open_evaluation
from core.strategy.sections import CompressedOption, Option, Quality
from core.table import find
from core.train.runs import Run, list_runs, open_run
from core.workspace import Workspace

LATEST = "latest"


@dataclass(frozen=True)
class Figure:
    """A score with its interval; `low` and `high` are None where the source gives none."""

    metric: str
    value: float
    low: float | None
    high: float | None
    n: int | None
    kind: Literal["measured", "entered"]
    source: str


def run_of(workspace: Workspace | None, name: str, quality: Quality) -> Run | None:
    """A run; for "latest" the newest finished one that is scored by the scenario's metric.

    Returns:
        None if "latest" finds no such run.

    Raises:
        NotFound: There is no finished run of that name.
    """
    if workspace is None:
        return None
    if name != LATEST:
        run = open_run(workspace, name)
        if run.state != "succeeded":
            raise NotFound(f"the run {name!r} is {run.state}: expected one that has succeeded.")
        return run
    runs = list_runs(workspace, quality.dataset)
    return next(
        (run for run in runs if run.state == "succeeded" and run.score(quality.metric)), None
    )


def figure(
    option: Option, quality: Quality, run: Run | None, workspace: Workspace | None
) -> Figure | None:
    """The quality of an option: its run's score, else its evaluation's, else what was entered.

    Raises:
        NotFound: The evaluation is not there, or has no such score.
    """
    # A smaller form of a model is not as good as the model: its own score must be measured.
    same = not isinstance(option, CompressedOption)
    on_it = run is not None and same and quality.dataset in (None, run.dataset)
    if run is not None and on_it and (row := run.score(quality.metric)):
        return _measured(Score.from_json(row), f"{run.run}, {run.dataset}@{run.data_version}")
    if option.evaluation is not None and workspace is not None:
        found = open_evaluation(workspace, option.evaluation)
        score = found.measured(quality.metric)
        if score is None or quality.dataset not in (None, found.dataset):
            raise NotFound(
                f"the evaluation {option.evaluation!r} has no {quality.metric} on "
                f"{quality.dataset or 'its dataset'}: expected one that has (`assay evaluate`)."
            )
        return _measured(score, f"{option.evaluation}, {found.dataset}@{found.data_version}")
    if option.quality is None:
        return None
    return Figure(
        quality.metric, option.quality, None, None, None, "entered", option.quality_source or ""
    )


def _measured(row: Score, source: str) -> Figure:
    return Figure(row.metric, row.number, row.low, row.high, row.n, "measured", source)


def lesser(first: Figure | None, then: Figure | None) -> Figure | None:
    """The one to count on of two that answer after each other: the worse; None if one is not known.

    Scores of one metric; a higher one is taken as better where the metric says so.
    """
    if first is None or then is None:
        return None
    better_high = find(METRICS, first.metric, "metric").higher_is_better
    pick = min if better_high else max
    return pick(first, then, key=lambda figure: figure.value)
