"""The evaluate job: examples, answers, scores, kept under a name and never computed twice."""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib import metadata
from typing import Any

from core import record
from core.data import dataset as datasets
from core.data import looks
from core.errors import AssayError, BadInput, WorkFailed
from core.evaluate import board, scoring, store
from core.evaluate import metrics as table
from core.evaluate.answer import Answer
from core.evaluate.baselines import baseline
from core.evaluate.calibration import confidence
from core.evaluate.intervals import RESAMPLES
from core.evaluate.kept import pack
from core.evaluate.metrics import metric
from core.evaluate.prepare import Prepared, prepare
from core.evaluate.source import Source
from core.evaluate.store import BASELINES, Evaluation
from core.evaluate.tally import Tally
from core.jobs.context import Context
from core.models import hub
from core.models.resolve import resolve
from core.train.runs import open_run
from core.work.asked import ALONE, answers_of, model_hash, seen_by, source_of
from core.workspace import Workspace

SEED = 0
SETTINGS = {"seed": SEED, "resamples": RESAMPLES}
LIBRARIES = ("sacrebleu", "numpy")
"""What a score may depend on besides the answers; these say themselves what they depend on."""
METHOD = 2
"""Raise it when scores are made in another way."""
MOST_FAILED = 0.1
"""Of all questions: where more got no answer, the server was tested and not the model."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Evaluate as an EvaluateRequest says; the result names the evaluation.

    Where the model is a run, its base is scored beside it, so that the board says what the training
    brought; `base_error` says why where it cannot be.
    """
    asked: dict[str, Any] = {
        name: request.get(name) for name in ("split", "metrics", "limit", "encoder")
    }
    workspace, dataset, model = context.workspace, request["dataset"], request["model"]
    base = _base_of(workspace, model) if model else None
    made = evaluate(
        workspace, dataset, model=model, predictions=request["predictions"],
        context=context.part(0.0, 0.5) if base else context, **asked,
        prompt=request.get("prompt"), shots=request.get("shots"),
    )  # fmt: skip
    found = {"evaluation": made.evaluation, "n": made.n}
    if base:
        try:
            evaluate(workspace, dataset, model=base, context=context.part(0.5, 1.0), **asked)
        except AssayError as error:
            found["base_error"] = str(error)
    return found


def _base_of(workspace: Workspace, model: str) -> str | None:
    """The model that a run was tuned from; None where the model is no run."""
    if model in BASELINES or resolve(workspace, model).kind != "run":
        return None
    return open_run(workspace, model).base


def evaluate(
    workspace: Workspace,
    dataset_name: str,
    *,
    model: str | None = None,
    predictions: str | None = None,
    split: str | None = None,
    metrics: Sequence[str] = (),
    limit: int | None = None,
    prompt: str | None = None,
    shots: int | None = None,
    encoder: str | None = None,
    context: Context,
) -> Evaluation:
    """Score a model, or a file of predictions, and the task's cheap baseline on the same examples.

    Errors are those of `core.evaluate.prepare.prepare` and of fetching a model.

    Args:
        workspace: Where they are kept.
        dataset_name: NAME or NAME@VERSION.
        model: A model's name, or a baseline's.
        predictions: A file of ids and predictions instead.
        split: A split or "all"; None = test, for predictions all.
        metrics: Names of metrics; none = the task's.
        limit: At most so many examples; None = all.
        prompt: A template of the user's own for a decoder that was not tuned here.
        shots: Solved examples shown to it; None = as many as is usual.
        encoder: The model that compares answers with references, where a metric needs one.
        context: Told how far it is; may ask to stop.
    """
    work = prepare(
        workspace, dataset_name, model=model, predictions=predictions, split=split,
        metrics=metrics, limit=limit, encoder=encoder,
    )  # fmt: skip
    source = None if predictions else source_of(workspace, work, prompt, shots)
    words = getattr(source, "prompt", None)
    if words is not None:
        work = replace(work, notes={**work.notes, "prompt": words.to_json()})
    elif prompt is not None or shots is not None:
        raise BadInput(f"{work.model} is not asked in words of our own; --prompt and --shots are "
                       "for endpoints, and for decoders that were not tuned here.")  # fmt: skip
    return score(workspace, work, source, context)


def score(
    workspace: Workspace, work: Prepared, source: Source | None, context: Context
) -> Evaluation:
    """Score what a source answers, or a file says, and keep the result; the baseline beside it.

    What was answered before is not asked again, and what was scored before (same source, data,
    split, limit, metrics, method) is not scored again.
    """
    made = _score(workspace, work, source, context)
    if work.kind not in BASELINES:
        _baseline_beside(workspace, work, context.part(1.0, 1.0))
    _tested(workspace, made, context.part(1.0, 1.0))
    return made


def _baseline_beside(workspace: Workspace, work: Prepared, context: Context) -> None:
    """Score the task's cheap baseline on the same examples, where there is one."""
    labels = work.dataset.task == "text-classification"
    train = datasets.read(workspace, work.dataset, "train") if labels else []
    if labels and not train:
        return
    cheap = baseline(work.dataset.task, train)
    same = replace(work, model=cheap.name, kind=cheap.kind, ref=None, answers=None, notes={})
    _score(workspace, same, cheap, context)


def _tested(workspace: Workspace, made: Evaluation, context: Context) -> None:
    """Test what the board will show of it now: a page that is opened later need not wait."""
    name = made.headline.metric
    group = next(g for g in board.groups(workspace) if g.key == made.example_set)
    if made.measured(name) is None or len(group.evaluations) == 1:
        return
    context.report(1.0, "evaluate.progress.testing", n=made.n)
    entries = board.rank(workspace, group, name)
    for entry in entries:
        if entry.evaluation.kind in BASELINES:
            board.beside(workspace, entries, entry.name)


def _score(
    workspace: Workspace, work: Prepared, source: Source | None, context: Context
) -> Evaluation:
    begun, data = time.monotonic(), work.dataset
    settings: dict[str, Any] = {**SETTINGS, "limit": work.limit}
    seer = work.encoder and hub.fetch(work.encoder)
    if seer is not None:
        settings["encoder"] = {"name": seer.name, "hash": model_hash(seer)}
    examples = store.example_set(
        {"id": e.id, "input": e.input, "reference": e.target} for e in work.examples
    )
    key = record.hash_json(
        [METHOD, work.kind, work.model, _key(work, source), data.name, data.version, work.split,
         work.metrics, settings, work.notes, examples,
         {name: metadata.version(name) for name in LIBRARIES}]
    )  # fmt: skip
    found = store.find(workspace, key)
    if found:
        context.report(1.0, "evaluate.progress.known", n=found.n)
        return found
    answers = answers_of(workspace, work, source, context)
    failed = [answer.error for answer in answers if answer.error is not None]
    if len(failed) > MOST_FAILED * len(answers):
        raise WorkFailed(
            f"{len(failed):,} of {len(answers):,} questions got no answer, which is no test of "
            f"{work.model}; the last one so: {failed[-1]} The other answers are kept; the same "
            "command asks for the rest."
        )
    if failed:
        # Next time they are asked for again, so this result is not one to be found.
        settings["failed"], key = len(failed), ""
    if work.split in ("test", "all") and work.kind not in BASELINES:
        # An answer from the store above tells nothing new; a new score does.
        looks.add_rows(workspace, data, "evaluate", work.model, work.examples)
    if seer is not None:
        answers = seen_by(seer, work.examples, answers, context)
    context.report(ALONE[1], "evaluate.progress.scoring", n=len(answers))
    tally = Tally(
        [e.target for e in work.examples], answers, language=data.target_language,
        separator=data.label_separator,
    )  # fmt: skip
    scores = scoring.score_tally(work.metrics, tally, seed=SEED)
    if data.label_separator is not None:
        settings["label_separator"] = data.label_separator
    known = [each.metric for each in scores if each.value is not None]
    made = Evaluation(
        "", data.name, data.version, data.task, work.split, data.target_language, work.model,
        work.kind, len(answers), tuple(scores), record.now(), key, time.monotonic() - begun,
        {**settings, **work.notes, "example_set": examples},
    )  # fmt: skip
    counts = pack([e.id for e in work.examples],
                  {name: tally.of(name) for name in known if metric(name).scorer})  # fmt: skip
    return store.save(workspace, made, _rows(work, tally, known), counts)


def _key(work: Prepared, source: Source | None) -> Any:
    if source is not None:
        return source.key
    return sorted([id_, asdict(answer)] for id_, answer in (work.answers or {}).items())


def _rows(work: Prepared, tally: Tally, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """What is kept of each example."""
    alone = {name: scoring.per_example_tally(name, tally)
             for name in table.of_one_example(metrics)}  # fmt: skip
    return [
        {
            "id": example.id,
            "input": example.input,
            **({} if example.context is None else {"context": example.context}),
            **({"columns": example.columns} if example.columns else {}),
            "reference": example.target,
            "prediction": answer.text,
            "scores": {name: values[number] for name, values in alone.items()},
            **_noted(answer),
        }
        for number, (example, answer) in enumerate(zip(work.examples, tally.answers, strict=True))
    ]


def _noted(answer: Answer) -> dict[str, Any]:
    """What else is known of an answer."""
    found = {
        "confidence": confidence(answer), "seconds": answer.seconds,
        "input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens,
        "dollars": answer.dollars, "error": answer.error,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}
