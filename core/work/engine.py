"""Engines by Transformers, made of what the evaluation answers with; loaded in a child process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from core.chat import BREAK, NAMES, messages_of
from core.data.dataset import Example
from core.deploy import engine_transformers
from core.deploy.engine import Engine, EngineInfo, EngineRequest, EngineSpec
from core.deploy.engine_decoder import Decoder, joins
from core.evaluate import predict, prompts
from core.evaluate.local_ct2 import Ct2Source
from core.evaluate.write import is_plain
from core.models import chat
from core.models.ct2 import precision_of
from core.models.load import load_model, load_tokenizer
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef

MOST_TOKENS = 512
"""Longest answer that may be asked of an encoder-decoder."""


def load(spec: EngineSpec) -> Engine:
    """The engine of a model that Transformers runs.

    Raises:
        BadInput: The model is damaged, or not of a kind that can do its task.
    """
    predict.use_cores()
    if spec.converted is not None:
        return _by_ct2(spec)
    ref = ModelRef(spec.name, "folder", Path(spec.folder))
    if spec.tuned_on is not None:
        model, tokenizer = predict.load(ref, spec.data)
    else:
        model, tokenizer = _base(spec, ref)
    if spec.family == "encoder" and not spec.labelled and spec.tuned_on is None:
        return _whole(spec, model, tokenizer, answers=False)
    decoder = model.can_generate() and not model.config.is_encoder_decoder
    if decoder and is_plain(model) and joins(model):
        info = _info(spec, model, streams=True, samples=True, chats=True)
        return Decoder(info, model, tokenizer, _reader(spec, model, tokenizer), _stops(tokenizer))
    return _whole(spec, model, tokenizer, answers=True)


def _by_ct2(spec: EngineSpec) -> Engine:
    """A classifier or a decoder in CTranslate2's form, asked as the evaluation asks it."""
    ref = ModelRef(spec.name, "folder", Path(str(spec.converted)), engine="ctranslate2")
    source = Ct2Source(ref, spec.name, spec.data, ())
    writes = source.opened.family != "encoder"
    info = EngineInfo(
        spec.name, "ctranslate2", spec.data.task, source.opened.device, spec.context_tokens,
        spec.context_tokens - 1 if writes else 0, spec.max_batch, writes=writes, streams=False,
        samples=False, seeds=False, embeds=False, chats=False, tuned_on=spec.tuned_on,
        precision=precision_of(source.opened.compute_type),
    )  # fmt: skip
    return engine_transformers.Whole(info, source.each, source.lengths, None)


def _base(spec: EngineSpec, ref: ModelRef) -> tuple[Any, Any]:
    """A model that no dataset speaks of, with the head that it has."""
    bare = spec.family == "encoder" and not spec.labelled
    model = load_model(ref, "auto" if bare else purpose_for(spec.family, spec.data.task, spec.name))
    if torch.cuda.is_available():
        model.to("cuda", getattr(torch, predict.precision()))
    return model, load_tokenizer(ref)


def _whole(spec: EngineSpec, model: Any, tokenizer: Any, *, answers: bool) -> Engine:
    data = spec.data

    def each(examples: Sequence[Example], limit: int) -> Any:
        return predict.each(model, tokenizer, data, examples, max_new_tokens=limit)

    def lengths(examples: Sequence[Example]) -> list[int]:
        return [len(ids) for ids in prompts.prompt_ids(model, tokenizer, data, examples)]

    embeds = spec.family == "encoder"
    # A long passage is read in windows, so only what has to fit is counted.
    counted = lengths if data.task != "question-answering" or model.can_generate() else None
    return engine_transformers.Whole(
        _info(spec, model, embeds=embeds, task=None if answers else "embedding"),
        each if answers else None,
        counted,
        engine_transformers.vectors(model, tokenizer, spec.context_tokens) if embeds else None,
    )


def _info(spec: EngineSpec, model: Any, task: str | None = None, **can: bool) -> EngineInfo:
    writes = bool(model.can_generate())
    cuda = model.device.type == "cuda"
    most = spec.context_tokens - 1 if spec.family == "decoder" else MOST_TOKENS
    able = {"streams": False, "samples": False, "embeds": False, "chats": False, **can}
    return EngineInfo(
        spec.name, "transformers", task or spec.data.task,
        torch.cuda.get_device_name() if cuda else "cpu", spec.context_tokens,
        most if writes else 0, spec.max_batch, writes=writes,
        tuned_on=spec.tuned_on, seeds=able["samples"], precision=_precision(model),
        **able,
    )  # fmt: skip


def _precision(model: Any) -> str | None:
    """Of the weights; None where they are stored in another form than they compute in."""
    if getattr(model.config, "quantization_config", None):
        return None
    return "fp32" if model.dtype == torch.float32 else "fp16"


def _reader(
    spec: EngineSpec, model: Any, tokenizer: Any
) -> Callable[[EngineRequest], list[int]]:  # fmt: skip
    data = spec.data

    def ids_of(request: EngineRequest) -> list[int]:
        if request.kind == "chat":
            ids = chat.prompt_ids(tokenizer, messages_of(request.example))
        elif request.kind == "complete":
            ids = tokenizer(request.text)["input_ids"]
        else:
            ids = prompts.prompt_ids(model, tokenizer, data, [request.example])[0]
        return ids or [model.config.bos_token_id or model.config.eos_token_id or 0]

    return ids_of


def _stops(tokenizer: Any) -> Callable[[EngineRequest], tuple[str, ...]]:
    """A model that knows no turns goes on with the user's; there its answer ends."""
    ends = (f"{BREAK}{NAMES['user']}:",)
    templated = bool(getattr(tokenizer, "chat_template", None))
    return lambda request: ends if request.kind == "chat" and not templated else ()
