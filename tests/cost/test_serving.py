from dataclasses import replace

import pytest

from core.cost.engines import ENGINES, PACE
from core.cost.hardware import gpu
from core.cost.prices import own_price
from core.cost.replica import HELD_OUTPUT, Replica
from core.cost.serving import TARGET_LOAD, estimate_serving
from core.cost.steps import PRECISIONS, site, stack
from core.errors import BadInput, NotFound
from core.models.catalog import CATALOG, STARTERS, model

MISTRAL = model("mistral-7b").shape
CARD = gpu("A100-80-SXM")
PRICE = own_price(2.0)


def serve(shape=MISTRAL, gpus=1, into=1000, out=200, **load):
    return estimate_serving(shape, "A100-80-SXM", gpus, into, out, price=PRICE, **load)


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
    assert many.tokens_per_second.value > few.tokens_per_second.value
    assert many.time_between_tokens_seconds.value > few.time_between_tokens_seconds.value


def test_ranges_enclose_values_and_name_their_runs():
    found = serve(requests_per_second=100)
    for name in ("tokens_per_second", "usd_per_request", "usd_per_month",
                 "time_to_first_token_seconds", "time_between_tokens_seconds"):  # fmt: skip
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
    found = estimate_serving(row.shape, gpus=8, requests_per_second=0.5)
    assert found.fits
    assert 0 < found.usd_per_request.value < 1
    assert 0 < found.time_to_first_token_seconds.value < 10


def test_an_encoder_writes_nothing():
    found = serve(model("bert-base-uncased").shape, requests_per_second=1)
    assert found.tokens_per_second is None
    assert found.usd_per_million_output_tokens is None
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
        ({}, "one of the two"),
        ({"requests_per_second": 1, "concurrency": 1}, "one of the two"),
        ({"requests_per_second": 0}, "above 0"),
        ({"requests_per_second": float("nan")}, "above 0"),
        ({"concurrency": 0.5}, "from 1 on"),
        ({"requests_per_second": 1, "gpus": 3}, "1, 2, 4 or 8"),
        ({"requests_per_second": 1, "into": 0}, "at least 1"),
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
