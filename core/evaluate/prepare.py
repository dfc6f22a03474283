"""What is to be scored, checked before any model is loaded or fetched."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.data import dataset as datasets
from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.evaluate import metrics as table
from core.evaluate.answer import Answer
from core.evaluate.answers import read_answers
from core.evaluate.similar import ENCODER
from core.evaluate.store import BASELINES, COPY_SOURCE, MAJORITY_CLASS
from core.evaluate.token_price import TokenPrice
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef, resolve, shape_of
from core.workspace import Workspace

_SHOWN = 3
"""Ids that stand for all that are on one side only."""


@dataclass(frozen=True)
class Prepared:
    """An evaluation that can begin: what to score, and where answers come from.

    Attributes:
        dataset, split, metrics, examples: What is scored, and how.
        model: The name of the model, or of the file of predictions.
        kind: One of `core.evaluate.store.KINDS`.
        ref: The model, for kind "model".
        limit: Of the examples; None = all.
        answers: By id, for kind "predictions".
        price: Of an endpoint's tokens, where it is known.
        encoder: What compares answers with references, where a metric needs it.
        notes: What is kept with the result: for predictions, how many ids are `missing` in the file
            or `unknown` to the dataset, and some of them; the prompt and price of an endpoint.
    """

    dataset: Dataset
    split: str
    metrics: tuple[str, ...]
    examples: tuple[Example, ...]
    model: str
    kind: str
    ref: ModelRef | None = None
    limit: int | None = None
    answers: dict[str, Answer] | None = None
    price: TokenPrice | None = None
    encoder: ModelRef | None = None
    notes: dict[str, Any] = field(default_factory=dict)


def prepare(
    workspace: Workspace,
    dataset_name: str,
    *,
    model: str | None,
    predictions: str | None,
    split: str | None,
    metrics: Sequence[str],
    limit: int | None,
    encoder: str | None = None,
) -> Prepared:
    """Check a request and gather what it names, without loading or fetching a model.

    A command calls this first, so that a wrong request is refused before a job is queued.

    Args:
        workspace: Where the dataset, and maybe the model, live.
        dataset_name: NAME or NAME@VERSION.
        model: A model's name, or a baseline's: "copy-source" repeats the input, "majority-class"
            always says the commonest label.
        predictions: A file of ids and predictions instead; exactly its ids are scored.
        split: "train", "validation", "test" or "all"; None = test, for predictions all.
        metrics: Names of metrics; none = the task's.
        limit: At most so many examples, chosen by the hash of their ids; None = all.
        encoder: The model that compares answers with references, for a metric that needs one; None
            = the starter that can.

    Raises:
        NotFound: There is no such dataset, model, file or metric.
        BadInput: Not one of `model` and `predictions`; no example; a model of another kind.
    """
    if (model is None) == (predictions is None):
        raise BadInput("Name a model or a file of predictions: one of the two, not both.")
    split = split or ("all" if predictions else "test")
    dataset, names, examples = gather(workspace, dataset_name, split, metrics)
    seer = encoder_for(workspace, names, encoder)
    if predictions is None:
        ref = _resolve(workspace, model or "", dataset.task)
        name, kind = (ref.name, "model") if ref else (model or "", model or "")
        return Prepared(dataset, split, names, limited(examples, limit), name, kind, ref, limit,
                        encoder=seer)  # fmt: skip
    path = Path(predictions)
    answers = read_answers(path)
    known, notes = _answered(f"the {split} split of {dataset.title}", examples, path.stem, answers)
    return Prepared(dataset, split, names, limited(known, limit), path.stem, "predictions",
                    limit=limit, answers=answers, encoder=seer, notes=notes)  # fmt: skip


def encoder_for(workspace: Workspace, metrics: Sequence[str], name: str | None) -> ModelRef | None:
    """The model that compares answers with references; None where no metric needs one.

    Raises:
        NotFound: There is no such model.
        BadInput: It is no encoder, or no metric needs it.
    """
    if not any(table.metric(metric).needs == "similarity" for metric in metrics):
        if name is not None:
            raise BadInput("No metric needs --encoder; ask for --metric bertscore or embedding.")
        return None
    ref = resolve(workspace, name or ENCODER)
    shape = shape_of(ref)
    if shape is not None and shape.family != "encoder":
        raise BadInput(f"{ref.name} is a {shape.family} model; name an encoder, such as {ENCODER}.")
    return ref


def gather(
    workspace: Workspace, dataset_name: str, split: str, metrics: Sequence[str]
) -> tuple[Dataset, tuple[str, ...], list[Example]]:
    """The dataset, the metrics that were asked for, and the examples of a split.

    Raises:
        NotFound: There is no such dataset or metric.
        BadInput: There is no example, or no such split.
    """
    dataset = datasets.open_dataset(workspace, dataset_name)
    names = table.choose(metrics, dataset.task)
    examples = datasets.read(workspace, dataset, split)
    if not examples:
        raise BadInput(
            f"The {split} split of {dataset.title} has no example to score; choose another with "
            "--split."
        )
    return dataset, names, examples


def _resolve(workspace: Workspace, name: str, task: str) -> ModelRef | None:
    """The model of that name, if it can do the task; None for the baseline."""
    labels = task == "text-classification"
    if name == COPY_SOURCE and labels:
        raise BadInput("copy-source repeats the input, which is no label; name majority-class.")
    if name == MAJORITY_CLASS and not labels:
        raise BadInput("majority-class says a label, which is no text; name copy-source.")
    if name in BASELINES:
        return None
    ref = resolve(workspace, name)
    shape = shape_of(ref)
    if shape is not None:
        purpose_for(shape.family, task, ref.name)
    return ref


def _answered(
    where: str, examples: Sequence[Example], name: str, answers: dict[str, Answer]
) -> tuple[list[Example], dict[str, Any]]:
    """The examples that a file answers, and how many ids are on one side only."""
    known = [example for example in examples if example.id in answers]
    if not known:
        raise BadInput(
            f"None of the {len(answers):,} ids of {name!r} is in {where}; the column id must hold "
            f"the dataset's ids, such as {', '.join(repr(e.id) for e in examples[:3])}."
        )
    ours = {example.id for example in examples}
    missing = [example.id for example in examples if example.id not in answers]
    unknown = [id_ for id_ in answers if id_ not in ours]
    return known, {
        "missing": len(missing), "missing_ids": missing[:_SHOWN],
        "unknown": len(unknown), "unknown_ids": unknown[:_SHOWN],
    }  # fmt: skip


def limited(examples: Sequence[Example], limit: int | None) -> tuple[Example, ...]:
    """At most `limit` examples, in their order.

    They are those whose ids have the smallest hashes: as good as drawn by lot, the same each time,
    and a smaller limit gives a part of what a larger one gives.

    Raises:
        BadInput: The limit is below 1.
    """
    if limit is None:
        return tuple(examples)
    if limit < 1:
        raise BadInput(f"The limit is {limit}; expected 1 or more examples.")
    order = sorted(examples, key=lambda e: hashlib.sha256(e.id.encode()).digest())
    chosen = {example.id for example in order[:limit]}
    return tuple(example for example in examples if example.id in chosen)
