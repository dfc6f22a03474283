from dataclasses import replace

import pytest

from core.errors import BadInput, NotFound
from core.strategy.scenario import dump, load, parse, samples
from core.strategy.sections import TunedOption

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


def read(text=TEXT):
    return parse(text, "desk", "desk.toml")


def test_fields_and_defaults():
    found = read()
    assert (found.name, found.horizon_months) == ("desk", 24)
    assert found.company.revenue_per_customer_usd == 50.5
    assert found.demand.growth_per_month == 0.0
    assert [option.kind for option in found.options] == ["api", "host"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cash_usd = 100_000", 'cash_usd = "much"', ["company.cash_usd", "'much'", "a number"]),
        ("cash_usd = 100_000", "cash_usd = -1", ["company.cash_usd", "-1", "at least 0"]),
        ("cash_usd = 100_000", "cash_usd = nan", ["company.cash_usd", "nan", "a number"]),
        ("cash_usd = 100_000", "", ["company.cash_usd is missing", "money in the bank"]),
        ("cash_usd = 100_000", "cash_usd = 1\ncash = 1", ["company.cash ", "'cash_usd'"]),
        ("input_tokens = 100", "input_tokens = 1.5", ["demand.input_tokens", "whole number"]),
        ("input_tokens = 100", "input_tokens = true", ["demand.input_tokens", "whole number"]),
        ('metric = "bleu"', 'metric = "blue"', ["quality.metric", "'blue'", "bleu"]),
        ('kind = "api"', 'kind = "rent"', ["option 1 (Rent).kind", "'rent'", "api, host, tuned"]),
        ('name = "Host"', 'name = "Rent"', ["option 2", "used twice"]),
        ('model = "gpt-4.1-mini"', "", ["option 1 (Rent)", "no price", "input_usd_per_mtok"]),
        ('model = "7B"', 'model = "7B"\ngpus = 3', ["option 2 (Host).gpus", "3", "1, 2, 4, 8"]),
        ('model = "7B"', 'model = "7B"\nquality = 3', ["option 2 (Host)", "quality_source"]),
        ("[quality]", "[qualities]", ["qualities", "'quality'"]),
        ("title =", "titel =", ["titel", "'title'"]),
        ("floor = 30", "floor = 30\n[assumptions]\n'demand.x' = 'why'", ["demand.x", "not set"]),
        ("[quality]", "[quality", ["desk.toml"]),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_value_and_what_is_expected(old, new, words):
    with pytest.raises(BadInput) as raised:
        read(TEXT.replace(old, new, 1))
    assert str(raised.value).startswith("desk.toml: ")
    for word in words:
        assert word in str(raised.value)


def test_one_option_alone_is_refused():
    with pytest.raises(BadInput, match="at least two"):
        read(TEXT[: TEXT.rindex("[[option]]")])


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(NotFound, match=r"assay plan --init x\.toml"):
        load(tmp_path / "x.toml")


def test_written_and_read_back_it_is_the_same():
    found = read()
    tuned = TunedOption(
        name='A "quoted"\nname \\ 名', run="latest", base="t5-small", train_tokens=1.5e6,
        retrain_every_months=3, quality=31.25, quality_source="pilot",
    )  # fmt: skip
    more = replace(
        found, options=(*found.options, tuned), assumptions={"demand.requests_per_day": "A guess."}
    )
    assert parse(dump(more), "desk", "desk.toml") == more
    assert dump(parse(dump(more), "desk", "desk.toml")) == dump(more)


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_samples_say_why_and_survive_being_written_back(path):
    found = load(path)
    assert dump(found) == path.read_text(encoding="utf-8")
    for field, why in found.assumptions.items():
        assert why.startswith("An assumption"), field
    entered = [option.name for option in found.options if option.quality is not None]
    assert all(f"option.{name}.quality" in found.assumptions for name in entered)


def test_the_value_behind_an_assumption():
    found = read()
    assert found.value_of("demand.requests_per_day") == 1000
    assert found.value_of("option.Host.gpus") == 1
    assert found.value_of("option.Nobody.gpus") is None
