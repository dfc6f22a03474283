"""Break-even worked out on paper, and the published checks of renting against hosting."""

from dataclasses import replace

import pytest

from core.strategy.break_even import curve_of, pairs, utilisation
from core.strategy.sections import ApiOption, HostOption
from tests.strategy.scene import DAYS, DEAR, HOST, MACHINE, RENT, REQUEST, planned

PLAIN = replace(RENT, cached_usd_per_mtok=None)


def test_break_even_is_where_the_line_meets_the_first_machine():
    # 700e-6 · 30.4375 · v = 1,461 US$ a machine: 68,574 requests a day, and one machine bears it
    [pair] = pairs(planned(PLAIN, HOST))
    assert (pair.a, pair.b) == ("Rent", "Host")
    assert pair.requests_per_day == pytest.approx(MACHINE / (REQUEST * DAYS))
    assert pair.low <= pair.requests_per_day <= pair.high
    assert pair.month == 0


def test_people_and_retraining_are_part_of_a_month():
    host = replace(HOST, team_people=0.1, retrain_usd=1200.0, retrain_every_months=6)
    [pair] = pairs(planned(PLAIN, host))
    assert pair.requests_per_day == pytest.approx((MACHINE + 1000 + 200) / (REQUEST * DAYS))


def test_what_is_paid_once_is_paid_back_in_a_month():
    # a month: renting 2,131 (100,000 requests), hosting 1,461 + 2,000 once: back within month 3
    once = replace(HOST, one_time_usd=2000.0)
    [pair] = pairs(planned(PLAIN, once))
    saved = REQUEST * 100_000 * DAYS - MACHINE
    assert 2 < 2000 / saved < 3 and pair.month == 3
    [never] = pairs(planned(PLAIN, replace(HOST, one_time_usd=1e6)))
    assert never.month is None


def test_two_lines_never_cross_where_one_is_dearer_in_both():
    [pair] = pairs(planned(RENT, DEAR))
    assert {pair.a, pair.b} == {"Rent", "Dear"}
    at_zero = {0.0, None}
    assert pair.requests_per_day in at_zero


def test_the_curve_is_the_money_of_the_first_month():
    plan = planned(RENT, HOST, requests=40_000_000.0, daily_shape="office-hours")
    for option in plan.able:
        there = curve_of(plan, option).at(40_000_000.0)
        assert there == pytest.approx(plan.base[option.name].model_usd[0, 0])


@pytest.mark.parametrize(
    ("model", "gpus", "read", "written", "api", "published"),
    [
        # Together, Llama-3.1-70B Turbo, 2025-09: 0.88 in and out; 4 × A100 at 1.79: 47 %
        ("llama-3-70b", 4, 128, 128, 0.88, 0.47),
        # The same box reading 2,048: 48 %
        ("llama-3-70b", 4, 2048, 128, 0.88, 0.48),
    ],
)
def test_a_gpu_that_is_used_a_fifth_to_a_third_of_the_day_loses_to_the_api(
    model, gpus, read, written, api, published
):
    """Publicly measured throughput at listed prices: the API wins at 20 to 30 % of the day."""
    rent = ApiOption(name="Rent", input_usd_per_mtok=api, output_usd_per_mtok=api, quality=40.0,
                     quality_source="pilot")  # fmt: skip
    host = HostOption(name="Host", model=model, gpu="A100-80-SXM", gpus=gpus,
                      usd_per_gpu_hour=1.79, quality=40.0, quality_source="pilot")  # fmt: skip
    plan = planned(rent, host, input_tokens=float(read), output_tokens=float(written))
    [pair] = pairs(plan)
    assert pair.utilisation == pytest.approx(published, rel=0.25)
    rate = plan.basis.option("Host").machines.rate.value
    for used, best in ((0.2, "Rent"), (0.3, "Rent"), (0.75, "Host")):
        volume = used * rate * 86_400
        busy = planned(rent, host, input_tokens=float(read), output_tokens=float(written),
                       requests=volume)  # fmt: skip
        assert utilisation(busy.basis.option("Host"), volume) == pytest.approx(used)
        months = {name: path.model_usd[0, 0] for name, path in busy.base.items()}
        assert min(months, key=months.get) == best


def test_a_small_model_needs_most_of_the_day_against_the_cheapest_host():
    # Groq, Llama-3-8B, 2025-09: 0.05 in, 0.08 out, against one A100 at 1.79: 58 % published
    rent = ApiOption(name="Rent", provider="groq", model="groq/llama3-8b-8192", quality=40.0,
                     quality_source="pilot")  # fmt: skip
    host = replace(HOST, usd_per_gpu_hour=1.79)
    plan = planned(rent, host, input_tokens=128.0, output_tokens=128.0)
    [pair] = pairs(plan)
    assert pair.utilisation == pytest.approx(0.58, rel=0.25)
