"""Heads cut out of a model against the same heads masked, for every dialect; and read back."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import BadInput
from core.interpret import gates
from core.models import heads
from core.models.load import load_model
from core.models.resolve import ModelRef
from tests.interpret.models import build, tokenizer

PURPOSES = {"t5": "seq2seq", "bart": "seq2seq", "marian": "seq2seq", "bert": "classification",
            "llama": "causal", "gpt2": "causal", "qwen3": "causal", "mistral": "causal",
            "roberta": "masked", "distilbert": "auto"}  # fmt: skip
PLAIN = {"t5", "llama", "qwen3", "mistral"}
TEXTS = ["the cat sat on a mat", "where is my refund"]


def lively(name):
    """A model whose heads matter: new weights are so small that one hardly sees them."""
    model = build(name)
    torch.manual_seed(1)
    with torch.no_grad():
        for part, weights in model.named_parameters():
            if weights.dim() > 1 and "embed_positions" not in part:  # Marian computes its own
                weights.normal_(0.0, 0.2)
    return model


def inputs(model):
    batch = dict(tokenizer()(TEXTS, return_tensors="pt", padding=True))
    if model.config.is_encoder_decoder:
        batch["decoder_input_ids"] = torch.tensor([[0, 5, 6, 7], [0, 9, 8, 4]])
    return batch


def said(model, batch):
    with torch.inference_mode():
        return model(**batch)[0]


def gone_of(model):
    """The middle unit of each slot: neither the first nor the last head."""
    return [head for slot in heads.units(model) for head in slot[len(slot) // 2]]


def kept_of(model, gone):
    return {
        one.place: [head for head in range(one.heads) if (*one.place, head) not in gone]
        for one in heads.attentions(model)
    }


@pytest.mark.parametrize("name", PURPOSES)
def test_a_model_without_heads_is_the_model_with_these_masked(name, tmp_path):
    model = lively(name)
    batch = inputs(model)
    layers = gates.layout(model, batch, name)
    assert layers == {one.place: one.heads for one in heads.attentions(model)}
    gone = gone_of(model)
    whole = said(model, batch)
    with torch.inference_mode(), gates.gated(model, gates.switched_off(layers, gone, "cpu")):
        masked = model(**batch)[0]
    assert (masked - whole).abs().max() > 1e-2  # the heads did something
    before = model.num_parameters()
    heads.cut(model, kept_of(model, gone))
    cut = said(model, batch)
    assert (cut - masked).abs().max() < 1e-5
    assert model.num_parameters() < before

    model.save_pretrained(tmp_path)
    plain = not getattr(model.config, "assay_heads", None)
    assert plain == (name in PLAIN)
    again = load_model(ModelRef(name, "folder", tmp_path), PURPOSES[name])
    assert (said(again, batch) - cut).abs().max() < 1e-6
    if plain:
        other = type(model).from_pretrained(tmp_path)
        assert (said(other, batch) - cut).abs().max() < 1e-6


@pytest.mark.parametrize("name", ["gpt2", "bart"])
def test_a_model_of_uneven_layers_writes_as_it_does_masked(name, tmp_path):
    model = lively(name)
    batch = dict(tokenizer()(TEXTS[:1], return_tensors="pt"))
    layers = {one.place: one.heads for one in heads.attentions(model)}
    gone = [("decoder", 0, 1), ("decoder", 1, 0), ("decoder", 1, 3)]
    asked = {"max_new_tokens": 6, "do_sample": False, "num_beams": 1}
    with gates.gated(model, gates.switched_off(layers, gone, "cpu")):
        masked = model.generate(**batch, **asked)
    heads.cut(model, kept_of(model, gone))
    model.save_pretrained(tmp_path)
    again = load_model(ModelRef(name, "folder", tmp_path), PURPOSES[name])
    assert again.generate(**batch, **asked).tolist() == masked.tolist()
    assert heads.from_json(model.config.assay_heads)["decoder", 1] == [1, 2]


def test_t5_cuts_one_head_of_all_layers_as_they_share_the_bias_by_distance():
    slots = heads.units(build("t5"))
    sizes = {(unit[0][0], len(unit)) for slot in slots for unit in slot}
    assert sizes == {("encoder", 3), ("decoder", 2), ("cross", 1)}
    assert len(slots) == 4  # encoder, decoder, and each of two layers of cross-attention


def test_grouped_queries_go_with_their_key_head():
    slots = heads.units(build("llama"))
    assert [[len(unit) for unit in slot] for slot in slots] == [[2, 2], [2, 2]]


def test_an_architecture_that_is_not_known_is_refused():
    with pytest.raises(BadInput, match="The heads of bloom models cannot be cut off here"):
        heads.attentions(build("bloom"))


@pytest.fixture
def cut_bert(tmp_path):
    model = build("bert")
    heads.cut(model, kept_of(model, gone_of(model)))
    model.save_pretrained(tmp_path)
    return tmp_path


def test_a_folder_whose_weights_do_not_fit_its_heads_is_refused(cut_bert):
    weights = load_file(cut_bert / "model.safetensors")
    name = next(name for name in weights if "classifier" in name)
    save_file({k: v for k, v in weights.items() if k != name}, cut_bert / "model.safetensors")
    with pytest.raises(BadInput, match="do not fit its configuration"):
        load_model(ModelRef("m", "folder", cut_bert), "classification")


def test_a_cut_classifier_keeps_to_its_own_labels(cut_bert):
    ref = ModelRef("m", "folder", cut_bert)
    same = load_model(ref, "classification", ("LABEL_0", "LABEL_1"))
    assert same.config.num_labels == 2
    with pytest.raises(BadInput, match="was trained for other labels"):
        load_model(ref, "classification", ("order", "refund"))


def test_a_configuration_with_strange_heads_is_refused(cut_bert):
    path = cut_bert / "config.json"
    path.write_text(path.read_text().replace('"assay_heads": {', '"assay_heads": {"x": 3, '))
    with pytest.raises(BadInput, match="assay_heads in config"):
        load_model(ModelRef("m", "folder", cut_bert), "classification")
