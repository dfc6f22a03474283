from datetime import date

import pytest

from core.cost.hardware import GPUS, gpu
from core.cost.prices import (
    api_prices,
    gpu_prices,
    known_price,
    own_price,
    price_of,
    providers,
)
from core.cost.reasons import price_notes
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


def test_a_price_of_more_than_180_days_is_old():
    price = price_of(SXM)
    assert price.dated == date(2026, 11, 9)
    assert price.old(date(2026, 11, 26)) is False
    assert price.days_old(date(2027, 5, 9)) == 181
    assert price.old(date(2027, 5, 9)) is True
    said = " ".join(n.say() for n in price_notes(price, SXM.name, date(2027, 5, 9)))
    assert "181 days old" in said
    young = " ".join(n.say() for n in price_notes(price, SXM.name, date(2026, 11, 26)))
    assert "days old" not in young


def test_the_age_of_a_price_without_a_date_is_not_known():
    assert own_price(2.0).old(date(2026, 11, 26)) is None
    undated = price_of(gpu("A100-40-SXM"), None, "spot")
    assert undated.old(date(2026, 11, 26)) is None


def test_a_reservation_takes_the_users_discount():
    price = price_of(SXM, None, "reserved", 0.35)
    assert price.usd_per_gpu_hour == pytest.approx(0.65 * 1.79)
    assert "as you stated" in price.note.say()


@pytest.mark.parametrize(
    ("pricing", "discount"),
    [("reserved", 1.0), ("reserved", -0.1), ("reserved", float("nan")), ("on-demand", 0.2)],
)
def test_a_discount_that_cannot_be_is_refused_by_name(pricing, discount):
    with pytest.raises(BadInput, match=r"^reserved_discount: "):
        price_of(SXM, None, pricing, discount)


def test_any_row_can_have_another_price_for_one_call():
    assert price_of(SXM, "AWS", overrides=(("G002", 9.0),)).usd_per_gpu_hour == 9
    assert price_of(SXM, "AWS").usd_per_gpu_hour == 3.4309
    with pytest.raises(NotFound, match="G999"):
        price_of(SXM, overrides=(("G999", 9.0),))
    with pytest.raises(BadInput, match="price_row G002"):
        price_of(SXM, overrides=(("G002", 0.0),))


def test_a_card_without_a_price_has_none_unless_somebody_is_named():
    card = gpu("H100")
    assert known_price(card) is None
    assert "No price on file for H100-SXM" in price_notes(None, card.name)[0].say()
    with pytest.raises(NotFound, match="no price on file"):
        known_price(card, "AWS")
