"""Scenario files: what each problem is called, and that what is written is read back."""

from dataclasses import replace
from datetime import date

import pytest

from core.errors import BadInput, NotFound
from core.strategy.plan import make
from core.strategy.scenario import dump, load, parse
from core.strategy.sections import (
    ApiOption,
    CompressedOption,
    PretrainedOption,
    StagedOption,
    TunedOption,
)
from core.strategy.shocks import Shock

TEXT = """
title = "A desk"
[company]
cash_usd = 100_000
monthly_cost_usd = 5000
customers = 10
revenue_per_customer_usd = 50.5
[demand]
requests_per_day = 1000
input_tokens = 100
output_tokens = 20
[quality]
metric = "bleu"
floor = 30
[[option]]
kind = "api"
name = "Rent"
provider = "openai"
model = "gpt-4.1-mini"
[[option]]
kind = "host"
name = "Host"
model = "7B"
"""
CASH, TOKENS, FLOOR = "cash_usd = 100_000", "input_tokens = 100", "floor = 30"
LISTED, SIZE = 'model = "gpt-4.1-mini"', 'model = "7B"'
STAGED = SIZE + '\n[[option]]\nkind = "staged"\nname = "S"\nat_requests_per_day = 9\n'
USE = SIZE + '\n[[shock]]\nuse = "api-price-war"\n'
RANGES = SIZE + "\n[ranges]\n"
WHY = SIZE + "\n[assumptions]\n"


def read(text=TEXT):
    return parse(text, "desk", "desk.toml")


def refused(old, new):
    assert old in TEXT
    with pytest.raises(BadInput) as raised:
        read(TEXT.replace(old, new, 1))
    message = str(raised.value)
    assert raised.value.exit_status == 2
    assert message.startswith("desk.toml: ") and "\n" not in message and len(message) < 700
    return message


def test_fields_and_defaults():
    found = read()
    assert (found.name, found.horizon_months, found.start) == ("desk", 24, None)
    assert found.company.revenue_per_customer_usd == 50.5
    assert found.demand.growth_per_month == 0.0
    assert [option.kind for option in found.options] == ["api", "host"]
    assert found.shocks == () and found.ranges == {} == found.assumptions


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (CASH, 'cash_usd = "much"', ["company.cash_usd is 'much'", "a number"]),
        (CASH, "cash_usd = -1", ["company.cash_usd is -1", "at least 0"]),
        (CASH, "cash_usd = nan", ["company.cash_usd is nan", "a number"]),
        (CASH, "cash_usd = inf", ["company.cash_usd is inf", "a number"]),
        (CASH, "cash_usd = true", ["company.cash_usd is True", "a number"]),
        (CASH, "", ["company.cash_usd is missing", "money in the bank"]),
        (CASH, "cash_usd = 1\ncash = 1", ["company.cash is not a field", "'cash_usd'"]),
        (CASH, "cash_usd = " + "9" * 5000, ["cash_usd", "5,000 digits"]),
        (CASH, "cash_usd = " + "9" * 500, ["company.cash_usd is 999", "a number"]),
        (CASH, "cash_usd = 0x" + "F" * 5000, ["company.cash_usd", "thousands of digits"]),
        (CASH, f"cash_usd = [{'9' * 5000}]", ["thousands of digits"]),
        (CASH, "cash_usd = " + "[" * 300 + "]" * 300, ["company.cash_usd is [[[", "a number"]),
        (CASH, "cash_usd = " + "[" * 5000 + "]" * 5000, ["nested too deep"]),
        (CASH, "cash_usd = {a" + ".a" * 5000 + " = 1}", ["nested too deep"]),
        (CASH, f"{CASH}\ngrowth_per_month = 100",
         ["company.growth_per_month is 100", "at most 2", "0.05 is 5 %"]),
        (CASH, f"{CASH}\nraise_months = 1.5", ["company.raise_months is 1.5", "whole number"]),
        (TOKENS, "input_tokens = true", ["demand.input_tokens is True", "a number"]),
        (TOKENS, f"{TOKENS}\nseasonality = [{'1, ' * 11}]",
         ["demand.seasonality", "12 numbers, not 11"]),
        (TOKENS, f"{TOKENS}\nseasonality = [{'0, ' * 12}]", ["demand.seasonality", "only zeros"]),
        (TOKENS, f"{TOKENS}\ninput_tokens_p95 = 50",
         ["demand.input_tokens_p95 is 50", "average of 100"]),
        (TOKENS, f'{TOKENS}\ndaily_shape = "night"',
         ["demand.daily_shape is 'night'", "two-peaks"]),
        ('metric = "bleu"', 'metric = "blue"', ["quality.metric is 'blue'", "bleu"]),
        (FLOOR, f"{FLOOR}\nrevenue_per_point = 0.1",
         ["quality.revenue_per_point", "without reference"]),
        ('kind = "api"', 'kind = "rent"', ["option 1 (Rent).kind is 'rent'", "api, host, tuned"]),
        ('name = "Host"', 'name = "Rent"', ["option 2 (Rent).name", "used twice"]),
        ('name = "Host"', 'name = " "', ["option 2", "name is empty"]),
        (LISTED, "", ["option 1 (Rent)", "no price", "input_usd_per_mtok"]),
        (LISTED, f'{LISTED}\nprice_date = "soon"',
         ["option 1 (Rent).price_date is 'soon'", "2026-08-05"]),
        (LISTED, f"{LISTED}\nprice_date = 2026-08-05",
         ["option 1 (Rent).price_date is 2026-08-05", "in quotes"]),
        (LISTED, f"{LISTED}\nanswer_seconds = 2", ["option 1 (Rent).answer_seconds is 2",
                                                   "without answer_seconds_source"]),
        (SIZE, f"{SIZE}\ngpus = 3", ["option 2 (Host).gpus is 3", "1, 2, 4, 8"]),
        (SIZE, f"{SIZE}\nquality = 3", ["option 2 (Host).quality is 3", "quality_source"]),
        (SIZE, f"{SIZE}\nmax_replicas = 0", ["option 2 (Host).max_replicas is 0", "at least 1"]),
        (SIZE, f"{SIZE}\nteam_usd_per_month = 500",
         ["option 2 (Host).team_usd_per_month is not a field", "team_people"]),
        (SIZE, f"{SIZE}\nteam_people = 0.5",
         ["company.person_usd_per_month is not set", "'Host' needs people"]),
        (SIZE, f'{SIZE}\nmeanwhile = "Nobody"', ["option 2 (Host).meanwhile is 'Nobody'", "Rent"]),
        (SIZE, f'{SIZE}\nmeanwhile = "Host"', ["option 2 (Host).meanwhile is 'Host'", "another"]),
        (SIZE, f'{STAGED}first = "S"\nthen = "Host"', ["option 3 (S).first is 'S'", "Rent, Host"]),
        (SIZE, f'{STAGED}first = "Rent"\nthen = "No"', ["option 3 (S).then is 'No'", "Rent, Host"]),
        (SIZE, f'{STAGED}first = "Rent"\nthen = "Rent"',
         ["option 3 (S).then is 'Rent'", "as first is"]),
        (SIZE, f'{STAGED}first = "Rent"', ["option 3 (S).then is missing", "change to"]),
        (SIZE, f"{USE}probability = 1.5", ["shock 1 (api-price-war).probability is 1.5", "most 1"]),
        (SIZE, USE.replace("war", "wars"), ["shock 1 (api-price-wars).use", "'api-price-war'"]),
        (SIZE, f'{SIZE}\n[[shock]]\nname = "x"', ["shock 1 (x).probability is missing"]),
        (SIZE, f'{RANGES}"demand.requests_per_day" = [2000, 3000]',
         ['ranges."demand.requests_per_day" is [2000, 3000]', "holds the value itself, 1000"]),
        (SIZE, f'{RANGES}"demand.requests_per_day" = [-5, 3000]',
         ['ranges."demand.requests_per_day" has the end -5', "above 0"]),
        (SIZE, f'{RANGES}"demand.requests_per_day" = [3000, 500]',
         ['ranges."demand.requests_per_day" is [3000, 500]', "the lower first"]),
        (SIZE, f'{RANGES}"demand.requests_per_day" = [500, inf]',
         ['ranges."demand.requests_per_day" is [500, inf]', "a pair"]),
        (SIZE, f"{RANGES}demand.requests_per_day = [500, 3000]", ["path in quotes"]),
        (SIZE, f'{RANGES}"demand.requests" = [500, 3000]',
         ['ranges."demand.requests" speaks of no number', "demand.requests_per_day"]),
        (SIZE, f'{RANGES}"option.Nobody.one_time_usd" = [5, 6]',
         ['ranges."option.Nobody.one_time_usd" speaks of no number']),
        (SIZE, f'{RANGES}"option.Host.gpus" = [1, 2]',
         ['ranges."option.Host.gpus" speaks of no number']),
        (SIZE, f'{USE}probability = 0.5\n[ranges]\n"shock.api-price-war.probability" = [0.1, 0.9]',
         ['ranges."shock.api-price-war.probability" speaks of no number']),
        (SIZE, f'{WHY}"demand.x" = "why"', ['assumptions."demand.x"', "not set"]),
        (SIZE, f'{WHY}"demand.requests_per_day" = 3', ["assumptions is", '= "why"']),
        ("[quality]", "[qualities]", ["qualities is not a field", "'quality'"]),
        ('[quality]\nmetric = "bleu"\nfloor = 30\n', "", ["quality is missing", "[quality]"]),
        ("[company]", "[[company]]", ["company is [{", "a section with fields"]),
        ("title =", "titel =", ["titel is not a field", "'title'"]),
        ("title =", "horizon_months = 0\ntitle =", [": horizon_months is 0", "at least 1"]),
        ("title =", 'start = "tomorrow"\ntitle =', ["start is 'tomorrow'", "2027-01"]),
        ("title =", 'start = "2026-13"\ntitle =', ["start is '2026-13'", "2027-01"]),
        ("title =", "start = 2026-12-01\ntitle =", ["start is 2026-12-01", "in quotes"]),
        (FLOOR, "k" * 3000 + " = 1", ["quality.kkk", "is not a field", "floor"]),
        ("[quality]", "[quality", ["at line 12"]),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_value_and_what_is_expected(old, new, words):
    message = refused(old, new)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (LISTED, 'model = "gpt-4.1-mni"', ["option 'Rent'", "'gpt-4.1-mni'", "gpt-4.1-mini"]),
        (LISTED, f'{LISTED}\nprice_date = "2019-01-01"',
         ["option 'Rent'", "no listed price on 2019-01-01", "2025-05-07 and later"]),
        (SIZE, 'model = "99X"', ["option 'Host'", "'99X'", "llama-3-8b"]),
        (SIZE, f'{SIZE}\ngpu = "A1000"', ["option 'Host'", "'A1000'", "A100-80-SXM"]),
        (SIZE, f'{SIZE}\ngpu_provider = "Acme"', ["option 'Host'", "Acme", "RunPod"]),
        ("title =", 'start = "2026-10"\ntitle =', ['start is "2026-10"', "past", '"2026-11"']),
    ],
)  # fmt: skip
def test_what_only_a_plan_can_tell_is_named_too(old, new, words):
    with pytest.raises((BadInput, NotFound)) as raised:
        make(read(TEXT.replace(old, new, 1)), None, as_of=date(2026, 11, 26), draws=2)
    message = str(raised.value)
    assert raised.value.exit_status == 2 and "\n" not in message
    for word in words:
        assert word in message


def test_one_option_alone_or_too_many_are_refused():
    with pytest.raises(BadInput, match="at least two"):
        read(TEXT[: TEXT.rindex("[[option]]")])
    row = '[[option]]\nkind = "host"\nname = "N{}"\nmodel = "7B"\n'
    with pytest.raises(BadInput, match="23 options are too many"):
        read(TEXT + "".join(row.format(number) for number in range(21)))


@pytest.mark.parametrize("text", ["a = 1\n" * 1_800_000, "x" * 10_000_000])
def test_ten_megabytes_are_refused_before_they_are_read(text, tmp_path):
    with pytest.raises(BadInput, match=r"big.toml: it has 10,[08]00,000 characters"):
        parse(text, "big", "big.toml")
    file = tmp_path / "big.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"has (9.5|10.3) MiB: expected .* at most 1 MiB"):
        load(file)


@pytest.mark.parametrize("text", ["\0", "[[[", "a" * 900_000, "a." * 400_000, "'" * 900_000])
def test_what_is_no_toml_is_said_to_be_none(text):
    with pytest.raises(BadInput, match=r"^desk\.toml: "):
        read(text)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(NotFound, match=r"assay plan --init x\.toml"):
        load(tmp_path / "x.toml")
    (tmp_path / "y.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read as a scenario"):
        load(tmp_path / "y.toml")


def test_written_and_read_back_it_is_the_same():
    found = read()
    odd = 'A "quoted"\nname \\ 名'
    tuned = TunedOption(
        name=odd, run="latest", base="t5-small", train_tokens=1.5e6, lead_months=1.5,
        meanwhile="Rent", retrain_every_months=3, quality=31.25, quality_source="pilot",
    )  # fmt: skip
    small = CompressedOption(
        name="Phones", base="t5-small", on_device=True, usd_per_customer_month=0.02,
    )  # fmt: skip
    own = ApiOption(name="Own", input_usd_per_mtok=1.0, output_usd_per_mtok=2.0)
    more = replace(
        found,
        start="2027-02",
        demand=replace(found.demand, seasonality=(0.5,) * 6 + (1.5,) * 6, input_tokens_p95=300.0),
        options=(
            *found.options, tuned, small, own,
            PretrainedOption(name="Build", parameters="1.3B", train_tokens=3e10),
            StagedOption(name="Then", first="Rent", then=odd, at_requests_per_day=5e4),
        ),
        shocks=(Shock(name="it", probability=0.5, demand_factor=(0.5, 2.0), month=3),),
        ranges={"demand.requests_per_day": (5e2, 3e3), f"option.{odd}.lead_months": (1.0, 4.0)},
        assumptions={"demand.requests_per_day": "A guess.", "shock.it.probability": "A guess."},
    )  # fmt: skip
    assert parse(dump(more), "desk", "desk.toml") == more
    assert dump(parse(dump(more), "desk", "desk.toml")) == dump(more)


def test_the_value_behind_an_assumption():
    found = replace(read(), shocks=(Shock(name="it", probability=0.5),))
    assert found.value_of("demand.requests_per_day") == 1000
    assert found.value_of("option.Host.gpus") == 1
    assert found.value_of("shock.it.probability") == 0.5
    for path in ("option.Nobody.gpus", "shock.that.probability", "title", "ranges.x", ""):
        assert found.value_of(path) is None
