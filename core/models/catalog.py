"""The catalogue of base models: the starters that come along, and well-known open ones."""

import json
from dataclasses import dataclass
from typing import Any

from core import table
from core.models.shape import Shape, from_config
from core.workspace import assets


@dataclass(frozen=True)
class CatalogModel:
    """A base model.

    `hub_id` is None for a starter, whose files lie in `assets/models/NAME`. `revision` is the Hub
    commit that was looked at, None where none is pinned. `source` says where the shape was read,
    `as_of` when.
    """

    name: str
    title: str
    hub_id: str | None
    revision: str | None
    licence: str
    shape: Shape
    local: bool
    source: str
    as_of: str


def model(name: str) -> CatalogModel:
    """Look a model up by name.

    Raises:
        NotFound: It is not in the catalogue; the message lists what is.
    """
    return table.find(CATALOG, name, "model in the catalogue")


def _starters() -> tuple[CatalogModel, ...]:
    """The models in `assets/models`, their shapes read from their own `config.json`."""
    return tuple(
        CatalogModel(
            name=path.parent.name,
            title=path.parent.name.replace("-", " ").capitalize(),
            hub_id=None,
            revision=None,
            licence="Apache-2.0",
            shape=from_config(json.loads(path.read_text(encoding="utf-8"))),
            local=True,
            source=f"assets/models/{path.parent.name}/config.json",
            as_of="2026-11",
        )
        for path in sorted((assets() / "models").glob("*/config.json"))
    )


def _hub(
    name: str, title: str, hub_id: str, licence: str, config: dict[str, Any], *,
    revision: str | None = None, as_of: str = "2024-12",
) -> CatalogModel:  # fmt: skip
    """A row of the Hub; `config` holds the fields of its `config.json` that give the shape."""
    return CatalogModel(
        name, title, hub_id, revision, licence, from_config(config), False,
        f"config.json of {hub_id}", as_of,
    )  # fmt: skip


def _t5(hidden: int, ffn: int, layers: int, heads: int) -> dict[str, Any]:
    return {"model_type": "t5", "d_model": hidden, "d_ff": ffn, "d_kv": 64, "num_layers": layers,
            "num_heads": heads, "vocab_size": 32128, "n_positions": 512,
            "relative_attention_num_buckets": 32}  # fmt: skip


def _llama(
    layers: int, hidden: int, heads: int, kv_heads: int, ffn: int, vocab: int, positions: int,
    kind: str = "llama", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    return {"model_type": kind, "num_hidden_layers": layers, "hidden_size": hidden,
            "num_attention_heads": heads, "num_key_value_heads": kv_heads,
            "intermediate_size": ffn, "vocab_size": vocab, "max_position_embeddings": positions,
            "tie_word_embeddings": False, **more}  # fmt: skip


_BERT = {"model_type": "bert", "num_hidden_layers": 12, "hidden_size": 768,
         "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30522,
         "max_position_embeddings": 512, "type_vocab_size": 2}  # fmt: skip
_DISTILBERT = {"model_type": "distilbert", "n_layers": 6, "dim": 768, "n_heads": 12,
               "hidden_dim": 3072, "vocab_size": 30522, "max_position_embeddings": 512}  # fmt: skip
_GPT2 = {"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "vocab_size": 50257,
         "n_positions": 1024}  # fmt: skip

STARTERS = _starters()
CATALOG = (
    *STARTERS,
    _hub("t5-small", "T5 small", "google-t5/t5-small", "Apache-2.0", _t5(512, 2048, 6, 8)),
    _hub("t5-base", "T5 base", "google-t5/t5-base", "Apache-2.0", _t5(768, 3072, 12, 12)),
    _hub("t5-large", "T5 large", "google-t5/t5-large", "Apache-2.0", _t5(1024, 4096, 24, 16)),
    _hub("bert-base-uncased", "BERT base", "google-bert/bert-base-uncased", "Apache-2.0", _BERT),
    _hub("distilbert-base-uncased", "DistilBERT", "distilbert/distilbert-base-uncased",
         "Apache-2.0", _DISTILBERT),
    _hub("gpt2", "GPT-2", "openai-community/gpt2", "MIT", _GPT2),
    _hub("llama-2-7b", "Llama 2 7B", "meta-llama/Llama-2-7b-hf", "Llama 2 Community",
         _llama(32, 4096, 32, 32, 11008, 32000, 4096)),
    _hub("llama-2-13b", "Llama 2 13B", "meta-llama/Llama-2-13b-hf", "Llama 2 Community",
         _llama(40, 5120, 40, 40, 13824, 32000, 4096)),
    _hub("llama-2-70b", "Llama 2 70B", "meta-llama/Llama-2-70b-hf", "Llama 2 Community",
         _llama(80, 8192, 64, 8, 28672, 32000, 4096)),
    _hub("llama-3-8b", "Llama 3 8B", "meta-llama/Meta-Llama-3-8B", "Llama 3 Community",
         _llama(32, 4096, 32, 8, 14336, 128256, 8192)),
    _hub("llama-3-70b", "Llama 3 70B", "meta-llama/Meta-Llama-3-70B", "Llama 3 Community",
         _llama(80, 8192, 64, 8, 28672, 128256, 8192)),
    _hub("mistral-7b", "Mistral 7B", "mistralai/Mistral-7B-v0.1", "Apache-2.0",
         _llama(32, 4096, 32, 8, 14336, 32000, 32768, "mistral")),
    _hub("mixtral-8x7b", "Mixtral 8x7B", "mistralai/Mixtral-8x7B-v0.1", "Apache-2.0",
         _llama(32, 4096, 32, 8, 14336, 32000, 32768, "mixtral", num_local_experts=8,
                num_experts_per_tok=2)),
    _hub("qwen2.5-7b", "Qwen2.5 7B", "Qwen/Qwen2.5-7B", "Apache-2.0",
         _llama(28, 3584, 28, 4, 18944, 152064, 131072, "qwen2")),
)  # fmt: skip
"""One row a model; the starters come first."""
