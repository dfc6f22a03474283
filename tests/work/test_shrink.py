"""Which heads and layers go, and that what stays is what it was."""

import pytest
import torch

from core.models import heads
from core.models.load import load_model
from core.models.resolve import ModelRef
from core.work.shrink import chosen, farthest, shallower
from tests.interpret.models import build, tokenizer

PURPOSES = {"t5": "seq2seq", "bart": "seq2seq", "bert": "classification", "llama": "causal",
            "gpt2": "causal", "gemma3": "causal", "distilbert": "auto"}  # fmt: skip


def test_of_each_slot_the_units_that_pull_least_go_and_never_all():
    slots = [[[("e", 0, 0), ("e", 1, 0)], [("e", 0, 1), ("e", 1, 1)], [("e", 0, 2), ("e", 1, 2)]],
             [[("d", 0, 0)], [("d", 0, 1)], [("d", 0, 2)]]]  # fmt: skip
    pulls = {("e", 0, 0): 0.1, ("e", 1, 0): 0.9, ("e", 0, 1): 0.3, ("e", 1, 1): 0.3,
             ("e", 0, 2): 0.5, ("e", 1, 2): 0.4, ("d", 0, 0): 3.0, ("d", 0, 1): 1.0,
             ("d", 0, 2): 2.0}  # fmt: skip
    assert chosen(slots, pulls, 0.1) == [("e", 0, 1), ("e", 1, 1), ("d", 0, 1)]
    assert len(chosen(slots, pulls, 0.67)) == 6
    assert len(chosen(slots, pulls, 0.99)) == 6  # one unit of each slot stays


@pytest.mark.parametrize("name", PURPOSES)
def test_kept_layers_are_the_models_own_and_the_folder_is_a_plain_one(name, tmp_path):
    model = build(name)
    small, kept = shallower(model, 1)
    assert all(numbers == [0] for numbers in kept.values())
    assert small.num_parameters() < model.num_parameters()
    small.save_pretrained(tmp_path)
    again = load_model(ModelRef(name, "folder", tmp_path), PURPOSES[name])
    batch = dict(tokenizer()(["the cat sat"], return_tensors="pt"))
    if model.config.is_encoder_decoder:
        batch["decoder_input_ids"] = torch.tensor([[0, 5, 6]])
    with torch.inference_mode():
        assert torch.equal(again(**batch)[0], small(**batch)[0])
    if again.can_generate():
        asked = {"max_new_tokens": 4, "do_sample": False}
        batch.pop("decoder_input_ids", None)
        assert again.generate(**batch, **asked).shape[0] == 1


def test_the_last_layer_comes_next_to_the_first():
    model = build("t5")
    small, kept = shallower(model, 2)
    assert kept == {"encoder.block": [0, 2], "decoder.block": [0, 1]}
    own, of = model.state_dict(), small.state_dict()
    name = "encoder.block.{}.layer.0.SelfAttention.q.weight"
    assert torch.equal(of[name.format(1)], own[name.format(2)])
    assert small.config.num_layers == 2


def test_all_layers_kept_give_the_same_model():
    model = build("llama")
    small, _ = shallower(model, 2)
    batch = tokenizer()(["the cat sat"], return_tensors="pt")
    with torch.inference_mode():
        assert farthest(model(**batch), small(**batch)) == 0


def test_layers_are_counted_in_one_list_each_not_in_parts_of_a_layer():
    assert [one.place for one in heads.attentions(build("gpt2"))] == [
        ("decoder", 0),
        ("decoder", 1),
    ]
