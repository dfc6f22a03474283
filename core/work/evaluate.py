"""The evaluate job: examples, answers, scores, kept under a name and never computed twice."""

import time
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from core import record
from core.data import looks
from core.errors import BadInput
from core.evaluate import metrics as table
from core.evaluate import scoring, store
from core.evaluate.answer import of_texts
from core.evaluate.intervals import RESAMPLES
from core.evaluate.prepare import Prepared, prepare
from core.evaluate.store import Evaluation
from core.jobs.context import Context
from core.models import hub
from core.models.resolve import ModelRef
from core.workspace import Workspace

SEED = 0
BATCH_SIZE = 32
SETTINGS = {"seed": SEED, "resamples": RESAMPLES, "batch_size": BATCH_SIZE}
LIBRARIES = ("sacrebleu", "numpy", "torch", "transformers", "tokenizers")
"""What a result may depend on besides the data and the model."""
METHOD = 1
"""Raise it when answers or scores are made in another way."""
MODEL_FILES = ("*.json", "*.safetensors", "*.model", "*.txt")
_PREDICTING = 0.95
"""Share of the time that goes into answers; the rest is scoring."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Evaluate as an EvaluateRequest says; the result names the evaluation."""
    made = evaluate(
        context.workspace,
        request["dataset"],
        model=request["model"],
        predictions=request["predictions"],
        split=request["split"],
        metrics=request["metrics"],
        limit=request["limit"],
        context=context,
    )
    return {"evaluation": made.evaluation, "n": made.n}


def evaluate(
    workspace: Workspace,
    dataset_name: str,
    *,
    model: str | None = None,
    predictions: str | None = None,
    split: str | None = None,
    metrics: Sequence[str] = (),
    limit: int | None = None,
    context: Context,
    share: tuple[float, float] = (0.0, 1.0),
) -> Evaluation:
    """Score a model, or a file of predictions, and keep the result.

    What was scored before (same model, data, split, limit, metrics, method) is not scored again.
    Errors are those of `core.evaluate.prepare.prepare` and of fetching a model.

    Args:
        workspace: Where it is kept.
        dataset_name: NAME or NAME@VERSION.
        model: A model's name, or "copy-source".
        predictions: A file of ids and predictions instead.
        split: A split or "all"; None = test, for predictions all.
        metrics: Names of metrics; none = the task's.
        limit: At most so many examples; None = all.
        context: Told how far it is; may ask to stop.
        share: The part of the job's progress that this is.
    """
    begun = time.monotonic()
    work = prepare(
        workspace, dataset_name, model=model, predictions=predictions, split=split,
        metrics=metrics, limit=limit,
    )  # fmt: skip
    data = work.dataset
    settings: dict[str, Any] = {**SETTINGS, "limit": limit}
    ref, digest = _source(work)
    key = record.hash_json(
        [METHOD, work.kind, work.model, digest, data.name, data.version, work.split, work.metrics,
         settings, {name: metadata.version(name) for name in LIBRARIES}]
    )  # fmt: skip
    found = store.find(workspace, key)
    if found:
        context.report(share[1], "evaluate.progress.known", n=found.n)
        return found
    answers = _answers(work, ref, context, share)
    if work.split in ("test", "all"):
        # An answer from the store above tells nothing new; a new score does.
        looks.add_rows(workspace, data, "evaluate", work.model, work.examples)
    context.report(_at(share, _PREDICTING), "evaluate.progress.scoring", n=len(answers))
    references, language = [e.target for e in work.examples], data.target_language
    separator = data.label_separator
    scores = scoring.score(
        work.metrics,
        references,
        of_texts(answers),
        language=language,
        separator=separator,
        seed=SEED,
    )
    if separator is not None:
        settings["label_separator"] = separator
    known = [score.metric for score in scores if score.value is not None]
    rows = _rows(work, answers, known)
    made = Evaluation(
        "", data.name, data.version, data.task, work.split, language, work.model, work.kind,
        len(rows), tuple(scores), record.now(), key, time.monotonic() - begun,
        {**settings, **work.notes, "example_set": store.example_set(rows)},
    )  # fmt: skip
    return store.save(workspace, made, rows)


def _source(work: Prepared) -> tuple[ModelRef | None, str]:
    """The model, fetched, and a hash of where the answers come from."""
    if work.ref is None:
        return None, record.hash_json(work.answers)
    ref = hub.fetch(work.ref)
    return ref, model_hash(ref)


def model_hash(ref: ModelRef) -> str:
    """Hash over configuration, tokenizer and weights of a model that lies in a folder.

    Raises:
        BadInput: It has no folder: fetch it first.
    """
    if ref.path is None:
        raise BadInput(f"{ref.name} has not been fetched; nothing is there to hash.")
    return record.hash_files(path for pattern in MODEL_FILES for path in ref.path.glob(pattern))


def _answers(
    work: Prepared, ref: ModelRef | None, context: Context, share: tuple[float, float]
) -> list[str]:
    """Answers in the order of the examples."""
    if work.answers is not None:
        return [work.answers[example.id] for example in work.examples]
    # Only a model needs torch: a file of predictions is scored without waiting for its import.
    from core.evaluate import predict

    if ref is None:
        return predict.copy_source(work.examples)
    predict.use_cores()
    context.report(share[0], "evaluate.progress.loading", n=len(work.examples))

    def tell(done: int, total: int) -> None:
        at = _at(share, _PREDICTING * done / total)
        context.report(at, "evaluate.progress.answering", done=done, total=total)

    return predict.predict(
        ref, work.dataset, work.examples, on_progress=tell, batch_size=BATCH_SIZE
    )  # fmt: skip


def _at(share: tuple[float, float], part: float) -> float:
    return share[0] + (share[1] - share[0]) * part


def _rows(work: Prepared, answers: list[str], metrics: list[str]) -> list[dict[str, Any]]:
    """What is kept of each example."""
    references, language = [e.target for e in work.examples], work.dataset.target_language
    alone = {
        name: scoring.per_example(
            name,
            references,
            of_texts(answers),
            language=language,
            separator=work.dataset.label_separator,
        )
        for name in table.of_one_example(metrics)
    }
    return [
        {
            "id": example.id,
            "input": example.input,
            **({} if example.context is None else {"context": example.context}),
            "reference": example.target,
            "prediction": answer,
            "scores": {name: values[number] for name, values in alone.items()},
        }
        for number, (example, answer) in enumerate(zip(work.examples, answers, strict=True))
    ]
