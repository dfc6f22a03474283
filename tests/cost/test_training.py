from dataclasses import replace
from itertools import pairwise

import pytest

from core.cost.cases_runs import OVERHEAD
from core.cost.energy import Site
from core.cost.goodput import Stops
from core.cost.hardware import gpu
from core.cost.layout import Wanted, parallel
from core.cost.prices import own_price
from core.cost.shapes import named
from core.cost.training import estimate_training
from core.errors import BadInput, NotFound
from core.models.catalog import CATALOG, STARTERS, model
from core.models.shape import from_size
from core.text.catalog import LANGUAGES

LLAMA = model("llama-2-7b").shape
PRICE = own_price(2.0)


def train(shape=LLAMA, tokens=60_000_000, gpu="A100-80-SXM", gpus=1, method="lora", **more):
    return estimate_training(shape, tokens, gpu, gpus, method, price=PRICE, **more)


def test_figures_hang_together():
    found = train(gpus=4)
    assert found.usd.value == pytest.approx(found.hours.value * 4 * 2.0)
    assert found.gpu_hours.value == pytest.approx(found.hours.value * 4)
    seconds = found.time.training * 3600
    assert found.flops == pytest.approx(found.mfu * seconds * 4 * 312e12, rel=1e-3)
    assert found.tokens == pytest.approx(found.rate.value * seconds * 4, rel=1e-3)
    assert sum(found.time.parts().values()) == pytest.approx(found.hours.value)
    assert found.goodput.value == pytest.approx(found.time.training / found.hours.value)
    assert found.wall_days.value == pytest.approx(found.hours.value / 24)
    # 280 W a GPU, PUE 1.1, 0.385 kg/kWh.
    assert found.energy_kwh.value == pytest.approx(found.gpu_hours.value * 0.28 * 1.1)
    assert found.co2_kg.value == pytest.approx(found.energy_kwh.value * 0.385)
    assert found.memory_bytes.value == sum(found.memory.parts().values())


def test_operations_are_four_or_six_a_parameter():
    matrices = 6_738_415_616 - 32000 * 4096
    assert train().flops == pytest.approx(4 * matrices * 60e6, rel=0.1)
    assert train(method="full").flops == pytest.approx(6 * matrices * 60e6, rel=0.1)


def test_ranges_enclose_values_and_say_what_they_are_of():
    found = train()
    for estimate in (found.hours, found.usd, found.memory_bytes, found.energy_kwh, found.co2_kg):
        assert estimate.low < estimate.value < estimate.high
    assert found.hours.kind == "adapters"
    assert found.hours.n == found.usd.n > 50


def test_a_long_full_run_is_judged_as_whole_runs_are():
    found = train(tokens=2 * 10**12, gpus=512, method="full")
    assert found.hours.kind == "run"
    said = " ".join(note.say() for note in found.assumptions)
    assert "nothing is counted twice" in said
    # What published runs took beyond their pace is the whole of it: stops are a part, not more.
    beyond = found.hours.value / found.time.training
    assert beyond == pytest.approx(max(OVERHEAD.clock, found.stops.times))
    assert found.time.ramp_up > 0


def test_stops_that_cost_more_than_published_runs_lost_are_all_counted():
    slow = train(
        tokens=2 * 10**12, gpus=512, method="full", stops=Stops(restart_hours=50)
    )  # fmt: skip
    assert slow.time.ramp_up == 0
    assert slow.hours.value / slow.time.training == pytest.approx(slow.stops.times)
    assert slow.stops.times > OVERHEAD.clock


@pytest.mark.parametrize(
    ("name", "gpus", "hours"),
    [("llama-2-7b", 1024, 184_320), ("llama-2-13b", 1024, 368_640),
     ("llama-2-70b", 2048, 1_720_320)],
)  # fmt: skip
def test_llama_2_takes_the_gpu_hours_that_its_card_says(name, gpus, hours):
    """Touvron et al. 2023 (arXiv:2307.09288), table 2: GPU-hours for 2 T tokens of 4,096."""
    found = train(named(name), 2 * 10**12, gpus=gpus, method="full", sequence_length=4096)
    assert found.gpu_hours.value == pytest.approx(hours, rel=0.2)
    assert found.gpu_hours.low < hours < found.gpu_hours.high


def test_more_gpus_take_less_time_and_no_less_money():
    costs = [train(gpus=n, tokens=10**9) for n in (1, 2, 4, 8)]
    hours = [found.hours.value for found in costs]
    assert hours == sorted(hours, reverse=True)
    assert costs[-1].usd.value >= 0.95 * costs[0].usd.value


@pytest.mark.parametrize(
    ("shape", "gpu", "method", "words"),
    [
        (LLAMA, "A100-80-SXM", "full", "Train with LoRA instead."),
        (from_size("20B"), "A100-40-SXM", "lora", "Take the larger card, A100-80-SXM."),
        (model("llama-2-70b").shape, "A100-80-SXM", "lora", "Train with QLoRA instead."),
        (model("llama-2-70b").shape, "A100-40-PCIe", "qlora", "Take the larger card"),
        (from_size("400B"), "A100-80-SXM", "qlora", "Spread it over"),
    ],
)
def test_what_does_not_fit_says_the_one_change_that_helps(shape, gpu, method, words):
    found = train(shape, gpu=gpu, method=method)
    assert found.fit == "no"
    assert words in found.advice.say()


def test_tight_is_between():
    lengths = (512, 32768, 131072)
    assert [train(gpu="A100-40-SXM", sequence_length=n).fit for n in lengths] == [
        "fits", "tight", "no",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(tensor=1, pipeline=1, recompute=False), "checkpointing full"),
        (Wanted(tensor=1, pipeline=1, zero=1), "zero=3"),
    ],
)
def test_what_was_ruled_out_and_would_help_is_named_first(wanted, words):
    found = train(from_size("20B"), gpus=16, method="full", wanted=wanted, batch_per_gpu=1,
                  sequence_length=16384 if wanted.recompute is False else 2048)  # fmt: skip
    assert found.fit == "no"
    assert words in found.advice.say()


def test_what_fits_on_no_number_of_gpus_says_so_and_what_to_do():
    found = train(from_size("2T"), gpu="A100-40-PCIe", method="full", sequence_length=2**17,
                  batch_per_gpu=64)  # fmt: skip
    assert found.fit == "no"
    assert found.advice.say()
    assert "does not fit" in found.assumptions[0].say()


@pytest.mark.parametrize("shape", [LLAMA, model("t5-base").shape, model("gpt2").shape])
@pytest.mark.parametrize("method", ["full", "lora"])
def test_more_tokens_never_cost_less(shape, method):
    found = [train(shape, tokens=10**power, gpus=8, method=method) for power in range(3, 15)]
    for before, after in pairwise(found):
        assert after.usd.value >= before.usd.value
        assert after.gpu_hours.value >= before.gpu_hours.value
        assert after.energy_kwh.value >= before.energy_kwh.value


@pytest.mark.parametrize("shape", [LLAMA, from_size("1B"), model("t5-base").shape])
def test_more_gpus_of_a_machine_never_take_more_time(shape):
    found = [train(shape, gpus=n, tokens=10**9) for n in range(1, 9)]
    hours = [one.hours.value for one in found]
    assert hours == sorted(hours, reverse=True)


def test_the_layout_that_is_asked_for_is_taken():
    found = train(from_size("70B"), gpus=16, method="full", wanted=parallel("tp=8,pp=2,zero=1"))
    assert (found.plan.tensor, found.plan.pipeline, found.plan.data) == (8, 2, 1)
    assert found.time.bubble > 0
    said = " ".join(note.say() for note in found.assumptions)
    assert "split over 8 GPUs" in said
    assert "2 stages" in said


def test_an_unknown_price_is_none_and_never_nothing():
    found = estimate_training(
        LLAMA, 10**6, replace(gpu("A100-80-SXM"), name="B999-SXM"), method="lora"
    )
    assert found.usd is None
    assert found.price is None
    assert "No price on file for B999-SXM" in found.assumptions[0].say()


@pytest.mark.parametrize("tokens", [0, -1, float("nan"), 10**308, 1.5, True])
def test_tokens_that_cannot_be_are_refused_by_name(tokens):
    with pytest.raises(BadInput, match=r"^tokens: .* give a whole number"):
        train(tokens=tokens)


@pytest.mark.parametrize("row", STARTERS, ids=lambda row: row.name)
def test_a_tiny_model_gets_sane_figures_marked_as_extrapolated(row):
    found = train(row.shape, tokens=1_000_000, method="full", sequence_length=32, batch_per_gpu=16)
    assert found.extrapolated
    assert "Extrapolated" in " ".join(note.say() for note in found.assumptions)
    assert 1e-4 < found.hours.value < 1
    assert 0 < found.mfu < 0.05
    assert found.fit == "fits"


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_note_can_be_said(row, language):
    for method in ("full", "lora", "qlora"):
        found = train(row.shape, gpu="A100-40-PCIe", gpus=2, method=method)
        for note in (*found.assumptions, *([found.advice] if found.advice else [])):
            assert note.say(language)


def test_the_host_holds_processes_and_a_checkpoint():
    small, large = train(method="full", gpus=8), train(model("llama-2-70b").shape, gpus=8)
    assert small.host_memory_bytes > 12 * 6.7e9
    assert large.host_memory_bytes > 2 * 69e9


def test_the_site_counts():
    hot = train(site=Site(pue=2.2, grid_kg_per_kwh=0.77))
    assert hot.energy_kwh.value == pytest.approx(2 * train().energy_kwh.value)
    assert hot.co2_kg.value == pytest.approx(4 * train().co2_kg.value)


@pytest.mark.parametrize(
    "change",
    [{"tokens": 0}, {"gpus": 0}, {"gpus": 10**6}, {"sequence_length": 0}, {"batch_per_gpu": -1},
     {"method": "magic"}],
)  # fmt: skip
def test_wrong_requests_are_refused(change):
    with pytest.raises(BadInput):
        train(**change)


def test_an_unknown_card_is_refused():
    with pytest.raises(NotFound):
        train(gpu="TPU")
