"""Read a model's own positions out of its configuration and its weights."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from core.errors import WorkFailed
from core.interpret import positions
from core.interpret.clock import LAYOUTS, laid_out
from core.interpret.own import T5_MAX_DISTANCE, Limit, Own, limit_of, refuse_without_positions
from core.interpret.slot import Slot
from core.models.shape import from_config

SAMPLED_ROWS = 256
"""At most so many rows of a table are compared two by two in the picture."""
SHOWN_COLUMNS = 128
"""At most so many columns of a table are drawn, evenly spread."""
TABLES = ("position_embeddings", "embed_positions", "wpe")
"""What tables of positions are called in Transformers."""
INTERLEAVED = ("gptj",)
"""Rotary models whose pairs are neighbours; in all others here they are (i, i + d/2)."""
SAME = 1e-4
"""A table this near to the formula, in float32, is the formula's."""


def read(slot: Slot) -> Own:
    """Read the scheme of a model.

    Raises:
        BadInput: The model type is not known, or has no positions.
        WorkFailed: The weights that its configuration speaks of are not where they should be.
    """
    config = slot.config
    refuse_without_positions(slot.ref.name, config.model_type)
    shape = from_config(config.to_dict())
    farthest = getattr(config, "relative_attention_max_distance", T5_MAX_DISTANCE)
    built = getattr(config, "max_seq_len", None)
    scheme, limit = shape.positions, limit_of(shape, farthest, built)
    if scheme == "rope":
        facts, arrays = rotary(config, limit)
    elif scheme == "alibi":
        facts, arrays = _alibi(shape.heads, config)
    elif scheme == "t5":
        facts, arrays = _t5(slot.model, limit)
    else:
        facts, arrays = _table(slot.model, fixed=scheme == "sinusoidal")
        limit = Limit(limit.kind, facts["rows"])
    facts["windows_tokens"] = windows(config, shape.layers)
    facts["trained_tokens"] = shape.max_positions
    return Own(slot.ref.name, scheme, limit, facts, arrays)


Found = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def windows(config: Any, layers: int) -> list[int | None]:
    """How many tokens back each layer of the decoder sees; None = all."""
    text = config.get_text_config()
    window = getattr(text, "sliding_window", None)
    kinds = getattr(text, "layer_types", None)
    if not window or getattr(text, "use_sliding_window", True) is False:
        return [None] * layers
    if not kinds:
        return [int(window)] * layers
    return [int(window) if "sliding" in kind else None for kind in kinds]


def rotary(config: Any, limit: Limit) -> Found:
    """Frequencies of a rotary model, with its scaling, as Transformers computes them.

    A model with several kinds of layers (sliding and full) has those of each kind; the facts
    without a kind's name are those of full attention.
    """
    text = config.get_text_config()
    settings = _settings(text)
    main = "full_attention" if "full_attention" in settings else next(iter(settings))
    kinds = list(getattr(text, "layer_types", None) or [])
    arrays, layers = {}, []
    for kind, values in settings.items():
        given = {} if kind is None else {"layer_type": kind}
        frequency, factor, head_dim = _frequency(text, values, given)
        slow = positions.wavelengths(frequency) > (limit.tokens or np.inf)
        layers.append({
            "kind": kind,
            "layers": kinds.count(kind) if kind else text.num_hidden_layers,
            "pairs": len(frequency),
            "base": float(values["rope_theta"]),
            "scaling": values["rope_type"],
            "attention_factor": float(factor),
            "slow_pairs": int(slow.sum()) if limit.tokens else None,
        })  # fmt: skip
        arrays["frequency" if kind == main else f"frequency_{kind}"] = frequency
    facts = next(layer for layer in layers if layer["kind"] == main)
    return {
        **{name: value for name, value in facts.items() if name not in ("kind", "layers")},
        "head_dim": head_dim,
        "rotated_dim": 2 * int(facts["pairs"]),
        "layout": "interleaved" if config.model_type in INTERLEAVED else "halves",
        "kinds": layers,
    }, arrays


def _settings(text: Any) -> dict[str | None, dict[str, Any]]:
    """What a configuration says of rotation, by the kind of layer; None = all layers alike."""
    found = getattr(text, "rope_parameters", None)
    if found is None:  # GPT-J: its numbers stand in its code and in `rotary_dim`.
        return {None: {"rope_theta": positions.BASE, "rope_type": "default"}}
    if all(isinstance(value, dict) for value in found.values()):
        return dict(found)
    return {None: found}


def _frequency(
    text: Any, settings: dict[str, Any], given: dict[str, str]
) -> tuple[NDArray[np.float64], float, int]:
    """Frequencies (pairs,), the attention factor, and how many numbers a head has."""
    head_dim = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    share = settings.get("partial_rotary_factor", 1.0)
    rotated = getattr(text, "rotary_dim", None) or int(head_dim * share)
    scaling = settings["rope_type"]
    if scaling == "default":
        return positions.frequencies(rotated, float(settings["rope_theta"])), 1.0, head_dim
    scaled, factor = ROPE_INIT_FUNCTIONS[scaling](text, torch.device("cpu"), **given)
    return scaled.double().numpy(), float(factor), head_dim


def _alibi(heads: int, config: Any) -> Found:
    settings = getattr(config, "attn_config", None)
    slopes = positions.alibi_slopes(heads, getattr(settings, "alibi_bias_max", 8))
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


def _table(model: Any, *, fixed: bool) -> Found:
    for name, module in model.named_modules():
        weight = getattr(module, "weight", getattr(module, "weights", None))
        if name.rpartition(".")[2] in TABLES and weight is not None:
            table = _numbers(weight)[_unused(module) :]
            break
    else:
        raise WorkFailed("This model's configuration names a table of positions; none was found.")
    matrix = positions.cosines(table)
    sampled = np.arange(0, len(table), max(1, -(-len(table) // SAMPLED_ROWS)))
    columns = np.arange(0, table.shape[1], max(1, -(-table.shape[1] // SHOWN_COLUMNS)))
    norm = np.linalg.norm(table, axis=-1)
    along, shares = positions.principal(table)
    facts = {
        "rows": len(table),
        "dimension": table.shape[1],
        "row_norm_lowest": float(norm.min()),
        "row_norm_highest": float(norm.max()),
        "module": name,
        "layout": layout_of(table) if fixed else None,
    }
    return facts, {
        "table": table[np.ix_(sampled, columns)],
        "columns": columns,
        "cosine": matrix[np.ix_(sampled, sampled)].astype(np.float32),
        "sampled": sampled,
        "by_distance": positions.mean_by_distance(matrix),
        "components": along,
        "shares": shares,
    }


def layout_of(table: NDArray[Any]) -> str | None:
    """How the waves of a fixed table are laid out; None where they are not those of the paper."""
    rows, dimension = table.shape
    for layout in LAYOUTS:
        waves = laid_out(np.arange(rows), dimension, positions.BASE, layout)
        if np.abs(waves - table).max() < SAME:
            return layout
    return None


def _unused(module: torch.nn.Module) -> int:
    """Rows before position 0: BART keeps two free, RoBERTa those up to its padding."""
    offset = getattr(module, "offset", None)
    if offset is not None:
        return int(offset)
    padding = getattr(module, "padding_idx", None)
    return 0 if padding is None else int(padding) + 1


def _numbers(weight: torch.Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = weight.detach().float().cpu().numpy()
    return found
