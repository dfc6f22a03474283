"""`assay train`: fine-tune a model on a dataset."""

import time
from collections.abc import Callable
from typing import Any

import click

from core import run
from core.cli.common import emit, json_option, say, say_job, workspace_option
from core.cli.runs import describe
from core.errors import BadInput
from core.jobs import runner
from core.jobs.job import Job
from core.text import format
from core.train.config import METHODS, PRESETS
from core.train.plan import Plan, make_plan
from core.train.runs import open_run
from core.workspace import Workspace

SAY_SECONDS = 1.0
"""Progress is told at most so often."""


@click.command()
@click.argument("dataset", metavar="D")
@click.option("--base", metavar="M", help="Model to start from. Default: the task's starter.")
@click.option("--preset", default="balanced", show_default=True, metavar="|".join(PRESETS),
              help="quick: about a minute; seed: the settings of the article.")  # fmt: skip
@click.option("--method", default="full", show_default=True, metavar="|".join(METHODS),
              help="lora, qlora: adapters, merged at the end. frozen: the upper half alone. probe: "
              "a new head alone.")  # fmt: skip
@click.option("--replay", "replay_share", type=float, default=0.0, metavar="SHARE",
              help="Share of general examples mixed in, so that less is forgotten.")  # fmt: skip
@click.option("--general", metavar="D", help="Dataset on which forgetting is measured; none = not.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE",
              help="Override a setting of the preset; repeat for more.")  # fmt: skip
@click.option("--test-limit", type=click.IntRange(min=1), metavar="N",
              help="Score at most so many test examples.")  # fmt: skip
@click.option("--follow", is_flag=True, help="Wait until it ends.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@workspace_option
@json_option
def train(
    dataset: str,
    base: str | None,
    preset: str,
    method: str,
    replay_share: float,
    general: str | None,
    settings: tuple[str, ...],
    test_limit: int | None,
    follow: bool,
    dry_run: bool,
    workspace: Workspace,
    as_json: bool,
) -> None:
    """Fine-tune a model on dataset D, and score it against its base on the same test examples.

    The work is queued and goes on without this terminal; --follow waits for it.
    """
    fields: dict[str, Any] = {
        "base": base,
        "preset": preset,
        "method": method,
        "settings": dict(_pair(text) for text in settings),
        "replay_share": replay_share,
        "general": general,
    }
    # A wrong request is refused here, before anything is queued.
    plan = make_plan(workspace, dataset, **fields)
    if plan.base.path is None:
        from core.models import hub  # seconds of import, for models of the Hub alone

        hub.check(plan.base)
    if dry_run:
        emit(plan.to_json(), as_json, _plan_text(plan))
        return
    job, name, new = run.start_training(
        workspace, plan.dataset.title, test_limit=test_limit, **fields
    )
    if not new:
        say(f"The same training is under way as {name} ({job.id}).")
    if follow:
        _follow(workspace, job)
        made = open_run(workspace, name)
        emit({"job": job.id, **made.to_json()}, as_json, describe(made))
        return
    text = f"{name} is queued as {job.id}; `assay jobs show {job.id}` says how far it is."
    emit({"job": job.id, "run": name}, as_json, text)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise BadInput(f"--set {text!r} cannot be used: expected KEY=VALUE, such as epochs=3.")
    return name.strip(), value.strip()


def _follow(workspace: Workspace, job: Job) -> None:
    try:
        runner.follow(workspace, job.id, on_change=_now_and_then(say_job))
    except KeyboardInterrupt:
        say(f"It goes on as {job.id}; `assay jobs cancel {job.id}` stops it.")
        raise


def _now_and_then(tell: Callable[[Job], None]) -> Callable[[Job], None]:
    told = [float("-inf")]

    def maybe(job: Job) -> None:
        if time.monotonic() - told[0] >= SAY_SECONDS or not job.active:
            told[0] = time.monotonic()
            tell(job)

    return maybe


def _plan_text(plan: Plan) -> str:
    known = {"run": "from an earlier run like it", "limit": "its time limit"}
    seconds = format.duration(plan.seconds)
    taken = f"≈ {seconds} ({known[plan.seconds_from]})" if plan.seconds_from else seconds
    settings = ", ".join(f"{name}={value}" for name, value in plan.config.to_json().items())
    return "\n".join(
        [
            f"{plan.base.name} on {plan.dataset.title} ({plan.dataset.task})",
            f"rows: {plan.rows:,}"
            + (f" + {plan.replay_rows:,} general" if plan.replay_rows else ""),
            f"steps: at most {plan.steps:,}",
            f"training time: {taken}",
            f"parameters: {format.count(plan.parameters)}",
            f"forgetting measured on: {plan.general or 'nothing'}",
            f"settings: {settings}",
        ]
    )
