"""The compress job: a variant of a finished run, measured beside its original.

The model is made first and kept under a name of its own; then the original and it are measured in
the same way, each in a process of its own, and scored on the same test rows.
"""

import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from core import record
from core.data import dataset as datasets
from core.deploy import variants
from core.deploy.forms import Form, Settings, as_settings, fitted, form_named
from core.deploy.measured import Measured, check_stated
from core.deploy.variants import Variant, write_variant
from core.evaluate import metrics
from core.evaluate.compare import Comparison, compare
from core.evaluate.store import Evaluation
from core.jobs.context import Context
from core.models.resolve import resolve, shape_of
from core.models.shape import parameters
from core.work.a100 import usd_per_million
from core.work.asked import model_hash
from core.work.evaluate import evaluate
from core.work.measure import measure
from core.work.variant_source import Origin, origin_of
from core.workspace import Workspace, check_name, require_space

METHOD = 1
"""Raise it when a form is made in another way."""
MAKING, WEIGHING, SCORING = (0.0, 0.6), (0.6, 0.75), (0.75, 1.0)
LIBRARIES = ("torch", "transformers", "ctranslate2")
LARGEST = 3
"""A variant and what is written on the way need at most so many times the original's room."""
Made = dict[str, Any]
Maker = Callable[[Origin, Settings, Path, Context], Made]
"""Writes `model/` below a folder; returns what there is to tell of it."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Do as a CompressRequest says; the result names the variant.

    Raises:
        NotFound: There is no such run or form.
        BadInput: The run left no model, or the form does not fit it.
        DiskFull: There is no room.
    """
    workspace = context.workspace
    check_stated(None, request.get("watts"))
    origin = origin_of(workspace, request["model"])
    form = form_named(request["form"], origin.shape.family)
    settings = fitted(form, as_settings(request), origin.shape, origin.ref.name)
    key = record.hash_json(
        [METHOD, model_hash(origin.ref), origin.ref.name, origin.dataset.title, form.name,
         settings.to_json(), {name: metadata.version(name) for name in LIBRARIES}]
    )  # fmt: skip
    made = variants.find(workspace, key)
    known = made is not None
    if made is None:
        context.report(0.0, "compress.progress.making", form=form.name, model=origin.ref.name)
        made = _make(workspace, origin, form, settings, key, context)
    try:
        done = _judge(workspace, origin, form, made, request, context)
        write_variant(workspace, done)
    except BaseException:
        if not known:
            shutil.rmtree(workspace.variant(made.variant), ignore_errors=True)
        raise
    return {"variant": done.variant, "n": done.n}


def _make(
    workspace: Workspace, origin: Origin, form: Form, settings: Settings, key: str, context: Context
) -> Variant:
    """Write the model and its first record, or leave nothing."""
    held = origin.ref.path or Path()
    size = sum(path.stat().st_size for path in held.iterdir())
    require_space(workspace.root, LARGEST * size, f"The files of a variant of {origin.ref.name}")
    name = _claim(workspace, f"{origin.run.run}-{form.name}")
    folder = workspace.variant(name)
    try:
        told = _maker(form.name)(origin, settings, folder, context.part(*MAKING))
        files = {path.name: record.hash_file(path) for path in sorted((folder / "model").iterdir())}
        sizes = sum((folder / "model" / file).stat().st_size for file in files)
        shape = shape_of(replace(origin.ref, path=folder / "model"))
        made = Variant(
            name, key, origin.run.run, origin.ref.name, form.name, settings.to_json(), form.engine,
            files, sizes, origin.dataset.task, origin.dataset.name, origin.dataset.version,
            told.pop("parameters", None) or (parameters(shape).total if shape else None), told,
            record.now(), record.environment(),
        )  # fmt: skip
        write_variant(workspace, made)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return made


def _claim(workspace: Workspace, stem: str) -> str:
    """A free name, which is no run's either; its folder is made here."""
    workspace.variants().mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        name = check_name(stem[:60] if number == 1 else f"{stem[:56]}-{number}")
        number += 1
        if workspace.run(name).exists():
            continue
        try:
            workspace.variant(name).mkdir()
        except FileExistsError:
            continue
        return name


def _maker(form: str) -> Maker:
    """What makes a form; imported when it is wanted, for each brings libraries of its own."""
    from core.work import distill, quantize, shrink, to_ct2

    return {
        "ct2-fp32": to_ct2.fp32, "ct2-int8": to_ct2.int8, "int8": quantize.int8,
        "int4": quantize.int4, "pruned": shrink.pruned, "shallow": shrink.shallow,
        "distilled": distill.distilled,
    }[form]  # fmt: skip


def _judge(
    workspace: Workspace, origin: Origin, form: Form, made: Variant, request: dict[str, Any],
    context: Context,
) -> Variant:  # fmt: skip
    """The variant with all that is measured of it and its original."""
    data = origin.dataset
    examples = datasets.read(workspace, data, "test")
    weighing = context.part(*WEIGHING)
    found: list[Measured] = []
    for step, name in enumerate((made.run, made.variant)):
        weighing.report(step / 2, "compress.progress.weighing", model=name)
        found.append(measure(
            workspace, resolve(workspace, name), data, examples, batch=request["batch"],
            watts=request.get("watts"), again=request.get("again", False),
        ))  # fmt: skip
        context.check()
    scored: list[Evaluation] = []
    low, high = SCORING
    for step, name in enumerate((made.run, made.variant)):
        part = context.part(low + (high - low) * step / 2, low + (high - low) * (step + 1) / 2)
        scored.append(evaluate(
            workspace, data.title, model=name, limit=request.get("limit"), context=part
        ))  # fmt: skip
    both = compare(workspace, scored[0].evaluation, scored[1].evaluation)
    own = shape_of(resolve(workspace, made.run))
    shape = shape_of(resolve(workspace, made.variant))
    return replace(
        made, original=found[0], measured=found[1],
        a100=usd_per_million(shape, form.precision, found[1]) if shape else None,
        original_a100=usd_per_million(own, "fp16", found[0]) if own else None,
        evaluations={"original": scored[0].evaluation, "variant": scored[1].evaluation},
        original_scores=_scores(scored[0]), scores=_scores(scored[1]), comparison=_compared(both),
    )  # fmt: skip


def _scores(made: Evaluation) -> list[dict[str, Any]]:
    return [one.to_json() for one in made.scores
            if one.value is not None and not metrics.metric(one.metric).also]  # fmt: skip


def _compared(both: Comparison) -> dict[str, Any]:
    rows = [
        {**asdict(row), "decided": row.decided, "unit": metrics.metric(row.metric).unit}
        for row in both.metrics if not metrics.metric(row.metric).also
    ]  # fmt: skip
    return {"n": both.n, "metrics": rows}
