"""What tokens cost: published rows, stated prices, and what is not known."""

import csv

import pytest

from core.errors import BadInput, NotFound
from core.evaluate.answer import Answer
from core.evaluate.token_price import TokenPrice, listed, token_price
from core.workspace import assets


def test_a_published_row_is_found_by_id_and_by_model():
    with (assets() / "facts" / "api_prices.csv").open(encoding="utf-8") as lines:
        row = next(row for row in csv.DictReader(lines) if row["model"] == "gpt-4o-mini")
    for name in (row["id"], row["id"].lower(), "GPT-4o-mini"):
        price = token_price(name, None, None, "2026-01-01")
        assert price is not None
        assert price.usd_per_million_input_tokens == float(row["input_usd_per_mtok"])
        assert price.usd_per_million_output_tokens == float(row["output_usd_per_mtok"])
        assert price.as_of == row["as_of"]
        assert row["source"] in price.source


def test_an_answer_costs_its_tokens_or_we_know_not_what():
    price = TokenPrice(2.0, 8.0, "stated", "2026-11-26")
    answers = [Answer("a", input_tokens=500, output_tokens=25), Answer("b", input_tokens=500),
               Answer("c", input_tokens=0, output_tokens=0)]  # fmt: skip
    # 500 × US$ 2 / 1,000,000 = 0.001; 25 × US$ 8 / 1,000,000 = 0.0002.
    dollars = [answer.dollars for answer in price.priced(answers)]
    assert dollars[0] == pytest.approx(0.0012)
    assert dollars[1:] == [None, 0.0]


def test_a_stated_price_has_two_parts_and_a_day():
    assert token_price(None, None, None, "2026-11-26") is None
    assert token_price(None, 0.0, 1.5, "2026-11-26") == TokenPrice(
        0.0, 1.5, "stated by the user", "2026-11-26"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((None, 1.0, None), "two parts"),
        ((None, None, 1.0), "two parts"),
        (("A0001", 1.0, 1.0), "not both"),
        ((None, -1.0, 1.0), "cannot be"),
        ((None, float("nan"), 1.0), "cannot be"),
    ],
)
def test_a_price_that_cannot_be_is_refused(given, words):
    with pytest.raises(BadInput, match=words):
        token_price(*given, "2026-11-26")


def test_a_price_that_is_not_known_names_near_ones():
    with pytest.raises(NotFound, match=r"called 'gpt-4o-mni'. Did you mean gpt-4o-mini"):
        listed("gpt-4o-mni")
