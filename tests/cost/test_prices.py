import pytest

from core.cost.hardware import GPUS, gpu
from core.cost.prices import api_prices, gpu_prices, own_price, price_of, providers
from core.errors import BadInput, NotFound

SXM = gpu("A100-80-SXM")


def test_the_median_of_dated_rows_of_the_form():
    """On demand, dated, SXM: AWS 3.4309, RunPod 1.79 and 1.39 on 2026-11-09."""
    price = price_of(SXM)
    assert price.usd_per_gpu_hour == 1.79
    assert price.as_of == "2026-11-09"
    assert {row.name for row in price.rows} == {"G002", "G007", "G009"}
    assert price.note is None


def test_a_row_more_than_a_year_older_than_the_newest_does_not_count():
    assert "G014" in {row.name for row in gpu_prices()}  # CoreWeave, 2024-02-07
    assert "G014" not in {row.name for row in price_of(SXM).rows}


def test_a_provider_narrows_and_case_does_not_matter():
    assert price_of(SXM, "aws").usd_per_gpu_hour == 3.4309


def test_a_form_without_a_price_takes_the_other_and_says_so():
    price = price_of(gpu("A100-40-PCIe"))
    assert price.usd_per_gpu_hour == price_of(gpu("A100-40-SXM")).usd_per_gpu_hour
    assert "PCIe form" in price.note.say()


def test_reserved_is_an_assumption_and_says_so():
    price = price_of(SXM, None, "reserved")
    assert price.usd_per_gpu_hour == pytest.approx(0.8 * 1.79)
    assert "20 % off" in price.note.say()


def test_spot():
    assert price_of(SXM, None, "spot").usd_per_gpu_hour == 0.86
    undated = price_of(gpu("A100-40-SXM"), None, "spot")
    assert undated.usd_per_gpu_hour == 1.1
    assert "no date" in undated.note.say()


def test_an_unknown_provider_lists_the_known():
    with pytest.raises(NotFound, match=r"no price on file.*AWS on-demand.*--usd-per-gpu-hour"):
        price_of(SXM, "Nobody")


@pytest.mark.parametrize("usd", [0, -1, float("nan"), float("inf")])
def test_a_stated_price_is_above_zero(usd):
    with pytest.raises(BadInput, match="above 0"):
        own_price(usd)


def test_every_card_has_a_price_and_a_provider():
    for card in GPUS:
        if card.backtested:
            assert price_of(card).usd_per_gpu_hour > 0
            assert providers(card)
        else:
            with pytest.raises(NotFound, match=r"--usd-per-gpu-hour"):
                price_of(card)


def test_api_rows_have_both_prices_and_are_still_valid():
    rows = api_prices()
    assert len(rows) > 200
    assert all(row.usd_per_million_output_tokens >= 0 for row in rows)
    assert all(row.as_of and row.source for row in rows)


@pytest.mark.parametrize("written", ["A100-80", "a100-80gb", "A100 80GB SXM", "a100_80_sxm"])
def test_a_card_is_found_as_people_write_it(written):
    assert gpu(written) is SXM


def test_an_unknown_card_lists_the_known():
    with pytest.raises(NotFound, match="A100-40-PCIe"):
        gpu("TPU-v5")
