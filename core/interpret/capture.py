"""Read a model's attention while it works, and prove that the picture is the model's own.

The weights are those of Transformers' plain ("eager") attention. They are drawn only if a second
computation from the same queries and keys gives the same weights, and if the model's output is the
same as with the fused kernel ("sdpa") that serves requests.
"""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core import record
from core.errors import BadInput, WorkFailed
from core.interpret import parity, tap
from core.interpret.store import Capture, Weights
from core.interpret.tokens import is_byte_level, labels

MAX_TOKENS = 256
"""More tokens make a picture that no screen shows."""
GENERATED_TOKENS = 128
"""Where a target that the model writes itself is cut."""


@dataclass(frozen=True)
class Inputs:
    """What goes into the model, and what of it is shown."""

    model: dict[str, Any]
    source: list[int]
    target: list[int]
    following: list[int]
    generated: str | None = None


def capture(
    model: Any, tokenizer: Any, text: str, target: str | None = None, *,
    name: str = "", prefix: str = "",
) -> Capture:  # fmt: skip
    """Capture the attention of a model on a text.

    Args:
        model: A Transformers model: encoder, decoder, or both.
        tokenizer: Its tokenizer.
        text: What it reads.
        target: For a model with both: what the decoder writes (None = what it writes by itself,
            greedily). For an encoder: a second text. For a decoder: how the text goes on.
        name: The model's name, for the record.
        prefix: Put before the text.

    Raises:
        BadInput: The text is empty or longer than MAX_TOKENS or than the model can read.
        WorkFailed: The picture could not be checked, or the check failed.
    """
    began = time.monotonic()
    model.eval()
    with torch.no_grad():
        inputs = tokenised(model, tokenizer, prefix + text, target)
        with tap.attention(model, "eager"):
            eager = model(**inputs.model, output_attentions=True)
        with tap.tapped(model) as calls:
            again = model(**inputs.model)
        own = _by_kind(eager, any(call.causal for call in calls))
        recomputed = parity.assign(calls, own)
        outputs = [again, *parity.service(model, inputs.model, calls)]
    checked = parity.measure(
        own, recomputed, parity.output_error(eager, outputs), parity.dtype_of(model)
    )
    parity.check(checked, name or type(model).__name__)
    shown = {kind: _stack(tensors) for kind, tensors in own.items()}
    special = set(tokenizer.all_special_ids)

    def pieces(ids: list[int]) -> list[str]:
        return list(tokenizer.convert_ids_to_tokens(ids))

    def readable(ids: list[int]) -> tuple[str, ...]:
        return tuple(labels(pieces(ids), byte_level=is_byte_level(tokenizer)))

    return Capture(
        model=name or type(model).__name__,
        text=text,
        target=target,
        prefix=prefix,
        tokens=tuple(pieces(inputs.source)),
        target_tokens=tuple(pieces(inputs.target)),
        next_tokens=tuple(pieces(inputs.following)),
        labels=readable(inputs.source),
        target_labels=readable(inputs.target),
        next_labels=readable(inputs.following),
        special=tuple(token in special for token in inputs.source),
        target_special=tuple(token in special for token in inputs.target),
        generated=inputs.generated,
        head_dim=calls[0].head_dim,
        scaling=calls[0].scaling,
        parity=checked,
        weights=shown,
        created_at=record.now(),
        seconds=time.monotonic() - began,
    )


def tokenised(model: Any, tokenizer: Any, text: str, target: str | None) -> Inputs:
    """Tokenise; make a target where the model has a decoder beside its encoder and none is given.

    The decoder reads its start token and then the target but for the last token, as in training.
    """
    if not text.strip():
        raise BadInput("The text is empty; give a sentence to look at.")
    if target is not None and not target.strip():
        raise BadInput("The target is empty; give one, or leave it out.")
    limit = min(MAX_TOKENS, getattr(model.config, "max_position_embeddings", None) or MAX_TOKENS)
    if not model.config.is_encoder_decoder:
        return _one_sided(model, tokenizer, text, target, limit)
    encode = partial(_encode, tokenizer, limit=limit, device=model.device)
    encoded: dict[str, Any] = encode(text)
    start = model.config.decoder_start_token_id
    if target is None:
        if not model.can_generate():
            raise BadInput("This model has no head that writes; give the target.")
        longest = model.generation_config.max_new_tokens or GENERATED_TOKENS
        written = model.generate(
            **encoded, do_sample=False, num_beams=1, max_new_tokens=min(longest, limit)
        )
        following = written[0, 1:].tolist()
        generated = tokenizer.decode(following, skip_special_tokens=True)
    else:
        following = encode(text_target=target)["input_ids"][0].tolist()
        generated = None
    read = [start, *following[:-1]]
    encoded["decoder_input_ids"] = torch.tensor([read], device=model.device)
    source = encoded["input_ids"][0].tolist()
    encoded["use_cache"] = False
    return Inputs(encoded, source, read, following, generated)


def _one_sided(model: Any, tokenizer: Any, text: str, target: str | None, limit: int) -> Inputs:
    writes = model.can_generate()
    texts = [text, *([] if target is None else [target])]
    if writes:
        texts = ["".join(texts)]
    encoded: dict[str, Any] = _encode(tokenizer, *texts, limit=limit, device=model.device)
    source = encoded["input_ids"][0].tolist()
    if writes:
        encoded["use_cache"] = False
    return Inputs(encoded, source, [], [])


def _encode(tokenizer: Any, *texts: str, limit: int, device: Any, **more: str) -> dict[str, Tensor]:
    encoded = tokenizer(*texts, return_tensors="pt", **more)
    count = encoded["input_ids"].shape[1]
    what = "target" if more else "text"
    if count > limit:
        raise BadInput(
            f"The {what} has {count:,} tokens and at most {limit:,} can be shown; shorten it."
        )
    if count == 0:
        raise BadInput(f"The {what} has no tokens for this model; give another.")
    return {key: value.to(device) for key, value in encoded.items()}


def _by_kind(outputs: Any, causal: bool) -> dict[str, list[Tensor]]:
    """The attention tensors of a forward pass, (batch, heads, queries, keys) a layer, by kind."""
    names = {
        "encoder": getattr(outputs, "encoder_attentions", None),
        "decoder": getattr(outputs, "decoder_attentions", None),
        "cross": getattr(outputs, "cross_attentions", None),
    }
    plain = getattr(outputs, "attentions", None)
    if plain:
        names["decoder" if causal else "encoder"] = plain
    # Never `is None`: a model whose attention cannot be read gives an empty tuple.
    found = {kind: list(tensors) for kind, tensors in names.items() if tensors}
    if not found:
        raise WorkFailed("This model hands out no attention weights, so there is nothing to draw.")
    return found


def _stack(tensors: list[Tensor]) -> Weights:
    """(layers, heads, queries, keys), float32, of the only text in the batch."""
    if len({tensor.shape for tensor in tensors}) > 1:
        raise WorkFailed("The layers of this model have different numbers of heads; not drawn.")
    stacked: Weights = torch.cat([tensor.float() for tensor in tensors]).cpu().numpy()
    return np.ascontiguousarray(stacked)
