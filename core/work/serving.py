"""What to serve: a model's name to the specification of an engine, once, in a process of its own.

The server itself loads neither torch nor Transformers: this is called in a warm process, which
then goes.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from core import record
from core.data.dataset import Dataset, Example, read
from core.deploy.bundle import read_bundle
from core.deploy.engine import EngineRequest, EngineSpec
from core.deploy.engine_convert import converted
from core.deploy.engine_ct2 import load as load_converted
from core.deploy.engine_tokens import Full, Light, agree
from core.deploy.engine_vllm import installed
from core.errors import BadInput
from core.evaluate import predict
from core.models.hub import fetch
from core.models.load import load_config, load_tokenizer
from core.models.resolve import ModelRef, resolve
from core.models.shape import Shape, from_config
from core.work.answer import made_up, task_of
from core.work.convert import convert
from core.workspace import Workspace

PROBES = (
    "The meeting on Saturday was moved to the large room.",
    "Das Wetter ist heute schön, aber morgen regnet es.",
    "Your order #4,711 (€19.99) ships on 3 March 2029!",
    "今天天气很好。",
    "a",
    "It's   spaced\noddly — isn't it?",
)
"""Texts on which two ways of doing the same are held against each other."""
PROBE_ROWS = 8
CHECKED = "checked.json"
METHOD = 1
"""Raise it when answers are made in another way."""
PROBE_TOKENS = 48
MOST_CONTEXT = 32_768
"""A longer context is not promised: its cache would not fit beside the weights."""
BATCH = {"ctranslate2": 32, "transformers": 16, "vllm": 256}
"""Texts at once, where nobody says."""


def prepare(request: dict[str, Any]) -> dict[str, Any]:
    """Find out what to load, and convert it if need be.

    Args:
        request: {workspace, model, engine, max_batch?}.

    Returns:
        {spec, notes}: the fields of an EngineSpec, and sentences for the log.

    Raises:
        NotFound, BadInput: There is no such model, or the engine cannot run it.
    """
    workspace = Workspace.open(request["workspace"])
    # It may have been started by a server that computes on one core.
    predict.use_cores()
    notes: list[str] = []
    ref = fetch(resolve(workspace, request["model"]))
    spec = _spec(workspace, ref)
    # A variant or bundle may be in CTranslate2's form already; then there is nothing else to run.
    if ref.engine == "ctranslate2":
        spec = _ready(ref, spec)
    else:
        spec = replace(spec, engine=chosen(request["engine"], spec))
    if spec.engine == "ctranslate2" and spec.converted is None:
        spec = _converted(workspace, ref, spec, notes, forced=request["engine"] == spec.engine)
    spec = replace(spec, max_batch=request.get("max_batch") or BATCH[spec.engine])
    return {"spec": spec.to_json(), "notes": notes}


def _ready(ref: ModelRef, spec: EngineSpec) -> EngineSpec:
    """The specification of a model that is in CTranslate2's form."""
    if spec.family == "encoder-decoder":
        return replace(spec, engine="ctranslate2", converted=spec.folder,
                       tokenizer=_tokenizer(ref, spec))  # fmt: skip
    # Classifiers and decoders are asked as the evaluation asks them, by its own code.
    return replace(spec, engine="transformers", converted=spec.folder)


def chosen(wanted: str, spec: EngineSpec) -> str:
    """The engine for a model: CTranslate2 for what reads and writes, vLLM for decoders on a GPU.

    Raises:
        BadInput: The one that is wanted cannot run it, or is not installed.
    """
    writes = spec.family == "encoder-decoder"
    if wanted == "ctranslate2" and not writes:
        raise BadInput(
            f"{spec.name} is of the family {spec.family}; CTranslate2 serves encoder-decoder "
            "models here. Use --engine transformers."
        )
    if wanted == "vllm" and (spec.family != "decoder" or spec.labelled):
        raise BadInput(
            f"{spec.name} does not go on with a text; vLLM serves decoders here. Use --engine auto."
        )
    if wanted == "vllm" and not installed():
        raise BadInput(
            "vLLM is not installed. It wants other versions of Transformers than Assay does, so it "
            "lives in an environment of its own: `python -m venv vllm && vllm/bin/pip install "
            "vllm`, then put vllm/bin on the PATH; or leave --engine away."
        )
    if wanted != "auto":
        return wanted
    if writes:
        return "ctranslate2"
    on_gpu = spec.family == "decoder" and not spec.labelled and _has_gpu()
    return "vllm" if on_gpu and installed() else "transformers"


def _has_gpu() -> bool:
    return bool(torch.cuda.is_available())


def _spec(workspace: Workspace, ref: ModelRef) -> EngineSpec:
    config = load_config(ref)
    shape = from_config(config.to_dict())
    heads = any("Classification" in name for name in config.architectures or ())
    if ref.kind in ("starter", "folder", "hub") and shape.family == "encoder" and not heads:
        data, tuned = made_up(ref.name, "text-classification"), None
    else:
        data, tuned = task_of(workspace, ref, shape.family, config)
    labelled = heads or (tuned is not None and data.task == "text-classification"
                         and shape.family != "encoder-decoder")  # fmt: skip
    fields = {**asdict(data), "report": {}, "notes": ""}
    return EngineSpec(
        ref.name, "transformers", str(ref.path), shape.family, fields,
        _context_tokens(shape, load_tokenizer(ref)), tuned_on=tuned.title if tuned else None,
        labelled=labelled, about=_about(ref),
    )  # fmt: skip


def _about(ref: ModelRef) -> dict[str, Any]:
    """What a bundle says of itself: that it was never evaluated is told wherever it is served."""
    if ref.kind != "bundle" or ref.path is None:
        return {}
    return {"unevaluated": True} if read_bundle(ref.path).unevaluated else {}


def _context_tokens(shape: Shape, tokenizer: Any) -> int:
    """What the model's positions and its tokenizer agree on."""
    known = [int(tokenizer.model_max_length), MOST_CONTEXT]
    # T5 counts distances, not positions: it reads further than it was trained on.
    if shape.max_positions is not None:
        known.append(shape.max_positions)
    return min(known)


def _converted(
    workspace: Workspace, ref: ModelRef, spec: EngineSpec, notes: list[str], *, forced: bool
) -> EngineSpec:
    """The specification with a converted model that answers as the original does."""
    try:
        place = converted(workspace, Path(spec.folder), ref.name,
                          lambda folder: convert(ref, spec.data.task, None, folder))  # fmt: skip
    except BadInput as error:
        if forced:
            raise
        notes.append(str(error))
        return replace(spec, engine="transformers")
    same, asked, tokenizer = _checked(workspace, ref, spec, place)
    spec = replace(spec, converted=str(place), tokenizer=tokenizer)
    notes.append(f"CTranslate2 answers {same} of {asked} probes as Transformers does.")
    if same < asked and not forced:
        notes.append("So Transformers serves it; --engine ctranslate2 serves it all the same.")
        return replace(spec, engine="transformers", converted=None)
    return spec


def _tokenizer(ref: ModelRef, spec: EngineSpec) -> str:
    """Which one, "light" where tokenizer.json alone does what Transformers makes of it."""
    folder = Path(spec.folder)
    light = (folder / "tokenizer.json").is_file() and agree(
        Light(folder), Full(load_tokenizer(ref)), PROBES
    )
    return "light" if light else "full"


def _checked(
    workspace: Workspace, ref: ModelRef, spec: EngineSpec, place: Path
) -> tuple[int, int, str]:
    """Answers that are equal, answers asked for, and the tokenizer; found out once."""
    kept = place / CHECKED
    key = record.hash_json([spec.dataset, spec.tuned_on, PROBES, PROBE_TOKENS, METHOD])
    if kept.is_file():
        known = record.read(kept, "checked")
        if known["key"] == key:
            return known["same"], known["asked"], known["tokenizer"]
    tokenizer = _tokenizer(ref, spec)
    same, asked = _same(workspace, ref, replace(spec, converted=str(place), tokenizer=tokenizer))
    record.write(kept, "checked", {
        "key": key, "same": same, "asked": asked, "tokenizer": tokenizer,
    })  # fmt: skip
    return same, asked, tokenizer


def _same(workspace: Workspace, ref: ModelRef, spec: EngineSpec) -> tuple[int, int]:
    """Answers that are equal, and answers asked for."""
    data = spec.data
    rows = _rows(workspace, spec, data)
    model, tokenizer = predict.load(ref, data)
    theirs = predict.answer(model, tokenizer, data, rows, max_new_tokens=PROBE_TOKENS)
    ours = load_converted(spec).answer([
        EngineRequest(str(n), "predict", row.input, row.context, PROBE_TOKENS)
        for n, row in enumerate(rows)
    ])  # fmt: skip
    return sum(a == b.text for a, b in zip(theirs, ours, strict=True)), len(rows)


def _rows(workspace: Workspace, spec: EngineSpec, data: Dataset) -> list[Example]:
    if spec.tuned_on is not None:
        found = read(workspace, data, "test")[:PROBE_ROWS]
        if found:
            return found
    context = PROBES[0] if spec.data.task == "question-answering" else None
    return [Example(str(n), text, "", context) for n, text in enumerate(PROBES)]
