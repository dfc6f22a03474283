"""Load tests beside the serving estimate: what they correct, and what they leave alone."""

import math

import pytest

from core.cost.calibrate import (
    UNKNOWN_FACTOR,
    UNKNOWN_SCATTER,
    Machine,
    ServedMeasurement,
    scatter,
)
from core.cost.calibrate_serving import kind_of, regime_of, shrink_served
from core.cost.choice import ServeChoice, serve
from core.cost.document_serving import serving_document
from core.cost.estimate import Z_95
from core.cost.hardware import gpu
from core.cost.measured import document, load, save
from core.cost.prices import own_price
from core.cost.serving import estimate_serving
from core.models.catalog import model
from core.workspace import Workspace

CARD, SHAPE = gpu("A100-80-SXM"), model("gpt2").shape


def box(*ratios, engine="transformers", regime="alone", known=True):
    found = tuple(
        ServedMeasurement(f"shop-{k}", engine, regime, 10 * ratio, 10.0, 500,
                          f"2026-11-2{k}T00:00:00+00:00")
        for k, ratio in enumerate(ratios)
    )  # fmt: skip
    return Machine("box", CARD, known, (), found)


def estimate(machine=None, rate=0.01, engine="transformers", **more):
    return estimate_serving(SHAPE, CARD, 1, 100, 50, engine=engine, price=own_price(1.0),
                            requests_per_second=rate, machine=machine, **more)  # fmt: skip


@pytest.mark.parametrize("engine", ["transformers", "ctranslate2", "vllm"])
@pytest.mark.parametrize("regime", ["alone", "full"])
def test_the_posterior_is_the_textbooks(engine, regime):
    """Normal prior and likelihood, known variances: Gelman et al. 2013, section 2.5."""
    between, within = scatter(kind_of(engine, regime))
    found = shrink_served(box(0.4, 0.5, engine=engine, regime=regime), engine, regime)
    mean = (math.log(0.4) + math.log(0.5)) / 2
    assert math.log(found.ratio) == pytest.approx(mean * between**2 / (between**2 + within**2 / 2))
    left = 1 / (1 / between**2 + 2 / within**2)
    reach = Z_95 * math.sqrt(left + within**2)
    assert found.after.high == pytest.approx(math.exp(reach))
    assert (found.n, found.date) == (2, "2026-11-21")


def test_an_unknown_processor_believes_what_is_measured():
    found = shrink_served(box(0.2, known=False), "transformers", "alone")
    between = math.log(UNKNOWN_FACTOR) / Z_95
    within = UNKNOWN_SCATTER * scatter("library")[1]
    weight = between**2 / (between**2 + within**2)
    assert found.ratio == pytest.approx(0.2**weight)


def test_another_engine_or_regime_says_nothing():
    machine = box(0.2)
    assert shrink_served(machine, "transformers", "full").n == 0
    assert shrink_served(machine, "ctranslate2", "alone").n == 0
    for other in (estimate(machine, engine="vllm"), estimate(machine, rate=50.0)):
        plain = estimate(engine=other.engine.name, rate=other.load.requests_per_second)
        assert other.time_per_request == plain.time_per_request
        assert serving_document("m", other)["measured_here"] is None


def test_an_estimate_takes_as_long_as_was_measured_and_says_so():
    machine, plain = box(0.5, 0.5, 0.5, 0.5), estimate()
    found = estimate(machine)
    ratio = shrink_served(machine, "transformers", "alone").ratio
    assert 0.5 < ratio < 0.6
    for name in ("time_to_first_token", "time_per_output_token", "time_per_request"):
        now, before = getattr(found, name), getattr(plain, name)
        assert now.value == pytest.approx(before.value / ratio)
        assert now.high / now.low < before.high / before.low
    most = found.capacity_requests_per_second.value
    assert most == pytest.approx(ratio * plain.capacity_requests_per_second.value)
    shown = serving_document("m", found)
    assert shown["measured_here"] == {
        "machine": "box", "date": "2026-11-23", "n": 4, "measured_over_predicted": ratio,
        "width_after_over_before": pytest.approx(shown["measured_here"]["width_after_over_before"]),
    }  # fmt: skip
    assert shown["measured_here"]["width_after_over_before"] < 1
    assert any(
        "load tests of transformers on box (n = 4)" in words for words in shown["assumptions"]
    )


def test_a_full_server_is_corrected_by_full_ones():
    busy = {"rate": 30.0, "engine": "tensorrt-llm"}
    machine = box(0.5, 0.5, engine="tensorrt-llm", regime="full")
    plain, found = estimate(**busy), estimate(machine, **busy)
    assert regime_of(plain.running) == "full"
    assert found.replica.calibrated.n == 2
    assert found.replicas >= plain.replicas
    assert found.usd_per_request.value >= plain.usd_per_request.value


def test_it_is_kept_beside_trainings_and_old_files_are_read(tmp_path):
    workspace = Workspace.open(tmp_path)
    machine = box(0.4)
    save(workspace, machine)
    assert load(workspace, "box") == machine
    again = machine.with_served(machine.served[0])
    assert again.served == machine.served
    path = next(workspace.calibrations.iterdir())
    path.write_text(path.read_text().replace('"served"', '"forgotten"'))
    assert load(workspace, "box").served == ()


def test_the_document_has_both():
    found = document(box(0.4))
    assert found["served"][0]["ratio"] == pytest.approx(0.4)
    row = found["serving"][0]
    assert (row["engine"], row["regime"], row["n"]) == ("transformers", "alone", 1)
    assert row["range_after"]["p50"] < 1


def test_the_cost_page_uses_it_for_the_card_that_was_tested_alone():
    machine = box(0.5, 0.5, engine="transformers", regime="alone")
    for card, count in ((CARD.name, 2), ("A100-40-PCIe", None)):
        asked = ServeChoice(SHAPE, card, 1, 0.01, 100, 50, engine="transformers", machine=machine)
        held = serve(asked).estimate.replica.calibrated
        assert (held.n if held else None) == count
