"""A model's own positions, against the modules of the model itself."""

import json

import numpy as np
import pytest
import torch
import transformers as tf
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor

from core.charts import positions as charts
from core.errors import BadInput
from core.interpret import own, own_pictures, position_words, positions, slot
from core.interpret.read_positions import read, rotary
from core.models.resolve import ModelRef
from core.text.catalog import LANGUAGES
from core.workspace import Workspace
from tests.interpret import models

SCHEMES = {
    "bart": "learned", "bert": "learned", "distilbert": "learned", "roberta": "learned",
    "gpt2": "learned", "t5": "t5", "marian": "sinusoidal", "llama": "rope", "qwen3": "rope",
    "mistral": "rope", "gemma2": "rope", "gemma3": "rope", "bloom": "alibi", "mpt": "alibi",
}  # fmt: skip


def held(folder, name: str) -> tuple[slot.Slot, tf.PreTrainedModel]:
    model = models.build(name)
    model.save_pretrained(folder)
    return slot.hold(ModelRef(name, "folder", folder)), model


@pytest.mark.parametrize("name", SCHEMES)
def test_each_scheme_is_read_stored_and_drawn(tmp_path, name: str) -> None:
    found = read(held(tmp_path / "model", name)[0])
    assert found.scheme == SCHEMES[name]
    workspace = Workspace.open(tmp_path / "workspace")
    own.save(workspace, "key", found)
    back = own.newest(workspace, name)
    assert back is not None and back.facts == found.facts and back.limit == found.limit
    assert own.newest(workspace, "another") is None
    for panel in own_pictures.panels(back):
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


def rotary_module(model: tf.PreTrainedModel) -> torch.nn.Module:
    return next(m for n, m in model.named_modules() if n.endswith("rotary_emb"))


@pytest.mark.parametrize("name", ["llama", "qwen3", "mistral", "gemma2"])
def test_rotation_is_that_of_the_models_own_module(tmp_path, name: str) -> None:
    slot_, model = held(tmp_path, name)
    found = read(slot_)
    omega = found.arrays["frequency"]
    place = torch.arange(50)[None]
    cos, sin = rotary_module(model)(torch.zeros(1, dtype=torch.float32), place)
    angle = np.arange(50)[:, None] * omega
    # The halves are equal: dimension i turns with dimension i + d/2.
    assert np.allclose(cos[0].numpy(), np.cos(np.tile(angle, 2)), atol=1e-5)
    assert np.allclose(sin[0].numpy(), np.sin(np.tile(angle, 2)), atol=1e-5)
    assert found.facts["layout"] == "halves"


def test_gemma3_turns_its_two_kinds_of_layers_at_their_own_speed(tmp_path) -> None:
    slot_, model = held(tmp_path, "gemma3")
    found = read(slot_)
    module = rotary_module(model)
    for kind, name in (("full_attention", "frequency"),
                       ("sliding_attention", "frequency_sliding_attention")):  # fmt: skip
        theirs = getattr(module, f"{kind}_inv_freq").numpy()
        assert np.allclose(found.arrays[name], theirs, rtol=1e-6)
    assert {one["kind"]: (one["base"], one["layers"]) for one in found.facts["kinds"]} == {
        "sliding_attention": (10_000.0, 2), "full_attention": (1_000_000.0, 1),
    }  # fmt: skip
    assert found.facts["base"] == 1_000_000.0
    assert found.facts["windows_tokens"] == [models.WINDOW, models.WINDOW, None]
    assert [panel.name for panel in own_pictures.panels(found)] == ["kinds_waves", "kinds_scores"]


def test_mistral_sees_a_window_in_every_layer_and_the_others_all(tmp_path) -> None:
    assert read(held(tmp_path / "a", "mistral")[0]).facts["windows_tokens"] == [models.WINDOW] * 2
    for name in ("llama", "qwen3", "gpt2"):
        assert read(held(tmp_path / name, name)[0]).facts["windows_tokens"] == [None, None]


def neox(**rope) -> tf.PreTrainedModel:
    torch.manual_seed(0)
    return tf.GPTNeoXForCausalLM(
        tf.GPTNeoXConfig(
            vocab_size=models.SIZE, hidden_size=64, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=128,
            rope_parameters={"rope_theta": 10_000.0, "rope_type": "default", **rope},
        )
    )  # fmt: skip


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_part_of_the_head_is_turned(tmp_path, share: float) -> None:
    model = neox(partial_rotary_factor=share)
    model.save_pretrained(tmp_path)
    found = read(slot.hold(ModelRef("neox", "folder", tmp_path)))
    assert np.allclose(found.arrays["frequency"], rotary_module(model).inv_freq, rtol=1e-6)
    assert (found.facts["head_dim"], found.facts["rotated_dim"]) == (32, int(32 * share))


def test_gptj_pairs_neighbours(tmp_path) -> None:
    torch.manual_seed(0)
    model = tf.GPTJForCausalLM(
        tf.GPTJConfig(vocab_size=models.SIZE, n_embd=64, n_layer=2, n_head=2, rotary_dim=16,
                      n_positions=64)
    )  # fmt: skip
    model.save_pretrained(tmp_path)
    found = read(slot.hold(ModelRef("gptj", "folder", tmp_path)))
    assert found.facts["layout"] == "interleaved" and found.facts["rotated_dim"] == 16
    # Its table holds sines, then cosines, of position times frequency.
    theirs = model.transformer.h[0].attn.embed_positions.numpy()[:40]
    angle = np.arange(40)[:, None] * found.arrays["frequency"]
    assert np.allclose(theirs, np.concatenate([np.sin(angle), np.cos(angle)], -1), atol=1e-5)


def test_mt5_is_read_as_t5_is(tmp_path) -> None:
    torch.manual_seed(0)
    model = tf.MT5ForConditionalGeneration(
        tf.MT5Config(vocab_size=models.SIZE, d_model=32, d_kv=8, d_ff=64, num_layers=2,
                     num_heads=3, decoder_start_token_id=0)
    )  # fmt: skip
    model.save_pretrained(tmp_path)
    found = read(slot.hold(ModelRef("mt5", "folder", tmp_path)))
    theirs = model.decoder.block[0].layer[0].SelfAttention.compute_bias(40, 40)[0].detach().numpy()
    distance = np.arange(40)[None, :] - np.arange(40)[:, None]
    ours = positions.t5_bias(found.arrays["decoder_bias"], distance.ravel(), bidirectional=False)
    assert np.allclose(ours.reshape(3, 40, 40), theirs, atol=1e-7)
    assert not np.allclose(found.arrays["decoder_bias"], found.arrays["encoder_bias"])


@pytest.mark.parametrize(("name", "module", "first"), [
    ("bert", "bert.embeddings.position_embeddings", 0),
    ("distilbert", "embeddings.position_embeddings", 0),
    ("roberta", "roberta.embeddings.position_embeddings", 1),
    ("gpt2", "transformer.wpe", 0),
    ("bart", "model.encoder.embed_positions", 2),
    ("marian", "model.encoder.embed_positions", 0),
])  # fmt: skip
def test_rows_of_a_table_are_those_of_the_models_module(
    tmp_path, name: str, module: str, first: int
) -> None:
    slot_, model = held(tmp_path, name)
    found = read(slot_)
    table = model.get_submodule(module).weight.detach().numpy()[first:]
    assert found.facts["module"] == module and found.facts["rows"] == len(table)
    shown = table[np.ix_(found.arrays["sampled"], found.arrays["columns"])]
    assert np.array_equal(found.arrays["table"], shown)
    along, shares = positions.principal(table)
    assert np.allclose(found.arrays["components"], along)
    assert found.facts["layout"] == ("halves" if name == "marian" else None)
    assert found.limit.tokens == len(table)
    assert 0 < shares.sum() <= 1


def test_roberta_starts_after_its_padding(tmp_path) -> None:
    slot_, model = held(tmp_path, "roberta")
    ids = torch.tensor([[4, 5, 6]])
    embeddings = model.roberta.embeddings
    made = embeddings.create_position_ids_from_input_ids(ids, embeddings.padding_idx)
    assert made[0, 0] == embeddings.padding_idx + 1
    assert read(slot_).limit.tokens == model.config.max_position_embeddings - 1


@pytest.mark.parametrize(("name", "heads"), [("bloom", 4), ("mpt", 4)])
def test_slopes_are_those_of_the_models_own_function(tmp_path, name: str, heads: int) -> None:
    found = read(held(tmp_path, name)[0])
    ours = positions.alibi_bias(found.arrays["slopes"], np.arange(20) - 19)
    if name == "bloom":
        theirs = build_alibi_tensor(torch.ones(1, 20, dtype=torch.long), heads, torch.float32)
        bias = theirs[:, 0].numpy() - theirs[:, 0, -1:].numpy()
    else:
        bias = build_mpt_alibi_tensor(heads, 20)[:, 0].numpy()
    assert np.allclose(ours, bias, atol=1e-6)


@pytest.mark.parametrize("name", ["mamba"])
def test_a_model_without_positions_is_told_so(tmp_path, name: str) -> None:
    models.build(name).save_pretrained(tmp_path)
    ref = ModelRef(name, "folder", tmp_path)
    for asked in (lambda: own.known(ref), lambda: read(slot.hold(ref))):
        with pytest.raises(BadInput, match="mamba has no positions to show: a mamba model reads"):
            asked()


def test_what_an_older_version_kept_is_read_anew(tmp_path) -> None:
    workspace = Workspace.open(tmp_path / "w")
    found = read(held(tmp_path / "m", "llama")[0])
    own.save(workspace, "k", found)
    path = workspace.capture("k").with_suffix(".json")
    path.write_text(path.read_text().replace(f'"method": {own.METHOD}', '"method": 1'))
    assert own.newest(workspace, "llama") is None


def test_the_limit_is_known_without_the_weights(tmp_path) -> None:
    for name, kind in (("t5", "saturation"), ("gpt2", "table"), ("llama", "trained"),
                       ("bloom", "decay"), ("mpt", "built"), ("marian", "waves")):  # fmt: skip
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
