import pytest
import torch
from torch import nn
from transformers import T5Config, T5ForConditionalGeneration

from core.train.dropout import QuickDropout, quicken


@pytest.mark.parametrize("p", [0.05, 0.1, 0.5, 0.9])
def test_it_drops_as_often_as_it_says_and_scales_the_rest(p):
    torch.manual_seed(0)
    count = 400_003  # no multiple of the four that share a draw
    out = QuickDropout(p)(torch.ones(count))
    dropped = (out == 0).float().mean().item()
    assert dropped == pytest.approx(p, abs=5 * (p * (1 - p) / count) ** 0.5)
    assert out[out > 0].unique().tolist() == pytest.approx([1 / (1 - p)], rel=1e-3)
    assert out.mean().item() == pytest.approx(1, abs=0.03)


def test_neighbours_that_share_a_draw_are_dropped_independently():
    torch.manual_seed(0)
    out = QuickDropout(0.3)(torch.ones(100_000, 4)) == 0
    for shift in (1, 2, 3):
        both = (out & out.roll(shift, 1)).float().mean().item()
        assert both == pytest.approx(0.09, abs=0.003)


def test_the_gradient_goes_where_the_value_went():
    torch.manual_seed(0)
    x = torch.ones(50, 7, requires_grad=True)
    out = QuickDropout(0.4)(x)
    out.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, out.detach())


def test_a_seed_gives_the_same_mask_and_the_next_call_another():
    layer, x = QuickDropout(0.5), torch.ones(1_000)
    torch.manual_seed(3)
    first, second = layer(x), layer(x)
    torch.manual_seed(3)
    assert torch.equal(layer(x), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_all_or_nothing_is_torchs(p):
    x = torch.ones(100)
    assert torch.equal(QuickDropout(p)(x), nn.Dropout(p)(x))


def test_in_evaluation_nothing_is_dropped_and_half_precision_stays_half():
    x = torch.ones(100, dtype=torch.bfloat16)
    assert torch.equal(QuickDropout(0.5).eval()(x), x)
    assert QuickDropout(0.5)(x).dtype is torch.bfloat16


def test_a_model_is_quickened_without_losing_a_weight_or_its_mode():
    config = T5Config(vocab_size=20, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    model = T5ForConditionalGeneration(config).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    quicken(model)
    kinds = {type(module) for module in model.modules() if isinstance(module, nn.Dropout)}
    assert kinds == {QuickDropout}
    assert not any(module.training for module in model.modules())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
