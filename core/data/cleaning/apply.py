"""A recipe applied to a version of a dataset: a new version, and what each step did, with examples.

Rows stay in their splits. What a step must know of all rows it learns from the training rows alone;
the test rows are then changed in the same way, and those that a filter drops are counted apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from core.data import dataset as store
from core.data.cleaning.changes import Change
from core.data.cleaning.filters import Judge, text_parts
from core.data.cleaning.recipe import Chosen, Recipe, as_json
from core.data.dataset import SPLITS, Dataset
from core.data.derive import derive
from core.data.example import Example
from core.data.preprocess import clean as tidy
from core.data.spool import Spool
from core.errors import BadInput
from core.workspace import Workspace

EXAMPLES_KEPT = 5
_AROUND = 60
_SHOWN = 240


@dataclass
class Tally:
    """What one step did.

    Attributes:
        step: Its name.
        settings: All of them.
        changed: Rows with a changed text, by split.
        dropped: Rows dropped, by split.
        changes: Up to EXAMPLES_KEPT rows before and after: id, split, part, before, after.
        drops: Up to EXAMPLES_KEPT rows dropped: id, split, reason, text.
    """

    step: str
    settings: dict[str, Any]
    changed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    dropped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    changes: list[dict[str, str]] = field(default_factory=list)
    drops: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Cleaned:
    """What cleaning did, or would do.

    Attributes:
        parent: The version that was cleaned.
        dataset: The new version; None for a trial, or where nothing was to be changed.
        recipe: The steps, in order.
        tallies: What each did.
        rows: Rows looked at, by split.
        left: Rows left of them, by split.
    """

    parent: Dataset
    dataset: Dataset | None
    recipe: Recipe
    tallies: tuple[Tally, ...]
    rows: dict[str, int]
    left: dict[str, int]

    @property
    def anything(self) -> bool:
        """Whether a row was changed or dropped."""
        return any(sum((*t.changed.values(), *t.dropped.values())) for t in self.tallies)

    def report(self) -> dict[str, Any]:
        """As it is kept with the new version."""
        return {
            "recipe": as_json(self.recipe),
            "steps": [asdict(tally) for tally in self.tallies],
            "rows": self.rows,
            "left": self.left,
        }


def try_out(
    workspace: Workspace, dataset: Dataset, recipe: Recipe, most: int | None = None
) -> Cleaned:
    """Say what a recipe would do; keep nothing.

    Args:
        workspace: Where the dataset is.
        dataset: Its version.
        recipe: What to do.
        most: Look at no more rows of each split than that.

    Raises:
        BadInput: A step cannot be applied to this dataset.
    """
    run = _Run(workspace, dataset, recipe, most)
    left = {split: sum(1 for _ in run.rows(split)) for split in SPLITS}
    return Cleaned(dataset, None, recipe, run.tallies, run.seen, left)


def clean(workspace: Workspace, dataset: Dataset, recipe: Recipe) -> Cleaned:
    """Make a new version by a recipe; its record names the parent and holds recipe and report.

    Raises:
        BadInput: A step cannot be applied to this dataset, or no training row would be left.
    """
    run = _Run(workspace, dataset, recipe, None)
    made: dict[str, Spool] = {}
    for split in SPLITS:
        made[split] = Spool(workspace.root)
        for row in run.rows(split):
            made[split].append(row)
    left = {split: len(rows) for split, rows in made.items()}
    done = Cleaned(dataset, None, recipe, run.tallies, run.seen, left)
    if not left["train"]:
        raise BadInput(
            f"Cleaning would leave no training row of {dataset.title}; nothing was changed. "
            f"{_most_severe(run.tallies)}"
        )
    if not done.anything:
        return done
    return replace(done, dataset=_keep(workspace, dataset, made, done))


def _most_severe(tallies: Iterable[Tally]) -> str:
    worst = max(tallies, key=lambda tally: tally.dropped["train"])
    return f"The step {worst.step} dropped {worst.dropped['train']:,} of them; change its settings."


def _keep(
    workspace: Workspace, parent: Dataset, splits: dict[str, Spool], done: Cleaned
) -> Dataset:
    steps = [tally.step for tally in done.tallies]
    return derive(
        workspace,
        parent,
        splits,
        {"kind": "clean", "steps": steps},
        # The test rows must look like those that a model learns from.
        unlock=f"cleaned like the other splits: {', '.join(steps)}",
        report={"cleaning": done.report()},
    )


class _Run:
    """A recipe under way on one dataset."""

    def __init__(
        self, workspace: Workspace, dataset: Dataset, recipe: Recipe, most: int | None
    ) -> None:
        self.tallies = tuple(Tally(chosen.step.name, chosen.settings) for chosen in recipe)
        self.seen = dict.fromkeys(SPLITS, 0)
        self._read = partial(store.each, workspace, dataset, most=most)
        self._parts = text_parts(dataset.task)
        self._answers = dataset.task == "question-answering"
        self._acts: list[tuple[Change | None, Judge | None, Sequence[str]]] = []
        self._columns = [chosen.step.columns for chosen in recipe]
        for chosen in recipe:
            self._acts.append(self._prepared(chosen, dataset))

    def _prepared(
        self, chosen: Chosen, dataset: Dataset
    ) -> tuple[Change | None, Judge | None, Sequence[str]]:
        parts = [part for part in chosen.settings.get("parts", ()) if part in self._parts]
        settings = {**chosen.settings, "parts": parts}
        if chosen.step.judge:
            return None, chosen.step.judge(settings, self._training, dataset), ()
        if not parts:
            raise BadInput(
                f"The step {chosen.step.name} has no text to work on: of {dataset.title} it can "
                f"change {', '.join(self._parts)}."
            )
        if chosen.step.change is None:
            raise TypeError(f"The step {chosen.step.name} does nothing.")
        return chosen.step.change(settings, self._training), None, parts

    def _training(self) -> Iterator[Example]:
        """The training rows after the steps that are prepared so far; nothing is counted."""
        rows = (self._through(row, "train", None) for row in self._read("train"))
        return (row for row in rows if row is not None)

    def rows(self, split: str) -> Iterator[Example]:
        """The rows of a split that are left, changed; what was done is counted."""
        for row in self._read(split):
            self.seen[split] += 1
            left = self._through(row, split, self.tallies)
            if left is not None:
                yield left

    def _through(self, row: Example, split: str, tallies: Sequence[Tally] | None) -> Example | None:
        for number, (change, judge, parts) in enumerate(self._acts):
            columns = self._columns[number]
            after = self._changed(row, change, parts, columns=columns) if change else row
            reason = judge(row) if judge else self._broken(after) if after is not row else None
            if tallies:
                _count(tallies[number], split, row, after, reason)
            if reason:
                return None
            row = after
        return row

    @staticmethod
    def _changed(row: Example, change: Change, parts: Sequence[str], *, columns: bool) -> Example:
        """The row with its texts changed; itself where nothing is."""
        made: dict[str, Any] = {}
        if columns and row.columns:
            values = {name: change(value) for name, value in row.columns.items()}
            made = {"columns": values} if values != row.columns else {}
        for part in parts:
            text = getattr(row, part)
            after = change(text)
            if after != text and (after := tidy(after)) != text:
                made[part] = after
        return replace(row, **made) if made else row

    def _broken(self, row: Example) -> str | None:
        """Why a changed row can no longer be used, or None."""
        for part in self._parts:
            if not getattr(row, part):
                return f"{part}: 0"
        if self._answers and row.target not in (row.context or ""):
            return "target ∉ context"
        return None


def _count(tally: Tally, split: str, before: Example, after: Example, reason: str | None) -> None:
    if reason:
        tally.dropped[split] += 1
        if len(tally.drops) < EXAMPLES_KEPT:
            part = reason.partition(":")[0]
            text = getattr(before, part if part in ("target", "context") else "input")
            shown = {"id": before.id, "split": split, "reason": reason, "text": text[:_SHOWN]}
            tally.drops.append(shown)
    elif after is not before:
        tally.changed[split] += 1
        if len(tally.changes) < EXAMPLES_KEPT:
            tally.changes.append({"id": before.id, "split": split, **_excerpt(before, after)})


def _excerpt(before: Example, after: Example) -> dict[str, str]:
    """The first part that differs, from a little before the place where it does."""
    for part in ("input", "target", "context"):
        old, new = getattr(before, part), getattr(after, part)
        if old != new:
            begin = max(0, _first_difference(old, new) - _AROUND)
            dots = "…" if begin else ""
            return {
                "part": part,
                "before": dots + old[begin : begin + _SHOWN],
                "after": dots + new[begin : begin + _SHOWN],
            }
    old_columns, new_columns = before.columns or {}, after.columns or {}
    for name, old in old_columns.items():
        if old != new_columns[name]:
            return {"part": "columns", "before": old[:_SHOWN], "after": new_columns[name][:_SHOWN]}
    raise ValueError("The rows do not differ.")


def _first_difference(one: str, other: str) -> int:
    signs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in signs if a != b), min(len(one), len(other)))
