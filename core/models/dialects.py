"""The dialects of `config.json`: one reader for each family of model types."""

from collections.abc import Callable
from typing import Any

from core.errors import BadInput
from core.models.shape import Bias, Shape

Config = dict[str, Any]
HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads")
HIDDEN = ("hidden_size", "n_embd", "d_model", "dim")
GROUPS = ("num_key_value_heads", "num_kv_heads")
LARGEST = 10**8
"""No size in a configuration is larger: a vocabulary has a million entries."""
LABELS = 2
"""Labels of a classification head when the configuration names none, as in Transformers."""


def read(config: Config) -> Shape:
    """Read a parsed `config.json`.

    Raises:
        BadInput: The model type is not known, or a size is missing or not a whole number.
    """
    text = config.get("text_config")
    if isinstance(text, dict):
        config = text
    kind = config.get("model_type")
    if kind is None:
        raise BadInput("The configuration names no model_type, so it is no model's; give the "
                       "config.json of one, or its size, such as 7B.")  # fmt: skip
    reader = READERS.get(str(kind))
    if reader is None:
        raise BadInput(
            f"The model type {kind!r} is not known here; known: {', '.join(sorted(READERS))}. "
            "Give the size instead, such as 7B."
        )
    _check_heads(config)
    try:
        return reader(config)
    except KeyError as error:
        raise BadInput(f"The configuration of type {kind!r} lacks {error.args[0]!r}.") from None


def _check_heads(config: Config) -> None:
    """Refuse a model with more heads than its hidden states have numbers, or odd groups of them."""
    sizes = {
        names: next(((n, config[n]) for n in names if isinstance(config.get(n), int)), None)
        for names in (HEADS, HIDDEN, GROUPS)
    }
    heads, hidden, groups = sizes.values()
    if heads and hidden and heads[1] > hidden[1] > 0:
        raise BadInput(
            f"{heads[0]} is {heads[1]:,} in the configuration, more heads than the {hidden[1]:,} "
            f"numbers of {hidden[0]}; check both."
        )
    if heads and groups and groups[1] > 0 and heads[1] % groups[1]:
        raise BadInput(
            f"{groups[0]} is {groups[1]:,} in the configuration, which does not divide the "
            f"{heads[1]:,} of {heads[0]}; check both."
        )


def _first(config: Config, *names: str) -> int:
    for name in names:
        value = config.get(name)
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise BadInput(
                    f"{name} is {value!r} in the configuration; a whole number from 1 on is wanted."
                )
            if value > LARGEST:
                raise BadInput(
                    f"{name} is more than {LARGEST:,} in the configuration, which no model has; "
                    "check it."
                )
            return int(value)
    raise KeyError(names[0])


def _positions(config: Config, *names: str) -> int | None:
    return next((int(config[n]) for n in names if isinstance(config.get(n), int)), None)


def _t5(config: Config) -> Shape:
    layers = _first(config, "num_layers")
    activation = str(config.get("feed_forward_proj", "relu"))
    return Shape(
        family="encoder-decoder",
        layers=_first({"num_decoder_layers": layers, **_known(config)}, "num_decoder_layers"),
        encoder_layers=layers,
        hidden=_first(config, "d_model"),
        heads=_first(config, "num_heads"),
        kv_heads=_first(config, "num_heads"),
        head_dim=_first(config, "d_kv"),
        ffn=_first(config, "d_ff"),
        gated_mlp=activation.startswith("gated"),
        vocab=_first(config, "vocab_size"),
        tied_embeddings=bool(config.get("tie_word_embeddings", True)),
        positions="t5",
        max_positions=_positions(config, "n_positions"),
        relative_buckets=int(config.get("relative_attention_num_buckets", 32)),
    )


def _known(config: Config) -> Config:
    return {key: value for key, value in config.items() if value is not None}


def _bart(config: Config) -> Shape:
    kind = str(config["model_type"])
    for part in ("attention_heads", "ffn_dim"):
        if config.get(f"encoder_{part}") != config.get(f"decoder_{part}"):
            raise BadInput(f"Encoder and decoder differ in {part}, which is not supported.")
    learned = kind in ("bart", "mbart")
    positions = _first(config, "max_position_embeddings")
    heads, hidden = _first(config, "encoder_attention_heads"), _first(config, "d_model")
    return Shape(
        family="encoder-decoder",
        layers=_first(config, "decoder_layers"),
        encoder_layers=_first(config, "encoder_layers"),
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        ffn=_first(config, "encoder_ffn_dim"),
        gated_mlp=False,
        vocab=_first(config, "vocab_size"),
        tied_embeddings=bool(config.get("tie_word_embeddings", True)),
        positions="learned" if learned else "sinusoidal",
        max_positions=positions,
        position_rows=positions + 2 if learned else 0,
        attention_bias="all",
        mlp_bias=True,
        norm_bias=True,
        embedding_norm=learned,
        final_norm=kind in ("mbart", "pegasus", "m2m_100"),
    )


def _bert(config: Config) -> Shape:
    hidden, heads = (
        _first(config, "hidden_size", "dim"),
        _first(config, "num_attention_heads", "n_heads"),
    )
    positions = _first(config, "max_position_embeddings")
    distil = config["model_type"] == "distilbert"
    return Shape(
        family="encoder",
        layers=_first(config, "num_hidden_layers", "n_layers"),
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        ffn=_first(config, "intermediate_size", "hidden_dim"),
        gated_mlp=False,
        vocab=_first(config, "vocab_size"),
        tied_embeddings=True,
        positions="learned",
        max_positions=positions,
        position_rows=positions,
        token_types=0 if distil else int(config.get("type_vocab_size", 2)),
        attention_bias="all",
        mlp_bias=True,
        norm_bias=True,
        embedding_norm=True,
        final_norm=False,
        head_parameters=_bert_head(config, hidden),
    )


def _bert_head(config: Config, hidden: int) -> int:
    """Pooler and task head, by the class that `architectures` names."""
    architecture = next(iter(config.get("architectures") or []), "")
    dense = hidden * hidden + hidden
    labels = len(config.get("id2label") or ()) or int(config.get("num_labels", LABELS))
    kind = config["model_type"]
    if architecture.endswith("ForQuestionAnswering"):
        return 2 * hidden + 2
    if architecture.endswith("ForTokenClassification"):
        return labels * (hidden + 1)
    if architecture.endswith("ForSequenceClassification"):
        return dense + labels * (hidden + 1)
    if architecture.endswith("ForMaskedLM"):
        return dense + 2 * hidden + _first(config, "vocab_size")
    return 0 if kind == "distilbert" else dense


def _gpt(config: Config) -> Shape:
    """GPT-2, GPT-J, GPT-NeoX, OPT and BLOOM: plain MLP, LayerNorm with bias."""
    kind = str(config["model_type"])
    hidden = _first(config, "n_embd", "hidden_size", "n_embed")
    if config.get("word_embed_proj_dim", hidden) != hidden:
        raise BadInput("Embeddings narrower than the hidden size are not supported.")
    heads = _first(config, "n_head", "num_attention_heads")
    places = _positions(config, "n_positions", "max_position_embeddings", "n_ctx", "seq_length")
    rows = {"gpt2": places or 0, "opt": (places or 0) + 2}.get(kind, 0)
    bias: Bias = "none" if kind == "gptj" else "all"
    vocab = _first(config, "vocab_size")
    return Shape(
        family="decoder",
        layers=_first(config, "n_layer", "num_hidden_layers"),
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        ffn=_first(
            {"default": 4 * hidden, **config}, "n_inner", "ffn_dim", "intermediate_size", "default"
        ),
        gated_mlp=False,
        vocab=vocab,
        tied_embeddings=bool(config.get("tie_word_embeddings", kind not in ("gpt_neox", "gptj"))),
        positions="learned" if rows else "alibi" if kind == "bloom" else "rope",
        max_positions=places,
        position_rows=rows,
        attention_bias=bias,
        mlp_bias=True,
        norm_bias=True,
        norms_per_layer=1 if kind == "gptj" else 2,
        embedding_norm=kind == "bloom",
        head_parameters=vocab if kind == "gptj" else 0,
    )


def _falcon(config: Config) -> Shape:
    hidden, heads = _first(config, "hidden_size"), _first(config, "num_attention_heads", "n_head")
    new = bool(config.get("new_decoder_architecture", False))
    kv_heads = _first({"num_kv_heads": heads, **_known(config)}, "num_kv_heads")
    if not new:
        kv_heads = 1 if config.get("multi_query", True) else heads
    bias = bool(config.get("bias", False))
    parallel = bool(config.get("parallel_attn", True))
    return Shape(
        family="decoder",
        layers=_first(config, "num_hidden_layers", "n_layer"),
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=hidden // heads,
        ffn=_first({"default": 4 * hidden, **config}, "ffn_hidden_size", "default"),
        gated_mlp=False,
        vocab=_first(config, "vocab_size"),
        tied_embeddings=bool(config.get("tie_word_embeddings", True)),
        positions="alibi" if config.get("alibi") else "rope",
        max_positions=_positions(config, "max_position_embeddings"),
        attention_bias="all" if bias else "none",
        mlp_bias=bias,
        norm_bias=True,
        norms_per_layer=2 if new or not parallel else 1,
    )


def _mpt(config: Config) -> Shape:
    hidden, heads = _first(config, "d_model"), _first(config, "n_heads")
    bias = not config.get("no_bias", True)
    return Shape(
        family="decoder",
        layers=_first(config, "n_layers"),
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        ffn=int(config.get("expansion_ratio", 4)) * hidden,
        gated_mlp=False,
        vocab=_first(config, "vocab_size"),
        tied_embeddings=bool(config.get("tie_word_embeddings", True)),
        positions="alibi",
        max_positions=_positions(config, "max_seq_len"),
        attention_bias="all" if bias else "none",
        mlp_bias=bias,
        norm_bias=bias,
    )


def _llama(config: Config) -> Shape:
    """Llama and its kin: RoPE, RMSNorm, gated MLP, grouped queries, perhaps experts."""
    kind = str(config["model_type"])
    hidden, heads = _first(config, "hidden_size"), _first(config, "num_attention_heads")
    bias: Bias = "all" if config.get("attention_bias") else "none"
    if kind == "qwen2":
        bias = "qkv"
    gemma = kind.startswith("gemma")
    known = _known(config)
    return Shape(
        family="decoder",
        layers=_first(config, "num_hidden_layers"),
        hidden=hidden,
        heads=heads,
        kv_heads=_first({"num_key_value_heads": heads, **known}, "num_key_value_heads"),
        head_dim=_first({"head_dim": 256 if gemma else hidden // heads, **known}, "head_dim"),
        ffn=_first(config, "intermediate_size"),
        gated_mlp=True,
        vocab=_first(config, "vocab_size"),
        tied_embeddings=bool(config.get("tie_word_embeddings", gemma)),
        positions="rope",
        max_positions=_positions(config, "max_position_embeddings"),
        experts=int(known.get("num_local_experts", 8)) if kind == "mixtral" else 1,
        experts_active=int(known.get("num_experts_per_tok", 2)) if kind == "mixtral" else 1,
        attention_bias=bias,
        mlp_bias=bool(config.get("mlp_bias", False)),
        norms_per_layer=4 if kind in ("gemma2", "gemma3_text") else 2,
        qk_norm=kind in ("qwen3", "gemma3_text"),
    )


READERS: dict[str, Callable[[Config], Shape]] = {
    "bart": _bart,
    "bert": _bert,
    "bloom": _gpt,
    "distilbert": _bert,
    "falcon": _falcon,
    "gemma": _llama,
    "gemma2": _llama,
    "gemma3_text": _llama,
    "gpt2": _gpt,
    "gpt_neox": _gpt,
    "gptj": _gpt,
    "llama": _llama,
    "m2m_100": _bart,
    "marian": _bart,
    "mbart": _bart,
    "mistral": _llama,
    "mixtral": _llama,
    "mpt": _mpt,
    "mt5": _t5,
    "opt": _gpt,
    "pegasus": _bart,
    "phi3": _llama,
    "qwen2": _llama,
    "qwen3": _llama,
    "roberta": _bert,
    "t5": _t5,
    "xlm-roberta": _bert,
}
"""Model type -> the reader of its dialect."""
