"""Which evaluations can stand side by side, and who leads, and who is tied with the leader."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluate.compare import tested
from core.evaluate.holm import holm
from core.evaluate.metrics import metric
from core.evaluate.paired import ALPHA, Difference
from core.evaluate.score import Score
from core.evaluate.store import Evaluation, list_evaluations
from core.table import find
from core.workspace import Workspace

TESTED = 20
"""Models beyond these are far behind, and each test takes time."""


@dataclass(frozen=True)
class Group:
    """Evaluations of the same examples.

    Attributes:
        key: Equal for the same examples.
        evaluations: The newest of each model by a name that is unique here, newest first.
    """

    key: str
    evaluations: dict[str, Evaluation]

    @property
    def newest(self) -> Evaluation:
        """The newest evaluation; it says which dataset, version and split."""
        return next(iter(self.evaluations.values()))


@dataclass(frozen=True)
class Entry:
    """A row of the board: a model under one metric.

    Attributes:
        name: Of the model, unique in the group.
        evaluation, score: What was measured; the score has a value.
        best, worst: Between which ranks it stands; equal where the data tell.
        tied: Whether it cannot be told from the leader.
        p_value: Of the paired test against the leader, corrected for all of the board's tests; None
            for the leader, and beyond the first TESTED.
    """

    name: str
    evaluation: Evaluation
    score: Score
    best: int
    worst: int
    tied: bool
    p_value: float | None = None


@dataclass(frozen=True)
class Delta:
    """A model beside the baseline: the paired difference, and its p-value corrected for all."""

    difference: Difference
    p_value: float | None

    @property
    def verdict(self) -> str:
        """What the model is beside the baseline: "better", "worse" or "tie"."""
        told = self.p_value is not None and self.p_value < ALPHA
        return self.difference.verdict if told else "tie"


def groups(workspace: Workspace) -> list[Group]:
    """All evaluations, grouped by the examples they scored; newest group first."""
    found: dict[str, dict[str, Evaluation]] = {}
    for row in list_evaluations(workspace):
        names = found.setdefault(row.example_set, {})
        known = names.get(row.model)
        # A file of predictions may be called like a model.
        name = row.model if known is None or known.kind == row.kind else f"{row.model} ({row.kind})"
        names.setdefault(name, row)
    return [Group(key, names) for key, names in found.items()]


def rank(workspace: Workspace, group: Group, name: str) -> list[Entry]:
    """The board under one metric, best first.

    The first TESTED are each tested against the leader, paired, and the p-values are corrected for
    their number (Holm): who is not told apart is tied. Ranks among the others are told by intervals
    that do not overlap, which is stricter than a paired test.
    """
    scored = [
        (model, row, score)
        for model, row in group.evaluations.items()
        if (score := row.measured(name))
    ]
    higher = bool(metric(name).higher_is_better)
    scored.sort(key=lambda entry: entry[2].number, reverse=higher)
    if not scored or not metric(name).compared:
        return [Entry(model, row, score, 1, len(scored), False) for model, row, score in scored]
    deltas = against(workspace, [row for _, row, _ in scored[:TESTED]], name)
    ends = [_ends(score, 1 if higher else -1) for _, _, score in scored]
    behind = [delta is not None and delta.verdict != "tie" for delta in deltas]
    behind += [high < ends[0][0] for _, high in ends[TESTED:]]
    entries = []
    for place, (model, row, score) in enumerate(scored):
        better = sum(low > ends[place][1] for low, _ in ends)
        worse = sum(high < ends[place][0] for _, high in ends)
        best = 1 + max(better, int(behind[place]))
        worst = len(scored) - (sum(behind) if place == 0 else worse)
        delta = deltas[place] if place < TESTED else None
        entries.append(
            Entry(
                model, row, score, best, worst, not behind[place], delta.p_value if delta else None
            )
        )
    return entries


def against(
    workspace: Workspace, evaluations: Sequence[Evaluation], name: str
) -> list[Delta | None]:
    """Each beside the first of them under one metric; p-values corrected for their number (Holm).

    Returns:
        None for the first, and where a test was not possible.
    """
    first, *others = evaluations
    rows = [
        next((row for row in tested(workspace, first, other) if row.metric == name), None)
        for other in others
    ]
    corrected = iter(holm([row.p_value for row in rows if row and row.p_value is not None]))
    found: list[Delta | None] = [None]
    for row in rows:
        p_value = None if row is None or row.p_value is None else next(corrected)
        found.append(None if row is None else Delta(row, p_value))
    return found


def beside(
    workspace: Workspace, entries: Sequence[Entry], baseline: str
) -> dict[str, Delta | None]:
    """The best TESTED of the others beside a baseline, by name.

    Args:
        workspace: Where the evaluations live.
        entries: As `rank` gives them.
        baseline: The name of one of them.

    Returns:
        Nothing where the metric has no better and no worse.

    Raises:
        NotFound: No entry has that name; the message lists some that are.
    """
    base = find(entries, baseline, "model on the board")
    others = [entry for entry in entries if entry is not base][:TESTED]
    if not metric(base.score.metric).compared:
        return {}
    evaluations = [base.evaluation, *(entry.evaluation for entry in others)]
    deltas = against(workspace, evaluations, base.score.metric)[1:]
    return dict(zip((entry.name for entry in others), deltas, strict=True))


def _ends(score: Score, sign: int) -> tuple[float, float]:
    """The interval turned so that more is better; without one, nothing is told."""
    if score.low is None or score.high is None:
        return -math.inf, math.inf
    low, high = sorted((sign * score.low, sign * score.high))
    return low, high
