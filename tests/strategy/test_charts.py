"""The figures of a plan say what its document says, and names in them stay text."""

import math
from datetime import date

import pytest

from core.charts import plan_figures as charts
from core.charts import plan_ranking, planned
from core.charts.plan_lines import cash_span
from core.charts.plan_tornado import gains
from core.strategy.answer import act_by, deciding_pair
from core.strategy.document import as_json
from core.strategy.findings import turns
from core.strategy.plan import make
from core.strategy.scenario import load, samples
from core.units import KILO

DAY = date(2026, 11, 26)
FIGURES = ("ranking", "pareto", "cash_fan", "by_volume", "parts", "tornado")


def planned_sample(name, **more):
    path = next(path for path in samples() if path.stem == name)
    return as_json(make(load(path), None, as_of=DAY, draws=400, **more))


@pytest.fixture(scope="module")
def document():
    return planned_sample("coding-assistant")


def notes(figure):
    return [one.text for one in figure.layout.annotations]


def marks(figure):
    return [one for one in figure.data if one.type == "scatter" and one.mode == "markers"]


@pytest.mark.parametrize("name", [path.stem for path in samples()])
def test_every_sample_is_drawn_in_both_schemes_and_languages(name):
    found = planned_sample(name)
    for figure in FIGURES:
        for scheme, language in (("light", "en"), ("dark", "zh")):
            draw = getattr(charts, figure)
            assert draw(found, scheme, language, present=scheme == "dark").layout.height > 0


def test_the_ranking_has_each_option_at_the_middle_of_its_futures(document):
    figure = charts.ranking(document, "light")
    rows = planned.able(document)
    dots = marks(figure)
    assert [dot.x[0] * KILO for dot in dots] == [row["cost_month_usd"]["p50"] for row in rows]
    assert [dot.y[0] for dot in dots] == list(range(len(rows)))


def test_below_an_option_stand_quality_and_when_it_is_ready(document):
    row = document["ranking"][0]
    floor = document["quality"]["floor"]
    later = {**row, "quality_kind": "entered", "lead_months": 2.0, "meets_floor": True}
    assert plan_ranking.under(document, later, "en").startswith("≈ ")
    assert plan_ranking.under(document, later, "en").endswith("ready in 2 months")
    low = {**later, "quality_kind": "measured", "meets_floor": False}
    said = plan_ranking.under(document, low, "en")
    assert not said.startswith("≈") and "misses the floor of" in said
    assert planned.quality(document, floor, "en") in said
    unknown = plan_ranking.under(document, {**row, "quality": None, "meets_floor": None}, "en")
    assert unknown.startswith("quality not known")


def test_the_shaded_zone_holds_the_break_even(document):
    pair = deciding_pair(document)
    at = 300_000.0
    shown = {**document, "break_even": [{**pair, "requests_per_day": at, "low": 0.9 * at,
                                         "high": 1.2 * at}],
             "demand": {**document["demand"], "requests_per_day": at}}  # fmt: skip
    figure = charts.by_volume(shown, "dark", "zh", present=True)
    zone = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (zone.x0, zone.x1) == (0.9 * at, 1.2 * at)


def test_a_curve_is_dashed_where_it_is_estimated_and_solid_at_a_list_price(document):
    figure = charts.by_volume(document, "light")
    dashes = {trace.line.dash for trace in figure.data if trace.fill is None}
    assert dashes == {"solid", "6px,4px"}


def test_parts_add_up_to_the_mean_month(document):
    figure = charts.parts(document, "light")
    drawn = [trace for trace in figure.data if trace.type == "bar" and trace.hovertemplate]
    for place, row in enumerate(planned.able(document)):
        total = KILO * sum(trace.x[place] for trace in drawn)
        assert total == pytest.approx(sum(row["parts_month_usd"].values()))


def test_the_cash_fan_begins_with_the_money_in_the_bank_and_shows_all_of_the_middle(document):
    figure = charts.cash_fan(document, "light")
    lines = [t for t in figure.data if t.mode == "lines" and t.fill is None and len(t.x) > 2]
    _, high = cash_span(document)
    for line in lines:
        assert line.y[0] * KILO == document["company"]["cash_usd"]
        assert max(line.y) <= high
    act = act_by(document)
    drawn = [text for text in notes(figure) if "start raising" in text]
    assert len(drawn) == (act is not None)


def test_the_tornado_marks_the_inputs_that_turn_the_answer_on_the_zero_line(document):
    figure = charts.tornado(document, "light")
    [diamonds] = marks(figure)
    shown = document["tornado"][:8]
    assert list(diamonds.x) == [0] * sum(turns(bar) for bar in shown)
    [bars] = [trace for trace in figure.data if trace.type == "bar"]
    assert len(bars.x) <= 2 * len(shown)
    assert any(text.endswith("leads ▸") for text in notes(figure))


def test_an_end_without_a_lead_is_out_or_has_no_rival(document):
    bar = {**document["tornado"][0], "low": 1.0, "base": 2.0, "high": 4.0,
           "gain_at_low_usd": 2000.0, "gain_at_high_usd": None}  # fmt: skip
    lost = {**bar, "flips_at": 3.0}
    assert gains(lost) == [(-math.inf, "high"), (2.0, "low")]
    assert "out" in notes(charts.tornado({**document, "tornado": [lost]}, "light"))
    alone = {**bar, "flips_at": 1.5}
    assert gains(alone) == [(2.0, "low"), (math.inf, "high")]
    assert "no rival" in notes(charts.tornado({**document, "tornado": [alone]}, "light"))


def test_a_bar_that_dwarfs_the_others_is_cut_and_keeps_its_number(document):
    gain = {"value": 100.0, "low": 0.0, "high": 200.0}
    bars = [{**document["tornado"][0], "gain_at_low_usd": low, "gain_at_high_usd": 100.0 - low / 10}
            for low in (-900_000.0, -300.0, -200.0, -100.0)]  # fmt: skip
    figure = charts.tornado({**document, "tornado": bars, "gain_usd_per_month": gain}, "light")
    assert "◂ −900" in notes(figure)
    assert figure.layout.xaxis.range[0] > -900


def test_names_that_look_like_markup_are_drawn_as_they_are(document):
    first = document["ranking"][0]["option"]
    text = "<b>x</b><a href='javascript:1'>y</a>"

    def renamed(value):
        if isinstance(value, dict):
            return {key: renamed(one) for key, one in value.items()}
        if isinstance(value, list):
            return [renamed(one) for one in value]
        return text if value == first else value

    shown = renamed(document)
    for figure in FIGURES:
        drawn = getattr(charts, figure)(shown, "light").to_json().replace("\\u003c", "<")
        assert "<b>x" not in drawn and "<a href" not in drawn, figure
