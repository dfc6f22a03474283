import json

import pytest

from core.errors import BadInput
from core.models.catalog import CATALOG, STARTERS, model
from core.models.dialects import READERS
from core.models.shape import Shape, from_config, from_size, parameters
from core.workspace import assets

PUBLISHED = {
    # Model cards on the Hugging Face Hub (safetensors metadata, `num_parameters`).
    "t5-small": 60_506_624,
    "t5-base": 222_903_552,
    "t5-large": 737_668_096,
    "bert-base-uncased": 109_482_240,
    "distilbert-base-uncased": 66_362_880,
    "gpt2": 124_439_808,
    "llama-2-7b": 6_738_415_616,
    "llama-2-13b": 13_015_864_320,
    "llama-2-70b": 68_976_648_192,
    "llama-3-8b": 8_030_261_248,
    "llama-3-70b": 70_553_706_496,
    "mistral-7b": 7_241_732_096,
    "mixtral-8x7b": 46_702_792_704,
    "qwen2.5-7b": 7_615_616_512,
}


@pytest.mark.parametrize(("name", "total"), PUBLISHED.items())
def test_counts_are_exact(name, total):
    assert parameters(model(name).shape).total == total


def test_every_row_of_the_catalogue_has_a_golden_count():
    assert {row.name for row in CATALOG} - {row.name for row in STARTERS} == set(PUBLISHED)


def test_mixtral_passes_a_token_through_two_experts_of_eight():
    # Jiang et al. 2024 (arXiv:2401.04088): "13B active parameters".
    counts = parameters(model("mixtral-8x7b").shape)
    expert = 3 * 4096 * 14336
    assert counts.total - counts.active == 32 * 6 * expert
    assert round(counts.active / 1e9) == 13


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
def test_parts_sum(row):
    counts = parameters(row.shape)
    parts = counts.embedding + counts.attention + counts.mlp + counts.norms + counts.head
    assert parts == counts.total
    assert counts.active <= counts.total


@pytest.mark.parametrize("row", STARTERS, ids=lambda row: row.name)
def test_starters_count_as_their_files_do(row):
    file = assets() / "models" / row.name / "model.safetensors"
    with file.open("rb") as weights:
        header = json.loads(weights.read(int.from_bytes(weights.read(8), "little")))
    stored = 0
    for name, tensor in header.items():
        if name != "__metadata__":
            size = 1
            for side in tensor["shape"]:
                size *= side
            stored += size
    assert parameters(row.shape).total == stored


def test_grouped_queries_shrink_keys_and_values():
    many = from_config({**_llama(), "num_key_value_heads": 8})
    few = from_config({**_llama(), "num_key_value_heads": 2})
    saved = 2 * 2 * 64 * 6 * 8  # layers, keys and values, hidden, heads, width of a head
    assert parameters(many).attention - parameters(few).attention == saved


def test_an_untied_head_is_one_more_table():
    tied = parameters(from_config({**_llama(), "tie_word_embeddings": True})).total
    assert parameters(from_config(_llama())).total - tied == 100 * 64


def test_t5_has_one_bias_table_in_each_stack():
    counts = parameters(model("t5-small").shape)
    blocks = (6 + 2 * 6) * 4 * 512 * 512
    assert counts.attention == blocks + 2 * 32 * 8


@pytest.mark.parametrize(
    ("size", "layers", "hidden"), [("7B", 32, 4096), ("3B", 24, 3072), ("13B", 36, 5120)]
)
def test_a_size_gets_the_shape_of_its_kind(size, layers, hidden):
    shape = from_size(size)
    assert (shape.layers, shape.hidden) == (layers, hidden)


def test_7b_is_the_shape_of_mistral():
    assert parameters(from_size("7b")).total == PUBLISHED["mistral-7b"]


@pytest.mark.parametrize("size", ["10M", "60M", "124M", "350M", "1B", "1.5B", "34B", "70B", "2T"])
def test_a_size_is_met_within_a_twentieth(size):
    wanted = float(size[:-1]) * {"M": 1e6, "B": 1e9, "T": 1e12}[size[-1]]
    assert parameters(from_size(size)).total == pytest.approx(wanted, rel=0.06)


@pytest.mark.parametrize("size", ["7", "B", "0B", "9M", "3T", "-7B", "7BB", ""])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(BadInput, match="10M to 2T"):
        from_size(size)


def test_an_unknown_type_names_the_known_ones():
    with pytest.raises(BadInput, match=r"'mamba' is not known.*llama"):
        from_config({"model_type": "mamba"})


def test_a_missing_or_wrong_size_is_named():
    with pytest.raises(BadInput, match="names no model_type"):
        from_config({"hello": 1})
    with pytest.raises(BadInput, match="lacks 'hidden_size'"):
        from_config({"model_type": "llama"})
    with pytest.raises(BadInput, match="hidden_size is -1"):
        from_config({**_llama(), "hidden_size": -1})
    with pytest.raises(BadInput, match="heads"):
        from_config({**_llama(), "num_attention_heads": True})


def test_a_nested_text_configuration_is_read():
    assert from_config({"model_type": "llava", "text_config": _llama()}) == from_config(_llama())


def _llama():
    return {
        "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 8, "num_key_value_heads": 8, "intermediate_size": 128,
        "vocab_size": 100, "tie_word_embeddings": False,
    }  # fmt: skip


TINY = {
    "t5": {"d_model": 32, "d_ff": 64, "d_kv": 8, "num_layers": 2, "num_heads": 4},
    "mt5": {"d_model": 32, "d_ff": 64, "d_kv": 8, "num_layers": 2, "num_heads": 4},
    "bart": {"d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_ffn_dim": 64,
             "decoder_ffn_dim": 64, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
             "max_position_embeddings": 20},
    "mbart": {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 64,
              "decoder_ffn_dim": 64, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
              "max_position_embeddings": 20},
    "bert": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
             "intermediate_size": 64, "max_position_embeddings": 20},
    "roberta": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                "intermediate_size": 64, "max_position_embeddings": 20},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64,
                   "max_position_embeddings": 20},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 20},
    "gpt_neox": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                 "intermediate_size": 64},
    "gptj": {"n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4},
    "opt": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "ffn_dim": 64,
            "max_position_embeddings": 20, "word_embed_proj_dim": 32},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "falcon": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4},
    "llama": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "intermediate_size": 64},
    "mixtral": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                "num_key_value_heads": 2, "intermediate_size": 64, "num_local_experts": 4,
                "num_experts_per_tok": 2},
    "qwen2": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "intermediate_size": 64},
    "qwen3": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "intermediate_size": 64, "head_dim": 8},
    "gemma": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "intermediate_size": 64, "head_dim": 16},
    "gemma2": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
               "num_key_value_heads": 2, "intermediate_size": 64, "head_dim": 16},
    "gemma3_text": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
                    "num_key_value_heads": 2, "intermediate_size": 64, "head_dim": 16},
    "phi3": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
             "num_key_value_heads": 2, "intermediate_size": 64, "pad_token_id": 0},
}  # fmt: skip
TWINS = {"mistral": "llama", "xlm-roberta": "roberta", "pegasus": "bart", "marian": "bart",
         "m2m_100": "bart"}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", TINY)
def test_transformers_counts_the_same(kind):
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    config = AutoConfig.for_model(kind, vocab_size=100, **TINY[kind])
    shape = from_config(config.to_dict())
    maker = {
        "encoder": AutoModel, "decoder": AutoModelForCausalLM,
        "encoder-decoder": AutoModelForSeq2SeqLM,
    }[shape.family]  # fmt: skip
    with torch.device("meta"):
        counted = maker.from_config(config).num_parameters()
    assert parameters(shape).total == counted


def test_every_dialect_is_compared_or_has_a_twin():
    assert set(READERS) == set(TINY) | set(TWINS)


def test_a_shape_is_hashable_so_that_estimates_can_be_kept():
    assert hash(from_config(_llama())) == hash(from_config(_llama()))
    assert isinstance(from_config(_llama()), Shape)
