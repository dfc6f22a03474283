"""Sentences as data: a key and values, said in either language when somebody reads them.

A saved plan keeps both, so that a page says the same thing later and in another language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.strategy.figures import percent, plain, requests
from core.strategy.labels import amount, inside, label
from core.strategy.shocks import shipped
from core.text import format as fmt
from core.text.catalog import t

NAMES = ("option", "second", "winner", "a", "b", "api", "item")
"""Values that are names of options, or of what they pay for."""

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
    values: dict[str, str] = {}
    field = row.get("field")
    for name, value in row.items():
        if name in ("key", "text", "field", "of"):
            continue
        if name in NAMES and value is not None:
            values[name] = literal(str(value))
        elif name == "input":
            said = label(str(value), str(field), row.get("of"), language, literal)
            values[name] = inside(said, language)
        elif name == "shock":
            values[name] = literal(shock_label(str(value), language))
        elif name in ("at", "base") and field is not None:
            values[name] = amount(str(field), value, language)
        else:
            values[name] = shown(name, value, language)
    return t(f"strategy.{row['key']}", language, **values)


def shock_label(name: str, language: str) -> str:
    """The name of a shock; those that come along have one in each language."""
    known = any(row.name == name for row in shipped())
    return t(f"shocks.name.{name}", language) if known else name


def shown(name: str, value: object, language: str) -> str:
    """A value as a person reads it; the end of its name tells the unit."""
    if value is None:
        return t("common.not_known", language)
    if isinstance(value, str):
        return t(f"evaluate.metric.{value}", language) if name == "metric" else value
    number = float(value)  # type: ignore[arg-type]
    if name.endswith("_usd"):
        return fmt.usd(number, language)
    if name.endswith("requests_per_day"):
        return requests(number, language)
    if name.endswith("_share"):
        return percent(number)
    if name.endswith("_seconds"):
        return fmt.duration(number, language)
    if name.endswith("_months"):
        return plain(float(f"{number:.2g}"))
    return plain(number)
