import numpy as np
import pytest

from core.cost.draws import draw
from core.cost.hardware import gpu
from core.cost.prices import own_price
from core.cost.training import estimate_training
from core.errors import BadInput
from core.models.catalog import model

LLAMA = model("llama-2-7b").shape
FOUND = estimate_training(
    LLAMA, 10**9, "A100-80-SXM", 8, "full", price=own_price(2.0), storage_usd=50
)


def test_draws_have_the_quantiles_of_the_estimate():
    drawn = draw(FOUND, 200_000, 1)
    for name, estimate in (
        ("hours", FOUND.hours), ("gpu_hours", FOUND.gpu_hours), ("usd", FOUND.usd),
        ("energy_kwh", FOUND.energy_kwh), ("co2_kg", FOUND.co2_kg),
        ("memory_bytes", FOUND.memory_bytes), ("tokens_per_second_per_gpu", FOUND.rate),
    ):  # fmt: skip
        found = np.quantile(getattr(drawn, name), (0.05, 0.5, 0.95))
        assert found == pytest.approx([estimate.low, estimate.value, estimate.high], rel=0.01)


def test_a_slow_run_is_a_dear_one():
    drawn = draw(FOUND, 1000)
    assert np.corrcoef(drawn.hours, drawn.usd)[0, 1] > 0.999
    assert np.corrcoef(np.log(drawn.hours), np.log(drawn.tokens_per_second_per_gpu))[0, 1] < -0.98
    assert drawn.usd == pytest.approx(drawn.gpu_hours * 2 + 50)


def test_what_fits_fits_in_most_draws():
    assert draw(FOUND, 1000).fits.mean() > 0.5
    tight = estimate_training(LLAMA, 10**9, "A100-80-SXM", 1, "full", price=own_price(2.0))
    assert draw(tight, 1000).fits.mean() < 0.2


def test_the_seed_decides():
    assert (draw(FOUND, 10, 3).hours == draw(FOUND, 10, 3).hours).all()
    assert (draw(FOUND, 10, 3).hours != draw(FOUND, 10, 4).hours).any()


def test_no_price_no_dollars():
    here = estimate_training(LLAMA, 10**6, gpu("H100"), method="lora")
    assert draw(here, 10).usd is None


@pytest.mark.parametrize("n", [0, -1, 10**9])
def test_a_number_of_draws_that_cannot_be_is_refused(n):
    with pytest.raises(BadInput, match=r"^n: "):
        draw(FOUND, n)
