"""The figures of a plan: what is drawn is what the document says, in either scheme and language."""

import json

import pytest

from core.charts import grammar, plan_figures, planned
from core.evaluate.metrics import metric
from core.strategy.answer import act_by, deciding_pair, option_of
from tests.report import plans

FIGURES = (plan_figures.pareto, plan_figures.cash_fan, plan_figures.by_volume, plan_figures.parts,
           plan_figures.tornado)  # fmt: skip


@pytest.fixture
def document():
    return plans.document()


def words(figure):
    """All texts of a figure as Plotly gets them."""
    return json.loads(figure.to_json())


def markers(figure):
    return [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"]


def lines(figure):
    return [
        trace for trace in figure.data
        if trace.type == "scatter" and trace.hovertemplate and trace.mode == "lines"
    ]  # fmt: skip


@pytest.mark.parametrize("draw", FIGURES)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("present", [False, True])
def test_each_is_drawn_in_the_scheme_without_a_width(draw, language, scheme, present, document):
    figure = draw(document, scheme, language, present=present)
    assert figure.layout.template == grammar.template(scheme, present=present)
    assert figure.layout.width is None and figure.layout.height > 200
    other = grammar.LIGHT if scheme == "dark" else grammar.DARK
    assert other.tuned not in json.dumps(words(figure)["data"])


@pytest.mark.parametrize("draw", FIGURES)
def test_names_are_literal(draw):
    figure = draw(plans.hostile(), "light")
    texts = json.dumps(words(figure))
    assert "<script" not in texts and "</script>" not in texts and "&lt;script" in texts


@pytest.mark.parametrize("draw", FIGURES)
def test_a_plan_in_which_nothing_can_serve_is_drawn_empty(draw, document):
    bad = next(row for row in document["ranking"] if not row["feasible"])
    empty = document | {"ranking": [bad], "recommended_option": None, "second_option": None,
                        "gain_usd_per_month": None, "tornado": []}  # fmt: skip
    assert draw(empty, "light").layout.height


def test_a_measured_option_is_filled_and_an_entered_one_hollow(seeded):
    ink, document = grammar.LIGHT, plans.measured(seeded)
    figure = plan_figures.pareto(document, "light")
    rows = [row for row in planned.able(document) if row["quality"] is not None]
    assert {row["quality_kind"] for row in rows} == {"measured", "entered"}
    assert len(markers(figure)) == len(rows) == 4
    for trace, row in zip(markers(figure), rows, strict=True):
        assert trace.y[0] == row["quality"]
        assert trace.x[0] == pytest.approx(row["cost_month_usd"]["p50"] / 1000)
        filled = trace.marker.color != ink.ground
        assert filled == (row["quality_kind"] == "measured")
        assert trace.marker.line.color == (ink.tuned if row["kind"] in planned.OWN else ink.base)


def test_qualities_are_shown_in_the_metrics_own_unit(document):
    assert metric(document["quality"]["metric"]).unit == "share"
    figure = plan_figures.pareto(document, "light")
    assert markers(figure)[0].y[0] == pytest.approx(100 * document["ranking"][0]["quality"])
    assert any("%" in note.text for note in figure.layout.annotations)


def test_the_fan_begins_with_the_cash_and_follows_the_middle_of_the_draws(document):
    figure = plan_figures.cash_fan(document, "light")
    drawn = lines(figure)
    cash = document["company"]["cash_usd"]
    assert len(drawn) == len(planned.able(document)) == 5
    assert all(trace.y[0] == cash / 1000 for trace in drawn)
    thick = [trace for trace in drawn if trace.line.width > 2]
    own = [m for m in document["monthly"] if m["option"] == document["recommended_option"]]
    assert [list(trace.y[1:]) for trace in thick] == [[m["cash_p50_usd"] / 1000 for m in own]]
    assert all(trace.line.dash != "solid" for trace in drawn)
    band = next(trace for trace in figure.data if trace.fill == "toself")
    assert band.y[len(own)] == own[-1]["cash_p95_usd"] / 1000
    assert band.y[len(own) + 1] == own[-1]["cash_p5_usd"] / 1000


def test_act_by_is_the_dear_end_less_the_time_to_raise(document):
    row = option_of(document, document["recommended_option"])
    document["company"]["raise_months"] = 7
    row["runway_months"]["p5"] = 17.9
    assert act_by(document) == 10
    figure = plan_figures.cash_fan(document, "light")
    assert any(list(t.x) == [10, 10] and t.line.color == grammar.LIGHT.risk for t in figure.data)
    row["runway_months"]["p5"] = 5.0
    assert act_by(document) is None  # seven months to raise: it is too late
    row["runway_months"]["p5"] = None
    assert act_by(document) is None
    later = plan_figures.cash_fan(document, "light")
    assert not [t for t in later.data if t.line.color == grammar.LIGHT.risk]


def test_costs_by_volume_pass_through_the_curves_and_the_zone_is_the_pairs(document):
    figure = plan_figures.by_volume(document, "light")
    curves = {curve["option"]: curve for curve in document["curves"]}
    for trace in lines(figure):
        curve = next(c for c in curves.values() if trace.hovertemplate.startswith(c["option"]))
        at = dict(zip(curve["requests_per_day"], curve["usd_month"], strict=True))
        assert all(usd == pytest.approx(at[volume] / 1000)
                   for volume, usd in list(zip(trace.x, trace.y, strict=True))[:-1])  # fmt: skip
        assert (trace.line.dash == "solid") == (curve["low_usd"] == curve["high_usd"])
    pair = deciding_pair(document)
    assert {pair["a"], pair["b"]} == {plans.TUNE, plans.RENT}
    zone = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (zone.x0, zone.x1) == (pair["low"], pair["high"])


def test_a_cost_between_two_volumes_of_a_curve():
    curve = {"requests_per_day": [0, 100], "usd_month": [10, 20], "low_usd": [], "high_usd": []}
    assert plan_figures.cost_at(curve, 25) == 12.5


def test_parts_add_up_to_the_month(document):
    figure = plan_figures.parts(document, "light")
    rows = planned.able(document)
    bars = [trace for trace in figure.data if trace.type == "bar" and trace.hoverinfo != "skip"]
    for place, row in enumerate(rows):
        found = [(trace.base[place], trace.x[place]) for trace in bars]
        total = sum(row["parts_month_usd"].values()) / 1000
        assert sum(length for _, length in found) == pytest.approx(total)
        assert max(start + length for start, length in found) == pytest.approx(total)


def test_an_inputs_bars_end_where_the_document_says(document):
    figure = plan_figures.tornado(document, "light")
    bars = next(trace for trace in figure.data if trace.type == "bar")
    ends = [(place, round(start + length, 9))
            for place, start, length in zip(bars.y, bars.base, bars.x, strict=True)]  # fmt: skip
    shown = {
        place: [row["gain_at_low_usd"], row["gain_at_high_usd"]]
        for place, row in enumerate(document["tornado"][:8])
        if None not in (row["gain_at_low_usd"], row["gain_at_high_usd"])
    }
    assert len(shown) > 4
    for place, gains in shown.items():
        assert {end for at, end in ends if at == place} == {round(gain / 1000, 9) for gain in gains}
    base = document["gain_usd_per_month"]["value"] / 1000
    for (_, end), color in zip(ends, bars.marker.line.color, strict=True):
        assert color == (grammar.LIGHT.worse if end < base else grammar.LIGHT.better)
    assert bars.marker.pattern.shape == "/"


def test_every_input_has_a_name_and_its_ends_a_unit(document):
    for row in document["tornado"]:
        name = planned.input_name(row, "en")
        assert name[:1].isupper() and not name.startswith("The ")
        assert planned.amount(row, row["high"], "zh")


@pytest.mark.parametrize(
    ("value", "field", "said"),
    [(0.09, "growth_per_month", "9 %"), (1.79, "usd_per_gpu_hour", "US$ 1.79"),
     (9000, "person_usd_per_month", "US$ 9,000"),
     (0.72, "token_price", "0.72 × the listed price"),
     (250_000, "requests_per_day", "250,000"), (None, "cash_usd", "not known")],
)  # fmt: skip
def test_amounts_of_inputs(value, field, said):
    assert planned.amount({"field": field}, value, "en") == said
