"""The guided example: one small job after the other, as a person would start them.

It computes nothing itself, so it takes no slot; what it starts does.
"""

import time
from pathlib import Path
from typing import Any

from core.demo import BASE, DATASET, GENERAL, REPLAY_SHARE, STEP_EVENT, STEPS
from core.errors import NotFound
from core.evaluate.store import COPY_SOURCE, Evaluation, examples, open_evaluation
from core.jobs import runner
from core.jobs.context import Context
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.run import (
    AttentionRequest,
    CostRequest,
    EvaluateRequest,
    ImportRequest,
    PlanRequest,
    Request,
    TrainRequest,
    start,
)
from core.strategy.scenario import load, samples
from core.train.runs import Run, open_run
from core.workspace import Workspace, next_name

METRIC = "bleu"
LOOK_SECONDS = 0.2


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Import, train, evaluate, look inside, price, decide.

    Args:
        request: `seconds`: how long to train.
        context: Of the coordinating job.

    Returns:
        What came out, in numbers: see `_result`.
    """
    workspace = context.workspace
    demo = _Demo(context)
    demo.do("data", ImportRequest(DATASET))
    demo.do("data", ImportRequest(GENERAL))
    name = next_name(workspace.runs(), "demo")
    demo.do(
        "train",
        TrainRequest(
            DATASET, name, base=BASE, preset="quick", replay_share=REPLAY_SHARE, general=GENERAL,
            # Batches of like length would each hold phrases of one kind, and teach less.
            settings={"max_seconds": request["seconds"], "batching": "plain"},
        ),
    )  # fmt: skip
    scored = demo.do("evaluate", EvaluateRequest(DATASET, model=COPY_SOURCE))
    text, target = _sentence(workspace, open_run(workspace, name))
    demo.do("attention", AttentionRequest(name, text, target))
    cost = demo.do("decide", CostRequest(name))
    plan = demo.do("decide", PlanRequest(str(_scenario())))
    copied = open_evaluation(workspace, scored["evaluation"])
    return _result(workspace, open_run(workspace, name), copied, cost, plan)


class _Demo:
    """Starts jobs and waits for each, telling how far the whole is."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.told = 0.0

    def do(self, step: str, request: Request) -> dict[str, Any]:
        """Start one job, follow it to its end, and return its result.

        Raises:
            WorkFailed: It failed; the message is the job's own.
            Cancelled: Somebody stopped the demo; the job is stopped as well.
        """
        workspace = self.context.workspace
        job, _ = start(workspace, request)
        self.context.event(STEP_EVENT, step=step, job=job.id)
        try:
            while job.active:
                self._tell(step, job)
                time.sleep(LOOK_SECONDS)
                runner.reconcile(workspace)
                with JobStore(workspace) as store:
                    job = store.get(job.id)
        except BaseException:
            runner.cancel(workspace, job.id)
            raise
        return runner.follow(workspace, job.id).result or {}

    def _tell(self, step: str, job: Job) -> None:
        number = next(i for i, row in enumerate(STEPS) if row.name == step)
        before = sum(row.share for row in STEPS[:number])
        share = before + STEPS[number].share * (job.progress or 0.0)
        # A job may not know how far it is for a while; the whole never goes back.
        self.told = max(self.told, share)
        self.context.report(self.told, f"demo.step.{step}")


def _sentence(workspace: Workspace, tuned: Run) -> tuple[str, str]:
    """A test row and its reference: the first one that the tuned model got right, if any.

    A picture of a wrong answer that never ends says little of what the heads do.
    """
    rows = examples(workspace, tuned.evaluations["tuned"] or "")
    right = [row for row in rows if row["prediction"] == row["reference"]]
    row = (right or rows)[0]
    return row["input"], row["reference"]


def _scenario() -> Path:
    """The sample scenario that decides about this dataset."""
    for path in samples():
        if load(path).quality.dataset == DATASET:
            return path
    raise NotFound(f"No sample scenario decides about {DATASET}; Assay's assets are incomplete.")


def _result(
    workspace: Workspace,
    tuned: Run,
    copied: Evaluation,
    cost: dict[str, Any],
    plan: dict[str, Any],
) -> dict[str, Any]:
    """The demo in numbers.

    BLEU in points with 95 % intervals: of copying the source, of the base, of the tuned model, on
    the same n test rows; p_value of base against tuned; BLEU on everyday sentences before and
    after; measured training seconds, what the same work costs on an A100, and the decision.
    """
    rows = tuned.comparison.get("metrics", [])
    general = tuned.general or {}
    return {
        "run": tuned.run,
        "n": copied.n,
        **_bleu("bleu_copy_source", [score.to_json() for score in copied.scores]),
        **_bleu("bleu_base", tuned.base_scores),
        **_bleu("bleu_tuned", tuned.scores),
        "p_value": next((row["p_value"] for row in rows if row["metric"] == METRIC), None),
        **_bleu("general_bleu_base", general.get("base_scores", [])),
        **_bleu("general_bleu_tuned", general.get("tuned_scores", [])),
        "train_seconds": tuned.train_seconds,
        **_dollars(cost["usd"]),
        "break_even_requests_per_day": _break_even(plan),
        "recommended_option": plan["recommended_option"],
        "files": [str(path) for path in _files(workspace, tuned, copied, plan)],
    }


def _dollars(usd: dict[str, float] | None) -> dict[str, float | None]:
    """What the work costs on an A100, with its 90 % range; None where no price is on file."""
    ends = {"": "p50", "_low": "p5", "_high": "p95"}
    return {f"usd_on_a100{end}": usd[level] if usd else None for end, level in ends.items()}


def _bleu(name: str, scores: list[dict[str, Any]]) -> dict[str, float | None]:
    """NAME, NAME_low and NAME_high."""
    row = next((row for row in scores if row["metric"] == METRIC), {})
    return {
        name: row.get("value"),
        f"{name}_low": row.get("low"),
        f"{name}_high": row.get("high"),
    }


def _break_even(plan: dict[str, Any]) -> float | None:
    """Requests a day from which the tuned model costs no more than renting an API."""
    kinds = {row["option"]: row["kind"] for row in plan["ranking"]}
    for pair in plan["break_even"]:
        if {kinds[pair["a"]], kinds[pair["b"]]} == {"api", "tuned"}:
            volume: float | None = pair["requests_per_day"]
            return volume
    return None


def _files(
    workspace: Workspace, tuned: Run, copied: Evaluation, plan: dict[str, Any]
) -> list[Path]:
    """What lies in the workspace now: records, model, evaluations, scenario."""
    names = [copied.evaluation, *filter(None, tuned.evaluations.values())]
    return [
        workspace.run(tuned.run) / "record.json",
        *(workspace.run(tuned.run) / "model" / file for file in sorted(tuned.files)),
        *(workspace.evaluation(name) / "record.json" for name in names),
        workspace.plan(plan["plan"]),
    ]
