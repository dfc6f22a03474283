"""The picture of quality against price, and the sentences, in both languages."""

from dataclasses import replace

import pytest

from core.charts import compress as charts
from core.charts import compress_words as words
from core.deploy.recommend import Limits, recommend
from core.text.catalog import LANGUAGES
from tests.variants import measured, variant

INT8 = variant("ct2-int8", p50=8.0)
WORSE = variant("pruned", p50=4.0, difference=-5.0, low=-7.0, high=-3.0, decided=True,
                settings={"share": 0.25, "tune_seconds": 0.0})  # fmt: skip
SLOW = variant("shallow", p50=40.0, difference=2.0, low=1.0, high=3.0, decided=True,
               settings={"layers": 1, "tune_seconds": 30.0})  # fmt: skip
FOUND = [INT8, WORSE, SLOW]
HOSTILE = "<b>x</b> **y** $z$"


def test_a_verdict_says_speed_and_quality_from_the_numbers():
    assert words.verdict(INT8) == \
        "ct2-int8 is 2.5 times faster and not distinguishable in quality (n = 300)."  # fmt: skip
    assert words.verdict(WORSE) == \
        "pruned 25 % is 5.0 times faster and worse by 5.0 BLEU (3.0–7.0; n = 300)."  # fmt: skip
    assert words.verdict(SLOW) == (
        "shallow to 1, tuned is 2.0 times slower and better by 2.0 BLEU (1.0–3.0; n = 300)."
    )
    alike = replace(INT8, measured=measured(p50=19.9))
    assert "is about as fast and" in words.verdict(alike)
    assert words.verdict(replace(INT8, measured=None)).endswith("not measured yet.")
    assert "its quality was not compared" in words.verdict(replace(INT8, comparison={}))
    assert words.verdict(INT8, "zh") == "ct2-int8：速度是原模型的 2.5 倍，质量无法区分（n = 300）。"


def test_a_variant_of_a_variant_says_of_which():
    assert words.form(replace(INT8, made_from="shop-1-distilled")) == "ct2-int8 of distilled"


def test_few_requests_need_a_clear_difference():
    few = [measured(p50=p50, milliseconds=(p50,) * 3) for p50 in (20.0, 19.0, 10.0, 40.0)]
    assert [words.speed(few[0], one) for one in few] == ["same", "same", "faster", "slower"]


def test_the_finding_counts_what_is_faster_and_no_worse():
    assert words.finding(FOUND).startswith("1 of 3 variants are faster")
    assert words.finding([WORSE, SLOW]).startswith("None of 2")
    assert words.finding([INT8]).startswith("The variant is faster")
    assert words.finding([WORSE]).startswith("The variant is no faster")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "limits", [Limits(), Limits(edge_latency_ms=0.1), Limits(margin=0.0), Limits(usd_per_hour=2.0)]
)
def test_every_choice_has_a_sentence(language, limits):
    for found in (FOUND, [WORSE], [replace(INT8, a100=None, original_a100=None)]):
        for choice in recommend(found, limits):
            said = words.recommendation(choice, limits, "shop-1", language)
            assert "{" not in said
            assert "None" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_the_original_first_and_marks_what_is_estimated(language):
    lines = words.table(FOUND, Limits(), language)
    assert [set(line) for line in lines] == [set(words.COLUMNS)] * 4
    assert lines[0]["variant"] == "shop-1"
    assert lines[0]["difference"] == ""
    assert "≈" in lines[0]["energy"]
    stated = words.table([replace(INT8, measured=measured(joules_from="rapl"))], Limits(), language)
    assert "≈" not in stated[1]["energy"]
    assert words.table([], Limits(), language) == []


def test_the_front_joins_those_that_none_beats():
    rows = charts.dots(FOUND, "latency")
    assert [row.name for row in rows] == ["original", "ct2-int8", "pruned 25 %",
                                          "shallow to 1, tuned"]  # fmt: skip
    assert [row.name for row in charts.front(rows)] == [
        "pruned 25 %", "ct2-int8", "shallow to 1, tuned"]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("price", charts.PRICES)
def test_what_is_measured_is_filled_and_an_estimate_hollow(scheme, price):
    figure = charts.pareto(FOUND, price, scheme, "zh")
    line, *marks = figure.data
    assert len(marks) == 4
    hollow = {mark.marker.color for mark in marks} & {"#FFFFFF", "#11171E"}
    assert bool(hollow) == (price == "a100")
    assert (line.line.dash == "dash") == (price == "a100")
    assert marks[0].marker.symbol == "diamond"
    assert marks[1].error_x.visible is not False or price in ("size", "memory")
    assert "≈" in marks[1].hovertemplate or price != "a100"


def test_a_variant_without_the_price_is_left_out():
    assert len(charts.dots([INT8, replace(WORSE, a100=None)], "a100")) == 2
    assert charts.dots([], "latency") == []


def test_names_are_literal_in_the_picture():
    figure = charts.pareto([replace(INT8, made_from=HOSTILE)], "latency", "light")
    drawn = str(figure.to_dict())
    assert "<b>x</b>" not in drawn
    assert "&lt;b&gt;x" in drawn


def test_no_name_lies_on_another():
    alike = [replace(INT8, variant=f"v{n}", settings={}, form=f"form-{n}") for n in range(4)]
    rows = charts.dots(alike, "latency")
    assert charts.lifts(rows) == [0, 0, 16, 32, 48]
    apart = charts.dots([INT8, WORSE], "latency")
    assert charts.lifts(apart) == [0, 0, 0]
    figure = charts.pareto(alike, "latency", "light")
    assert [note.yshift for note in figure.layout.annotations[1:]] == [4, 4, 20, 36, 52]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_busy_machine_is_said_to_have_been_one(language):
    assert words.disturbance(FOUND, language) is None
    busy = replace(INT8, measured=measured(others=0.62))
    said = words.disturbance([busy, WORSE], language) or ""
    assert "62 %" in said
    assert "ct2-int8" in said
    assert "pruned" not in said
    both = words.disturbance([replace(INT8, original=measured(others=0.3))], language) or ""
    assert "shop-1" in both
