"""Gates on heads, against zeroed weights and finite differences; dropout replicas."""

import pytest
import torch

from core.errors import BadInput
from core.interpret import gates
from core.interpret.replicas import replica
from tests.interpret.models import build

IDS = torch.tensor([[4, 5, 6, 7, 1], [8, 9, 10, 4, 1]])
TARGETS = torch.tensor([[5, 11, 12, 1], [6, 7, 13, 1]])
NAMES = ("t5", "bart", "marian", "bert", "llama", "gpt2", "gemma2")
OUTPUTS = {"t5": ".o", "bart": ".out_proj", "marian": ".out_proj", "bert": "attention.output.dense",
           "llama": ".o_proj", "gpt2": "attn.c_proj", "gemma2": ".o_proj"}  # fmt: skip
"""End of the name of the matrix that mixes the heads."""


def inputs(model):
    found = {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}
    if model.config.is_encoder_decoder:
        found["labels"] = TARGETS
    return found


def scores(model):
    return model(**inputs(model)).logits.double()


@pytest.mark.parametrize("name", NAMES)
def test_gates_of_one_change_nothing(name):
    model = build(name)
    layers = gates.layout(model, inputs(model), name)
    ones = {place: torch.ones(heads) for place, heads in layers.items()}
    with torch.no_grad():
        own = scores(model)
        with gates.gated(model, ones):
            again = scores(model)
    # The plain kernel gets the mask, the gated one too: bit by bit the same.
    assert torch.equal(own, again) or (own - again).abs().max() < 1e-6


def zeroed(model, name, place, head):
    """The same model with the part of a head in the output matrix set to 0: an oracle."""
    kind, layer = place
    found = []
    for path, module in model.named_modules():
        if path.endswith(OUTPUTS[name]) and kind == kind_of(path, model):
            found.append(module)
    weight = found[layer].weight
    heads = gates.layout(model, inputs(model), name)[place]
    inner = weight.shape[0] if name == "gpt2" else weight.shape[1]
    size = inner // heads
    part = slice(head * size, (head + 1) * size)
    with torch.no_grad():
        if name == "gpt2":  # Its matrices stand the other way round.
            weight[part] = 0
        else:
            weight[:, part] = 0
    return model


def kind_of(path, model):
    if "EncDecAttention" in path or "encoder_attn" in path:
        return "cross"
    if model.config.is_encoder_decoder:
        return "decoder" if "decoder." in path else "encoder"
    return "encoder" if type(model).__name__.startswith("Bert") else "decoder"


@pytest.mark.parametrize("name", NAMES)
def test_a_closed_gate_is_a_zeroed_slice_of_the_output_matrix(name):
    model = build(name)
    layers = gates.layout(model, inputs(model), name)
    for place, heads in layers.items():
        with torch.no_grad():
            own = scores(model)
            with gates.gated(model, gates.switched_off(layers, [(*place, heads - 1)], "cpu")):
                without = scores(model)
            oracle = scores(zeroed(build(name), name, place, heads - 1))
        effect = (without - own).abs().max()
        assert effect > 2e-6, f"{place} does nothing, so nothing was tested"
        assert (without - oracle).abs().max() < 0.1 * effect, place


@pytest.mark.parametrize("name", ["t5", "bert", "llama"])
def test_the_gradient_of_a_gate_is_a_finite_difference_for_each_example(name):
    model = build(name).double()
    layers = gates.layout(model, inputs(model), name)

    def loss():
        return scores(model).log_softmax(-1)[..., 1].reshape(len(IDS), -1).mean(-1)

    open_ = gates.open_gates(layers, len(IDS), "cpu")
    with gates.gated(model, open_):
        loss().sum().backward()
    step = 3e-3  # Norms are in float32 within, so a smaller step meets their rounding.
    for place, heads in layers.items():
        for head in range(heads):
            moved = []
            for sign in (1, -1):
                gate = torch.ones(heads, dtype=torch.double)
                gate[head] += sign * step
                with torch.no_grad(), gates.gated(model, {place: gate}):
                    moved.append(loss())
            slope = (moved[0] - moved[1]) / (2 * step)
            gradient = open_[place].grad[:, head].double()
            assert torch.allclose(gradient, slope, atol=1e-4, rtol=0.01), (place, head)


def test_attention_of_a_models_own_code_cannot_be_switched_off():
    model = build("bloom")
    with pytest.raises(BadInput, match=r"tiny-bloom \(bloom\) computes attention with code of its"):
        gates.layout(model, inputs(model), "tiny-bloom")


@pytest.mark.parametrize("name", ["t5", "llama"])
def test_a_replica_moves_all_attention_but_what_nothing_disturbs(name):
    model = build(name)
    with torch.no_grad():
        own = scores(model)
    seen = [{}, {}, {}]
    for found, seed in zip(seen, (1, 2, 1), strict=True):
        with torch.no_grad(), replica(model, found, seed):
            scores(model)
    one, two, again = seen
    for kind, layers in one.items():
        for number, layer in enumerate(layers):
            assert torch.allclose(layer.sum(-1), torch.ones(()), atol=1e-5), "before its dropout"
            assert torch.equal(layer, again[kind][number])
            assert (layer - two[kind][number]).abs().max() > 1e-4, (kind, number)
    with torch.no_grad():
        assert torch.equal(own, scores(model)), "the model is left as it was"
    assert not any(module.training for module in model.modules())
