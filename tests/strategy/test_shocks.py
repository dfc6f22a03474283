"""Shocks: those that come along, a scenario's own, and how each is known."""

import math
import tomllib
from dataclasses import replace

import pytest

from core.cost.gpu_price_history import gpu_cut_range, gpu_dearer_range
from core.cost.price_history import cut_range
from core.errors import BadInput
from core.strategy.shock_source import changes_behind, source_text
from core.strategy.shocks import EFFECTS, RANGES, Effect, Shock, dump, resolve, shipped
from core.text.catalog import topic

IDS = [shock.name for shock in shipped()]


def row(name):
    return next(shock for shock in shipped() if shock.name == name)


def resolved(text):
    return resolve(tomllib.loads(text).get("shock", []))


def written(shock):
    return tomllib.loads("\n".join(dump(shock)))["shock"]


def test_each_shock_that_comes_along_does_something_and_has_a_name_in_both_languages():
    assert len(IDS) == 13
    for shock in shipped():
        assert shock.use == shock.name
        assert 0 < shock.probability < 1
        assert shock.changed(), shock.name
        names = [topic("shocks", language)[f"name.{shock.name}"] for language in ("en", "zh")]
        assert names == [shock.label("en"), shock.label("zh")]
    texts = {key for key in topic("shocks", "en") if key.startswith("name.")}
    assert texts == {f"name.{name}" for name in IDS}


@pytest.mark.parametrize("name", IDS)
def test_history_is_said_of_computed_sizes_alone(name):
    shock = row(name)
    computed = any(isinstance(getattr(shock, field), str) for field in RANGES)
    assert shock.source == ("history" if computed else "assumption")
    assert ("history" in {shock.how(field) for field in shock.changed()}) == computed
    assert shock.how("probability") == "assumption"


def test_a_price_war_cuts_as_the_price_files_say():
    """Of 13 cuts the deepest is to a fifth (o3), the least to four fifths: 0.4 between them."""
    effect = row("api-price-war").effect("api_price_factor")
    low, high, count = cut_range()
    assert (effect.low, effect.high, effect.how) == (low, high, "history")
    assert effect.value == pytest.approx(math.sqrt(0.2 * 0.8))
    behind = changes_behind(row("api-price-war"))
    assert len(behind) == count == 13
    assert ("A0283", "A0289") in {change.rows for change in behind}


def test_gpu_shocks_are_computed_too():
    assert row("gpu-price-fall").effect("gpu_price_factor").value == gpu_cut_range()[0]
    shortage = row("gpu-shortage").effects()
    assert (shortage["gpu_price_factor"].low, shortage["gpu_price_factor"].high) == (
        gpu_dearer_range()[:2]
    )
    assert shortage["extra_lead_months"] == Effect(3.0, 3.0, 3.0, "assumption")
    assert row("gpu-shortage").assumed
    assert not row("gpu-price-fall").assumed


def test_a_row_is_taken_with_what_the_scenario_overrides():
    war, slump = resolved(
        """
        [[shock]]
        use = "api-price-war"
        probability = 0.9
        [[shock]]
        use = "funding-or-sales-slump"
        name = "A bad year"
        revenue_factor = [0.4, 0.9]
        month = 7
        """
    )
    assert war == replace(row("api-price-war"), probability=0.9)
    assert (war.how("probability"), war.how("api_price_factor")) == ("stated", "history")
    assert (slump.name, slump.label("zh"), slump.month) == ("A bad year", "A bad year", 7)
    assert slump.duration_months == 6
    assert slump.effect("revenue_factor") == Effect(0.4, pytest.approx(0.6), 0.9, "stated")
    assert slump.source == "stated"
    assert slump.how("probability") == "assumption"


def test_a_shock_of_ones_own():
    (own,) = resolved(
        "[[shock]]\nname = '<b>'\nprobability = 1\ndemand_factor = 2\nsource = 'our board'"
    )
    assert own.effects() == {"demand_factor": Effect(2.0, 2.0, 2.0, "stated")}
    assert own.effect("revenue_factor") == Effect(1.0, 1.0, 1.0, "stated")
    assert (own.label("zh"), own.month, own.duration_months) == ("<b>", None, None)
    assert source_text(own, "zh") == "our board"
    assert not own.assumed


def test_no_shock_is_no_shock():
    assert resolve([]) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("use = 'api-price-wars'", ["shock 2 (api-price-wars).use", "'api-price-war'", "Known:"]),
        ("use = 5", ["shock 2.use is 5", "a text"]),
        ("name = 'B'", ["shock 2 (B).probability is missing", "within the horizon"]),
        ("probability = 0.5", ["shock 2.name is missing"]),
        ("name = 'B'\nprobability = 1.5", ["shock 2 (B).probability is 1.5", "at most 1"]),
        ("name = 'B'\nprobability = -0.1", ["shock 2 (B).probability is -0.1", "at least 0"]),
        ("use = 'demand-half'\nprobability = 2", ["shock 2 (demand-half).probability is 2"]),
        ("name = 'A'\nprobability = 0", ["shock 2 (A).name is used twice"]),
        ("name = 'B'\nprobability = 0\nmonth = 0", ["shock 2 (B).month is 0", "at least 1"]),
        (
            "name = 'B'\nprobability = 0\ndemand_factor = 'history-cut'",
            ["shock 2 (B).demand_factor", "a number or a pair"],
        ),
        (
            "name = 'B'\nprobability = 0\napi_price_factor = 'history-spread'",
            ["shock 2 (B).api_price_factor", "history-cut, history-rise"],
        ),
        (
            "name = 'B'\nprobability = 0\ngpu_price_factor = [2, 1]",
            ["shock 2 (B).gpu_price_factor", "the lower first"],
        ),
        ("name = 'B'\nprobability = 0\nfloor_added = 1", ["floor_added ", "'floor_added_share'"]),
        ("name = 'B'\nprobability = 0\nforces_retrain = 1", ["forces_retrain", "true or false"]),
    ],
)
def test_a_wrong_shock_is_named_with_what_is_expected(text, words):
    with pytest.raises(BadInput) as raised:
        resolved(f"[[shock]]\nname = 'A'\nprobability = 0.1\n[[shock]]\n{text}")
    assert [word for word in words if word not in str(raised.value)] == []


@pytest.mark.parametrize(
    ("rows", "word"), [({"name": "A"}, r"\[\[shock\]\]"), (["A"], "shock 1 is 'A'")]
)
def test_what_is_no_list_of_sections_is_refused(rows, word):
    with pytest.raises(BadInput, match=word):
        resolve(rows)


def test_one_row_used_twice_wants_two_names():
    with pytest.raises(BadInput, match=r"shock 2 \(viral-month\).name is used twice"):
        resolve([{"use": "viral-month"}, {"use": "viral-month"}])
    both = resolve([{"use": "viral-month"}, {"use": "viral-month", "name": "Again", "month": 9}])
    assert [shock.name for shock in both] == ["viral-month", "Again"]


OWN = Shock(
    name='A "quoted"\nname 名', probability=0.25, month=3, duration_months=2,
    api_price_factor="history-rise", gpu_price_factor=(0.5, 2.0), demand_factor=1.5,
    churn_added_per_month=0.01, floor_added_share=0.1, extra_lead_months=2, forces_retrain=True,
    source="our board",
)  # fmt: skip


@pytest.mark.parametrize(
    "shock",
    [
        *shipped(),
        OWN,
        replace(row("api-price-war"), probability=0.9, month=4),
        replace(row("viral-month"), name="Fame", demand_factor=(2.0, 9.0), source="stated"),
        replace(row("new-generation-retrain"), forces_retrain=False, source="stated"),
    ],
    ids=lambda shock: shock.name[:12],
)
def test_written_and_read_back_it_is_the_same(shock):
    assert resolve(written(shock)) == (shock,)


def test_only_what_differs_from_the_row_is_written():
    assert written(row("gpu-shortage")) == [{"use": "gpu-shortage"}]
    changed = replace(row("gpu-shortage"), probability=0.5)
    assert written(changed) == [{"use": "gpu-shortage", "probability": 0.5}]
    assert set(written(OWN)[0]) == {
        "name", "probability", "month", "duration_months", "api_price_factor", "gpu_price_factor",
        "demand_factor", "churn_added_per_month", "floor_added_share", "extra_lead_months",
        "forces_retrain", "source",
    }  # fmt: skip


def test_a_shock_that_unset_what_its_row_sets_is_written_as_one_of_its_own():
    lasting = replace(row("gpu-shortage"), duration_months=None)
    assert resolve(written(lasting)) == (replace(lasting, use=None),)


def test_the_source_in_words():
    assert source_text(row("demand-half")) == "An assumption, not taken from data."
    war = source_text(row("api-price-war"))
    assert war.startswith("Dated cuts of listed API prices on file: 13, the last on 2026-07-30.")
    assert "probability" in war
    assert "13 次" in source_text(row("api-price-war"), "zh")
    assert "4 on file" in source_text(row("gpu-shortage"))
    mixed = resolve([{"use": "demand-half", "probability": 0.7}])[0]
    assert source_text(mixed) == (
        "An assumption, not taken from data. Some numbers are stated in the scenario."
    )
    own = Shock(name="A", probability=0.1, demand_factor=2.0)
    assert source_text(own) == "Stated in the scenario."


def test_every_effect_has_a_value_that_changes_nothing():
    plain = Shock(name="A", probability=0.1)
    assert plain.effects() == {}
    assert {field: plain.effect(field).value for field in EFFECTS} == EFFECTS
