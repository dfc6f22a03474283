"""English phrases and their German, French or Chinese form, generated from Unicode CLDR by Babel.

A product team localises such strings all day: dates, relative times, units, amounts of money,
lists of places and languages. Every pair is CLDR's own, so the reference is right by construction.
The same seed and the same Babel version give the same pairs.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from babel import Locale, dates, lists, numbers, units

PAIRS = 20_000
"""Pairs a language has at most, over all kinds of phrases."""

# One piece each in the starter model's vocabulary, so that a number is copied, not spelt.
NUMBERS = range(1, 1000)
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2049, 12, 31)
_CURRENCIES = (
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "INR", "JPY",
    "KRW", "MXN", "NOK", "NZD", "PLN", "RUB", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
)  # fmt: skip
_STEPS = {
    "second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1),
    "day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30),
    "year": timedelta(days=365),
}  # fmt: skip
_UNIT_GROUPS = (
    "angle", "area", "concentr", "digital", "duration", "electric", "energy", "force", "frequency",
    "length", "light", "mass", "power", "pressure", "speed", "temperature", "torque", "volume",
)  # fmt: skip

ENGLISH = Locale.parse("en")
Phrase = tuple[str, str]
Maker = Callable[[random.Random, Locale], Phrase]


@dataclass(frozen=True)
class Kind:
    """A kind of phrase, its share of the pairs, and how one is drawn: English and translation."""

    name: str
    share: float
    draw: Maker


@dataclass(frozen=True)
class Pair:
    """An English phrase, its translation, and its kind."""

    kind: str
    source: str
    target: str


def _date(rng: random.Random, locale: Locale) -> Phrase:
    day = FIRST_DAY + timedelta(days=rng.randrange((LAST_DAY - FIRST_DAY).days + 1))
    style = rng.choice(("full", "long", "medium"))
    return _both(locale, lambda to: dates.format_date(day, style, locale=to))


def _relative(rng: random.Random, locale: Locale) -> Phrase:
    step = rng.choice(list(_STEPS))
    delta = _STEPS[step] * rng.choice(NUMBERS[:365]) * rng.choice((1, -1))
    # No delta reaches the threshold, so that 14 days stay days.
    return _both(
        locale,
        lambda to: dates.format_timedelta(
            delta, granularity=step, threshold=10**9, add_direction=True, locale=to
        ),
    )


def _unit(rng: random.Random, locale: Locale) -> Phrase:
    unit = rng.choice(_units())
    value = rng.choice(NUMBERS)
    return _both(locale, lambda to: units.format_unit(value, unit, locale=to))


def _amount(rng: random.Random, locale: Locale) -> Phrase:
    currency, value = rng.choice(_CURRENCIES), rng.choice(NUMBERS)
    style = rng.choice(("name", "name", "standard"))
    return _both(
        locale,
        lambda to: numbers.format_currency(
            value, currency, locale=to, format_type=style, currency_digits=False
        ),
    )


def _list(rng: random.Random, locale: Locale) -> Phrase:
    table = rng.choice(("territories", "languages"))
    codes = rng.sample(_names(table), rng.choice((2, 3)))
    return _both(
        locale, lambda to: lists.format_list([getattr(to, table)[c] for c in codes], locale=to)
    )


def _both(locale: Locale, write: Callable[[Locale], str]) -> Phrase:
    return write(ENGLISH), write(locale)


@cache
def _units() -> list[str]:
    """Keys of the units in everyday groups that every locale names."""
    named = [set(Locale.parse(code)._data["unit_patterns"]) for code in LOCALES.values()]
    return sorted(unit for unit in set.intersection(*named) if unit.split("-")[0] in _UNIT_GROUPS)


@cache
def _names(table: str) -> list[str]:
    """Codes of countries or of languages, of two letters, that every locale names."""
    named = [set(getattr(Locale.parse(code), table)) for code in LOCALES.values()]
    return sorted(code for code in set.intersection(*named) if len(code) == 2)


def pairs(language: str, seed: int = 0, count: int = PAIRS) -> list[Pair]:
    """Draw about `count` different phrases in the shares of KINDS.

    A kind that has fewer phrases than its share gives what it has. An English phrase that stands
    for two translations ("May 5, 2024" is long and medium) is left out, and so is one for which
    CLDR has no pattern: Babel then writes the key itself ("3 length-kilometer").

    Args:
        language: A key of LOCALES.
        seed: Of the draw.
        count: How many pairs are wanted.
    """
    locale = Locale.parse(LOCALES[language])
    found: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        rng = random.Random(f"{seed}-{kind.name}")  # noqa: S311 - a draw, not a secret
        wanted = round(count * kind.share)
        kept: dict[str, str] = {}
        for _ in range(wanted * 5):
            if len(kept) == wanted:
                break
            source, target = kind.draw(rng, locale)
            if "-" not in source + target:
                found.setdefault(source, {})[target] = kept[source] = kind.name
    return [
        Pair(kind, source, target)
        for source, targets in found.items()
        if len(targets) == 1
        for target, kind in targets.items()
    ]


LOCALES = {"de": "de", "fr": "fr", "zh": "zh_Hans"}
"""Language codes, and the CLDR locale each stands for."""

# The mix decides how hard the task is: names of places must be learnt one by one, the rest is
# rules. Chosen so that a minute of tuning on two cores takes the starter model a good way, but not
# all the way.
KINDS = (
    Kind("dates", 0.25, _date),
    Kind("relative times", 0.10, _relative),
    Kind("units", 0.35, _unit),
    Kind("amounts", 0.20, _amount),
    Kind("lists", 0.10, _list),
)
