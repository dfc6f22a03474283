"""Findings are computed from the data they stand over, in both languages."""

import pytest

from core.strategy import findings
from core.strategy.answer import deciding_pair


def option(name, month=1200.0, *, eligible=True, **more):
    parts = {"api_tokens_usd": 0.0, "gpu_usd": 900.0, "devices_usd": 0.0, "team_usd": 300.0,
             "retraining_usd": 0.0, "one_time_usd": 0.0}  # fmt: skip
    ends = {"p5": 0.8 * month, "p50": month, "p95": 1.5 * month}
    return {"option": name, "kind": "tuned", "feasible": True, "eligible": eligible,
            "parts_month_usd": parts,
            "cost_month_usd": ends,
            "runway_months": {"p5": None, "p50": None, "p95": None}} | more  # fmt: skip


def bar(name="demand.requests_per_day", field="requests_per_day", **more):
    return {"input": name, "field": field, "option": None, "low": 1.0, "high": 9.0,
            "flips_at": None, "flips_to": None} | more  # fmt: skip


def document(**more):
    return {
        "recommended_option": "Tune", "second_option": "Rent",
        "ranking": [option("Tune"), option("Rent", 2400.0, kind="api"),
                    option("Host", 900.0, kind="host", eligible=False)],
        "break_even": [{"a": "Rent", "b": "Tune", "requests_per_day": 12_345.6, "low": 10_000.0,
                        "high": 20_000.0, "month": 7}],
        "quality": {"metric": "bleu", "floor": 30.0}, "horizon_months": 24,
        "company": {"raise_months": 6}, "tornado": [bar()], "minimax_option": "Rent",
        "regret": [{"shock": None, "option": "Tune", "regret_usd": 0.0},
                   {"shock": "x", "option": "Tune", "regret_usd": 5000.0},
                   {"shock": "x", "option": "Rent", "regret_usd": 300.0},
                   {"shock": "x", "option": "Host", "regret_usd": None}],
        "pareto": [{"option": "Tune", "on_front": True}, {"option": "Rent", "on_front": False}],
        "monthly": [{"option": "Tune", "gross_margin": 0.5, "model_usd": 100.0},
                    {"option": "Tune", "gross_margin": 0.82, "model_usd": 200.0}],
    } | more  # fmt: skip


def test_the_cheapest_of_those_that_are_good_enough():
    said = findings.ranking(document(), "en")
    assert said == "Tune costs the least of the options that are good enough: ≈ US$ 1,200 a month"


def test_one_that_leaves_more_may_cost_more():
    said = findings.ranking(document(recommended_option="Rent"), "en")
    assert said == "Rent leaves the most, though Tune costs less: ≈ US$ 1,200 a month"


def test_without_a_recommendation_the_cheapest_is_named():
    rows = [option("Tune", eligible=False), option("Host", 900.0, eligible=False)]
    said = findings.ranking(document(recommended_option=None, ranking=rows), "en")
    assert said.startswith("No option is known to be good enough; Host costs the least")
    assert findings.ranking(document(ranking=[]), "en") == "No option can serve"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (12_345.6, "Tune is cheaper to run than Rent above 12,300 requests a day"),
        (0.0, "Tune is cheaper to run than Rent at any volume"),
        (None, "Rent is cheaper to run than Tune at any volume"),
    ],
)
def test_the_finding_about_volume(at, words):
    pair = document()["break_even"][0] | {"requests_per_day": at}
    assert findings.volume(document(break_even=[pair]), "en") == words


def test_the_finding_about_parts_names_the_largest():
    assert findings.parts(document(), "en") == "75 % of a month of Tune goes to GPU hours"
    free = option("Tune", parts_month_usd=dict.fromkeys(option("x")["parts_month_usd"], 0.0))
    assert findings.parts(document(ranking=[free]), "en") == "Tune costs nothing to run"


@pytest.mark.parametrize(
    ("p50", "p5", "words"),
    [
        (None, None, "lasts beyond month 24"),
        (14.6, 12.4, "by month 6: the money ends in about month 15"),
        (None, 20.5, "by month 14, in case"),
        (5.2, 4.0, "ends by month 4, sooner than the 6 months"),
    ],
)
def test_the_finding_about_cash(p50, p5, words):
    row = option("Tune", runway_months={"p5": p5, "p50": p50, "p95": None})
    assert words in findings.cash(document(ranking=[row]), "en")


def test_the_finding_about_quality_and_cost():
    assert findings.pareto(document(), "en").startswith("No other option beats Tune")
    behind = document(recommended_option="Rent")
    assert findings.pareto(behind, "en").startswith("Another option beats Rent")
    assert findings.pareto(document(recommended_option=None), "en").startswith("1 of 2 options")
    assert findings.pareto(document(pareto=[]), "en") == "The quality of no option is known"


@pytest.mark.parametrize(
    ("bars", "words"),
    [
        ([bar()], "No input turns the answer within its range; the requests a day moves it most"),
        ([bar(flips_at=9.5)], "No input turns the answer within its range"),
        ([bar(), bar("company.customers", "customers", flips_at=5.0)],
         "Only the customers turns the answer within its range"),
        ([bar(flips_at=3.0), bar("company.customers", "customers", flips_at=5.0)],
         "2 inputs turn the answer within their ranges, first the requests a day"),
        ([], "Nothing can be recommended"),
    ],
)  # fmt: skip
def test_the_finding_about_inputs(bars, words):
    assert findings.tornado(document(tornado=bars), "en").startswith(words)


def test_the_finding_about_regret_holds_both_largest():
    said = findings.regret(document(), "en")
    assert said == "Rent would be regretted least, at worst by US$ 300; Tune by US$ 5,000"
    assert findings.largest_regret(document()) == {"Tune": 5000.0, "Rent": 300.0}
    same = findings.regret(document(minimax_option="Tune"), "en")
    assert same == "Tune would be regretted least: at worst another option leaves US$ 5,000 more"


def test_the_finding_about_months():
    said = findings.months(document(), "Tune", "en")
    assert said == "With Tune, 50 % of revenue is left after the model in month 1, 82 % in month 2"
    unpaid = [{"option": "Tune", "gross_margin": None, "model_usd": 100.0}]
    assert "US$ 100" in findings.months(document(monthly=unpaid), "Tune", "en")


def test_names_are_escaped_where_they_are_put_in():
    rows = [option("*T*")]
    shown = document(recommended_option="*T*", ranking=rows)
    for say in (findings.ranking, findings.parts, findings.cash):
        assert r"\*T\*" in say(shown, "en", lambda text: text.replace("*", r"\*"))


def test_a_name_within_a_chinese_sentence_has_its_space():
    row = bar("option.Host.quality", "quality", option="Host", flips_at=3.0)
    assert "只有 Host 的质量" in findings.tornado(document(tornado=[row]), "zh")


def test_the_break_even_that_is_told_is_that_of_renting_against_having():
    rows = [option("Tune"), option("Host", kind="host"), option("Rent", kind="api")]
    pairs = [{"a": a, "b": b, "requests_per_day": 1.0}
             for a, b in (("Tune", "Host"), ("Rent", "Tune"), ("Rent", "Host"))]  # fmt: skip
    told = deciding_pair(document(ranking=rows, break_even=pairs))
    assert (told["a"], told["b"]) == ("Rent", "Tune")
    alone = deciding_pair(document(ranking=rows[:2], break_even=pairs[:1]))
    assert (alone["a"], alone["b"]) == ("Tune", "Host")
