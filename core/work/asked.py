"""Answers for an evaluation: from the store where they are known, else asked for now."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from core import record
from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput
from core.evaluate.answer import Answer
from core.evaluate.answered import asked_about, collect
from core.evaluate.baselines import baseline
from core.evaluate.metrics import metric
from core.evaluate.prepare import Prepared
from core.evaluate.prompt import make
from core.evaluate.source import Source, Tell
from core.evaluate.store import BASELINES
from core.jobs.context import Context
from core.models import hub
from core.models.resolve import ModelRef
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluate.local import LocalModel

MODEL_FILES = ("*.json", "*.safetensors", "model.bin", "*.model", "*.txt")
ANSWERING, SURPRISE, ALONE = (0.0, 0.85), (0.85, 0.9), (0.9, 0.95)
"""Stretches of the progress; the rest is scoring."""


def source_of(
    workspace: Workspace, work: Prepared, prompt: str | None = None, shots: int | None = None
) -> Source:
    """Where the answers of a model, or of a baseline, come from; fetches the model.

    Args:
        workspace: Where the dataset is.
        work: What is to be answered.
        prompt: A template of the user's own, for a decoder that was not tuned here.
        shots: Solved examples shown to it; None = as many as is usual.
    """
    if work.ref is None:
        return baseline(work.dataset.task, datasets.read(workspace, work.dataset, "train"))
    # Only a model needs torch: a file of predictions is scored without waiting for its import.
    from core.evaluate.local import LocalModel, takes_prompt

    ref = hub.fetch(work.ref)
    every = datasets.each(workspace, work.dataset, "all")
    if ref.engine == "ctranslate2":
        from core.evaluate.local_ct2 import Ct2Source

        return Ct2Source(ref, model_hash(ref), work.dataset, every)
    train = datasets.read(workspace, work.dataset, "train")
    words = make(work.dataset, train, shots, prompt) if takes_prompt(ref) else None
    return LocalModel(ref, model_hash(ref), work.dataset, every, words)


def model_hash(ref: ModelRef) -> str:
    """Hash over configuration, tokenizer and weights of a model that lies in a folder.

    Raises:
        BadInput: It has no folder: fetch it first.
    """
    if ref.path is None:
        raise BadInput(f"{ref.name} has not been fetched; nothing is there to hash.")
    return record.hash_files(path for pattern in MODEL_FILES for path in ref.path.glob(pattern))


def answers_of(
    workspace: Workspace, work: Prepared, source: Source | None, context: Context
) -> list[Answer]:
    """Answers in the order of the examples, with all that the metrics need."""
    examples = work.examples
    if source is None:
        return [(work.answers or {})[example.id] for example in examples]
    if work.kind in BASELINES:
        given = dict(pair for batch in source.answer(examples, _untold) for pair in batch)
        return [given[place] for place in range(len(examples))]
    context.report(0.0, "evaluate.progress.loading", n=len(examples))
    answers = collect(
        workspace, source.key, examples, source.answer, teller(context.part(*ANSWERING))
    )
    needs = {metric(name).needs for name in work.metrics}
    if work.price is not None:
        return work.price.priced(answers)
    if work.kind != "model":
        return answers
    return _further(workspace, cast("LocalModel", source), examples, answers, needs, context)


def _further(
    workspace: Workspace,
    model: "LocalModel",
    examples: Sequence[Example],
    answers: list[Answer],
    needs: set[str],
    context: Context,
) -> list[Answer]:
    """What a local model is asked besides its answers, where a metric needs it."""
    from core.evaluate.local import machine, timed

    if "likelihood" in needs:
        about = collect(
            workspace, {**model.key, "asked": "surprise"}, examples, model.surprise,
            teller(context.part(*SURPRISE)), by=asked_about,
        )  # fmt: skip
        answers = [
            replace(said, reference_nats=told.reference_nats,
                    reference_tokens=told.reference_tokens)
            for said, told in zip(answers, about, strict=True)
        ]  # fmt: skip
    if needs & {"latency", "speed"}:
        few = timed(examples)
        alone = collect(
            workspace, {**model.key, "asked": "alone", **machine()}, few, model.alone,
            teller(context.part(*ALONE)),
        )  # fmt: skip
        seconds = {e.id: told.seconds for e, told in zip(few, alone, strict=True)}
        answers = [replace(said, seconds=seconds.get(e.id))
                   for e, said in zip(examples, answers, strict=True)]  # fmt: skip
    return answers


def seen_by(
    encoder: ModelRef, examples: Sequence[Example], answers: Sequence[Answer], context: Context
) -> list[Answer]:
    """The answers with their similarity to the references, as a fetched encoder sees them."""
    # Only an encoder needs torch here: all other scores go without its import.
    from core.evaluate.similarity import compared

    def tell(_done: int, _total: int) -> None:
        context.check()

    return compared(encoder, [example.target for example in examples], answers, tell)


def _untold(_done: int, _total: int) -> None:
    """A baseline answers at once."""


def teller(context: Context) -> Tell:
    """Says how many are answered, and how long the others will take at this pace."""
    first: list[tuple[int, float]] = []

    def tell(done: int, total: int) -> None:
        first.append((done, time.monotonic()))
        known, begun = first[0]
        left_seconds = (time.monotonic() - begun) / (done - known) * (total - done) \
            if done > known else None  # fmt: skip
        if left_seconds is None:
            context.report(done / total, "evaluate.progress.answering", done=done, total=total)
        else:
            context.report(done / total, "evaluate.progress.left", done=done, total=total,
                           left_seconds=round(left_seconds))  # fmt: skip

    return tell
