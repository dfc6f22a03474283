import pytest

from core.strategy import findings
from core.strategy.answer import answer, deciding_pair, rival
from core.strategy.say import plain, requests, say


def option(name, total, **more):
    parts = {"api_tokens_usd": 0.0, "gpu_usd": 900.0, "team_usd": 300.0, "retraining_usd": 0.0}
    return {"name": name, "total_usd": total, "feasible": True, "parts": parts,
            "monthly_usd": 1200.0, "runway_months": None,
            "runway_months_low": None} | more  # fmt: skip


def document(**more):
    return {
        "recommended_option": "Tune", "second_option": "Rent",
        "options": [option("Rent", 30.0), option("Tune", 20.0), option("Host", 10.0)],
        "break_even": [{"a": "Rent", "b": "Tune", "requests_per_day": 12_345.6, "low": 10_000.0,
                        "high": 20_000.0, "month": 7}],
        "quality": {"metric": "bleu", "floor": 30.0}, "horizon_months": 24,
        "demand": {"requests_per_day": 50_000.0}, "company": {"raise_months": 6},
        "gain_usd_per_month": {"value": 400.0, "low": 100.0, "high": 700.0},
    } | more  # fmt: skip


def test_the_answer_names_the_option_the_gain_and_the_volume():
    said = answer(document(), "en")
    assert said.startswith("**Tune.** Over 24 months")
    assert "US$ 400 a month" in said
    assert "above 12,300 requests a day; today there are 50,000" in said
    assert answer(document(), "zh").endswith("日请求超过 1.23 万 时运行费用更低；今天为 5.00 万。")


def test_a_gain_within_the_ranges_is_said_to_be_unsettled():
    close = document(gain_usd_per_month={"value": 50.0, "low": -100.0, "high": 200.0})
    assert "do not settle" in answer(close, "en")


def test_names_are_escaped_and_numbers_are_not():
    shown = document()
    shown["recommended_option"] = shown["options"][1]["name"] = shown["break_even"][0]["b"] = "*T*"
    said = answer(shown, "en", lambda text: text.replace("*", r"\*"))
    assert r"\*T\*" in said and "US$ 400" in said


def test_the_only_option_is_held_against_the_cheapest_other():
    alone = document(second_option=None)
    assert rival(alone) == "Host"
    assert answer(alone, "en").startswith("**Tune**, the only option known to reach 30 BLEU")
    assert deciding_pair(document())["b"] == "Tune"


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


@pytest.mark.parametrize(
    ("end", "low", "act", "words"),
    [
        (None, None, None, "lasts beyond month 24"),
        (14.6, 12.4, 6, "by month 6: the money ends in about month 15"),
        (None, 20.5, 14, "by month 14, in case"),
        (5.2, 5.0, None, "in about month 5.2, sooner than the 6 months"),
    ],
)
def test_the_finding_about_cash(end, low, act, words):
    row = option("Tune", 20.0, runway_months=end, runway_months_low=low)
    shown = document(options=[option("Rent", 30.0), row])
    assert findings.act_by(shown) == act
    assert words in findings.cash(shown, "en")


def test_numbers_carry_what_they_know():
    assert [plain(x) for x in (24.0, 0.85, 61.43, 100.0)] == ["24", "0.85", "61.4", "100"]
    assert (requests(123_456.0, "en"), requests(123_456.0, "zh")) == ("123,000", "12.3 万")
    assert requests(None, "en") == "not known"


def test_an_unknown_quality_is_a_word():
    row = {"key": "flip.measure", "option": "X", "metric": "bleu", "floor": 30.0, "quality": None}
    assert "now not known" in say(row, "en")
