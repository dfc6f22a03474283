"""What live traffic is held against: the data a run was trained on, and its answers on the test.

Lengths and languages are those of the training split. A training input holds no unseen word by
definition, so the share of unseen words, and how rare words are, is that of rows held out:
validation, else test. A passage is no part of what is measured of an input. Answers are those
that the run was scored by.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from core.data import dataset as datasets
from core.data.dataset import Dataset, Example
from core.data.declined import declined
from core.errors import BadInput, NotFound
from core.evaluate import store
from core.train.runs import Run, list_runs, open_run
from core.update import traits
from core.update.champion import champion
from core.update.drift import FEATURES, Live, Value, Values
from core.update.traffic_read import Request
from core.update.traits import Vocabulary
from core.workspace import Workspace

MOST_ROWS = 5_000
"""Of more rows every so-many-th is looked at."""

CountTokens = Callable[[Sequence[str]], list[int]]
"""Texts to how many tokens the run's tokenizer makes of each."""


@dataclass(frozen=True)
class Reference:
    """What traffic is held against.

    Attributes:
        run: Whose traffic it is.
        data: What the run was trained on.
        values: Feature to its values.
        vocabulary: The words of the training split.
    """

    run: Run
    data: Dataset
    values: Values
    vocabulary: Vocabulary


def served_run(workspace: Workspace, dataset: str) -> Run:
    """The run whose traffic is looked at: the champion, else the newest that has succeeded.

    Raises:
        NotFound: There is none.
    """
    name = champion(workspace, dataset)
    if name:
        return open_run(workspace, name)
    for run in list_runs(workspace, dataset):
        if run.state == "succeeded":
            return run
    raise NotFound(
        f"There is no finished run on {dataset!r} whose traffic could drift; `assay train "
        f"{dataset}` makes one."
    )


def reference(workspace: Workspace, run: Run, count: CountTokens | None = None) -> Reference:
    """Measure the data of a run and its answers.

    Args:
        workspace: Where they are.
        run: A finished run.
        count: Counts tokens, where the answers' record does not say how many there were; None =
            they are left out then.

    Raises:
        NotFound: The data are gone.
        BadInput: They have no training split.
    """
    data = datasets.open_dataset(workspace, f"{run.dataset}@{run.data_version}")
    train = datasets.read(workspace, data, "train")
    if not train:
        raise BadInput(f"{data.title} has no training split to hold traffic against.")
    some = _some(train)
    known = traits.vocabulary(row.input for row in train)
    values: dict[str, list[Value]] = {
        "characters": [float(len(row.input)) for row in some],
        "language": [traits.language(row.input) for row in some],
    }
    held = datasets.read(workspace, data, "validation") or datasets.read(workspace, data, "test")
    for name, measure in (("unseen_share", known.unseen_share), ("rarity", known.rarity)):
        values[name] = _present(measure(row.input) for row in _some(held))
    values |= _answers(workspace, run, count)
    if not values.get("input_tokens") and count is not None:
        values["input_tokens"] = list(map(float, count([data.model_input(row) for row in some])))
    return Reference(run, data, values, known)


def _some(rows: Sequence[Example]) -> Sequence[Example]:
    return rows[:: -(-len(rows) // MOST_ROWS) or 1]


def _present(found: Iterable[Value | None]) -> list[Value]:
    return [value for value in found if value is not None]


def _answers(workspace: Workspace, run: Run, count: CountTokens | None) -> dict[str, list[Value]]:
    """Features of the answers that the run gave on its test split."""
    name = run.evaluations.get("tuned")
    try:
        rows = store.examples(workspace, name) if name else []
    except NotFound:
        rows = []  # the evaluation was deleted: outputs cannot be looked at
    if not rows:
        return {}
    texts = [str(row["prediction"]) for row in rows]
    found: dict[str, list[Value]] = {
        field: _present(row.get(field) for row in rows)
        for field in ("input_tokens", "output_tokens", "confidence")
    }
    found["refused"] = [str(declined(text)) for text in texts]
    if run.task == "text-classification":
        found["label"] = list(texts)
        found["output_tokens"] = []  # a class has no length
        found["refused"] = []
    elif not found["output_tokens"] and count is not None:
        found["output_tokens"] = list(map(float, count(texts)))
    return found


def measured(asked: Sequence[Request], against: Reference, names: Sequence[str]) -> Live:
    """The features of live requests; outputs only of the models in `names`: the run, its variants.

    What the server did not measure is measured of the text, where that was logged.
    """
    found: dict[str, list[tuple[Request, Value]]] = {}
    for feature in FEATURES:
        rows = [one for one in asked if feature.side == "input" or one.model in names]
        pairs = ((one, _value(one, feature.name, feature.field, against)) for one in rows)
        found[feature.name] = [(one, value) for one, value in pairs if value is not None]
    return found


def _value(one: Request, name: str, field: str, against: Reference) -> Value | None:
    value = getattr(one, field) if field else None
    if value is None and one.input_text is not None:
        text, known = one.input_text, against.vocabulary
        of_text: dict[str, Callable[[str], Value | None]] = {
            "characters": lambda said: float(len(said)), "language": traits.language,
            "unseen_share": known.unseen_share, "rarity": known.rarity,
        }  # fmt: skip
        value = of_text[name](text) if name in of_text else None
    if isinstance(value, bool):
        return str(value)
    return float(value) if isinstance(value, int) else value
