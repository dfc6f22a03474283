"""What the figures of a plan, and the report, read from its document more than once."""

import math
from typing import Any

from core.charts.grammar import Tokens
from core.evaluate import notation
from core.evaluate.metrics import metric
from core.text.catalog import t, topic
from core.text.format import number, usd

Document = dict[str, Any]
Row = dict[str, Any]

OWN = ("tuned", "compressed", "pretrained")
"""Kinds of option whose model is the reader's own: they have its colour."""
PARTS = ("api_tokens", "gpu", "devices", "team", "retraining", "one_time")
MOST_LINES = 6
"""More options than this are not drawn as lines: they could not be told apart."""


def option_of(document: Document, name: str) -> Row:
    """The row of an option in the ranking."""
    found: Row = next(row for row in document["ranking"] if row["option"] == name)
    return found


def able(document: Document) -> list[Row]:
    """The options that can serve, in the order of the ranking."""
    return [row for row in document["ranking"] if row["feasible"]]


def leading(document: Document) -> Row | None:
    """The recommended option, else the first that can serve; None if none can."""
    chosen = document["recommended_option"]
    if chosen is not None:
        return option_of(document, chosen)
    return next(iter(able(document)), None)


def is_own(row: Row) -> bool:
    """Whether the option's model is the reader's own."""
    return row["kind"] in OWN


def color(ink: Tokens, row: Row) -> str:
    """The colour of an option: yours, or a rival."""
    return ink.tuned if is_own(row) else ink.base


def soft(ink: Tokens, row: Row) -> str:
    """The same as a fill under a line."""
    return ink.tuned_soft if is_own(row) else ink.base_soft


def pair_of(document: Document) -> Row | None:
    """The break-even of the recommended option against the second; None if there is none."""
    both = {document["recommended_option"], document["second_option"]}
    pairs: list[Row] = document["break_even"]
    return next((pair for pair in pairs if {pair["a"], pair["b"]} == both), None)


def act_by(document: Document) -> int | None:
    """The last month in which to begin raising money, at the dear end of the leading option.

    None if the money lasts to the horizon even then, or if it is too late already.
    """
    row = leading(document)
    low = row["runway_months"]["p5"] if row else None
    if low is None:
        return None
    month = math.floor(low - document["company"]["raise_months"])
    return month if month >= 0 else None


def unit_of(document: Document) -> str:
    """The unit of the scenario's metric."""
    return metric(document["quality"]["metric"]).unit


def quality(document: Document, value: float | None, language: str) -> str:
    """A quality with its metric: "29.4 BLEU", "72.4 %"."""
    text = notation.number(value, unit_of(document), language)
    plain = value is not None and not notation.is_percent(unit_of(document))
    return f"{text} {notation.title(document['quality']['metric'], language)}" if plain else text


def amount(value: float | None, unit: str, language: str) -> str:
    """An input of the plan as a person reads it; its unit is a word of the engine's."""
    if value is None:
        return t("common.not_known", language)
    if unit == "share":
        return f"{number(100 * value, 2)} %"
    if unit == "usd_per_hour":
        return f"US$ {value:.2f}"
    if unit.startswith("usd"):
        return usd(value, language)
    if unit == "factor":
        return f"× {number(value, 2)}"
    return f"{float(f'{value:.3g}'):,g}"


def input_name(row: Row, language: str) -> str:
    """What an input is called; its path where this version has no words for it."""
    key: str = row["label_key"]
    name, _, rest = key.partition(".")
    words = topic(name, language).get(rest) if name == "strategy" else None
    if words is None:
        return str(row["input"])
    held = {"option": _option_in(row["input"]), "metric": ""} | {
        name: value for name, value in row.items() if isinstance(value, str)
    }
    return words.format(**held)


def _option_in(path: str) -> str:
    """NAME of "option.NAME.field"."""
    return path.removeprefix("option.").rpartition(".")[0] if path.startswith("option.") else ""
