"""Phrases from Unicode CLDR in four languages: the tokenizer learns its pieces from them too.

No model is trained on them. They let one vocabulary serve dates, times, units, amounts of money
and names of places when a starter model is fine-tuned on such phrases later.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from babel import Locale, dates, lists, numbers, units

LOCALES = ("en", "de", "fr", "zh_Hans")
COUNTS = (0, 1, 2, 3, 5, 10, 20)
TIME_COUNTS = range(31)
DAY = date(2024, 1, 1)
DAYS = 366
LISTS = 1_500
CURRENCIES = ("EUR", "USD", "GBP", "CNY", "JPY", "CHF", "INR", "BRL", "KRW", "SEK", "PLN", "MXN")
STEPS = ("second", "minute", "hour", "day", "week", "month", "year")


def phrases(seed: int = 0) -> list[str]:
    """The phrases of all locales; the same for the same seed and Babel version."""
    return [phrase for code in LOCALES for phrase in _of(Locale.parse(code), random.Random(seed))]  # noqa: S311


def _of(locale: Locale, rng: random.Random) -> Iterator[str]:
    yield from _times(locale)
    yield from _amounts(locale)
    # Three-digit codes are regions such as "Western Africa"; they have names as well.
    names = [[*locale.territories.values()], [*locale.languages.values()]]
    for group in names:
        yield from group
    for index in range(LISTS):
        chosen = rng.sample(names[index % len(names)], rng.randint(2, 4))
        yield lists.format_list(chosen, locale=locale)


def _times(locale: Locale) -> Iterator[str]:
    for offset in range(DAYS):
        day = DAY + timedelta(days=offset)
        for style in ("full", "long", "medium"):
            yield dates.format_date(day, format=style, locale=locale)
    for step in STEPS:
        for count in TIME_COUNTS:
            for sign in (1, -1):
                delta = _delta(step, count * sign)
                yield dates.format_timedelta(
                    delta, granularity=step, add_direction=True, locale=locale
                )


def _delta(step: str, count: int) -> timedelta:
    days = {"week": 7, "month": 30, "year": 365}
    return timedelta(days=days[step] * count) if step in days else timedelta(**{f"{step}s": count})


def _amounts(locale: Locale) -> Iterator[str]:
    for unit in locale._data["unit_patterns"]:
        for count in COUNTS:
            for length in ("long", "short"):
                text = units.format_unit(count, unit, length=length, locale=locale)
                # Where CLDR has no pattern, Babel writes the key itself: "3 length-kilometer".
                if "-" not in text:
                    yield text
    for currency in CURRENCIES:
        for count in COUNTS:
            for style in ("name", "standard"):
                yield numbers.format_currency(
                    count, currency, locale=locale, format_type=style, currency_digits=False
                )
