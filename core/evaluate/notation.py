"""Scores and differences as a person reads them, in both languages.

A share is shown as a percentage, its differences as percentage points; points keep the metric's
name: "29.4 BLEU", "72.4 %", "3.1 BLEU", "3.1 percentage points of accuracy".
"""

from core.evaluate.score import Score
from core.text import format
from core.text.catalog import t

SMALLEST_P = 0.001


def factor(unit: str) -> float:
    """What a value is multiplied by to be shown."""
    return 100.0 if unit == "share" else 1.0


def is_percent(unit: str) -> bool:
    """Whether a value of that unit is shown with a percent sign."""
    return unit in ("share", "percent")


def title(metric: str, language: str = "en") -> str:
    """The metric's name: "BLEU", "accuracy"."""
    return t(f"evaluate.metric.{metric}", language)


def axis(metric: str, unit: str, language: str = "en") -> str:
    """The metric with its unit, for an axis: "BLEU", "accuracy, %"."""
    return title(metric, language) + (", %" if is_percent(unit) else "")


def number(value: float | None, unit: str, language: str = "en") -> str:
    """A score: "29.4", "72.4 %"."""
    if value is None:
        return t("common.not_known", language)
    return format.fixed(value * factor(unit), 1, language) + (" %" if is_percent(unit) else "")


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
    return text if is_percent(found.unit) else f"{text} {title(found.metric, language)}"


def named(found: Score, language: str = "en") -> str:
    """A score with its metric, for where no other word names it: "29.4 BLEU", "accuracy 72.4 %"."""
    text = score(found, language)
    if found.value is None:
        return f"{title(found.metric, language)} {text}"
    return f"{title(found.metric, language)} {text}" if is_percent(found.unit) else text


def interval(
    low: float | None, high: float | None, unit: str, language: str = "en", sign: bool = False
) -> str:
    """A range: "28.1–30.8", "70.1–74.6 %", "+2.2 to +4.0"."""
    if low is None or high is None:
        return t("common.not_known", language)
    by = factor(unit)
    text = format.interval(low * by, high * by, 1, language, sign)
    return text if sign or not is_percent(unit) else f"{text} %"


def change(value: float | None, unit: str, language: str = "en") -> str:
    """A difference with its sign and no unit: "+3.1"."""
    if value is None:
        return t("common.not_known", language)
    return format.fixed(value * factor(unit), 1, language, sign=True)


def size(value: float, metric: str, unit: str, language: str = "en") -> str:
    """A difference without its sign: "3.1 BLEU", "3.1 percentage points of accuracy"."""
    key = "evaluate.size.percent" if is_percent(unit) else "evaluate.size.points"
    digits = format.fixed(abs(value) * factor(unit), 1, language)
    return t(key, language, value=digits, metric=title(metric, language))


def p_value(p: float | None, language: str = "en") -> str:
    """A p-value: "p < 0.001", "p = 0.43"."""
    if p is None:
        return f"p {t('common.not_known', language)}"
    if p < SMALLEST_P:
        return f"p < {SMALLEST_P}"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
