"""What a field may hold, and what a person reads who gave something else."""

import tomllib
from dataclasses import dataclass

import pytest

from core.errors import BadInput
from core.strategy.fields import given, pairs, read, write


@dataclass(frozen=True)
class Sample:
    on: bool = given("Whether it is on.", False)
    months: tuple[float, ...] | None = given("By month.", None, above=0, length=3)
    free: tuple[float, ...] = given("Any list.", ())
    factor: float | tuple[float, float] | str = given(
        "Times this.", 1.0, above=0, high=100, words=("low-cut", "high-cut")
    )
    pair: tuple[float, float] | None = given("A range.", None, low=0)
    count: int | None = given("How many.", None, low=1)


def sample(text):
    return read(Sample, tomllib.loads(text), "sample")


def test_each_type_is_read():
    assert sample("") == Sample()
    found = sample("on = true\nmonths = [1, 2.5, 3]\npair = [0, 1]\nfactor = 'low-cut'\ncount = 2")
    assert found == Sample(
        on=True, months=(1.0, 2.5, 3.0), pair=(0.0, 1.0), factor="low-cut", count=2
    )
    assert isinstance(found.months[0], float)
    assert sample("factor = [0.5, 2]").factor == (0.5, 2.0)
    assert sample("factor = 3").factor == 3.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("on = 1", ["sample.on is 1:", "true or false", "whether it is on"]),
        ("on = 'yes'", ["sample.on", "true or false"]),
        ("months = [1, 2]", ["sample.months", "a list of 3 numbers, not 2"]),
        ("months = 1", ["sample.months", "a list of 3 numbers"]),
        ("months = [1, 'a', 2]", ["sample.months", "a list of 3 numbers"]),
        ("months = [1, 2, true]", ["sample.months", "a list of 3 numbers"]),
        ("months = [1, 2, nan]", ["sample.months", "a list of 3 numbers"]),
        ("months = [1, 2, 0]", ["sample.months", "each number to be a number above 0"]),
        ("pair = [2, 1]", ["sample.pair", "a pair [low, high] with the lower first"]),
        ("pair = [1, 2, 3]", ["sample.pair", "a pair"]),
        ("pair = [-1, 2]", ["sample.pair", "at least 0"]),
        ("factor = 'cheap'", ["sample.factor is 'cheap'", "a number, a pair", "low-cut, high-cut"]),
        ("factor = true", ["sample.factor is True", "a number, a pair"]),
        ("factor = [0, 1]", ["sample.factor", "above 0"]),
        ("factor = 101", ["sample.factor", "at most 100"]),
        ("factor = inf", ["sample.factor is inf", "a number"]),
        ("factor = 1" + "0" * 400, ["sample.factor", "a number, a pair"]),
        ("count = 1.0", ["sample.count is 1.0", "a whole number"]),
        ("count = true", ["sample.count is True", "a whole number"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_what_is_expected(text, words):
    with pytest.raises(BadInput) as raised:
        sample(text)
    assert [word for word in words if word not in str(raised.value)] == []


@pytest.mark.parametrize(
    "section",
    [
        Sample(),
        Sample(on=True, months=(1.0, 2.5, 3.0), factor=(0.5, 2.0), pair=(0.0, 10_000.0), count=3),
        Sample(factor="high-cut", free=(1.0,)),
    ],
)
def test_written_and_read_back_it_is_the_same(section):
    assert sample("\n".join(write(section))) == section


def test_a_table_of_ranges():
    text = '"demand.requests_per_day" = [250_000, 700_000]\n"company.churn_per_month" = [0, 0.1]'
    assert pairs(tomllib.loads(text), "ranges") == {
        "demand.requests_per_day": (250_000.0, 700_000.0),
        "company.churn_per_month": (0.0, 0.1),
    }


@pytest.mark.parametrize("value", ["1", "[1]", "[2, 1]", "['a', 2]", "[1, inf]", "[true, 2]"])
def test_a_range_that_is_no_pair_is_named(value):
    with pytest.raises(BadInput, match=r'ranges\."demand\.x" is .*a pair \[low, high\]'):
        pairs(tomllib.loads(f'"demand.x" = {value}'), "ranges")


def test_ranges_that_are_no_table_are_refused():
    with pytest.raises(BadInput, match=r"ranges is \[1\].*\[ranges\]"):
        pairs([1], "ranges")
