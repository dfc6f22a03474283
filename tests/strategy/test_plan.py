import json
import math
from dataclasses import replace

import numpy as np
import pytest

from core.errors import BadInput, NotFound
from core.strategy.document import as_json
from core.strategy.keep import freeze, thaw
from core.strategy.options import price_options
from core.strategy.plan import make
from core.strategy.sections import ApiOption
from core.workspace import Workspace
from tests.strategy.scene import (
    DAY,
    DAYS,
    DEAR,
    HOST,
    RENT,
    TUNED,
    keep_run,
    planned,
    run,
    scene,
    shock,
)

UNSURE = {"demand.requests_per_day": (40_000.0, 300_000.0)}


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def standing(plan, name):
    return next(row for row in plan.standings if row.option == name)


def test_the_one_that_leaves_most_and_is_good_enough_is_recommended():
    plan = planned(DEAR, RENT)
    assert (plan.recommended, plan.second) == ("Rent", "Dear")
    # Dear: 50 tokens out at 4 US$ more a million: 200e-6 a request
    document = as_json(plan)
    assert document["gain_usd_per_month"]["value"] == pytest.approx(200e-6 * 100_000 * DAYS)
    assert standing(plan, "Rent").probability_best == 1.0


def test_probabilities_sum_to_one_and_equal_options_share_theirs():
    twin = replace(RENT, name="Twin")
    plan = planned(RENT, twin, DEAR)
    assert [standing(plan, n).probability_best for n in ("Rent", "Twin", "Dear")] == [0.5, 0.5, 0]
    mixed = planned(RENT, HOST, DEAR, ranges=UNSURE, draws=500)
    total = sum(row.probability_best for row in mixed.standings) + mixed.probability_none
    assert total == pytest.approx(1.0)
    assert 0 < standing(mixed, "Host").probability_best < 1


def test_an_option_below_the_floor_or_of_unknown_quality_cannot_win():
    poor = replace(RENT, name="Poor", quality=29.9, input_usd_per_mtok=0.1)
    unknown = replace(RENT, name="Unknown", quality=None, input_usd_per_mtok=0.1)
    document = as_json(planned(DEAR, poor, unknown))
    assert document["recommended_option"] == "Dear"
    assert {s["key"]: s["option"] for s in document["reasons"]} == {
        "reason.only": "Dear", "reason.below": "Poor", "reason.unknown": "Unknown"
    }  # fmt: skip
    assert [s["option"] for s in document["flips"] if s["key"] == "flip.measure"] == ["Unknown"]
    rows = {row["option"]: row for row in document["ranking"]}
    assert rows["Poor"]["meets_floor"] is False and rows["Unknown"]["meets_floor"] is None
    assert rows["Poor"]["probability_best"] == rows["Unknown"]["probability_best"] == 0


def test_nothing_is_recommended_where_nothing_is_known():
    unknown = replace(RENT, name="Unknown", quality=None)
    document = as_json(planned(unknown, TUNED))
    assert document["recommended_option"] is None and document["gain_usd_per_month"] is None
    assert document["probability_none"] == 1.0
    assert document["reasons"][0]["key"] == "reason.none"
    assert {s["key"] for s in document["flips"]} == {"flip.measure"}
    assert document["tornado"] == [] and document["minimax_option"] is None
    assert "None can be recommended" in document["summary"]["en"]


def test_without_a_floor_unknown_quality_may_win():
    unknown = replace(RENT, name="Unknown", quality=None)
    assert planned(unknown, DEAR, floor=None).recommended == "Unknown"


def test_a_metric_where_less_is_better_turns_the_floor_round():
    base = scene(RENT, DEAR)
    for floor, name in ((39.0, None), (41.0, "Rent")):
        by_ter = replace(base, quality=replace(base.quality, metric="ter", floor=floor))
        assert make(by_ter, None, as_of=DAY, draws=16).recommended == name  # both entered at 40


def test_a_score_with_an_interval_over_the_floor_reaches_it_in_part_of_the_futures(workspace):
    keep_run(workspace, run(value=30.5))  # 28.5 to 32.5, floor 30: half a point is 0.49 of a sigma
    plan = planned(RENT, TUNED, workspace=workspace, draws=4000)
    share = standing(plan, "Tuned").probability_meets_floor
    sigma = 2 / 1.959964
    expected = 0.5 * (1 + math.erf(0.5 / sigma / math.sqrt(2)))
    assert share == pytest.approx(expected, abs=0.03)


def test_a_range_holds_what_it_says():
    plan = planned(RENT, DEAR, ranges=UNSURE, draws=20_000)
    volumes = plan.futures["Rent"].total_usd / plan.base["Rent"].model_usd[0].sum() * 100_000
    assert np.mean(volumes < 40_000) == pytest.approx(0.05, abs=0.006)
    assert np.mean(volumes < 100_000) == pytest.approx(0.5, abs=0.015)
    assert np.mean(volumes > 300_000) == pytest.approx(0.05, abs=0.006)


def test_a_shock_comes_as_often_as_it_says():
    plan = planned(RENT, DEAR, shocks=[shock(probability=0.3, api_price_factor=0.5)], draws=8000)
    cheaper = plan.futures["Rent"].total_usd < plan.base["Rent"].model_usd[0].sum() - 1e-6
    assert np.mean(cheaper) == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_a_dearer_api_never_makes_it_better(seed):
    random = np.random.default_rng(seed)
    ranges = {"demand.requests_per_day": (30_000.0, 400_000.0)}
    shocks = [shock(probability=0.5, api_price_factor=0.5, gpu_price_factor=1.5)]
    last = 2.0
    for factor in (1.0, 1.2, 2.0, 5.0):
        api = replace(RENT, input_usd_per_mtok=1.0 * factor, output_usd_per_mtok=4.0 * factor,
                      one_time_usd=float(random.integers(0, 5000)))  # fmt: skip
        api = replace(api, one_time_usd=1000.0)
        plan = planned(api, HOST, DEAR, ranges=ranges, shocks=shocks, draws=300, seed=seed)
        share = standing(plan, "Rent").probability_best
        assert share <= last
        last = share


@pytest.mark.parametrize("seed", range(4))
def test_more_cash_never_shortens_the_runway(seed):
    last = np.zeros(300)
    for cash in (0.0, 20_000.0, 60_000.0, 200_000.0):
        plan = planned(RENT, HOST, ranges=UNSURE, draws=300, seed=seed,
                       company={"cash_usd": cash},
                       shocks=[shock(probability=0.5, demand_factor=2.0)])  # fmt: skip
        found = plan.futures["Rent"].runway_months
        assert (found >= last).all()
        last = found
        row = standing(plan, "Rent").runway_months
        assert row.p5 <= row.p50 <= row.p95


def test_equal_seeds_give_the_same_document_and_others_do_not():
    def of(seed):
        return json.dumps(as_json(planned(RENT, HOST, ranges=UNSURE, draws=3000, seed=seed)))

    assert of(1) == of(1) != of(2)


def test_another_option_changes_no_draw_of_the_first():
    few = planned(RENT, HOST, ranges=UNSURE, draws=500)
    more = planned(DEAR, RENT, HOST, ranges=UNSURE, draws=500)
    assert np.array_equal(few.futures["Rent"].end_usd, more.futures["Rent"].end_usd)


def test_a_kept_basis_gives_the_same_plan(workspace):
    keep_run(workspace, run())
    plan = planned(RENT, HOST, TUNED, workspace=workspace, ranges=UNSURE)
    kept = thaw(json.loads(json.dumps(freeze(plan.basis))))
    assert kept == plan.basis
    again = planned(RENT, HOST, TUNED, ranges=UNSURE, basis=kept)
    assert as_json(again) == as_json(plan)


def test_a_listed_price_carries_its_source_and_date_and_is_of_its_day():
    listed = ApiOption(name="Listed", provider="OpenAI", model="gpt-4o")
    found = price_options(scene(listed, DEAR), None, DAY).options[0].prices
    assert [(line.item, line.usd) for line in found[:2]] == [("input", 2.5), ("output", 10.0)]
    assert all(line.date and "A0" in line.source for line in found)
    early = replace(listed, price_date="2024-06-01")
    before = price_options(scene(early, DEAR), None, DAY).options[0].prices
    assert [(line.item, line.usd) for line in before] == [("input", 5.0), ("output", 15.0)]


def test_a_model_without_a_listed_price_is_named_with_near_ones():
    wrong = ApiOption(name="Typo", provider="openai", model="gpt-4.1-minni")
    with pytest.raises(NotFound, match=r"option 'Typo'.*gpt-4\.1-minni.*gpt-4\.1-mini"):
        planned(wrong, DEAR)


def test_a_model_that_does_not_fit_cannot_serve_and_says_so():
    huge = replace(HOST, name="Huge", model="llama-3-70b")
    document = as_json(planned(RENT, huge))
    assert [s["key"] for s in document["reasons"]] == ["reason.only", "reason.no_fit"]
    assert document["break_even"] == []
    row = document["ranking"][1]
    assert row["feasible"] is False and row["cost_month_usd"]["p50"] is None
    assert "does not fit" in row["problem"]["text"]


def test_an_answer_over_the_latency_limit_cannot_serve():
    document = as_json(planned(RENT, HOST, latency_seconds=0.01))
    assert "reason.too_slow" in [s["key"] for s in document["reasons"]]


def test_long_answers_are_held_to_the_limit():
    [_, host] = planned(RENT, HOST, latency_seconds=100.0).basis.options
    [_, long] = planned(RENT, HOST, latency_seconds=100.0, output_tokens_p95=500.0).basis.options
    assert long.answer.seconds.value > 5 * host.answer.seconds.value


def test_the_newest_scored_run_on_the_dataset_gives_the_quality(workspace):
    before = planned(RENT, TUNED, workspace=workspace).basis.option("Tuned")
    assert before.quality is None
    keep_run(workspace, run("other", dataset="elsewhere"))
    keep_run(workspace, run("tuned-1", training={"tokens": 250_000}))
    keep_run(workspace, run("broken", state="failed"))
    after = planned(RENT, TUNED, workspace=workspace).basis.option("Tuned")
    quality = after.quality
    assert (quality.kind, quality.value, quality.low, quality.n) == ("measured", 42.0, 40.0, 200)
    assert after.run == "tuned-1"
    assert after.training.gpu_hours.value == pytest.approx(
        before.training.gpu_hours.value / 4, rel=0.5
    )


def test_a_run_that_failed_or_is_not_there_is_refused(workspace):
    keep_run(workspace, run("broken", state="failed"))
    for name in ("broken", "nobody"):
        with pytest.raises(NotFound, match=rf"option 'Tuned'.*{name}"):
            planned(RENT, replace(TUNED, run=name), workspace=workspace)


def test_a_start_in_the_past_is_refused():
    past = replace(scene(RENT, DEAR), start="2026-10")
    with pytest.raises(BadInput, match=r'start is "2026-10", which is past: expected "2026-11"'):
        make(past, None, as_of=DAY, draws=2)
    now = make(replace(past, start="2026-11"), None, as_of=DAY, draws=2)
    assert as_json(now)["start"] == "2026-11"


def test_a_year_ends_in_december():
    months = [row["date"] for row in as_json(planned(RENT, DEAR, months=14))["monthly"][:14]]
    assert (months[0], months[1], months[12], months[13]) == (
        "2026-12", "2027-01", "2027-12", "2028-01"
    )  # fmt: skip


def test_the_document_is_json_without_nan_and_adds_up(workspace):
    keep_run(workspace, run())
    document = as_json(planned(RENT, HOST, TUNED, workspace=workspace, ranges=UNSURE))
    json.dumps(document, allow_nan=False)
    for row in document["ranking"]:
        months = [m for m in document["monthly"] if m["option"] == row["option"]]
        assert len(months) == 24
        parts = sum(row["parts_month_usd"].values())
        assert parts == pytest.approx(sum(m["model_usd"] for m in months) / 24)
        for month in months:
            assert month["model_usd"] == pytest.approx(sum(month["parts_usd"].values()))
            assert month["cash_p5_usd"] <= month["cash_p50_usd"] <= month["cash_p95_usd"]
    assert all(row["text"] for key in ("reasons", "flips", "warnings") for row in document[key])
    assert set(document["summary"]) == {"en", "zh"}


def test_draws_out_of_range_are_refused():
    for draws in (0, 10**9):
        with pytest.raises(BadInput, match="draws"):
            planned(RENT, DEAR, draws=draws)
