"""Cut attention heads out of a loaded model, so that it is smaller and not merely masked.

A head owns rows of the query, key and value weights and columns of the output weights; without
them the layer computes what it would with the head's gate shut (`core.interpret.gates`).

Where the configuration can say so, the folder loads with plain Transformers: each layer keeps as
many heads, and the size of a head stands on its own (T5, Llama and its kin). BERT, BART and GPT-2
take the size of a head from the model's width, so their folders hold `assay_heads` {kind: [heads
kept, layer by layer]} in config.json and are loaded by `core.models.load`, which makes the model
anew, cuts it in the same way and puts the weights in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from core.errors import BadInput

Place = tuple[str, int]
"""Kind ("encoder", "decoder", "cross") and layer."""
Kept = Mapping[Place, Sequence[int]]
"""The heads that each layer keeps, in rising order."""


@dataclass(frozen=True)
class Dialect:
    """Where the attention of a family of architectures lies.

    Attributes:
        module: Class names of its attention.
        inputs: Names of query, key and value; of one fused matrix, one name.
        output: Name of the output weights; for BERT in the module beside it.
        count: Names of attributes that hold numbers of heads; size: of the heads' width.
        plain: Names in the configuration to set so that it loads plainly; () = it cannot.
    """

    module: tuple[str, ...]
    inputs: tuple[str, ...]
    output: str
    count: tuple[str, ...]
    size: str
    plain: tuple[str, ...] = ()


_BERT = Dialect(
    ("BertSelfAttention", "RobertaSelfAttention", "XLMRobertaSelfAttention"),
    ("query", "key", "value"), "output.dense", ("num_attention_heads",), "attention_head_size",
)  # fmt: skip
_LLAMA = Dialect(
    ("LlamaAttention", "MistralAttention", "Qwen2Attention", "Qwen3Attention"),
    ("q_proj", "k_proj", "v_proj"), "o_proj", (), "head_dim",
    ("num_attention_heads", "num_key_value_heads"),
)  # fmt: skip
_BART = Dialect(
    ("BartAttention", "MBartAttention", "MarianAttention", "PegasusAttention"),
    ("q_proj", "k_proj", "v_proj"), "out_proj", ("num_heads",), "head_dim",
)  # fmt: skip
DIALECTS = {
    "t5": Dialect(("T5Attention",), ("q", "k", "v"), "o", ("n_heads",), "key_value_proj_dim",
                  ("num_heads",)),
    "bert": _BERT, "roberta": _BERT, "xlm-roberta": _BERT,
    "distilbert": Dialect(("DistilBertSelfAttention",), ("q_lin", "k_lin", "v_lin"), "out_lin",
                          ("n_heads",), "attention_head_size"),
    "gpt2": Dialect(("GPT2Attention",), ("c_attn",), "c_proj", ("num_heads",), "head_dim"),
    "llama": _LLAMA, "mistral": _LLAMA, "qwen2": _LLAMA, "qwen3": _LLAMA,
    "bart": _BART, "mbart": _BART, "marian": _BART, "pegasus": _BART,
}  # fmt: skip
"""By model type."""


@dataclass(frozen=True)
class Attention:
    """One attention layer: its place, the module, and the module that holds its output weights."""

    place: Place
    module: Any
    output: Any
    dialect: Dialect
    heads: int
    kv_heads: int


def attentions(model: Any) -> list[Attention]:
    """The attention layers of a loaded model.

    Raises:
        BadInput: It is of an architecture that is not known here.
    """
    kind = model.config.model_type
    dialect = DIALECTS.get(kind)
    if dialect is None:
        raise BadInput(
            f"The heads of {kind} models cannot be cut off here; known: {', '.join(DIALECTS)}. "
            "Choose shallow or distilled."
        )
    found: list[Attention] = []
    for name, module in model.named_modules():
        if type(module).__name__ not in dialect.module:
            continue
        place = _place(name, model.config.is_encoder_decoder, dialect)
        layer = sum(one.place[0] == place for one in found)
        holder = module
        if dialect is _BERT:
            holder = model.get_submodule(name.rpartition(".")[0])
        size = getattr(module, dialect.size)
        query, key = module.get_submodule(dialect.inputs[0]), None
        heads = _rows(query) // size // (3 if len(dialect.inputs) == 1 else 1)
        if len(dialect.inputs) == 3:
            key = module.get_submodule(dialect.inputs[1])
        kv_heads = heads if key is None else _rows(key) // size
        found.append(Attention((place, layer), module, holder, dialect, heads, kv_heads))
    return found


def _place(name: str, both: bool, dialect: Dialect) -> str:
    if any(word in name for word in ("EncDecAttention", "encoder_attn", "crossattention")):
        return "cross"
    if both:
        return "decoder" if "decoder." in name else "encoder"
    return "encoder" if dialect in (_BERT, DIALECTS["distilbert"]) else "decoder"


def units(model: Any) -> list[list[list[tuple[str, int, int]]]]:
    """What can be cut, as slots: of each slot as many units are cut, each of some heads together.

    A unit is one head of one layer; where several queries share a key head, all of that group; of
    T5's self-attention one head of all layers of a stack, as these share the bias by distance that
    the first layer holds for each head.
    """
    by_slot: dict[Any, list[list[tuple[str, int, int]]]] = {}
    shared = model.config.model_type == "t5"
    for one in attentions(model):
        kind, layer = one.place
        slot = kind if shared and kind != "cross" else (kind, layer)
        group = one.heads // one.kv_heads
        found = [[(kind, layer, kv * group + i) for i in range(group)]
                 for kv in range(one.kv_heads)]  # fmt: skip
        if slot not in by_slot:
            by_slot[slot] = found
        else:
            for known, new in zip(by_slot[slot], found, strict=True):
                known += new
    return list(by_slot.values())


def is_plain(model: Any, kept: Kept) -> bool:
    """Whether plain Transformers can load the model with these heads alone."""
    counts = {len(heads) for heads in kept.values()}
    return bool(DIALECTS[model.config.model_type].plain) and len(counts) == 1


def cut(model: Any, kept: Kept) -> None:
    """Leave each layer the heads that it keeps, and tell the configuration.

    Args:
        model: Loaded; changed in place.
        kept: For each of its layers; a layer that is not named keeps all.
    """
    for one in attentions(model):
        _slice(one, list(kept.get(one.place, range(one.heads))))
    config = model.config
    if is_plain(model, kept):
        names = DIALECTS[config.model_type].plain
        first = attentions(model)[0]
        size = getattr(first.module, first.dialect.size)
        for name, count in zip(names, (first.heads, first.kv_heads), strict=False):
            setattr(config, name, count)
        if hasattr(config, "head_dim"):
            config.head_dim = size
        return
    config.assay_heads = as_json(kept)


def as_json(kept: Kept) -> dict[str, list[list[int]]]:
    """Kept heads as config.json holds them."""
    found: dict[str, list[list[int]]] = {}
    for (kind, _), heads in sorted(kept.items()):
        found.setdefault(kind, []).append(list(heads))
    return found


def from_json(said: Any) -> Kept:
    """Kept heads from config.json.

    Raises:
        BadInput: That is not what `as_json` writes.
    """
    try:
        return {
            (str(kind), layer): [int(head) for head in heads]
            for kind, layers in said.items()
            for layer, heads in enumerate(layers)
        }
    except (AttributeError, TypeError, ValueError):
        raise BadInput("assay_heads in config.json is not {kind: [[head, …], …]}.") from None


def _slice(one: Attention, heads: list[int]) -> None:
    size, dialect = getattr(one.module, one.dialect.size), one.dialect
    group = one.heads // one.kv_heads
    groups = sorted({head // group for head in heads})
    queries, keys = _numbers(heads, size), _numbers(groups, size)
    if len(dialect.inputs) == 1:
        width = one.heads * size
        fused = torch.cat([queries + part * width for part in range(3)])
        _outputs(one.module.get_submodule(dialect.inputs[0]), fused)
        one.module.split_size = len(queries)
    else:
        for name, numbers in zip(dialect.inputs, (queries, keys, keys), strict=True):
            _outputs(one.module.get_submodule(name), numbers)
    _inputs(one.output.get_submodule(dialect.output), queries)
    bias = getattr(one.module, "relative_attention_bias", None)
    if bias is not None:
        bias.weight = nn.Parameter(bias.weight.detach()[:, heads].contiguous())
        bias.embedding_dim = len(heads)
    for name in dialect.count:
        setattr(one.module, name, len(heads))
    for name in ("all_head_size", "inner_dim", "embed_dim", "dim"):
        if getattr(one.module, name, None) == one.heads * size:
            setattr(one.module, name, len(heads) * size)


def _numbers(heads: Sequence[int], size: int) -> torch.Tensor:
    return torch.cat([torch.arange(head * size, (head + 1) * size) for head in heads])


def _rows(layer: Any) -> int:
    """How many numbers a layer gives."""
    return int(layer.weight.shape[1 if isinstance(layer, Conv1D) else 0])


def _outputs(layer: Any, numbers: torch.Tensor) -> None:
    """Keep these of what a layer gives."""
    axis = 1 if isinstance(layer, Conv1D) else 0
    layer.weight = nn.Parameter(layer.weight.detach().index_select(axis, numbers).contiguous())
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias.detach().index_select(0, numbers).contiguous())
    if isinstance(layer, Conv1D):
        layer.nf = len(numbers)
    else:
        layer.out_features = len(numbers)


def _inputs(layer: Any, numbers: torch.Tensor) -> None:
    """Keep these of what a layer takes."""
    axis = 0 if isinstance(layer, Conv1D) else 1
    layer.weight = nn.Parameter(layer.weight.detach().index_select(axis, numbers).contiguous())
    if isinstance(layer, Conv1D):
        layer.nx = len(numbers)
    else:
        layer.in_features = len(numbers)
