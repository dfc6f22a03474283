"""Oracles: worked out by hand from the prices in the scenario, beside each number."""

import json
import math
from dataclasses import replace

import pytest

from core.errors import NotFound
from core.models.catalog import model
from core.strategy.document import as_json
from core.strategy.fleet import fleet_of
from core.strategy.options import price_options
from core.strategy.plan import make
from core.strategy.rank import decide
from core.strategy.scenario import load, samples
from core.strategy.sections import (
    ApiOption,
    Company,
    Demand,
    HostOption,
    Quality,
    Scenario,
    TunedOption,
)
from core.train.runs import Run, write_run
from core.workspace import Workspace

RENT = ApiOption(
    name="Rent", input_usd_per_mtok=1.0, output_usd_per_mtok=4.0, cached_usd_per_mtok=0.25,
    prompt_tokens=400, quality=40.0, quality_source="pilot",
)  # fmt: skip
DEAR = replace(RENT, name="Dear", output_usd_per_mtok=8.0)
HOST = HostOption(
    name="Host", model="llama-3-8b", gpu="A100-80-SXM", usd_per_gpu_hour=2.0,
    team_usd_per_month=500.0, quality=35.0, quality_source="pilot",
)  # fmt: skip
TUNED = TunedOption(
    name="Tuned", run="latest", base="starter-translate", train_tokens=1e6, usd_per_gpu_hour=2.0,
    one_time_usd=5000.0,
)  # fmt: skip
MACHINE = 2.0 * 730.5  # US$ a month


def scenario(*options, requests=100_000.0, floor=30.0, **demand):
    return Scenario(
        name="desk", title="A desk", horizon_months=24,
        company=Company(cash_usd=100_000.0, monthly_cost_usd=2000.0, customers=0.0,
                        revenue_per_customer_usd=0.0),
        demand=Demand(requests_per_day=requests, input_tokens=100, output_tokens=50,
                      **({"peak_factor": 3.0} | demand)),
        quality=Quality(metric="bleu", floor=floor, dataset="desk-de"),
        options=options, assumptions={},
    )  # fmt: skip


def run(name="tuned-1", value=42.0, dataset="desk-de", state="succeeded", **more):
    score = {"metric": "bleu", "value": value, "low": value - 2, "high": value + 2, "n": 200,
             "unit": "points", "signature": "test"}  # fmt: skip
    return Run(
        run=name, state=state, base="starter-translate", base_hash=None, method="full",
        preset="quick", task="translation", dataset=dataset, data_version="abc", config={}, seed=0,
        job="j", created_at="2026-11-01T00:00:00+00:00", scores=[score], **more,
    )  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def test_an_api_bills_input_cached_input_and_output():
    # a request: 500 in, of which 60 % cached, 50 out
    # (300 · 0.25 + 200 · 1 + 50 · 4) / 10⁶ = 475e-6 US$; 100,000 a day for 30.4375 days
    [rent, _] = make(scenario(RENT, DEAR, cacheable_share=0.6), None).outcomes
    assert rent.monthly.value == pytest.approx(475e-6 * 100_000 * 30.4375)
    assert rent.monthly.low == rent.monthly.high == rent.monthly.value


def test_without_a_cached_price_all_input_is_billed_in_full():
    plain = replace(RENT, cached_usd_per_mtok=None)
    [rent, _] = make(scenario(plain, DEAR, cacheable_share=0.6), None).outcomes
    assert rent.monthly.value == pytest.approx(700e-6 * 100_000 * 30.4375)


def test_a_listed_price_carries_its_source_and_date():
    listed = ApiOption(name="Listed", provider="OpenAI", model="gpt-4.1-mini")
    found = price_options(scenario(listed, DEAR), None)[0].prices
    assert [(line.item, line.usd) for line in found] == [("input", 0.4), ("output", 1.6)]
    assert all(line.date == "2026-08-05" and "llm-prices" in line.source for line in found)


def test_a_model_without_a_listed_price_is_named_with_near_ones():
    wrong = ApiOption(name="Typo", provider="openai", model="gpt-4.1-minni")
    with pytest.raises(NotFound, match=r"option 'Typo'.*gpt-4\.1-minni.*gpt-4\.1-mini"):
        make(scenario(wrong, DEAR), None)


def test_machines_are_counted_for_the_busiest_hour():
    demand = scenario(RENT, HOST).demand
    bears = fleet_of(HOST, model("llama-3-8b").shape, demand).requests_per_day
    for replicas in (1, 3):
        volume = (replicas - 0.5) * bears.value
        [_, host] = make(scenario(RENT, HOST, requests=volume), None).outcomes
        assert host.monthly.value == pytest.approx(500 + replicas * MACHINE)
    calm = replace(demand, peak_factor=1.0)
    assert fleet_of(HOST, model("llama-3-8b").shape, calm).requests_per_day.value == pytest.approx(
        3 * bears.value
    )


def test_the_range_of_a_host_comes_from_what_a_replica_may_bear():
    bears = fleet_of(HOST, model("llama-3-8b").shape, scenario(RENT, HOST).demand).requests_per_day
    volume = 50.5 * bears.value
    [_, host] = make(scenario(RENT, HOST, requests=volume), None).outcomes
    assert host.monthly.value == pytest.approx(500 + 51 * MACHINE)
    assert host.monthly.low == pytest.approx(500 + math.ceil(volume / bears.high) * MACHINE)
    assert host.monthly.high == pytest.approx(500 + math.ceil(volume / bears.low) * MACHINE)
    assert host.monthly.low < host.monthly.value < host.monthly.high


def test_break_even_is_where_the_line_meets_the_first_machine():
    # 700e-6 · 30.4375 · v = 500 + 1461  →  v = 92,041 requests a day, and one machine bears it
    plain = replace(RENT, cached_usd_per_mtok=None)
    [pair] = make(scenario(plain, HOST), None).break_even
    assert (pair.a, pair.b) == ("Rent", "Host")
    assert pair.requests_per_day == pytest.approx((500 + MACHINE) / (700e-6 * 30.4375))
    assert pair.low <= pair.requests_per_day <= pair.high


def test_retraining_is_a_monthly_part_and_a_lump_in_the_cash():
    yearly = replace(RENT, retrain_usd=1200.0, retrain_every_months=12)
    [rent, _] = make(scenario(yearly, DEAR, requests=1e-6), None).outcomes
    assert rent.priced.parts(1.0)["retraining"].value == 100
    assert rent.monthly.value == pytest.approx(100, abs=1e-3)
    spent = rent.cash.spent_usd
    assert spent[12] == pytest.approx(0, abs=1e-3)
    assert spent[13] == pytest.approx(1200, abs=1e-3)
    assert rent.total.value == pytest.approx(1200, abs=1e-3)


def test_the_cheapest_that_is_good_enough_wins():
    plan = make(scenario(RENT, DEAR), None)
    found = decide(plan)
    assert (found.option, found.second) == ("Rent", "Dear")
    # Dear: 50 tokens out at 4 US$ more a million: 200e-6 a request
    assert found.gain.value == pytest.approx(200e-6 * 100_000 * 30.4375)


def test_an_option_below_the_floor_or_of_unknown_quality_cannot_win():
    poor = replace(RENT, name="Poor", quality=29.9, input_usd_per_mtok=0.1)
    unknown = replace(RENT, name="Unknown", quality=None, input_usd_per_mtok=0.1)
    found = decide(make(scenario(DEAR, poor, unknown), None))
    assert found.option == "Dear"
    assert {s.key: s.values["option"] for s in found.reasons} == {
        "reason.only": "Dear", "reason.below": "Poor", "reason.unknown": "Unknown"
    }  # fmt: skip
    assert [s.values["option"] for s in found.flips if s.key == "flip.quality"] == [
        "Poor",
        "Unknown",
    ]


def test_nothing_is_recommended_where_nothing_is_known():
    unknown = replace(RENT, name="Unknown", quality=None)
    found = decide(make(scenario(unknown, TUNED), None))
    assert found.option is None and found.gain is None
    assert found.reasons[0].key == "reason.none"
    assert {s.key for s in found.flips} == {"flip.measure"}


def test_without_a_floor_unknown_quality_may_win():
    unknown = replace(RENT, name="Unknown", quality=None)
    assert decide(make(scenario(unknown, DEAR, floor=None), None)).option == "Unknown"


def test_a_metric_where_less_is_better_turns_the_floor_round():
    base = scenario(RENT, DEAR)
    by_ter = replace(base, quality=replace(base.quality, metric="ter", floor=39.0))
    assert decide(make(by_ter, None)).option is None  # both entered at 40


def test_a_volume_flip_is_where_the_totals_are_equal():
    plan = make(scenario(RENT, HOST, requests=20_000.0), None)
    found = decide(plan)
    assert found.option == "Rent"
    flip = next(s for s in found.flips if s.key == "flip.more")
    volume = flip.values["requests_per_day"]
    totals = [o.total.value for o in make(scenario(RENT, HOST, requests=volume), None).outcomes]
    assert totals[0] == pytest.approx(totals[1])
    assert decide(make(scenario(RENT, HOST, requests=volume * 1.001), None)).option == "Host"
    assert decide(make(scenario(RENT, HOST, requests=volume * 0.999), None)).option == "Rent"


@pytest.mark.parametrize("requests", [80_000.0, 400_000.0])
def test_a_price_flip_changes_the_winner_and_no_sooner(requests):
    before = decide(make(scenario(RENT, HOST, requests=requests), None))
    flips = [s for s in before.flips if "price" in s.key]
    assert flips
    for flip in flips:
        for beyond, expected in ((1.0001, flip.values["winner"]), (0.9999, before.option)):
            factor = 1 + flip.values["change"] * beyond
            moved = [_moved(option, flip.values["option"], factor) for option in (RENT, HOST)]
            assert decide(make(scenario(*moved, requests=requests), None)).option == expected


def _moved(option, name, factor):
    if option.name != name:
        return option
    fields = (
        "input_usd_per_mtok",
        "output_usd_per_mtok",
        "cached_usd_per_mtok",
        "usd_per_gpu_hour",
    )
    return replace(option, **{f: getattr(option, f) * factor for f in fields if hasattr(option, f)})


def test_a_model_that_does_not_fit_cannot_serve_and_says_so():
    huge = replace(HOST, name="Huge", model="llama-3-70b")
    plan = make(scenario(RENT, huge), None)
    assert [s.key for s in decide(plan).reasons] == ["reason.only", "reason.no_fit"]
    assert plan.break_even == ()
    row = as_json(plan)["options"][1]
    assert row["feasible"] is False and row["monthly_usd"] is None and row["runway_months"] is None


def test_an_answer_over_the_latency_limit_cannot_serve():
    plan = make(scenario(RENT, HOST, latency_seconds=0.01), None)
    assert "reason.too_slow" in [s.key for s in decide(plan).reasons]


def test_the_newest_scored_run_on_the_dataset_gives_the_quality(workspace):
    before = make(scenario(RENT, TUNED), workspace).outcomes[1]
    assert before.priced.quality is None and before.meets_floor is None
    write_run(workspace, run("other", dataset="elsewhere"))
    write_run(workspace, run("tuned-1", training={"tokens": 250_000}))
    _model(workspace, "tuned-1")
    write_run(workspace, run("broken", state="failed"))
    after = make(scenario(RENT, TUNED), workspace).outcomes[1]
    quality = after.priced.quality
    assert (quality.kind, quality.value, quality.low, quality.n) == ("measured", 42.0, 40.0, 200)
    assert after.priced.run == "tuned-1" and after.meets_floor is True
    assert before.priced.once.value > 5000  # training on a rented GPU is part of what is paid once
    compute = before.priced.once.value - 5000
    assert after.priced.once.value - 5000 == pytest.approx(compute / 4, rel=0.5)


def _model(workspace, name):
    """The sizes of a run are read from its own config.json."""
    from core.workspace import assets

    folder = workspace.run(name) / "model"
    folder.mkdir()
    for file in (assets() / "models" / "starter-translate").iterdir():
        (folder / file.name).symlink_to(file)


def test_a_run_that_failed_or_is_not_there_is_refused(workspace):
    write_run(workspace, run("broken", state="failed"))
    for name in ("broken", "nobody"):
        with pytest.raises(NotFound, match=name):
            make(scenario(RENT, replace(TUNED, run=name)), workspace)


def test_the_document_is_json_without_nan_and_says_everything_twice(workspace):
    document = as_json(make(scenario(RENT, HOST, TUNED), workspace))
    json.dumps(document, allow_nan=False)
    assert {"options", "break_even", "recommended_option", "reasons", "flips", "assumptions",
            "prices"} <= document.keys()  # fmt: skip
    for row in document["options"]:
        assert row["monthly_usd"] == pytest.approx(sum(row["parts"].values()))
        assert len(row["cash_usd"]) == 25
    assert all(row["text"] for row in document["reasons"])


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_samples_decide_without_any_run(path, workspace):
    document = as_json(make(load(path), workspace))
    assert document["recommended_option"] is not None
    tuned = next(row for row in document["options"] if row["kind"] == "tuned")
    assert tuned["quality"] is None and not tuned["eligible"]
