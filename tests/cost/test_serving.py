import math
from dataclasses import replace

import pytest

from core.cost.crew import TARGET_LOAD
from core.cost.engines import DEFAULT_ENGINE, ENGINES, PACE
from core.cost.frontier import Target
from core.cost.hardware import gpu
from core.cost.prices import own_price
from core.cost.replica import HELD_OUTPUT, Replica
from core.cost.served import kept_at_p95
from core.cost.serving import estimate_serving
from core.cost.serving_checks import can_share
from core.cost.steps import PRECISIONS, site, stack
from core.errors import BadInput, NotFound
from core.models.catalog import CATALOG, STARTERS, model

MISTRAL, GPT2 = model("mistral-7b").shape, model("gpt2").shape
BERT, T5 = model("bert-base-uncased").shape, model("t5-large").shape
MIXTRAL, LLAMA_70B = model("mixtral-8x7b").shape, model("llama-3-70b").shape
ONE = {"requests_per_second": 1}
CARD = gpu("A100-80-SXM")
PRICE = own_price(2.0)


def serve(shape=MISTRAL, gpus=1, into=1000, out=200, card="A100-80-SXM", **load):
    return estimate_serving(shape, card, gpus, into, out, price=PRICE, **load)


@pytest.mark.parametrize("load", [{"requests_per_second": 3}, {"concurrency": 16}])
def test_dollars_hang_together(load):
    found = serve(**load)
    request = found.usd_per_request.value
    tokens = found.usd_per_million_input_tokens.value * 1000
    tokens += found.usd_per_million_output_tokens.value * 200
    assert tokens / 1e6 == pytest.approx(request)
    month = request * found.requests_per_second * 3600 * 730.5
    assert found.usd_per_month.value == pytest.approx(month)
    assert found.usd_per_month.value == pytest.approx(found.replicas * 2.0 * 730.5)


def test_decoding_alone_reads_all_weights_in_each_step():
    """Batch 1, no context: at least the weights over the bandwidth, at most twice that."""
    place = site(MISTRAL, CARD, 1, PRECISIONS[0])
    weights = 2 * (7_241_732_096 - 32000 * 4096)  # one row of the input table is read
    least = weights / CARD.bandwidth_bytes_per_second
    assert least < place.decode_seconds(1, 1) < 2 * least


def test_a_prompt_is_bound_by_operations():
    place = site(MISTRAL, CARD, 1, PRECISIONS[0])
    least = 2 * 7e9 * 2048 / CARD.peak_flops_per_second
    assert least < place.prefill_seconds(1, 2048) < 2 * least


def test_fewer_bits_are_faster_alone_and_need_less_memory():
    times = [site(MISTRAL, CARD, 1, row).decode_seconds(1, 100) for row in PRECISIONS[:3]]
    assert times == sorted(times, reverse=True)
    needs = [Replica(MISTRAL, CARD, 1, row, 10, 10).weights_bytes for row in PRECISIONS[:3]]
    assert needs == sorted(needs, reverse=True)


def test_the_cache_limits_the_batch():
    short, long = (Replica(MISTRAL, CARD, 1, PRECISIONS[0], n, 100) for n in (2000, 20000))
    assert short.largest_batch > 8 * long.largest_batch
    held = long.memory(long.largest_batch)
    assert held.weights_bytes + HELD_OUTPUT * held.cache_bytes < CARD.memory_bytes


def test_littles_law_at_the_batch_of_a_rate():
    copy = Replica(MISTRAL, CARD, 1, PRECISIONS[0], 1000, 200)
    batch = copy.batch_at(6)
    assert 1 < batch < copy.largest_batch
    assert copy.request_seconds(batch) == pytest.approx(1 / 6)


def test_replicas_keep_to_the_target_load():
    found = serve(requests_per_second=100)
    assert found.replicas > 1
    assert found.utilisation <= TARGET_LOAD
    fewer = (found.replicas - 1) * found.capacity_requests_per_second.value / found.replicas
    assert TARGET_LOAD * fewer < 100


def test_more_traffic_is_cheaper_a_request_until_the_replica_is_full():
    costs = [serve(requests_per_second=rate).usd_per_request.value for rate in (0.01, 0.1, 1, 5)]
    assert costs == sorted(costs, reverse=True)


def test_more_in_flight_is_more_tokens_and_more_waiting():
    few, many = serve(concurrency=2), serve(concurrency=32)
    assert many.output_tokens_per_second.value > few.output_tokens_per_second.value
    assert many.time_per_output_token.value > few.time_per_output_token.value


def test_ranges_enclose_values_and_name_their_runs():
    found = serve(requests_per_second=100)
    for name in ("output_tokens_per_second", "usd_per_request", "usd_per_month", "energy_kwh",
                 "time_to_first_token", "time_per_output_token", "time_per_request"):  # fmt: skip
        estimate = getattr(found, name)
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.n > 0


def test_what_does_not_fit_says_what_would():
    found = serve(model("llama-2-70b").shape, requests_per_second=1)
    assert not found.fits
    assert found.usd_per_month is None
    assert found.advice.say() == "Store the weights as int8."
    assert serve(model("llama-2-70b").shape, 4, requests_per_second=1).fits


@pytest.mark.parametrize("row", CATALOG, ids=lambda row: row.name)
def test_every_model_has_finite_figures(row):
    gpus = max(n for n in range(1, 9) if can_share(row.shape, DEFAULT_ENGINE, n))
    found = estimate_serving(row.shape, gpus=gpus, requests_per_second=0.5)
    assert found.fits
    assert 0 < found.usd_per_request.value < 1
    assert 0 < found.time_per_request.value < 20


def test_an_encoder_writes_nothing():
    found = serve(model("bert-base-uncased").shape, requests_per_second=1)
    for name in ("output_tokens_per_second", "time_to_first_token", "time_per_output_token",
                 "usd_per_million_output_tokens"):  # fmt: skip
        assert getattr(found, name) is None
    assert found.time_per_request.value > 0
    assert found.capacity_requests_per_second.value > 1
    assert found.usd_per_million_input_tokens.value > 0


@pytest.mark.parametrize("row", STARTERS, ids=lambda row: row.name)
def test_tiny_models_are_bound_by_launches(row):
    if row.shape.generates:
        place = site(row.shape, CARD, 1, PRECISIONS[0])
        assert place.decode_seconds(1, 32) == pytest.approx(
            PACE.compiled_launch * row.shape.layers + PACE.step_seconds, rel=0.2
        )


def test_spreading_a_replica_costs_all_reduces():
    one, eight = (site(MISTRAL, CARD, n, PRECISIONS[0]) for n in (1, 8))
    alone, spread = one.decode_seconds(1, 100), eight.decode_seconds(1, 100)
    assert alone / 8 < spread < alone
    slow = replace(eight, link=gpu("A100-80-PCIe").link_bytes_per_second)
    assert slow.prefill_seconds(1, 2048) > eight.prefill_seconds(1, 2048)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "one of the three"),
        ({"requests_per_second": 1, "concurrency": 1}, "one of the three"),
        ({"requests_per_second": 0}, "requests_per_second: 0 .* above 0"),
        ({"requests_per_second": float("nan")}, "above 0"),
        ({"requests_per_second": 1e308}, "at most 1,000,000"),
        ({"requests_per_day": -5}, "requests_per_day: -5 .* above 0"),
        ({"requests_per_day": math.inf}, "at most"),
        ({"concurrency": 0.5}, "from 1 on"),
        ({"concurrency": math.nan}, "from 1 on"),
        ({**ONE, "gpus": 3}, "gpus: 3 GPUs .* 32 heads .* give 1, 2, 4 or 8"),
        ({**ONE, "gpus": 0}, "give 1, 2, 4 or 8"),
        ({**ONE, "gpus": 16}, "within one machine"),
        ({**ONE, "shape": GPT2, "gpus": 8}, "12 heads .* give 1, 2, 3, 4 or 6"),
        ({**ONE, "gpus": 64, "engine": "accelerate"}, "32 layers"),
        ({**ONE, "into": 0}, "input_tokens: 0 .* at least 1"),
        ({**ONE, "into": 10**300}, "input_tokens.* at most 10 million"),
        ({**ONE, "out": -1}, "output_tokens: -1"),
        ({**ONE, "precision": "int4", "engine": "deepspeed"}, "give fp16 or int8"),
        ({**ONE, "target": Target(first_seconds=-1)}, "ttft_ms: -1000 .* above 0"),
        ({**ONE, "target": Target(token_seconds=math.nan)}, "tpot_ms: nan .* above 0"),
        ({**ONE, "min_replicas": -1}, "min_replicas: -1 .* give 0 to"),
        ({**ONE, "scale_up_minutes": 1e9}, "scale_up_minutes: 1e.09 .* give 0 to 1,440"),
        ({**ONE, "prefix_cached": 1.0}, "prefix_cached: 1 .* below 1"),
        ({**ONE, "speculative": 0.5}, "speculative: 0.5 .* give 1"),
        ({**ONE, "shape": BERT, "prefix_cached": 0.5}, "only a decoder"),
        ({**ONE, "shape": BERT, "speculative": 2}, "writes no tokens"),
        ({**ONE, "shape": BERT, "target": Target(token_seconds=1)}, "writes no tokens"),
    ],
)
def test_wrong_requests_are_refused(change, words):
    with pytest.raises(BadInput, match=words):
        serve(**change)


def test_an_unknown_precision_lists_the_known():
    with pytest.raises(NotFound, match="fp16, int8, int4"):
        serve(requests_per_second=1, precision="fp8")


def test_sites_of_one_engine_are_timed_together_as_alone():
    places = [site(MISTRAL, CARD, 1, row) for row in PRECISIONS[:3]]
    together = stack(places).decode_seconds(8, 500)
    assert together == pytest.approx([place.decode_seconds(8, 500) for place in places])


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_engine_times_every_precision(engine):
    for row in PRECISIONS:
        place = site(MISTRAL, CARD, 2, row, engine)
        assert 0 < place.decode_seconds(1, 100) < place.decode_seconds(64, 4000) < 60
        assert place.prefill_seconds(1, 2000) > place.prefill_seconds(1, 100)


def test_gpus_that_work_in_turn_are_no_faster_together():
    turn = next(engine for engine in ENGINES if engine.in_turn)
    one, two = (site(MISTRAL, CARD, n, PRECISIONS[0], turn).decode_seconds(1, 10) for n in (1, 2))
    assert one == two


def test_published_check_of_llama_3_70b():
    """Research 5.5: 2,414 tokens/s at 128 in and out on 4 × A100-80, US$ 0.82 a million out."""
    found = estimate_serving(
        LLAMA_70B, "A100-80-SXM", 4, 128, 128, price=own_price(1.79), concurrency=900
    )
    rate, price = found.output_tokens_per_second, found.usd_per_million_output_tokens_with_input
    assert rate.low < 2414 < rate.high
    assert price.low < 0.82 < price.high
    assert price.value == pytest.approx(4 * 1.79 / 3600 / rate.value * 1e6)
    both = found.usd_per_million_input_tokens.value + found.usd_per_million_output_tokens.value
    assert both == pytest.approx(price.value), "as many tokens in as out"


@pytest.mark.parametrize("shape", [MISTRAL, MIXTRAL, T5, BERT])
@pytest.mark.parametrize("engine", ["tensorrt-llm", "vllm", "transformers"])
def test_memory_parts_sum_and_stay_within_the_card(shape, engine):
    found = serve(shape, 4, concurrency=100_000, engine=engine)
    parts = found.memory.parts()
    assert set(parts) == {"weights", "cache", "activations", "context"}
    assert sum(parts.values()) == found.memory.total_bytes
    assert found.memory.total_bytes < CARD.memory_bytes
    assert (parts["cache"] > 0) == shape.generates


def test_one_request_alone_takes_its_prompt_and_its_steps():
    found = serve(concurrency=1)
    copy = found.replica
    assert found.time_to_first_token.value == pytest.approx(
        copy.prompt_seconds() / (1 - _reading(found)) + copy.step_seconds(1)
    )
    assert found.replicas == 1
    idle = serve(requests_per_second=1e-4)
    alone = copy.prompt_seconds() + 200 * copy.step_seconds(1)
    assert idle.time_per_request.value == pytest.approx(alone, rel=1e-3)
    assert idle.utilisation < 0.001


def _reading(found):
    copy = found.replica
    return copy.prefill_share_seconds(1) / copy.request_seconds(1)


@pytest.mark.parametrize("shape", [MISTRAL, MIXTRAL, T5, BERT])
def test_littles_law_at_any_load(shape):
    """Requests in work on all replicas = arrivals × time in decoding (of an encoder, at all)."""
    found = serve(shape, 2, requests_per_second=60, target=Target())
    rate = found.requests_per_second / found.replicas
    token = found.time_per_output_token.value if shape.generates else found.time_per_request.value
    held = token * (200 if shape.generates else 1)
    assert held * rate == pytest.approx(found.running, rel=0.05)


@pytest.mark.parametrize("shape", [MISTRAL, MIXTRAL, T5, BERT])
def test_more_traffic_never_needs_fewer_replicas(shape):
    for target in (Target(), Target(first_seconds=1.5)):
        counts = [
            serve(shape, 2, requests_per_second=rate, target=target).replicas
            for rate in (0.01, 1, 10, 50, 200, 1000, 5000)
        ]
        assert counts == sorted(counts)
        assert counts[-1] > counts[0]


@pytest.mark.parametrize("shape", [MISTRAL, MIXTRAL, T5])
@pytest.mark.parametrize("load", [{"requests_per_second": 20}, {"concurrency": 64}])
def test_longer_answers_are_never_cheaper(shape, load):
    costs = [
        serve(shape, 2, out=out, **load).usd_per_request.value for out in (10, 100, 1000, 4000)
    ]
    assert costs == sorted(costs)


def test_a_target_takes_the_largest_batch_that_keeps_it():
    free = serve(requests_per_second=100)
    held = serve(requests_per_second=100, target=Target(token_seconds=0.02))
    assert held.crew.places < free.crew.places
    assert held.replicas > free.replicas
    assert held.time_per_output_token.value <= 0.02
    points = held.points
    over = points.token[points.running > held.crew.places]
    assert (over > 0.02).all()


def test_few_requests_miss_the_first_token():
    found = serve(requests_per_second=100, target=Target(first_seconds=0.2))
    assert found.time_to_first_token.value < 0.2
    assert 0 <= found.late <= 0.05
    assert serve(requests_per_second=100).late is None


@pytest.mark.parametrize(
    ("target", "field"),
    [(Target(token_seconds=1e-4), "tpot_ms"), (Target(first_seconds=1e-3), "ttft_ms")],
)
def test_a_target_out_of_reach_names_the_nearest(target, field):
    with pytest.raises(
        BadInput, match=rf"^{field}: .* cannot be reached on 1 × A100-80-SXM; the near"
    ) as refused:
        serve(requests_per_second=1, target=target)
    nearest = float(str(refused.value).split("nearest that can is ")[1].split(":")[0]) / 1000
    kept = Target(token_seconds=nearest) if field == "tpot_ms" else Target(first_seconds=nearest)
    assert serve(requests_per_second=0.1, target=kept).fits, "the nearest can be reached"


def test_what_is_not_back_tested_says_so_and_is_wider():
    def width(found):
        estimate = found.capacity_requests_per_second
        return estimate.high / estimate.low

    plain = serve(requests_per_second=3)
    for change, words in (
        ({"engine": "vllm"}, "Not back-tested: there is no published A100 run of vllm"),
        ({"card": "H100-SXM"}, "Not back-tested: no published run on the H100"),
        ({"card": "A100-80-PCIe"}, "PCIe"),
    ):
        other = serve(requests_per_second=3, **change)
        assert width(other) > width(plain)
        assert any(words in note.say() for note in other.assumptions)
    assert not any("back-tested" in note.say() for note in plain.assumptions)


def test_a_card_without_a_price_asks_for_one():
    with pytest.raises(NotFound, match="usd-per-gpu-hour"):
        estimate_serving(MISTRAL, "H100-SXM", requests_per_second=1)
    assert estimate_serving(
        MISTRAL, "H100-SXM", requests_per_second=1, price=own_price(2.5)
    ).usd_per_month.value == pytest.approx(2.5 * 730.5)


def test_a_cached_beginning_saves_reading_alone():
    whole, half = (serve(concurrency=32, prefix_cached=share) for share in (0.0, 0.5))
    assert half.time_to_first_token.value < whole.time_to_first_token.value
    assert half.usd_per_million_input_tokens.value < whole.usd_per_million_input_tokens.value
    copy = half.replica
    assert 0.5 * whole.replica.prompt_seconds() < copy.prompt_seconds()
    assert copy.step_seconds(8) == whole.replica.step_seconds(8)
    assert copy.largest_batch == whole.replica.largest_batch
    assert any("50 % of the input" in note.say() for note in half.assumptions)


def test_a_draft_gains_much_alone_and_little_where_operations_bind():
    gains = [
        serve(concurrency=n, speculative=3.0).output_tokens_per_second.value
        / serve(concurrency=n).output_tokens_per_second.value
        for n in (1, 200)
    ]
    assert 2 < gains[0] < 3
    assert 1 < gains[1] < gains[0]
    found = serve(concurrency=1, speculative=3.0)
    assert any("3 tokens of each request" in note.say() for note in found.assumptions)


def test_a_mixture_reads_all_experts_when_many_ask():
    """Batch 1 reads 2 of 8 experts, a large batch all of them: 46.7 against 12.9 billion."""
    one, many = (site(MIXTRAL, CARD, 2, PRECISIONS[0]).products_seconds(n, 32, n) for n in (1, 64))
    assert 2.5 < many / one < 5


def test_electricity_is_between_idle_and_busy():
    idle, busy = serve(requests_per_second=0.001), serve(concurrency=100_000)
    hours = idle.gpu_hours_per_month.value
    assert idle.energy_kwh.value == pytest.approx(hours * 0.4 * 0.2 * 1.1, rel=0.01)
    each = busy.energy_kwh.value / busy.gpu_hours_per_month.value
    assert each == pytest.approx(0.28 * 1.1, rel=0.05)
    assert busy.co2_kg.value == pytest.approx(0.385 * busy.energy_kwh.value)


def test_static_engines_answer_less_than_those_that_page():
    paged, static = (
        serve(concurrency=64, engine=name) for name in ("tensorrt-llm", "transformers")
    )
    assert static.output_tokens_per_second.value < paged.output_tokens_per_second.value
    assert any("begin together" in note.say() for note in static.assumptions)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_engine_serves_in_every_precision_it_has(engine):
    for name in engine.precisions:
        found = serve(concurrency=4, engine=engine.name, precision=name)
        assert found.fits
        assert 0 < found.usd_per_request.value < 1


def test_advice_can_need_two_changes():
    found = serve(model("llama-3-70b").shape, card="A100-40-SXM", engine="fastertransformer",
                  requests_per_second=1)  # fmt: skip
    assert not found.fits
    assert found.advice.say() == "Spread each replica over 4 GPUs."
    huge = replace(LLAMA_70B, layers=600)
    assert serve(huge, requests_per_second=1).advice.say() == (
        "Store the weights as int8, and spread each replica over 8 GPUs."
    )


def test_a_head_of_the_cache_is_not_split():
    """StarCoder has one head of keys and values: each of 8 GPUs holds it whole."""
    shape = replace(MISTRAL, kv_heads=1)
    held = [serve(shape, n, concurrency=8).memory.cache_bytes for n in (1, 8)]
    assert held[0] == held[1]
    split = [serve(MISTRAL, n, concurrency=8).memory.cache_bytes for n in (1, 8)]
    assert split[0] == 8 * split[1]


def test_the_price_at_full_use_over_the_price_is_how_busy_they_are():
    found = serve(requests_per_second=10)
    share = found.usd_per_request_at_full_use.value / found.usd_per_request.value
    assert share == pytest.approx(found.utilisation)


def test_a_target_may_be_missed_at_the_slow_end():
    free = serve(requests_per_second=10)
    token = free.time_per_output_token
    for most, kept in ((token.high * 1.01, True), (token.value * 1.01, False)):
        held = serve(requests_per_second=10, target=Target(token_seconds=most))
        assert kept_at_p95(held) is kept
    assert kept_at_p95(free) is None


def test_a_full_cache_stays_within_the_card():
    found = serve(model("llama-3-8b").shape, into=117, out=2001, concurrency=5000, precision="int8",
                  card="H200")  # fmt: skip
    assert found.memory.total_bytes <= found.gpu.usable_bytes


def test_spot_machines_start_again_at_a_price():
    spot = replace(PRICE, pricing="spot")
    plain, taken = (
        estimate_serving(MISTRAL, price=price, requests_per_second=1, scale_up_minutes=144)
        for price in (PRICE, spot)
    )
    more = taken.usd_per_month.value / plain.usd_per_month.value
    assert more == pytest.approx(1 + 0.1 / 7), "a tenth of a day, once a week"
    assert any("taken away 0.14 times a day" in note.say() for note in taken.assumptions)


def test_an_encoder_is_no_faster_than_one_request_alone():
    """The target lies between a request among others and one that is alone: out of reach."""
    alone = serve(BERT, 2, into=4000, requests_per_second=0.01).replica.alone_seconds
    with pytest.raises(BadInput, match="ttft_ms"):
        serve(BERT, 2, into=4000, requests_per_second=3, target=Target(0.95 * alone))
    assert serve(BERT, 2, into=4000, requests_per_second=3, target=Target(1.1 * alone)).fits
