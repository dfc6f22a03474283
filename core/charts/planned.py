"""What the figures of a plan, and the report, read from its document more than once."""

from typing import Any

from core.charts.grammar import Tokens
from core.evaluate import notation
from core.evaluate.metrics import metric
from core.strategy import labels
from core.strategy.answer import option_of
from core.strategy.figures import plain
from core.strategy.say import shown
from core.text.catalog import t
from core.text.format import duration

Document = dict[str, Any]
Row = dict[str, Any]

OWN = ("tuned", "compressed", "pretrained")
"""Kinds of option whose model is the reader's own: they have its colour."""
PARTS = ("api_tokens", "gpu", "devices", "team", "retraining", "one_time")
MOST_LINES = 6
"""More options than this are not drawn as lines: they could not be told apart."""


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


def unit_of(document: Document) -> str:
    """The unit of the scenario's metric."""
    return metric(document["quality"]["metric"]).unit


def quality(document: Document, value: float | None, language: str) -> str:
    """A quality with its metric: "29.4 BLEU", "72.4 %"."""
    text = notation.number(value, unit_of(document), language)
    plain = value is not None and not notation.is_percent(unit_of(document))
    return f"{text} {notation.title(document['quality']['metric'], language)}" if plain else text


def amount(row: Row, value: float | None, language: str) -> str:
    """A value of an input of the tornado, with its unit."""
    return labels.amount(row["field"], value, language)


def bare(row: Row, value: float | None, language: str) -> str:
    """The same, without a unit in words: for the second of two values that stand together."""
    unit = labels.UNITS[row["field"]]
    known = value is not None and unit not in ("usd", "usd_hour", "share", "requests")
    if known and t(f"strategy.unit.{unit}", language, n=".").startswith("."):
        return plain(value or 0.0)
    return amount(row, value, language)


def input_name(row: Row, language: str) -> str:
    """What an input of the tornado is called, as the beginning of a line."""
    name = labels.label(row["input"], row["field"], row["option"], language).removeprefix("the ")
    return name[:1].upper() + name[1:]


def ready(row: Row, language: str) -> str:
    """When an option answers: "ready now", "ready in 2 months"."""
    months = row["lead_months"]
    if not months:
        return t("plan_figures.ready.now", language)
    key = "one" if months == 1 else "later"
    return t(f"plan_figures.ready.{key}", language, months=shown("lead_months", months, language))


def seconds(row: Row, language: str) -> str:
    """The time of an answer: "0.59 s an answer"; a word where it is not known."""
    known = row["answer_seconds"]
    if known is None:
        return t("plan_figures.pareto.no_time", language)
    about = "" if known["kind"] == "measured" else "≈ "
    return t("plan_figures.pareto.time", language, time=about + duration(known["value"], language))
