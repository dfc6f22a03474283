"""Attributions against independent computations, on every family."""

import numpy as np
import pytest
import torch

from core.errors import BadInput
from core.interpret import attribution, tap
from core.interpret.aiming import aim
from core.work.explain import scores_of
from tests.interpret import models
from tests.interpret.explained import DECISIVE, blind, more, tokenizer
from tests.interpret.test_aim import EVERY, ask


@pytest.mark.parametrize("name", EVERY)
def test_integrated_gradients_add_up(name: str) -> None:
    found = attribution.integrated_gradients(ask(name))
    rise = found.value - found.baseline_value
    assert found.converged
    assert abs(found.scores.sum() - rise) <= max(
        attribution.TOLERANCE * abs(rise), attribution.SMALLEST
    )
    assert found.error == pytest.approx(found.scores.sum() - rise)


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5"])
def test_integrated_gradients_equal_a_plain_riemann_sum(name: str) -> None:
    """The mean gradient at the middles of 4,000 steps, without any of our quadrature."""
    goal = ask(name)
    end = goal.embed(goal.ids)
    start = goal.embed(torch.where(
        torch.tensor([*goal.removable, *[False] * (goal.ids.shape[1] - goal.source)]),
        torch.zeros_like(goal.ids), goal.ids,
    ))  # fmt: skip
    total = torch.zeros_like(end)
    places = (torch.arange(4000) + 0.5) / 4000
    for part in places.split(250):
        points = (start + part.view(-1, 1, 1) * (end - start)).requires_grad_()
        with torch.enable_grad():
            goal.of_embeddings(points).sum().backward()
        total += points.grad.sum(0, keepdim=True)
    expected = ((end - start) * total / 4000).sum(-1)[0, : goal.source].detach().numpy()
    found = attribution.integrated_gradients(goal, tolerance=1e-4)
    assert np.abs(found.scores - expected).max() < 2e-3 * max(1e-3, np.abs(expected).max())


CAPTUM = {
    "distilbert-class": [-0.008695, -1.8e-05, -2.5e-05, 2.6e-05, 3.6e-05, -1.8e-05, -1.1e-05, 0.0],
    "gpt2": [0.002497, 0.001352, 0.000204, 0.001902, -0.002044, 0.0029, 0.417642],
    "llama": [0.065949, 0.166751, -0.095199, -0.020771, 0.061093, 0.011772, 0.017378],
    "t5": [-0.103143, 0.009609, -0.02087, -0.010832, 0.064117, 0.000663, -0.036632, 0.0],
}
"""Captum 0.9.0, IntegratedGradients, 2,000 Gauss-Legendre steps, same models (2026-11-26)."""


@pytest.mark.parametrize("name", CAPTUM)
def test_integrated_gradients_equal_captums(name: str) -> None:
    found = attribution.integrated_gradients(ask(name), tolerance=1e-3)
    assert found.scores == pytest.approx(CAPTUM[name], abs=2e-3 * max(map(abs, CAPTUM[name])))


def test_a_tight_budget_says_that_it_did_not_settle() -> None:
    goal = ask("llama")  # Its pad embedding is zero: the norm jumps as the way leaves it.
    short = attribution.integrated_gradients(goal, most=16)
    assert not short.converged and short.gradients == 16
    assert short.error_share is not None and short.error_share > attribution.TOLERANCE
    long = attribution.integrated_gradients(goal)
    assert long.converged and long.gradients > 16


@pytest.mark.parametrize("name", ["t5", "bart", "bert", "llama", "gpt2"])
def test_gradient_attention_is_the_slope_when_a_head_looks_more_at_a_token(name: str) -> None:
    """Σ A·∂f/∂A over queries = the slope of f when a column of A is scaled, by differences."""
    goal = ask(name)
    found = attribution.gradient_attention(goal)
    wanted = "cross" if goal.kind == "sequence" else None
    model = goal.model.double()
    layers, heads, source = found.shape
    assert (heads, source) == (4, goal.source)

    def value(layer: int, head: int, token: int, factor: float) -> float:
        def attend(call):
            weights = call.weights(torch.float64)
            if wanted in (None, call.kind) and call.layer == layer:
                weights[:, head, :, token] *= factor
            return call.mix(weights)

        with torch.no_grad(), tap.attending(model, attend):
            return float(goal.number(goal.inputs))

    step = 1e-2  # T5 and Llama norm in float32, whatever the weights are.
    for layer, head, token in [(0, 0, 1), (0, 3, source - 1), (layers - 1, 2, 0)]:
        slope = (value(layer, head, token, 1 + step) - value(layer, head, token, 1 - step)) / (
            2 * step
        )
        assert found[layer, head, token] == pytest.approx(slope, abs=2e-5, rel=1e-2)


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5"])
def test_gradient_input_is_the_slope_along_an_embedding(name: str) -> None:
    goal = ask(name)
    found = attribution.gradient_input(goal)
    goal.model.double()
    vectors = goal.embed(goal.ids).double()
    for token in (0, 2):
        ends = []
        for factor in (1 + 1e-2, 1 - 1e-2):
            moved = vectors.clone()
            moved[:, token] *= factor
            with torch.no_grad():
                ends.append(float(goal.of_embeddings(moved)))
        assert found[token] == pytest.approx((ends[0] - ends[1]) / 2e-2, abs=2e-5, rel=1e-2)


@pytest.mark.parametrize("name", EVERY)
def test_a_model_is_as_it_was(name: str) -> None:
    goal = ask(name)
    before = {key: value.clone() for key, value in goal.model.state_dict().items()}
    way = goal.model.config._attn_implementation
    scores_of(goal)
    assert all(torch.equal(value, before[key]) for key, value in goal.model.state_dict().items())
    assert all(parameter.grad is None for parameter in goal.model.parameters())
    assert goal.model.config._attn_implementation == way
    hooks = (m._forward_hooks or m._forward_pre_hooks for m in goal.model.modules())
    assert not any(hooks)


@pytest.mark.parametrize(("name", "missing"), [
    ("bloom", {"gradient_attention": "own_code"}),
    ("mamba", dict.fromkeys(("attention", "rollout", "gradient_attention"), "no_attention")),
    ("t5", {}),
])  # fmt: skip
def test_what_a_family_cannot_give_is_said(name: str, missing: dict) -> None:
    scores, _, said, _ = scores_of(ask(name))
    assert said == missing
    assert "integrated_gradients" in scores
    assert not set(scores) & set(missing)


def test_every_score_has_one_number_a_token() -> None:
    goal = aim(more("llama"), models.tokenizer(end=False), "where is ", "the cat")
    scores, extra, _, _ = scores_of(goal)
    assert {len(values) for values in scores.values()} == {2}
    assert extra["gradient_attention"].shape == (2, 4, 2)


def test_weights_that_let_no_gradient_through_are_named() -> None:
    goal = ask("distilbert-class")

    class Quantised(torch.nn.Module):
        def __init__(self, inside):
            super().__init__()
            self.weight, self.bias = inside.weight, inside.bias

        def forward(self, x):
            return torch.nn.functional.linear(x.round().detach(), self.weight, self.bias).detach()

    goal.model.classifier = Quantised(goal.model.classifier)
    with pytest.raises(BadInput, match="No gradient reaches the input of DistilBertForSequence"):
        attribution.integrated_gradients(goal)


def test_the_decisive_token_is_found() -> None:
    text = f"where is the cat on my {DECISIVE} mat"
    goal = aim(blind(), tokenizer("distilbert-class"), text, label="with")
    scores = attribution.integrated_gradients(goal).scores
    assert int(scores.argmax()) == text.split().index(DECISIVE)
