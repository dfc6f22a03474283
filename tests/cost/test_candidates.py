"""The grid of GPUs and batches, and the table of offers, against single estimates."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.cost.candidates import Offer, offers, serve_candidates, train_candidates
from core.cost.choice import PRESETS, Paying, ServeChoice, TrainChoice, price, serve, train
from core.cost.gpu_map import by_gpus, counts, grid
from core.cost.hardware import GPUS, gpu
from core.cost.layout import Wanted
from core.cost.prices import gpu_prices
from core.cost.training import estimate_training
from core.errors import BadInput, NotFound
from core.models.catalog import model

MISTRAL = TrainChoice(model("mistral-7b").shape, method="full", gpus=8)
LLAMA = ServeChoice(model("llama-3-8b").shape)


def test_the_chosen_cell_is_the_estimate():
    found = train(MISTRAL)
    [chosen] = [cell for cell in grid(MISTRAL) if cell.chosen]
    assert chosen.gpus == found.gpus
    assert chosen.batch == found.plan.micro_batch
    assert chosen.hours == pytest.approx(found.hours.value)
    assert chosen.usd == pytest.approx(found.usd.value)


def test_no_cell_is_faster_than_the_estimate_of_its_number_of_gpus():
    cells = grid(MISTRAL)
    for found in by_gpus(MISTRAL):
        row = [cell.hours for cell in cells if cell.gpus == found.gpus and cell.hours is not None]
        if found.fit == "no":
            assert row == []
        elif found.plan.micro_batch in {cell.batch for cell in cells}:
            # A layout that fills the card to the brim may be faster than one that keeps room.
            assert min(row) == pytest.approx(found.hours.value, rel=0.05)


def test_larger_batches_run_out_of_memory_first():
    by_batch = {}
    for cell in grid(MISTRAL):
        by_batch.setdefault(cell.gpus, []).append((cell.batch, cell.hours is not None))
    for row in by_batch.values():
        fits = [able for _, able in sorted(row)]
        assert fits == sorted(fits, reverse=True)


def test_storage_and_egress_do_not_grow_with_the_time():
    paid = replace(MISTRAL, storage_usd=100.0)
    for bare, more in zip(grid(MISTRAL), grid(paid), strict=True):
        if bare.usd is not None:
            assert more.usd - bare.usd == pytest.approx(100.0)


@pytest.mark.parametrize("gpus", [1, 3, 16, 96, 16_384])
def test_the_chosen_number_is_always_among_those_compared(gpus):
    assert gpus in counts(gpus)
    assert all(1 <= n <= 16_384 for n in counts(gpus))


def test_numbers_that_a_layout_rules_out_are_left_out():
    found = by_gpus(replace(MISTRAL, wanted=Wanted(tensor=8)))
    assert {one.gpus for one in found} == {8, 16, 32}


def test_a_large_model_is_shown_on_numbers_that_hold_it():
    found = by_gpus(replace(MISTRAL, shape=model("llama-2-70b").shape, gpus=1))
    assert sum(one.fit != "no" for one in found) >= 3


def test_an_offer_costs_what_the_command_line_says():
    row = next(row for row in gpu_prices() if row.provider == "AWS" and row.memory == "A100-80")
    offer = next(
        one for one in train_candidates(MISTRAL)
        if one.offer.provider == "AWS" and one.offer.gpu.name == "A100-80-SXM"
    )  # fmt: skip
    wanted = estimate_training(
        MISTRAL.shape, MISTRAL.tokens, "A100-80-SXM", 8, "full",
        price=price(Paying(provider="AWS"), gpu("A100-80-SXM")),
    )  # fmt: skip
    assert offer.offer.usd_per_gpu_hour == row.usd_per_gpu_hour
    assert offer.usd.value == pytest.approx(wanted.usd.value)


def test_offers_are_sorted_and_one_is_chosen():
    for found, cost in (
        (train_candidates(MISTRAL), lambda one: one.usd),
        (serve_candidates(LLAMA), lambda one: one.usd_per_month),
    ):
        priced = [cost(one).value for one in found if cost(one) is not None]
        assert priced == sorted(priced)
        assert all(cost(one) is None for one in found[len(priced) :])
        assert [one.offer.chosen for one in found].count(True) == 1


def test_every_card_is_an_offer_and_those_without_a_price_say_so():
    found = offers(Paying(), gpu("A100-80-SXM"))
    assert {one.gpu.name for one in found} == {row.name for row in GPUS}
    none = {one.gpu.name for one in found if one.usd_per_gpu_hour is None}
    assert none >= {"H100-SXM", "H200", "L4"}
    assert "A100-80-SXM" not in none


def test_the_chosen_offer_is_what_the_page_says():
    for paying in (
        Paying(), Paying("spot"), Paying("reserved", discount=0.5), Paying(provider="AWS"),
        Paying(usd_per_gpu_hour=1.25), Paying(overrides=(("G002", 9.0),)),
    ):  # fmt: skip
        choice = replace(MISTRAL, paying=paying)
        [mine] = [one for one in train_candidates(choice) if one.offer.chosen]
        assert mine.usd.value == pytest.approx(train(choice).usd.value)
        served = serve(replace(LLAMA, paying=paying))
        [mine] = [
            one for one in serve_candidates(replace(LLAMA, paying=paying)) if one.offer.chosen
        ]
        assert mine.usd_per_month.value == pytest.approx(served.estimate.usd_per_month.value)


def test_a_row_with_an_own_price_is_marked():
    found = offers(Paying(overrides=(("G002", 9.0),)), gpu("A100-40-SXM"))
    [own] = [one for one in found if one.own]
    assert own.usd_per_gpu_hour == 9.0
    assert not own.old(date.today())


@pytest.mark.parametrize(("days", "old"), [(180, False), (181, True)])
def test_a_price_is_old_after_half_a_year(days, old):
    today = date(2026, 11, 26)
    dated = today - timedelta(days=days)
    assert Offer(GPUS[0], "X", "spot", 1.0, str(dated), dated, "", False).old(today) == old
    assert Offer(GPUS[0], "X", "spot", 1.0, "2026", None, "", False).old(today)


def test_a_provider_without_a_price_is_refused_and_a_card_without_one_is_not():
    assert price(Paying(), gpu("L4")) is None
    with pytest.raises(NotFound, match="no price on file for L4"):
        price(Paying(provider="AWS"), gpu("L4"))


def test_a_replica_takes_the_fewest_gpus_that_hold_the_model():
    big = replace(LLAMA, shape=model("llama-2-70b").shape)
    assert serve(big).estimate.gpus == 2
    assert serve(replace(big, gpu="A100-40-SXM")).estimate.gpus == 4


def test_a_target_out_of_reach_is_refused_for_the_choice_and_told_of_others():
    fast = replace(LLAMA, target=replace(LLAMA.target, token_seconds=0.0001))
    with pytest.raises(BadInput, match="tpot_ms"):
        serve(fast)
    for one in serve_candidates(fast):
        assert one.estimate is None
        assert "tpot_ms" in one.why_not


def test_presets_name_models_that_are_known():
    assert [preset.name for preset in PRESETS] == ["finetune", "lora", "pretrain", "serve"]
