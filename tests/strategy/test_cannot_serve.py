"""Options that cannot serve, and what that does to those that lean on them."""

from dataclasses import replace

import pytest

from core.strategy.document import as_json
from core.strategy.inputs import inputs_of
from core.strategy.sections import StagedOption
from core.workspace import Workspace
from tests.strategy.scene import DEAR, HOST, RENT, TUNED, keep_run, planned, run, scene

HUGE = replace(HOST, name="Huge", model="llama-3-70b")
STAGED = StagedOption(name="Both", first="Rent", then="Huge", at_requests_per_day=200_000.0)


def reasons(plan):
    return {(row["key"], row.get("option")): row["text"] for row in as_json(plan)["reasons"]}


def test_an_api_slower_than_the_limit_cannot_serve():
    slow = replace(RENT, name="Slow", answer_seconds=3.0, answer_seconds_source="our log")
    assert planned(DEAR, slow, latency_seconds=3.0).recommended == "Slow"
    said = reasons(planned(DEAR, slow, latency_seconds=2.0))
    assert "3.0 s" in said["reason.too_slow", "Slow"] and "2.0 s" in said["reason.too_slow", "Slow"]


def test_a_staged_option_is_barred_by_its_own_name_where_a_part_cannot_serve():
    said = reasons(planned(RENT, DEAR, HUGE, STAGED))
    assert said["reason.no_fit", "Huge"].startswith("Huge does not fit")
    assert said["reason.no_fit", "Both"].startswith("Both does not fit")


def test_nothing_is_sold_for_free_by_one_that_stands_in_and_cannot_serve():
    later = replace(RENT, name="Later", lead_months=3.0, meanwhile="Huge")
    plan = planned(RENT, HUGE, later)
    assert "Later" not in [row.option for row in plan.standings]
    assert "Huge" in reasons(plan)["reason.meanwhile", "Later"]


def test_a_change_that_never_comes_asks_for_no_retraining():
    then = replace(HOST, retrain_every_months=3, retrain_usd=100.0)
    both = replace(STAGED, then="Host", at_requests_per_day=1e9)
    plan = planned(RENT, then, both)
    assert plan.base["Both"].cash_usd == pytest.approx(plan.base["Rent"].cash_usd)


def test_what_was_measured_counts_more_than_the_range_of_a_guess(tmp_path):
    workspace = Workspace.open(tmp_path)
    guessed = replace(TUNED, quality=31.0, quality_source="a guess")
    ranges = {"option.Tuned.quality": (30.0, 33.0)}

    def quality():
        scenario = scene(RENT, guessed, ranges=ranges)
        basis = planned(RENT, guessed, ranges=ranges, workspace=workspace).basis
        return next(row for row in inputs_of(scenario, basis) if row.path in ranges)

    assert (quality().low, quality().base, quality().high, quality().how) == (30, 31, 33, "stated")
    keep_run(workspace, run(value=42.0))
    assert (quality().base, quality().how) == (42.0, "measured")
    assert 40.0 < quality().low < 42.0 < quality().high < 44.0


def test_machines_that_are_hardly_ever_busy_are_compared_by_requests():
    tiny = replace(HOST, name="Tiny", model="starter-translate", quality=40.0)
    cheap = replace(RENT, input_usd_per_mtok=0.05, output_usd_per_mtok=0.2)
    rows = as_json(planned(cheap, tiny, requests=1000.0))["warnings"]
    [row] = [row for row in rows if row["key"].startswith("warning.idle")]
    assert row["key"] == "warning.idle_volume" and "busy" not in row["text"]
    assert "today there are 1,000" in row["text"]


def test_the_volume_is_said_only_of_the_two_that_are_compared():
    both = replace(STAGED, then="Host")
    document = as_json(planned(RENT, HOST, both, growth_per_month=0.05))
    single = as_json(planned(RENT, HOST, growth_per_month=0.05))
    assert "Both" in (document["recommended_option"], document["second_option"])
    assert "To run, it is the cheaper one" not in document["summary"]["en"]
    assert "To run, it is the cheaper one" in single["summary"]["en"]
