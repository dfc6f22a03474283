"""Read a model's own positions out of its configuration and its weights."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from core.errors import WorkFailed
from core.interpret import positions
from core.interpret.own import T5_MAX_DISTANCE, Limit, Own, limit_of
from core.interpret.slot import Slot
from core.models.shape import from_config

SAMPLED_ROWS = 256
"""At most so many rows of a table are compared two by two in the picture."""
TABLES = ("position_embeddings", "embed_positions", "wpe")
"""What tables of positions are called in Transformers."""


def read(slot: Slot) -> Own:
    """Read the scheme of a model.

    Raises:
        BadInput: The model type is not known.
        WorkFailed: The weights that its configuration speaks of are not where they should be.
    """
    config = slot.config
    shape = from_config(config.to_dict())
    farthest = getattr(config, "relative_attention_max_distance", T5_MAX_DISTANCE)
    scheme, limit = shape.positions, limit_of(shape, farthest)
    if scheme == "rope":
        facts, arrays = rotary(config, limit)
    elif scheme == "alibi":
        facts, arrays = _alibi(shape.heads)
    elif scheme == "t5":
        facts, arrays = _t5(slot.model, limit)
    else:
        facts, arrays = _table(slot.model)
        limit = Limit(limit.kind, facts["rows"])
    return Own(slot.ref.name, scheme, limit, facts, arrays)


Found = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def rotary(config: Any, limit: Limit) -> Found:
    """Frequencies of a rotary model, with its scaling, as Transformers computes them.

    A model with several kinds of layers (sliding and full) gives those of full attention.
    """
    settings = config.get_text_config().rope_parameters
    kind = None
    if all(isinstance(value, dict) for value in settings.values()):
        kind = "full_attention" if "full_attention" in settings else next(iter(settings))
        settings = settings[kind]
    text = config.get_text_config()
    head_dim = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    rotated = int(head_dim * settings.get("partial_rotary_factor", 1.0))
    scaling, factor = settings["rope_type"], 1.0
    frequency = positions.frequencies(rotated, float(settings["rope_theta"]))
    if scaling != "default":
        given = {"layer_type": kind} if kind else {}
        scaled, factor = ROPE_INIT_FUNCTIONS[scaling](text, torch.device("cpu"), **given)
        frequency = scaled.double().numpy()
    slow = positions.wavelengths(frequency) > (limit.tokens or np.inf)
    facts = {
        "head_dim": head_dim,
        "rotated_dim": rotated,
        "pairs": len(frequency),
        "base": float(settings["rope_theta"]),
        "scaling": scaling,
        "attention_factor": float(factor),
        "trained_tokens": limit.tokens,
        "slow_pairs": int(slow.sum()) if limit.tokens else None,
    }
    return facts, {"frequency": frequency}


def _alibi(heads: int) -> Found:
    slopes = positions.alibi_slopes(heads)
    return {
        "heads": heads,
        "half_life_tokens": positions.half_life(slopes).tolist(),
    }, {"slopes": slopes}


def _t5(model: Any, limit: Limit) -> Found:
    arrays: dict[str, NDArray[Any]] = {}
    for name, module in model.named_modules():
        if name.endswith("relative_attention_bias"):
            side = "decoder" if "decoder." in name else "encoder"
            arrays.setdefault(f"{side}_bias", _numbers(module.weight))
    if not arrays:
        raise WorkFailed("This model's configuration names T5's bias, and its weights have none.")
    buckets, heads = next(iter(arrays.values())).shape
    facts = {
        "buckets": int(buckets),
        "heads": int(heads),
        "max_distance_tokens": int(model.config.relative_attention_max_distance),
        "encoder_saturation_tokens": limit.values["both"],
        "decoder_saturation_tokens": limit.values["back"],
    }
    return facts, arrays


def _table(model: Any) -> Found:
    for name, module in model.named_modules():
        if name.rpartition(".")[2] in TABLES and isinstance(module, torch.nn.Embedding):
            table = _numbers(module.weight)[_unused(module) :]
            break
    else:
        raise WorkFailed("This model's configuration names a table of positions; none was found.")
    matrix = positions.cosines(table)
    step = max(1, -(-len(table) // SAMPLED_ROWS))
    sampled = np.arange(0, len(table), step)
    norm = np.linalg.norm(table, axis=-1)
    facts = {
        "rows": len(table),
        "dimension": table.shape[1],
        "row_norm_lowest": float(norm.min()),
        "row_norm_highest": float(norm.max()),
    }
    return facts, {
        "cosine": matrix[np.ix_(sampled, sampled)].astype(np.float32),
        "sampled": sampled,
        "by_distance": positions.mean_by_distance(matrix),
    }


def _unused(module: torch.nn.Embedding) -> int:
    """Rows before position 0: BART keeps two free, RoBERTa those up to its padding."""
    offset = getattr(module, "offset", None)
    if offset is not None:
        return int(offset)
    return 0 if module.padding_idx is None else module.padding_idx + 1


def _numbers(weight: torch.Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = weight.detach().float().cpu().numpy()
    return found
