"""A model's own positions, against the modules of the model itself."""

import json

import numpy as np
import pytest
import torch
import transformers as tf
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from core.charts import positions as charts
from core.errors import BadInput
from core.interpret import own, position_words, positions, slot
from core.interpret.read_positions import read, rotary
from core.models.resolve import ModelRef
from core.text.catalog import LANGUAGES
from core.workspace import Workspace
from tests.interpret import models

EXTRA = {
    "bart": "learned", "bert": "learned", "gpt2": "learned", "t5": "t5", "marian": "sinusoidal",
    "llama": "rope",
}  # fmt: skip


def held(folder, name: str) -> tuple[slot.Slot, tf.PreTrainedModel]:
    model = models.build(name)
    model.save_pretrained(folder)
    return slot.hold(ModelRef(name, "folder", folder)), model


@pytest.mark.parametrize("name", EXTRA)
def test_each_scheme_is_read_stored_and_drawn(tmp_path, name: str) -> None:
    found = read(held(tmp_path / "model", name)[0])
    assert found.scheme == EXTRA[name]
    workspace = Workspace.open(tmp_path / "workspace")
    own.save(workspace, "key", found)
    back = own.newest(workspace, name)
    assert back is not None and back.facts == found.facts and back.limit == found.limit
    assert own.newest(workspace, "another") is None
    for panel in own.panels(back):
        json.dumps(panel.document(), allow_nan=False)
        for language in LANGUAGES:
            assert position_words.finding(panel, language)
            assert position_words.answer("m", back.limit, language)
            charts.panel(panel, "dark", language, present=True).to_json()


def test_t5_bias_is_what_the_model_computes(tmp_path) -> None:
    slot_, model = held(tmp_path, "t5")
    found = read(slot_)
    for side, stack in (("encoder", model.encoder), ("decoder", model.decoder)):
        attention = stack.block[0].layer[0].SelfAttention
        theirs = attention.compute_bias(150, 150)[0].detach().numpy()
        distance = np.arange(150)[None, :] - np.arange(150)[:, None]
        ours = positions.t5_bias(found.arrays[f"{side}_bias"], distance,
                                 bidirectional=side == "encoder")  # fmt: skip
        assert np.allclose(np.moveaxis(ours, 0, -1).T, theirs, atol=1e-7)
    assert found.facts["encoder_saturation_tokens"] == 91
    assert found.facts["decoder_saturation_tokens"] == 113
    assert found.limit == own.Limit("saturation", None, {"both": 91, "back": 113})


def test_bart_keeps_two_rows_that_are_no_positions(tmp_path) -> None:
    slot_, model = held(tmp_path, "bart")
    found = read(slot_)
    table = model.model.encoder.embed_positions.weight.detach().numpy()
    assert len(table) == 66 and found.facts["rows"] == found.limit.tokens == 64
    assert np.allclose(found.arrays["cosine"], positions.cosines(table[2:]), atol=1e-6)


def test_marian_has_the_waves_of_the_paper_in_two_halves(tmp_path) -> None:
    slot_, model = held(tmp_path, "marian")
    found = read(slot_)
    waves = positions.sinusoidal(np.arange(64), 32)
    halves = np.concatenate([waves[:, 0::2], waves[:, 1::2]], axis=-1)
    theirs = model.model.encoder.embed_positions.weight.detach().numpy()
    assert np.allclose(theirs, halves, atol=1e-6)
    assert np.allclose(found.arrays["cosine"], positions.cosines(waves), atol=1e-5)
    assert found.limit == own.Limit("waves", 64)


def test_rotary_frequencies_are_the_models(tmp_path) -> None:
    slot_, model = held(tmp_path, "llama")
    found = read(slot_)
    assert np.allclose(found.arrays["frequency"], model.model.rotary_emb.inv_freq, rtol=1e-6)
    assert found.facts["pairs"] == 4 and found.facts["scaling"] == "default"
    assert found.limit == own.Limit("trained", model.config.max_position_embeddings)


@pytest.mark.parametrize("scaling", [
    {"rope_type": "linear", "factor": 4.0},
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 2048},
    {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
     "original_max_position_embeddings": 2048},
])  # fmt: skip
def test_scaled_frequencies_are_those_of_transformers(scaling: dict) -> None:
    config = tf.LlamaConfig(
        hidden_size=256, num_attention_heads=2, max_position_embeddings=8192,
        rope_parameters={"rope_theta": 10_000.0, **scaling},
    )  # fmt: skip
    facts, arrays = rotary(config, own.Limit("trained", 8192))
    theirs, factor = ROPE_INIT_FUNCTIONS[scaling["rope_type"]](config, torch.device("cpu"))
    assert np.allclose(arrays["frequency"], theirs.numpy())
    assert facts["attention_factor"] == pytest.approx(factor)
    plain = positions.frequencies(128)
    ratio = plain / arrays["frequency"]
    if scaling["rope_type"] == "linear":
        assert np.allclose(ratio, 4)
    else:
        assert ratio[0] == pytest.approx(1) and ratio[-1] == pytest.approx(scaling["factor"])
    if scaling["rope_type"] == "yarn":
        assert facts["attention_factor"] == pytest.approx(1.138629, abs=1e-6)


def test_the_limit_is_known_without_the_weights(tmp_path) -> None:
    for name, kind in (("t5", "saturation"), ("gpt2", "table"), ("llama", "trained"),
                       ("bloom", "decay"), ("marian", "waves")):  # fmt: skip
        folder = tmp_path / name
        models.build(name).config.save_pretrained(folder)
        found = own.known(ModelRef(name, "folder", folder))
        assert found is not None and found[1].kind == kind
    assert own.known(ModelRef("some/where", "hub", None, "some/where")) is None
    (tmp_path / "t5" / "config.json").write_text('{"model_type": "strange"}')
    with pytest.raises(BadInput, match="strange"):
        own.known(ModelRef("t5", "folder", tmp_path / "t5"))


def test_a_changed_file_is_another_model(tmp_path) -> None:
    first, _ = held(tmp_path, "llama")
    key = slot.key(first)
    assert slot.hold(first.ref) is first and slot.key(first) == key
    assert slot.key(first, text="a") != slot.key(first, text="b") != key
    models.build("gpt2").config.save_pretrained(tmp_path)
    second = slot.hold(first.ref)
    assert second is not first and slot.key(second) != key
