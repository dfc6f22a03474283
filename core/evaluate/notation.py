"""Scores and differences as a person reads them, in both languages.

A share is shown as a percentage, its differences as percentage points; points keep the metric's
name: "29.4 BLEU", "72.4 %", "3.1 BLEU", "3.1 percentage points of accuracy". What is no score out
of a hundred has three significant digits and its unit: "0.713 MCC", "1.25 s", "US$ 0.42".
"""

from dataclasses import dataclass

from core.evaluate.score import Score
from core.table import find
from core.text import format
from core.text.catalog import t

SMALLEST_P = 0.001
DIGITS = 3


@dataclass(frozen=True)
class Unit:
    """How values of a unit are written.

    Attributes:
        name: As scores have it.
        factor: What a value is multiplied by to be shown.
        decimals: How many; None = DIGITS significant digits.
        percent: Whether a percent sign follows.
        named: Whether `evaluate.unit.NAME` is written around the number.
    """

    name: str
    factor: float = 1.0
    decimals: int | None = None
    percent: bool = False
    named: bool = False


def factor(unit: str) -> float:
    """What a value is multiplied by to be shown."""
    return find(UNITS, unit, "unit").factor


def is_percent(unit: str) -> bool:
    """Whether a value of that unit is shown with a percent sign."""
    return find(UNITS, unit, "unit").percent


def pattern(unit: str) -> str:
    """How a chart writes a value of that unit, already multiplied: ".1f"."""
    decimals = find(UNITS, unit, "unit").decimals
    return f".{DIGITS}g" if decimals is None else f".{decimals}f"


def _digits(value: float, unit: str, language: str, sign: bool = False) -> str:
    """The number alone, as its unit wants it."""
    row = find(UNITS, unit, "unit")
    if row.decimals is None:
        return format.number(value * row.factor, DIGITS, language, sign)
    return format.fixed(value * row.factor, row.decimals, language, sign)


def _with_unit(digits: str, unit: str, language: str) -> str:
    row = find(UNITS, unit, "unit")
    if row.named:
        return t(f"evaluate.unit.{unit}", language, n=digits)
    return f"{digits} %" if row.percent else digits


def title(metric: str, language: str = "en") -> str:
    """The metric's name: "BLEU", "accuracy"."""
    return t(f"evaluate.metric.{metric}", language)


def axis(metric: str, unit: str, language: str = "en") -> str:
    """The metric with its unit, for an axis: "BLEU", "accuracy, %", "latency p50, s"."""
    row = find(UNITS, unit, "unit")
    if row.named:
        return f"{title(metric, language)}, {t(f'evaluate.unit.{unit}', language, n='').strip()}"
    return title(metric, language) + (", %" if row.percent else "")


def number(value: float | None, unit: str, language: str = "en") -> str:
    """A score: "29.4", "72.4 %", "1.25 s"."""
    if value is None:
        return t("common.not_known", language)
    return _with_unit(_digits(value, unit, language), unit, language)


def without(found: Score, language: str = "en") -> str:
    """Why a score has no value: "not applicable: no example has a reference"."""
    if found.failed is not None:
        return t("evaluate.why.failed", language, reason=found.failed)
    return t("evaluate.why.not_applicable", language, why=t(found.why or "", language))


def score(found: Score, language: str = "en") -> str:
    """A score with what it is: "29.4 BLEU", "72.4 %"; without a value, why there is none."""
    if found.value is None:
        return without(found, language)
    text = number(found.value, found.unit, language)
    return f"{text} {title(found.metric, language)}" if _bare(found.unit) else text


def _bare(unit: str) -> bool:
    """Whether a value is a number without any unit, to which its metric's name belongs."""
    row = find(UNITS, unit, "unit")
    return not row.percent and not row.named


def named(found: Score, language: str = "en") -> str:
    """A score with its metric, for where no other word names it: "29.4 BLEU", "accuracy 72.4 %"."""
    text = score(found, language)
    told = found.value is not None and _bare(found.unit)
    return text if told else f"{title(found.metric, language)} {text}"


def interval(
    low: float | None, high: float | None, unit: str, language: str = "en", sign: bool = False
) -> str:
    """A range: "28.1–30.8", "70.1–74.6 %", "+2.2 to +4.0"."""
    if low is None or high is None:
        return t("common.not_known", language)
    joint = t("common.to", language) if sign or low < 0 or high < 0 else "–"
    text = joint.join(_digits(end, unit, language, sign) for end in (low, high))
    return text if sign else _with_unit(text, unit, language)


def change(value: float | None, unit: str, language: str = "en") -> str:
    """A difference with its sign and no unit: "+3.1"."""
    if value is None:
        return t("common.not_known", language)
    return _digits(value, unit, language, sign=True)


def size(value: float, metric: str, unit: str, language: str = "en") -> str:
    """A difference without its sign: "3.1 BLEU", "3.1 percentage points of accuracy"."""
    key = "evaluate.size.percent" if is_percent(unit) else "evaluate.size.points"
    digits = _digits(abs(value), unit, language)
    return t(key, language, value=digits, metric=title(metric, language))


def p_value(p: float | None, language: str = "en") -> str:
    """A p-value: "p < 0.001", "p = 0.43"."""
    if p is None:
        return f"p {t('common.not_known', language)}"
    if p < SMALLEST_P:
        return f"p < {SMALLEST_P}"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


UNITS: tuple[Unit, ...] = (
    Unit("points", decimals=1),
    Unit("percent", decimals=1, percent=True),
    Unit("share", factor=100.0, decimals=1, percent=True),
    Unit("number"),
    Unit("bits", named=True),
    Unit("seconds", named=True),
    Unit("tokens_per_second", named=True),
    Unit("dollars", named=True),
)
