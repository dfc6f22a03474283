"""What attention layers a model has, and how many tokens it can read: seen from a few tokens."""

from dataclasses import dataclass
from math import isqrt
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput, WorkFailed
from core.interpret import tap
from core.interpret.facts import Layer, all_bytes
from core.interpret.long import ALL_BYTES, LAYER_BYTES
from core.interpret.tap import Call

FEW = 8
"""Enough for a model that pools tokens between its layers."""


@dataclass(frozen=True)
class Anatomy:
    """The attention layers of a model.

    Attributes:
        layers: By kind, in the order in which they run.
        tapped: Whether they hand over queries, keys and values; Bloom and MPT do not.
        capped: Whether one caps its scores.
        head_dim: Size of a key.
        scaling: What Q·Kᵀ is multiplied with; None where it is not handed over.
    """

    layers: dict[str, tuple[Layer, ...]]
    tapped: bool
    capped: bool
    head_dim: int
    scaling: float | None

    def all_bytes(self, source: int, target: int) -> int:
        """Memory of every layer's weights, for a text of so many tokens and its target."""
        return all_bytes(self.layers, source, target)

    def most_tokens(self) -> int:
        """The longest text that a picture can hold."""
        if not self.tapped:
            # Without queries and keys no single layer can be kept: all of them must fit.
            return isqrt(ALL_BYTES // self.all_bytes(1, 0))
        return isqrt(LAYER_BYTES // max(layer.heads for ls in self.layers.values() for layer in ls))


def survey(model: Any, name: str) -> Anatomy:
    """Run a model on a few tokens and see which attention layers it has.

    Args:
        model: A Transformers model in evaluation mode.
        name: Its name, for the message.

    Raises:
        BadInput: It has no attention.
        WorkFailed: It cannot be run on text alone.
    """
    calls: list[Call] = []

    def attend(call: Call) -> Tensor:
        calls.append(call)
        return call.fused()

    inputs = _few_tokens(model)
    try:
        with tap.attending(model, attend):
            outputs = model(**inputs, output_attentions=not model._can_set_attn_implementation())
    except (TypeError, ValueError, RuntimeError, IndexError, AttributeError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise WorkFailed(f"{name} cannot be run on a text alone ({said}).") from error
    if any(call.rest.get("s_aux") is not None for call in calls):
        raise WorkFailed(
            f"The attention of {name} is not drawn: its heads can look at no token at all (learned "
            "sinks, as in gpt-oss), so that the weights of a row do not add up to 1."
        )
    if not calls:
        return _untapped(model, outputs, name)
    layers: dict[str, tuple[Layer, ...]] = {}
    for call in calls:
        found = Layer(
            call.query.shape[1], call.key.shape[1], window_of(call.window), call.kind == "decoder"
        )
        layers[call.kind] = (*layers.get(call.kind, ()), found)
    capped = any(call.softcap is not None for call in calls)
    return Anatomy(layers, True, capped, calls[0].head_dim, calls[0].scaling)


def _few_tokens(model: Any) -> dict[str, Tensor]:
    """End tokens: some heads that classify look for one, and stumble without."""
    end = getattr(model.config, "eos_token_id", None) or 0
    end = end[0] if isinstance(end, list) else end
    known = end < model.get_input_embeddings().num_embeddings
    ids = torch.full((1, FEW), end if known else 0, device=model.device)
    inputs = {"input_ids": ids}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids
    return inputs


def window_of(window: Any) -> int | None:
    """A sliding window in tokens; None where a model has it switched off (None, −1, pairs)."""
    return int(window) if isinstance(window, int) and window > 0 else None


def _untapped(model: Any, outputs: Any, name: str) -> Anatomy:
    """A model that computes attention with code of its own; its config says the rest."""
    found = by_kind(outputs, causal(model))
    if not found:
        raise BadInput(
            f"{name} has no attention to draw: models of the type {model.config.model_type!r} "
            "have none, or hand out none; choose a transformer such as T5, BERT or Llama."
        )
    layers = {
        kind: tuple(Layer(tensor.shape[1], None, None, kind == "decoder") for tensor in tensors)
        for kind, tensors in found.items()
    }
    config = model.config
    heads = max(layer.heads for ls in layers.values() for layer in ls)
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    return Anatomy(layers, False, False, int(size), None)


def causal(model: Any) -> bool:
    """Whether a model without an encoder looks back only, by its config.

    XLNet writes, yet looks both ways when it reads.
    """
    return bool(model.can_generate()) and getattr(model.config, "attn_type", None) != "bi"


def by_kind(outputs: Any, causal: bool) -> dict[str, list[Tensor]]:
    """The attention tensors of a forward pass, (batch, heads, queries, keys) a layer, by kind."""
    names = {
        "encoder": getattr(outputs, "encoder_attentions", None),
        "decoder": getattr(outputs, "decoder_attentions", None),
        "cross": getattr(outputs, "cross_attentions", None),
    }
    plain = getattr(outputs, "attentions", None)
    if plain:
        names["decoder" if causal else "encoder"] = plain
    # Never `is None`: a model whose attention cannot be read gives an empty tuple, and one that
    # has attention in some layers only (Jamba) gives None for the others.
    found = {
        kind: [tensor for tensor in tensors if tensor is not None and tensor.dim() == 4]
        for kind, tensors in names.items()
        if tensors
    }
    return {kind: tensors for kind, tensors in found.items() if tensors}


def reach(model: Any) -> int | None:
    """How many tokens a model can read: the end of its table of positions; None = no end."""
    config = model.config
    limit = getattr(config, "max_position_embeddings", None) or getattr(config, "max_seq_len", None)
    tables = [
        module
        for name, module in model.named_modules()
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding)
    ]
    for table in tables:
        if table.padding_idx is not None:
            # RoBERTa's first token has the place after the padding's: 514 rows are 512 tokens.
            return int(table.num_embeddings - table.padding_idx - 1)
    return int(limit) if limit and limit > 0 else None
