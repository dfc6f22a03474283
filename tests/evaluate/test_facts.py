"""Numbers, dates, addresses and names: what is one, and what an answer did with them."""

import pytest

from core.evaluate.facts import Judged, facts, judge


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,000 people", {"1000"}),
        ("1.000 Menschen", {"1000"}),
        ("1\u202f000 personnes, 1 000 Leute, 1'000 CHF", {"1000"}),
        ("1,234,567.50 and 1.234.567,5", {"1234567.5"}),
        ("3.14 or 3,14", {"3.14"}),
        ("007 at 09:30", {"7", "9", "30"}),
        ("共 １２ 条，5% 和5.0%", {"12", "5"}),
        ("the 3rd of 20 A100s", {"3", "20"}),
        ("no number, not even two", set()),
    ],
)
def test_a_number_is_the_same_however_it_is_written(text, numbers):
    assert facts(text).number == numbers


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("Saturday, 3 March 2029", {"2029-03-03"}),
        ("Samstag, 3. März 2029", {"2029-03-03"}),
        ("March 3rd, 2029; Mar. 3, 2029", {"2029-03-03"}),
        (
            "3 de marzo de 2029 / 3 mars 2029 / 2029年3月3日 / 2029-03-03 / 03.03.2029",
            {"2029-03-03"},
        ),
        ("on 3 May", {"05-03"}),
        ("3/4/2029 is either", set()),  # April in Europe, March in America
        ("2029-13-40", set()),
        ("the 3 marchers", set()),
    ],
)
def test_a_date_is_the_same_however_it_is_written(text, dates):
    assert facts(text).date == dates


def test_numbers_within_a_date_or_an_address_are_no_numbers_of_their_own():
    found = facts("Write to a.b@shop.example by 3 March 2029, see https://x.example/7?p=8. Pay 9.")
    assert found.number == {"9"}
    assert found.address == {"a.b@shop.example", "https://x.example/7?p=8"}


def test_names_are_capitals_within_a_sentence():
    assert facts("The man met Anna Müller. Then PayPal called.").name == {
        "Anna",
        "Müller",
        "PayPal",
    }
    assert facts("购买A100卡，在北京。").name == {"A100"}
    assert facts("Where is it?").name == set()


def judged(source, reference, answer):
    return {found.kind: found for found in judge(*map(facts, (source, reference, answer)))}


def test_kept_lost_and_made_up():
    found = judged("Pay 20 in 3 days", "Zahle 20 in 3 Tagen", "Zahle 20 in 5 Tagen")
    assert found == {"number": Judged("number", ("20",), ("3",), ("5",))}


def test_what_the_reference_says_in_other_words_is_not_asked_for():
    assert judged("2 dogs run", "zwei Hunde rennen", "zwei Hunde rennen") == {}
    # "2" is in the source, so it is kept, not made up.
    found = judged("2 dogs run", "zwei Hunde rennen", "2 Hunde rennen")
    assert found == {"number": Judged("number", ("2",), (), ())}


def test_a_number_may_stand_in_a_date_of_the_other_text():
    found = judged("in 2029", "am 1. Mai 2029", "am 1. Mai 2029")
    assert found == {"number": Judged("number", ("2029",), (), ())}
    wrong = judged("3 March 2029", "3. März 2029", "4. März 2029")
    assert wrong == {"date": Judged("date", (), ("2029-03-03",), ("2029-03-04",))}
    # Misspelt, it is no date any more, but its numbers were given.
    assert judged("3 March 2029", "3. März 2029", "3. Mrz 2029") == {
        "date": Judged("date", (), ("2029-03-03",), ())
    }


def test_names_can_be_lost_but_not_made_up():
    found = judged("So Anna met Bob", "Also traf Anna den Bob", "Also traf Anna den Hund Karl")
    assert found == {"name": Judged("name", ("Anna",), ("Bob",), ())}
