"""The train job: base score, training, tuned score on the same examples, what was forgotten.

The run's record is written when it starts and when it ends, however it ends.
"""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from core import record
from core.data import dataset as datasets
from core.data.dataset import Dataset
from core.data.findings import Finding, sentence
from core.data.profile import profile
from core.data.samples import import_sample
from core.errors import AssayError
from core.evaluate import metrics, predict
from core.evaluate.answer import of_texts
from core.evaluate.compare import compare
from core.evaluate.scoring import score
from core.evaluate.store import Evaluation
from core.jobs.context import Cancelled, Context, Paused
from core.models import hub
from core.models.resolve import ModelRef
from core.text.literal import printable
from core.train.loop import TrainResult, train
from core.train.plan import Plan, make_plan, unfit
from core.train.runs import Run, checkpoints_of, has_run, open_run, write_run
from core.work.asked import model_hash
from core.work.card import card
from core.work.evaluate import evaluate

BASE, TRAINING, TUNED, GENERAL = (0.0, 0.12), (0.12, 0.8), (0.8, 0.92), (0.92, 1.0)
"""Stretches of the job's progress."""
METRICS_WHILE_TRAINING = 2
"""The headline and one beside it; the rest is scored on the test split, once."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Fine-tune as a TrainRequest says; the result names the run and its headline scores.

    Raises:
        AssayError: As `core.train.plan.make_plan` and `core.train.loop.train` do.
    """
    workspace = context.workspace
    context.report(0.0, "train.preparing", run=request["run"])
    # A dataset that nobody has looked at is looked at now, before time and money are spent.
    profile(workspace, datasets.open_dataset(workspace, request["dataset"]))
    plan = make_plan(
        workspace, request["dataset"], request["base"], request["preset"], request["method"],
        request["settings"], request["replay_share"], request["general"],
        request.get("ignore_gate", False),
    )  # fmt: skip
    begun = _begin(plan, request["run"], context)
    write_run(workspace, begun)
    folder = workspace.run(begun.run)
    try:
        finished = _work(plan, begun, request["test_limit"], context)
        write_run(workspace, finished)
    except (Exception, Cancelled, Paused) as error:
        # What was measured so far is in the record; a model that was written whole stays.
        shutil.rmtree(folder / "model.partial", ignore_errors=True)
        if isinstance(error, Cancelled):
            shutil.rmtree(checkpoints_of(folder), ignore_errors=True)
        write_run(workspace, _ended(open_run(workspace, begun.run), error))
        raise
    record.write_text(folder / "README.md", card(workspace, finished))
    headline = finished.scores[0] if finished.scores else None
    return {
        "run": finished.run,
        "data_version": finished.data_version,
        "headline": headline,
        "base_headline": finished.base_scores[0] if finished.base_scores else None,
        "steps": finished.steps,
        "train_seconds": finished.train_seconds,
    }


def _begin(plan: Plan, name: str, context: Context) -> Run:
    """The record of a run that begins, or that is gone on with by a later attempt of its job."""
    workspace = context.workspace
    before = open_run(workspace, name) if has_run(workspace, name) else None
    begun = Run(
        run=name,
        state="running",
        base=plan.base.name,
        base_hash=None,
        method=plan.config.method,
        preset=plan.config.preset,
        task=plan.dataset.task,
        dataset=plan.dataset.name,
        data_version=plan.dataset.version,
        config=plan.config.to_json(),
        seed=plan.config.seed,
        job=context.job_id,
        created_at=before.created_at if before else record.now(),
        attempts=before.attempts + 1 if before else 1,
        environment=record.environment(),
    )
    if before is None or not _is_trained(before, workspace.run(name)):
        return begun
    # Only the scores are missing.
    return replace(
        begun, base_hash=before.base_hash, files=before.files, train_seconds=before.train_seconds,
        steps=before.steps, tokens_per_second=before.tokens_per_second,
        peak_memory_bytes=before.peak_memory_bytes, parameters=before.parameters,
        training=before.training, environment=before.environment,
    )  # fmt: skip


def _is_trained(run: Run, folder: Path) -> bool:
    """Whether an attempt before has written the run's whole model."""
    return bool(run.files) and all(
        (folder / "model" / name).is_file() and record.hash_file(folder / "model" / name) == digest
        for name, digest in run.files.items()
    )


def _ended(latest: Run, error: BaseException) -> Run:
    """The record of a run that did not succeed."""
    stopped = {Cancelled: "cancelled", Paused: "paused"}
    state = stopped.get(type(error), "failed")
    words = str(error) if isinstance(error, AssayError) else f"{type(error).__name__}: {error}"
    return replace(
        latest, state=state, error=words if state == "failed" else None, finished_at=record.now()
    )


def _work(plan: Plan, begun: Run, limit: int | None, context: Context) -> Run:
    workspace, data = context.workspace, plan.dataset
    ref = hub.fetch(plan.base)
    general = _general(plan, context)
    scored = bool(data.splits.get("test"))
    base = _score(data, ref.name, limit, context, BASE) if scored else None
    general_base = _score(general, ref.name, None, context, BASE) if general else None
    written = begun
    if not begun.files:
        result = _train(plan, ref, begun.run, general, context)
        written = replace(
            begun,
            **_measured(result, unfit(workspace, data)),
            base_hash=model_hash(ref),
            files=_hashes(begun, context),
        )
    # From here on the run can be resolved by its name: it has a record and a model.
    write_run(workspace, written)
    shutil.rmtree(checkpoints_of(workspace.run(begun.run)), ignore_errors=True)
    tuned = _score(data, begun.run, limit, context, TUNED) if scored else None
    general_tuned = _score(general, begun.run, None, context, GENERAL) if general else None
    comparison: dict[str, Any] = {}
    if base and tuned:
        context.report(None, "train.comparing", n=tuned.n)
        found = compare(workspace, base.evaluation, tuned.evaluation)
        comparison = {"n": found.n, "metrics": [asdict(row) for row in found.metrics]}
    forgotten: dict[str, Any] | None = None
    if general:
        forgotten = {
            "dataset": general.name,
            "data_version": general.version,
            "base_scores": _scores(general_base),
            "tuned_scores": _scores(general_tuned),
        }
    made = {"base": base, "tuned": tuned, "general_base": general_base,
            "general_tuned": general_tuned}  # fmt: skip
    return replace(
        written,
        state="succeeded",
        scores=_scores(tuned),
        base_scores=_scores(base),
        general=forgotten,
        evaluations={name: each.evaluation if each else None for name, each in made.items()},
        comparison=comparison,
        finished_at=record.now(),
    )


def _general(plan: Plan, context: Context) -> Dataset | None:
    """The dataset that forgetting is measured on; the default one is imported if it is missing."""
    if plan.general is None:
        return None
    name = plan.general.partition("@")[0]
    if not datasets.versions(context.workspace, name):
        return import_sample(context.workspace, name)
    return datasets.open_dataset(context.workspace, plan.general)


def _score(
    data: Dataset, model: str, limit: int | None, context: Context, share: tuple[float, float]
) -> Evaluation:
    return evaluate(
        context.workspace, data.title, model=model, limit=limit, context=context.part(*share)
    )


def _train(
    plan: Plan, ref: ModelRef, run_name: str, general: Dataset | None, context: Context
) -> TrainResult:
    workspace, data = context.workspace, plan.dataset
    replay = (general, datasets.read(workspace, general, "train")) if general else None
    return train(
        ref,
        data,
        plan.config,
        {split: datasets.read(workspace, data, split) for split in ("train", "validation")},
        replay,
        workspace.run(run_name),
        context.part(*TRAINING),
        predict.answer,
        grade,
    )


def grade(
    dataset: Dataset, references: Sequence[str], answers: Sequence[str]
) -> list[dict[str, Any]]:
    """Score answers while it trains, by the first metrics of the task."""
    names = metrics.for_task(dataset.task)[:METRICS_WHILE_TRAINING]
    found = score(names, references, of_texts(answers), language=dataset.target_language)
    return [one.to_json() for one in found if one.value is not None]


def _measured(result: TrainResult, unfit: Sequence[Finding]) -> dict[str, Any]:
    """A result's fields as those of a run; what a run has no field for goes to `training`."""
    fields = result.to_json()
    if unfit:
        fields["unfit"] = [sentence(finding, escape=printable) for finding in unfit]
    own = ("train_seconds", "steps", "tokens_per_second", "peak_memory_bytes", "parameters")
    return {**{name: fields.pop(name) for name in own}, "training": fields}


def _hashes(begun: Run, context: Context) -> dict[str, str]:
    folder = context.workspace.run(begun.run) / "model"
    return {path.name: record.hash_file(path) for path in sorted(folder.iterdir())}


def _scores(evaluation: Evaluation | None) -> list[dict[str, Any]]:
    """The scores that have a value and say how good the answers are, as JSON."""
    scores = evaluation.scores if evaluation else ()
    return [
        one.to_json() for one in scores
        if one.value is not None and not metrics.metric(one.metric).also
    ]  # fmt: skip
