"""Sentences as data: a key and values, said in either language when somebody reads them.

A saved plan keeps both, so that a page says the same thing later and in another language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.text import format as fmt
from core.text.catalog import t

NAMES = ("option", "second", "winner", "a", "b")
"""Values that are names of options."""

Values = dict[str, str | float | int | None]


@dataclass(frozen=True)
class Sentence:
    """The text `strategy.KEY` with its values: names as they are, numbers with unit in the name."""

    key: str
    values: Values

    def as_json(self) -> dict[str, Any]:
        """The key, the values, and the sentence in English."""
        row = {"key": self.key, **self.values}
        return {**row, "text": say(row, "en")}


def say(row: Mapping[str, Any], language: str, literal: Callable[[str], str] = str) -> str:
    """The sentence of a row that `Sentence.as_json` made.

    `literal` is put on every name that the user wrote: the escape of where it is shown.
    """
    values = {
        name: literal(value) if name in NAMES else shown(name, value, language)
        for name, value in row.items()
        if name not in ("key", "text")
    }
    return t(f"strategy.{row['key']}", language, **values)


def shown(name: str, value: object, language: str) -> str:
    """A value as a person reads it; the end of its name tells the unit."""
    if value is None:
        return t("common.not_known", language)
    if isinstance(value, str):
        return t(f"evaluate.metric.{value}", language) if name == "metric" else value
    amount = float(value)  # type: ignore[arg-type]
    if name.endswith("_hour_usd"):
        return f"US$ {amount:.2f}"
    if name.endswith("_usd"):
        return fmt.usd(amount, language)
    if name.endswith("requests_per_day"):
        return requests(amount, language)
    if name == "change":
        return f"{fmt.number(abs(100 * amount), 2)} %"
    if name.endswith("_seconds"):
        return fmt.duration(amount, language)
    return plain(amount)


def plain(amount: float) -> str:
    """A count or a score to three digits, without zeros that say nothing: 24, 0.85, 38.2."""
    text = fmt.number(amount, 3)
    return text.rstrip("0").rstrip(".") if "." in text and round(amount, 3) == amount else text


def requests(volume: float | None, language: str) -> str:
    """A volume to three digits: "123,000", in Chinese "12.3 万"."""
    return fmt.count(None if volume is None else float(f"{volume:.3g}"), language)
