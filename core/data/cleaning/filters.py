"""What decides whether a row stays: its languages, its lengths, how they compare."""

from array import array
from collections.abc import Callable
from statistics import median

from core.data.cleaning.changes import Rows, Settings
from core.data.cleaning.identify import is_other
from core.data.dataset import Dataset
from core.data.example import Example
from core.errors import BadInput

Judge = Callable[[Example], str | None]
"""Why a row goes, in names and numbers; None = it stays."""

_SMOOTH = 10
"""Characters added to both lengths: of very short texts no ratio can be told."""


def text_parts(task: str) -> tuple[str, ...]:
    """The parts of a row that are free text: a label is none."""
    if task == "text-classification":
        return ("input",)
    return ("input", "target", "context") if task == "question-answering" else ("input", "target")


def by_language(settings: Settings, _: Rows, dataset: Dataset) -> Judge:
    """Drops rows that are surely in another language than their part should be.

    Raises:
        BadInput: Neither the settings nor the dataset say which.
    """
    known = {"input": dataset.source_language, "target": dataset.target_language}
    wanted = {
        part: code
        for part in text_parts(dataset.task)
        if (code := settings.get(part) or known.get(part))
    }
    if not wanted:
        raise BadInput(
            f"Which language {dataset.title} is in is not known; say it with "
            "--set language.input=CODE or --set language.target=CODE."
        )

    def judge(row: Example) -> str | None:
        for part, code in wanted.items():
            text = getattr(row, part)
            if found := is_other(text, code, settings["certainty"], settings["letters"]):
                return f"{part}: {found} ≠ {code}"
        return None

    return judge


def by_length(settings: Settings, _: Rows, dataset: Dataset) -> Judge:
    """Drops rows with a text that is too short or too long."""
    limits = {
        part: (settings.get(f"{part}_least") or 0, settings[f"{part}_most"] or float("inf"))
        for part in text_parts(dataset.task)
    }

    def judge(row: Example) -> str | None:
        for part, (least, most) in limits.items():
            if not least <= len(getattr(row, part)) <= most:
                return f"{part}: {len(getattr(row, part)):,}"
        return None

    return judge


def by_ratio(settings: Settings, rows: Rows, dataset: Dataset) -> Judge:
    """Drops rows whose target is many times longer or shorter than their input lets expect.

    What is to be expected is the median ratio of the training rows.

    Raises:
        BadInput: The target is no free text of its own.
    """
    if dataset.task in ("text-classification", "question-answering"):
        raise BadInput(
            f"The step ratio compares the lengths of two texts; a row of {dataset.task} has one."
        )
    ratios = array("d", map(_ratio, rows()))
    usual = median(ratios) if ratios else 1.0
    most = settings["most"]

    def judge(row: Example) -> str | None:
        times = _ratio(row) / usual
        return None if 1 / most <= times <= most else f"{times:.2g}×"

    return judge


def _ratio(row: Example) -> float:
    return (len(row.target) + _SMOOTH) / (len(row.input) + _SMOOTH)
