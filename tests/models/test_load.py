from pathlib import Path

import pytest
import torch
import transformers
from transformers import BertConfig, BertModel, T5Config, T5ForConditionalGeneration

from core.errors import BadInput
from core.models.load import load_config, load_model, load_tokenizer
from core.models.resolve import ModelRef


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    folder = tmp_path_factory.mktemp("t5")
    config = T5Config(
        vocab_size=50,
        d_model=8,
        d_kv=4,
        d_ff=16,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
    )
    T5ForConditionalGeneration(config).half().save_pretrained(folder)
    return ModelRef("tiny-t5", "folder", folder)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> ModelRef:
    folder = tmp_path_factory.mktemp("bert")
    config = BertConfig(
        vocab_size=50,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    BertModel(config).save_pretrained(folder)
    return ModelRef("tiny-bert", "folder", folder)


def test_half_precision_weights_are_loaded_in_float32(t5: ModelRef) -> None:
    model = load_model(t5, "seq2seq")
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert not model.training


def test_eager_attention_gives_weights(t5: ModelRef) -> None:
    model = load_model(t5, "seq2seq", attention="eager")
    ids = torch.tensor([[3, 4, 1]])
    out = model(input_ids=ids, labels=ids, output_attentions=True)
    assert len(out.encoder_attentions) == 1


@pytest.mark.parametrize(("architecture", "config"), [
    ("BloomForCausalLM", "BloomConfig"), ("Gemma2ForCausalLM", "Gemma2Config"),
])  # fmt: skip
def test_an_architecture_without_a_fused_kernel_is_loaded(tmp_path, architecture, config) -> None:
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1, "vocab_size": 9}
    if config == "Gemma2Config":
        sizes |= {"head_dim": 8, "num_key_value_heads": 2, "intermediate_size": 16}
    made = getattr(transformers, architecture)(getattr(transformers, config)(**sizes))
    made.save_pretrained(tmp_path)
    model = load_model(ModelRef("m", "folder", tmp_path), "causal")
    assert model.config._attn_implementation == "eager"


def test_classifier_carries_its_labels(bert: ModelRef, tmp_path: Path) -> None:
    model = load_model(bert, "classification", labels=("fault", "refund", "usage"))
    assert model.config.id2label == {0: "fault", 1: "refund", 2: "usage"}
    model.save_pretrained(tmp_path)
    again = load_model(ModelRef("saved", "folder", tmp_path), "classification")
    assert again.config.label2id == {"fault": 0, "refund": 1, "usage": 2}


def test_a_head_for_other_labels_is_replaced(bert: ModelRef, tmp_path: Path) -> None:
    load_model(bert, "classification", labels=("a", "b")).save_pretrained(tmp_path)
    ref = ModelRef("two", "folder", tmp_path)
    assert load_model(ref, "classification", labels=("a", "b", "c")).config.num_labels == 3


def test_wrong_purpose_is_a_sentence(bert: ModelRef) -> None:
    with pytest.raises(BadInput, match="tiny-bert cannot be loaded for seq2seq"):
        load_model(bert, "seq2seq")


def test_unknown_architecture_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "no-such-thing"}')
    with pytest.raises(BadInput, match="configuration of odd cannot be used"):
        load_config(ModelRef("odd", "folder", tmp_path))


def test_code_of_the_models_own_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    (tmp_path / "config.json").write_text(
        '{"model_type": "own", "auto_map": {"AutoConfig": "evil.Config"}}'
    )
    with pytest.raises(BadInput):
        load_config(ModelRef("own", "folder", tmp_path))


def test_missing_tokenizer_is_a_sentence(t5: ModelRef) -> None:
    with pytest.raises(BadInput, match="tiny-t5 has no tokenizer; expected one of"):
        load_tokenizer(t5)
