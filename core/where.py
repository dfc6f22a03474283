"""Where a model is weak, and why: a saved evaluation by slices, and against what it learnt from."""

from dataclasses import dataclass
from typing import Any

from core import record
from core.data import dataset as datasets
from core.data.dataset import Dataset
from core.errors import BadInput, NotFound
from core.evaluate import metrics as table
from core.evaluate import store
from core.evaluate.compare import compare
from core.evaluate.flags import flags
from core.evaluate.intervals import RESAMPLES
from core.evaluate.kept import counted, counts_of
from core.evaluate.metrics import scorer_of
from core.evaluate.paired import TRIALS
from core.evaluate.scorer import Array
from core.evaluate.seen import OVERLAPPING, seen
from core.evaluate.sliced import Sliced, measure
from core.evaluate.slices import Slice, find_slices
from core.evaluate.store import Evaluation
from core.evaluate.tally import aligned
from core.train.runs import has_run, open_run
from core.workspace import Workspace

METHOD = 3
"""Raise it when slices are made or measured in another way."""
SEED = 0

Examples = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Where:
    """An evaluation by slices.

    Attributes:
        a, b: Names of the evaluations; a None = b is looked at alone.
        metric, unit: What scored it.
        n: Examples.
        training: NAME@VERSION of the data whose training split was looked through; None = none.
        own: Whether the model learnt from just that split; else what it learnt from is not known.
        overlapping: Examples that overlap that split; None = not known.
        unseen_share: Share of the inputs' words that do not stand there, 0 to 1; None = not known.
        rows: The slices, where B loses most first.
        members: For each row the places of its examples, in the order of A, or of B alone.
    """

    a: str | None
    b: str
    metric: str
    unit: str
    n: int
    training: str | None
    own: bool
    overlapping: int | None
    unseen_share: float | None
    rows: tuple[Sliced, ...]
    members: tuple[tuple[int, ...], ...]

    def row(self, kind: str) -> Sliced | None:
        """The first slice of a kind."""
        return next((row for row in self.rows if row.kind == kind), None)

    def to_json(self) -> dict[str, Any]:
        """All but the places."""
        return {
            "a": self.a, "b": self.b, "metric": self.metric, "unit": self.unit, "n": self.n,
            "training": self.training, "training_is_the_models_own": self.own,
            "overlapping": self.overlapping, "unseen_word_share": self.unseen_share,
            "slices": [row.to_json() for row in self.rows],
        }  # fmt: skip


def where(workspace: Workspace, b: str, a: str | None = None, metric: str | None = None) -> Where:
    """Measure the slices of an evaluation, beside another of the same examples if one is named.

    The result is kept beside B, so that it is computed once.

    Args:
        workspace: Where they are.
        b: Name of the evaluation.
        a: Name of the one that it is compared with.
        metric: Name of a metric of both; None = the headline.

    Raises:
        NotFound: One of them does not exist.
        BadInput: They did not score the same examples; the metric is not among their scores.
    """
    right = store.open_evaluation(workspace, b)
    left = store.open_evaluation(workspace, a) if a else None
    name = scored(metric, right, left)
    training, own = training_of(workspace, right)
    key = record.hash_json(
        [METHOD, SEED, RESAMPLES, TRIALS, name, training and training.title]
        + [[e.evaluation, e.key, e.created_at] for e in (right, left) if e]
    )
    path = workspace.evaluation(b) / f"slices-{name}-{a or 'alone'}.json"
    if path.exists():
        document = record.read(path, "slices")
        if document["key"] == key:
            return _made(document)
    made = _measured(workspace, right, left, name, training, own)
    body = made.to_json() | {"members": [list(places) for places in made.members], "key": key}
    record.write(path, "slices", body)
    return made


def scored(metric: str | None, right: Evaluation, left: Evaluation | None = None) -> str:
    """The name of a metric that scored one evaluation, or both; None = the headline of the first.

    Raises:
        BadInput: One of them has no such score.
    """
    name = metric or right.headline.metric
    for one in filter(None, (right, left)):
        score = one.score(name)
        if score is None or score.value is None:
            known = ", ".join(s.metric for s in one.scores if s.value is not None)
            raise BadInput(
                f"{one.evaluation} has no score called {name!r}; it has {known or 'none'}."
            )
    if not table.metric(name).compared:
        raise BadInput(
            f"By {name} no part of the examples is better than another: it has no direction, or is "
            "no sum over examples. Name another --metric."
        )
    return name


def training_of(workspace: Workspace, made: Evaluation) -> tuple[Dataset | None, bool]:
    """The data whose training split a model may have learnt from, and whether it surely did.

    A run's own; for another model, whose data nobody knows, those it was scored on.
    """
    title, own = f"{made.dataset}@{made.data_version}", False
    if made.kind == "model" and has_run(workspace, made.model):
        run = open_run(workspace, made.model)
        title, own = f"{run.dataset.partition('@')[0]}@{run.data_version}", True
    try:
        return datasets.open_dataset(workspace, title), own
    except NotFound:
        return None, own  # the data were deleted, or the scores came from elsewhere


def opened(
    workspace: Workspace, b: str, a: str | None
) -> tuple[Evaluation, Examples, Examples | None]:
    """An evaluation, its examples, and those of another in the same order.

    Raises:
        NotFound: One of them does not exist.
        BadInput: They did not score the same examples.
    """
    if a is None:
        return store.open_evaluation(workspace, b), tuple(store.examples(workspace, b)), None
    both = compare(workspace, a, b)
    return both.b, both.examples_b, both.examples_a


def _measured(
    workspace: Workspace,
    right: Evaluation,
    left: Evaluation | None,
    name: str,
    training: Dataset | None,
    own: bool,
) -> Where:
    _, examples, _ = opened(workspace, right.evaluation, left.evaluation if left else None)
    inputs = [str(example["input"]) for example in examples]
    held = None
    if training and training.splits.get("train"):
        rows = datasets.each(workspace, training, "train")
        held = seen(inputs, (row.input for row in rows))
    separator = right.settings.get("label_separator")
    found = find_slices(
        examples, right.task, separator=separator, seen=held,
        flags=[flags(example, right.task) for example in examples],
    )  # fmt: skip
    scorer = scorer_of(name, right.language, separator)
    a, b = _counts(workspace, right, left, name)
    rows_ = measure(name, scorer, found, b, a, seed=SEED)
    shares = [held.overlap(text) for text in inputs] if held else []
    score = right.score(name)
    return Where(
        left.evaluation if left else None, right.evaluation, name, score.unit if score else "",
        len(examples), training.title if training and held else None, own,
        sum((share or 0.0) >= OVERLAPPING for share in shares) if held else None,
        held.unseen_share(inputs) if held else None,
        tuple(rows_), tuple(_places(found, row) for row in rows_),
    )  # fmt: skip


def _counts(
    workspace: Workspace, right: Evaluation, left: Evaluation | None, name: str
) -> tuple[Array | None, Array]:
    """What each example adds to the metric, of A and of B, in the order of A's."""
    if left is None:
        return None, counts_of(workspace, right, [name])[1][name].table
    _, a, b = counted(workspace, left, right, [name])
    return aligned(a[name], b[name])


def _places(found: list[Slice], row: Sliced) -> tuple[int, ...]:
    return next(one.members for one in found if (one.kind, one.values) == (row.kind, row.values))


def _made(document: dict[str, Any]) -> Where:
    return Where(
        document["a"], document["b"], document["metric"], document["unit"], document["n"],
        document["training"], document["training_is_the_models_own"], document["overlapping"],
        document["unseen_word_share"],
        tuple(Sliced.from_json(row) for row in document["slices"]),
        tuple(tuple(places) for places in document["members"]),
    )  # fmt: skip
