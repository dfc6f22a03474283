import pytest

from core.charts import strategy as charts
from core.strategy.document import as_json
from core.strategy.plan import make
from core.strategy.scenario import load, samples


@pytest.fixture(scope="module")
def plan():
    path = next(path for path in samples() if path.stem == "translation-desk")
    return make(load(path), None)


@pytest.fixture(scope="module")
def document(plan):
    return as_json(plan)


def lines(figure):
    return [trace for trace in figure.data if trace.type == "scatter" and trace.fill is None]


def test_lines_of_cost_pass_through_the_months_cost(plan, document):
    figure = charts.by_volume(plan, document, "light")
    today = plan.scenario.demand.requests_per_day
    for trace, row in zip(lines(figure), document["options"], strict=True):
        costs = dict(zip(trace.x, trace.y, strict=True))
        assert costs[today] == pytest.approx(row["monthly_usd"])
        assert (trace.line.dash == "solid") == (row["kind"] == "api")


def test_the_shaded_zone_holds_the_break_even(plan, document):
    figure = charts.by_volume(plan, document, "dark", "zh", present=True)
    zone = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    pair = next(p for p in document["break_even"] if {p["a"], p["b"]} >= {"Tune the starter"}
                and "Rent GPT-4.1 mini" in {p["a"], p["b"]})  # fmt: skip
    assert zone.x0 <= pair["requests_per_day"] <= zone.x1


def test_parts_add_up_to_the_month_and_the_one_time_share(document):
    figure = charts.parts(document, "light")
    drawn = [trace for trace in figure.data if trace.hovertemplate]
    for number, row in enumerate(document["options"]):
        total = sum(trace.x[number] for trace in drawn)
        assert total == pytest.approx(row["monthly_usd"] + row["one_time_usd_per_month"])


def test_cash_is_drawn_to_the_horizon_in_thousands(plan, document):
    figure = charts.cash(document, "light")
    whole = [trace for trace in lines(figure) if len(trace.x) == plan.scenario.horizon_months + 1]
    assert len(whole) == len(document["options"])
    assert all(trace.y[0] == plan.scenario.company.cash_usd / 1000 for trace in whole)


def test_names_that_look_like_markup_are_drawn_as_they_are(plan, document):
    renamed = {**document, "options": [{**row, "name": "<b>x</b>"} for row in document["options"]],
               "recommended_option": None, "break_even": []}  # fmt: skip
    assert "<b>x" not in charts.cash(renamed, "light").to_json().replace("\\u003c", "<")
