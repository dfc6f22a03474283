"""`assay train`: fine-tune a model on a dataset."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from core import ready, run
from core.cli.common import emit, json_option, say, say_job, workspace_option
from core.cli.runs import describe
from core.errors import BadInput
from core.jobs import runner
from core.jobs.job import Job
from core.text import format
from core.text.literal import printable
from core.train.config import METHODS, PRESETS
from core.train.plan import Plan, make_plan
from core.train.preflight import Preflight
from core.train.request import as_toml, command, read_file
from core.train.runs import open_run
from core.workspace import Workspace

SAY_SECONDS = 1.0
"""Progress is told at most so often."""


@click.command()
@click.argument("dataset", metavar="D", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), metavar="TOML",
              help="Run what a file says; --dry-run prints one.")  # fmt: skip
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
              help="Override a setting of the preset, or any argument of Transformers' Trainer; "
              "repeat for more.")  # fmt: skip
@click.option("--test-limit", type=click.IntRange(min=1), metavar="N",
              help="Score at most so many test examples.")  # fmt: skip
@click.option(
    "--ignore-gate",
    is_flag=True,
    help="Train on a dataset that is not fit for it; `assay data check` says why.",
)
@click.option("--follow", is_flag=True, help="Wait until it ends.")
@click.option("--dry-run", is_flag=True,
              help="Say what would be done and what it will take, and do nothing.")  # fmt: skip
@click.option("--probe/--no-probe", default=True, show_default=True,
              help="With --dry-run: measure some steps first; else all is estimated.")  # fmt: skip
@click.option("--show-batch", is_flag=True,
              help="With --dry-run: the first batch as the model sees it.")  # fmt: skip
@workspace_option
@json_option
def train(
    dataset: str | None,
    file: Path | None,
    follow: bool,
    dry_run: bool,
    probe: bool,
    show_batch: bool,
    workspace: Workspace,
    as_json: bool,
    **given: Any,
) -> None:
    """Fine-tune a model on dataset D, and score it against its base on the same test examples.

    The work is queued and goes on without this terminal; --follow waits for it.
    """
    dataset, fields, test_limit = _asked(dataset, file, given)
    # A wrong request is refused here, before anything is queued.
    plan = make_plan(workspace, dataset, **fields)
    if plan.base.path is None:
        from core.models import hub  # seconds of import, for models of the Hub alone

        hub.check(plan.base)
    if show_batch and not dry_run:
        raise BadInput("--show-batch shows what would be trained on: give --dry-run as well.")
    if dry_run:
        _dry_run(workspace, plan, fields, test_limit, probe=probe, show_batch=show_batch,
                 as_json=as_json)  # fmt: skip
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


def _asked(
    dataset: str | None, file: Path | None, given: dict[str, Any]
) -> tuple[str, dict[str, Any], int | None]:
    """Dataset, fields of the request, and the limit of test examples: from a file or options."""
    fields = {**given, "settings": dict(_pair(text) for text in given["settings"])}
    if file is None:
        if dataset is None:
            raise BadInput("Name a dataset, or a run's file with --file.")
        return dataset, fields, fields.pop("test_limit")
    here = click.get_current_context()
    typed = click.core.ParameterSource.COMMANDLINE
    said = [name for name in given if here.get_parameter_source(name) is typed]
    if dataset is not None or said:
        raise BadInput(
            f"--file says everything about the run; leave out {dataset or said[0]!r}, or change it "
            "in the file."
        )
    found = read_file(file)
    limit = found.pop("test_limit", None)
    return found.pop("dataset"), found, limit


def _dry_run(
    workspace: Workspace, plan: Plan, fields: dict[str, Any], limit: int | None, *, probe: bool,
    show_batch: bool, as_json: bool,
) -> None:  # fmt: skip
    if probe:
        say("Measuring some steps …")
    found = ready.check(workspace, plan, fields, probe=probe)
    line, text = command(plan, fields, limit), as_toml(plan, fields, limit)
    document = {**plan.to_json(), "preflight": found.to_json(), "command": line, "toml": text}
    lines = [_plan_text(plan), *_ready(found), "", line, "", text]
    if show_batch:
        document["batch"] = _batch(workspace, {**fields, "dataset": plan.dataset.title})
        lines += ["", _batch_text(document["batch"])]
    emit(document, as_json, "\n".join(lines))


def _ready(found: Preflight) -> list[str]:
    """What it will take, in lines."""
    known = {"probe": "measured", "estimate": "estimated"}
    memory = format.size(found.memory_bytes)
    lines = [
        f"verdict: {found.verdict}",
        f"memory: {memory} {known[found.memory_from]}, {format.size(found.room.memory_bytes)} free "
        f"({found.room.device})",
        f"time here: {format.duration(found.seconds)}"
        + (
            f" ({format.duration(found.seconds_low)} to {format.duration(found.seconds_high)})"
            if found.seconds_low
            else ""
        )
        + (f", from {found.seconds_from}" if found.seconds_from else ""),
        f"energy here: ≈ {format.number(found.energy_kwh, 2)} kWh",
        f"disk: ≈ {format.size(found.disk_bytes)}, {format.size(found.room.disk_bytes)} free",
    ]
    if found.a100:
        lines.append(f"on one {found.a100['gpu']}: ≈ {format.number(found.a100['hours'], 2)} h, "
                     f"≈ {format.usd(found.a100['usd'])}")  # fmt: skip
    if found.probe_error:
        lines.append(f"the probe failed: {found.probe_error}")
    if found.change:
        settings = " ".join(f"--set {name}={value}" for name, value in found.settings.items())
        lines.append(f"what to change: {found.change.say()} {settings}".rstrip())
    return lines


def _batch(workspace: Workspace, request: dict[str, Any]) -> dict[str, Any]:
    from core.work import batch  # torch: only for whoever asks for it

    return batch.compute({**request, "workspace": str(workspace.root)})


def _batch_text(found: dict[str, Any]) -> str:
    """Each row: its tokens, what the loss counts, what is padding or was cut."""
    lines = [
        f"first batch: {len(found['rows'])} rows of {found['input_tokens']} input tokens, "
        f"{found['padding_share']:.0%} of them padding; the loss counts "
        f"{found['learnt_tokens']:,} tokens"
    ]
    for number, row in enumerate(found["rows"], start=1):
        cut = ", cut" if row["cut_input"] or row["cut_target"] else ""
        lines.append(f"{number:3}  {printable(' '.join(row['tokens']))}  (+{row['padding']} "
                     f"padding{cut})")  # fmt: skip
        lines.append(f"     → {printable(' '.join(row['target']))}")
    return "\n".join(lines)


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
            *(reason.say() for reason in plan.reasons),
        ]
    )
