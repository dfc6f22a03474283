"""English phrases and their German, French or Chinese form, generated from Unicode CLDR by Babel.

A product team localises such strings all day: dates, relative times, units, amounts of money,
lists of places and languages. Every pair is CLDR's own, so the reference is right by construction.
The same seed and the same Babel version give the same pairs.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from babel import Locale, dates, lists, numbers, units

PAIRS = 12_000
"""Pairs a language has at most, over all kinds of phrases."""

# What is drawn from. Small ranges: a minute of tuning shows each word and number some dozen times.
# Numbers to 999 and years are one piece each in the starter model's vocabulary.
NUMBERS = range(1, 61)
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2029, 12, 31)
STEPS = {
    "second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1),
    "day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30),
    "year": timedelta(days=365),
}  # fmt: skip
CURRENCIES = (
    "EUR", "USD", "GBP", "CNY", "JPY", "CHF", "INR", "BRL", "KRW", "SEK", "PLN", "MXN",
)  # fmt: skip
UNITS = (
    "angle-degree", "area-acre", "area-hectare", "area-square-foot", "area-square-kilometer",
    "area-square-meter", "concentr-percent", "digital-bit", "digital-byte", "digital-gigabyte",
    "digital-kilobyte", "digital-megabyte", "digital-terabyte", "duration-day", "duration-hour",
    "duration-millisecond", "duration-minute", "duration-month", "duration-second",
    "duration-week", "duration-year", "electric-ampere", "electric-volt", "energy-joule",
    "energy-kilocalorie", "energy-kilowatt-hour", "frequency-gigahertz", "frequency-hertz",
    "frequency-megahertz", "graphics-pixel", "length-centimeter", "length-foot", "length-inch",
    "length-kilometer", "length-meter", "length-mile", "length-millimeter", "length-yard",
    "mass-gram", "mass-kilogram", "mass-milligram", "mass-ounce", "mass-pound", "mass-tonne",
    "power-horsepower", "power-kilowatt", "power-watt", "pressure-bar", "pressure-hectopascal",
    "speed-kilometer-per-hour", "speed-meter-per-second", "speed-mile-per-hour",
    "temperature-celsius", "temperature-fahrenheit", "volume-cubic-meter", "volume-gallon",
    "volume-liter", "volume-milliliter",
)  # fmt: skip
COUNTRIES = (
    "AR", "AT", "AU", "BE", "BR", "CA", "CH", "CL", "CN", "CZ", "DE", "DK", "EG", "ES", "FI", "FR",
    "GB", "GR", "HU", "ID", "IE", "IN", "IT", "JP", "KE", "KR", "MX", "NG", "NL", "NO", "NZ", "PL",
    "PT", "RU", "SE", "TR", "UA", "US", "VN", "ZA",
)  # fmt: skip
LANGUAGES = (
    "ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "hi", "hu", "it", "ja", "ko", "nl", "pl",
    "pt", "ru", "sv", "tr", "uk", "vi", "zh",
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
    step = rng.choice(list(STEPS))
    delta = STEPS[step] * rng.choice(NUMBERS) * rng.choice((1, -1))
    # No delta reaches the threshold, so that 14 days stay days.
    return _both(
        locale,
        lambda to: dates.format_timedelta(
            delta, granularity=step, threshold=10**9, add_direction=True, locale=to
        ),
    )


def _unit(rng: random.Random, locale: Locale) -> Phrase:
    unit, value = rng.choice(UNITS), rng.choice(NUMBERS)
    return _both(locale, lambda to: _measure(unit, value, to))


def _measure(unit: str, value: int, locale: Locale) -> str:
    text: str = units.format_unit(value, unit, locale=locale)
    # Where a locale has no long pattern CLDR takes the short one; Babel writes the key instead
    # ("3 length-kilometer").
    return units.format_unit(value, unit, length="short", locale=locale) if unit in text else text


def _amount(rng: random.Random, locale: Locale) -> Phrase:
    currency, value = rng.choice(CURRENCIES), rng.choice(NUMBERS)
    style = rng.choice(("name", "name", "standard"))
    return _both(
        locale,
        lambda to: numbers.format_currency(
            value, currency, locale=to, format_type=style, currency_digits=False
        ),
    )


def _list(rng: random.Random, locale: Locale) -> Phrase:
    table, codes = rng.choice((("territories", COUNTRIES), ("languages", LANGUAGES)))
    chosen = rng.sample(codes, rng.choice((2, 3)))
    return _both(
        locale, lambda to: lists.format_list([getattr(to, table)[c] for c in chosen], locale=to)
    )


def _both(locale: Locale, write: Callable[[Locale], str]) -> Phrase:
    return write(ENGLISH), write(locale)


def pairs(language: str, seed: int = 0, count: int = PAIRS) -> list[Pair]:
    """Draw about `count` different phrases in the shares of KINDS.

    A kind that has fewer phrases than its share gives what it has. An English phrase that stands
    for two translations ("May 5, 2024" is long and medium) is left out.

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
# all the way: after 240 steps of 64 examples BLEU is near 60, and no list is right yet.
KINDS = (
    Kind("dates", 0.46, _date),
    Kind("relative times", 0.07, _relative),
    Kind("units", 0.30, _unit),
    Kind("amounts", 0.12, _amount),
    Kind("lists", 0.05, _list),
)
