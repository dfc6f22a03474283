"""Is B really better than A? Two saved evaluations of the same examples, and who got worse."""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core import record
from core.errors import BadInput
from core.evaluate import store
from core.evaluate.intervals import RESAMPLES
from core.evaluate.kept import counted, separator_of
from core.evaluate.metrics import metric, scorer_of
from core.evaluate.paired import TRIALS, Difference, differences
from core.evaluate.store import Evaluation
from core.workspace import Workspace

_METHOD = 2
"""Raise it when the computation changes: saved comparisons of another method are not used."""
Examples = tuple[dict[str, Any], ...]


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
    """B beside A on the same n examples; their texts are read when somebody asks for them."""

    a: Evaluation
    b: Evaluation
    n: int
    metrics: tuple[Difference, ...]
    workspace: Workspace
    _changes: dict[str, Changes] = field(default_factory=dict, compare=False, repr=False)

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

    @property
    def examples_a(self) -> Examples:
        """A's examples, in its order."""
        return self._examples[0]

    @property
    def examples_b(self) -> Examples:
        """B's examples, in A's order."""
        return self._examples[1]

    @cached_property
    def _examples(self) -> tuple[Examples, Examples]:
        return _matched(self.workspace, self.a, self.b)

    def changes(self, name: str) -> Changes:
        """What happened to each example, by the metric that speaks of one example.

        A corpus metric hands over to its companion: BLEU to chrF, macro F1 to accuracy.
        """
        alone = metric(name).example
        if alone not in self._changes:
            self._changes[alone] = self._changed(alone)
        return self._changes[alone]

    def _changed(self, name: str) -> Changes:
        row, scorer = metric(name), scorer_of(name, self.a.language, separator_of(self.a))
        ids, counts_a, counts_b = counted(self.workspace, self.a, self.b, [name])
        a, b = (scorer.examples(each[name].table) for each in (counts_a, counts_b))
        gain = (b - a) if row.higher_is_better else (a - b)
        found = [
            Change(ids[i], float(a[i]), float(b[i]), float(gain[i]))
            for i in np.argsort(gain, kind="stable")
        ]
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
    if not left.example_set or left.example_set != right.example_set:
        _matched(workspace, left, right)
    rows = tested(workspace, left, right, seed=seed)
    if not rows:
        raise BadInput(
            f"{a} and {b} share no metric ({_listing(left)}; {_listing(right)}); score both with "
            "the same --metric."
        )
    return Comparison(left, right, left.n, rows, workspace)


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
    _, counts_a, counts_b = counted(workspace, left, right, names)
    found = tuple(differences(
        counts_a, counts_b, language=left.language,
        separator=separator_of(left), seed=seed,
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
    workspace: Workspace, left: Evaluation, right: Evaluation
) -> tuple[Examples, Examples]:
    """The examples of both in A's order, if they are the same ones."""
    examples_a, examples_b = (store.examples(workspace, e.evaluation) for e in (left, right))
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
