"""How good an option is: measured here, entered with its source, or not known."""

from dataclasses import dataclass
from typing import Any, Literal

from core import record
from core.errors import NotFound
from core.strategy.scenario import Option, Quality, TunedOption
from core.workspace import Workspace, newest_first

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


def run_record(workspace: Workspace | None, name: str, quality: Quality) -> dict[str, Any] | None:
    """The record of a run; for "latest" that of the newest run scored by the scenario's metric.

    Returns:
        None if "latest" finds no such run.

    Raises:
        NotFound: There is no run of that name.
    """
    if workspace is None:
        return None
    if name != LATEST:
        return record.read(workspace.run(name) / "record.json", "run")
    for folder in newest_first(workspace.runs()):
        found = record.read(folder / "record.json", "run")
        if _score(found, quality):
            return found
    return None


def figure(
    option: Option, quality: Quality, run: dict[str, Any] | None, workspace: Workspace | None
) -> Figure | None:
    """The quality of an option: its run's score, else its evaluation's, else what was entered."""
    if isinstance(option, TunedOption) and run is not None and (row := _score(run, quality)):
        return _measured(row, f"{run['run']}, {run['dataset']}@{run['data_version']}")
    if option.evaluation is not None and workspace is not None:
        path = workspace.evaluation(option.evaluation) / "record.json"
        found = record.read(path, "evaluation")
        row = _score(found, quality)
        if row is None:
            raise NotFound(
                f"The evaluation {option.evaluation!r} has no {quality.metric} on "
                f"{quality.dataset or 'its dataset'}; score it with `assay evaluate … --metric "
                f"{quality.metric}`."
            )
        return _measured(row, f"{option.evaluation}, {found['dataset']}@{found['data_version']}")
    if option.quality is None:
        return None
    return Figure(
        quality.metric, option.quality, None, None, None, "entered", option.quality_source or ""
    )


def _score(found: dict[str, Any], quality: Quality) -> dict[str, Any] | None:
    """The row of a record's scores for the scenario's metric, if it is on the right dataset."""
    if quality.dataset is not None and found.get("dataset") != quality.dataset:
        return None
    rows: list[dict[str, Any]] = found.get("scores") or []
    return next((row for row in rows if row["metric"] == quality.metric), None)


def _measured(row: dict[str, Any], source: str) -> Figure:
    return Figure(
        row["metric"], row["value"], row["low"], row["high"], row["n"], "measured", source
    )
