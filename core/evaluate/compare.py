"""Is B really better than A? Two saved evaluations of the same examples, and who got worse."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import record
from core.errors import BadInput
from core.evaluate import store
from core.evaluate.intervals import RESAMPLES
from core.evaluate.kept import counted
from core.evaluate.metrics import metric
from core.evaluate.paired import TRIALS, Difference, differences
from core.evaluate.store import Evaluation
from core.workspace import Workspace

_METHOD = 2
"""Raise it when the computation changes: saved comparisons of another method are not used."""


@dataclass(frozen=True)
class Change:
    """One example under one metric: A's value, B's value, and `gain` > 0 where B is better."""

    id: str
    a: float
    b: float
    gain: float


@dataclass(frozen=True)
class Changes:
    """Every example under one metric, sorted by loss: B's worst first."""

    metric: str
    same_within: float
    worse: tuple[Change, ...]
    same: tuple[Change, ...]
    better: tuple[Change, ...]


@dataclass(frozen=True)
class Comparison:
    """B beside A on the same n examples."""

    a: Evaluation
    b: Evaluation
    n: int
    metrics: tuple[Difference, ...]
    examples_a: tuple[dict[str, Any], ...]
    examples_b: tuple[dict[str, Any], ...]

    def difference(self, name: str) -> Difference | None:
        """The row of one metric; None if one of the two lacks it."""
        return next((row for row in self.metrics if row.metric == name), None)

    def to_json(self) -> dict[str, Any]:
        """Names, n and the metrics' rows; not the examples."""
        return {
            "a": self.a.evaluation,
            "b": self.b.evaluation,
            "n": self.n,
            "metrics": [asdict(row) for row in self.metrics],
        }

    def changes(self, name: str) -> Changes:
        """What happened to each example, by the metric that speaks of one example.

        A corpus metric hands over to its companion: BLEU to chrF, macro F1 to accuracy.
        """
        row = metric(metric(name).example)
        sign = 1 if row.higher_is_better else -1
        found = []
        for left, right in zip(self.examples_a, self.examples_b, strict=True):
            a, b = left["scores"][row.name], right["scores"][row.name]
            found.append(Change(left["id"], a, b, sign * (b - a)))
        found.sort(key=lambda change: change.gain)
        return Changes(
            row.name,
            row.same_within,
            tuple(c for c in found if c.gain < -row.same_within),
            tuple(c for c in found if abs(c.gain) <= row.same_within),
            tuple(c for c in found if c.gain > row.same_within),
        )


def compare(workspace: Workspace, a: str, b: str, *, seed: int = 0) -> Comparison:
    """Compare two evaluations, matched by the ids of their examples; difference = B − A.

    Raises:
        NotFound: One of them does not exist.
        BadInput: They did not score the same examples, or share no metric; the message says how
            many ids they share.
    """
    left, right = store.open_evaluation(workspace, a), store.open_evaluation(workspace, b)
    examples_a, examples_b = _matched(
        left, right, store.examples(workspace, a), store.examples(workspace, b)
    )
    rows = tested(workspace, left, right, seed=seed)
    if not rows:
        raise BadInput(
            f"{a} and {b} share no metric ({_listing(left)}; {_listing(right)}); score both with "
            "the same --metric."
        )
    return Comparison(left, right, len(examples_a), rows, examples_a, examples_b)


def tested(
    workspace: Workspace, left: Evaluation, right: Evaluation, *, seed: int = 0
) -> tuple[Difference, ...]:
    """The metrics of two evaluations of the same examples (of one `example_set`); right − left.

    No example is read, and the result is kept beside the right one, so that it is computed once.
    """
    path = workspace.evaluation(right.evaluation) / f"against-{left.evaluation}.json"
    key = record.hash_json(
        [_METHOD, seed, RESAMPLES, TRIALS]
        + [[e.evaluation, e.key, e.created_at, e.language] for e in (left, right)]
    )
    known = _saved(path, key)
    if known is not None:
        return known
    names = [s.metric for s in left.scores
             if left.measured(s.metric) and right.measured(s.metric)
             and metric(s.metric).compared]  # fmt: skip
    counts_a, counts_b = counted(workspace, left, right, names)
    found = tuple(differences(
        counts_a, counts_b, language=left.language,
        separator=left.settings.get("label_separator"), seed=seed,
    ))  # fmt: skip
    record.write(path, "comparison", {"key": key, "metrics": [asdict(row) for row in found]})
    return found


def _saved(path: Path, key: str) -> tuple[Difference, ...] | None:
    if not path.exists():
        return None
    document = record.read(path, "comparison")
    if document["key"] != key:
        return None
    return tuple(Difference(**row) for row in document["metrics"])


def _listing(evaluation: Evaluation) -> str:
    return f"{evaluation.evaluation}: {', '.join(s.metric for s in evaluation.scores)}"


def _matched(
    left: Evaluation,
    right: Evaluation,
    examples_a: list[dict[str, Any]],
    examples_b: list[dict[str, Any]],
) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """The examples of both in A's order, if they are the same ones."""
    by_id = {example["id"]: example for example in examples_b}
    shared = [example for example in examples_a if example["id"] in by_id]
    if len(shared) < len(examples_a) or len(shared) < len(examples_b):
        raise BadInput(
            f"{left.evaluation} scored {len(examples_a):,} examples and {right.evaluation} "
            f"{len(examples_b):,}; they share {len(shared):,} ids. Only the same examples can be "
            "compared: score both on the same dataset, split and limit."
        )
    differ = sum(
        (e["input"], e["reference"]) != (by_id[e["id"]]["input"], by_id[e["id"]]["reference"])
        for e in shared
    )
    if differ:
        raise BadInput(
            f"{left.evaluation} and {right.evaluation} share {len(shared):,} ids, but {differ:,} "
            "of them stand for other texts: the data changed in between. Score both on the same "
            "version of the dataset."
        )
    return tuple(examples_a), tuple(by_id[e["id"]] for e in examples_a)
