"""A field is found and set in the text, whatever else stands there."""

import tomllib

import pytest

from core.errors import BadInput
from core.strategy import lines, text_edit
from core.strategy.scenario import dump, parse, samples

TEXT = """\
# our desk
title = "A desk"   # ours
[company]
cash_usd = 100_000   # in the bank
monthly_cost_usd = 5000
# raise_months = 6
[demand]
requests_per_day = 1000
input_tokens = 100
output_tokens = 20
[quality]
metric = "bleu"
[[option]]
kind = "api"
name = "Rent"
provider = "openai"
model = "gpt-4.1-mini"
[[option]]
kind = "host"
name = "Host # [b]"
model = "7B"
[[shock]]
use = "demand-half"
[ranges]
"demand.requests_per_day" = [500, 2000]
"""


def line(text, number):
    return text.splitlines()[number - 1]


@pytest.mark.parametrize(
    ("path", "value", "number", "words"),
    [
        ("company.cash_usd", 250_000.0, 4, "cash_usd = 250_000   # in the bank"),
        ("company.raise_months", 9, 6, "raise_months = 9"),
        ("demand.requests_per_day", 1500.5, 8, "requests_per_day = 1500.5"),
        ("option.Host # [b].model", "8B", 21, 'model = "8B"'),
        ("option.Host # [b].gpus", 2, 19, "gpus = 2"),
        ("shock.1.probability", 0.4, 23, "probability = 0.4"),
        ("ranges.demand.requests_per_day", [700, 3000], 25,
         '"demand.requests_per_day" = [700, 3000]'),
        ("title", 'It\'s "new"', 2, 'title = "It\'s \\"new\\"" # ours'),
        ("horizon_months", 36, 1, "horizon_months = 36"),
    ],
)  # fmt: skip
def test_a_field_is_set_on_its_line_and_all_else_stays(path, value, number, words):
    text = text_edit.put(TEXT, path, value)
    assert line(text, number) == words
    assert text_edit.value_at(tomllib.loads(text), path) == value
    same = set(TEXT.splitlines()) - set(text.splitlines())
    assert len(same) <= 1


def test_a_field_that_is_taken_away_is_commented_out():
    text = text_edit.put(TEXT, "ranges.demand.requests_per_day", None)
    assert '# "demand.requests_per_day" = [500, 2000]' in text
    assert parse(text, "desk", "desk").ranges == {}


def test_a_section_that_is_not_there_is_made():
    text = text_edit.put(TEXT, "assumptions.company.cash_usd", "as agreed")
    assert parse(text, "desk", "desk").assumptions == {"company.cash_usd": "as agreed"}


def test_text_of_another_form_is_written_anew():
    section = TEXT[TEXT.index("[company]") : TEXT.index("[demand]")]
    inline = TEXT.replace(section, "").replace('title = "A desk"   # ours',
              'title = "A desk"\ncompany = {cash_usd = 1, monthly_cost_usd = 2}')  # fmt: skip
    changed = parse(text_edit.put(inline, "company.cash_usd", 5.0), "desk", "desk")
    assert (changed.company.cash_usd, changed.company.monthly_cost_usd) == (5.0, 2.0)


def test_what_is_no_toml_or_has_no_such_section_is_refused():
    with pytest.raises(BadInput, match="not TOML"):
        text_edit.put("[company", "company.cash_usd", 1.0)
    with pytest.raises(BadInput, match="does not have"):
        text_edit.put(TEXT, "option.Nobody.quality", 1.0)


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_every_number_of_a_sample_can_be_set_and_read_back(path):
    text = path.read_text(encoding="utf-8")
    scenario = parse(text, path.stem, path.name)
    for where in ("company.cash_usd", "demand.input_tokens", "horizon_months",
                  f"option.{scenario.options[0].name}.quality"):  # fmt: skip
        for form in (text, dump(scenario)):
            found = tomllib.loads(text_edit.put(form, where, 37))
            assert text_edit.value_at(found, where) == 37


@pytest.mark.parametrize(
    ("old", "new", "numbers"),
    [
        ("cash_usd = 100_000", "cash_usd = -1", [4]),
        ("cash_usd = 100_000", "", [3]),
        ("monthly_cost_usd", "monthly_costs_usd", [5]),
        ('metric = "bleu"', 'metric = "blue"', [12]),
        ('model = "7B"', 'model = "7B"\ngpus = 3', [22]),
        ('kind = "host"', 'kind = "hots"', [19]),
        ('"demand-half"', '"demand-haf"', [23]),
        ("[500, 2000]", "[5000, 2000]", [25]),
        ("[500, 2000]", "[1500, 2000]", [25]),
        ("title =", "titel =", [2]),
        ("[quality]", "[quality", [11]),
        ("[ranges]", "[[ranges]]", [24]),
    ],
)
def test_a_message_points_at_its_line(old, new, numbers):
    text = TEXT.replace(old, new, 1)
    with pytest.raises(BadInput) as raised:
        parse(text, "desk", "desk.toml")
    assert [line.number for line in lines.marked(text, str(raised.value))] == numbers


def test_what_is_typed_is_a_number_a_list_or_a_text():
    both = (float, str)
    assert text_edit.read_value("1_000", both) == 1000
    assert text_edit.read_value("0.5, 2", both) == [0.5, 2.0]
    assert text_edit.read_value("history-cut", both) == "history-cut"
    assert text_edit.read_value("7", (str,)) == "7"
