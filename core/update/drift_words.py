"""Drift in words: what moved, from where to where, by how much, and how sure."""

from collections.abc import Callable
from typing import Any

from core.data.languages import name_in
from core.evaluate import notation
from core.text import format
from core.text.catalog import t
from core.update.drift import LEAST_DELTA, Drift
from core.update.drift_looks import Report
from core.update.many_looks import ALPHA

SHARES = ("unseen_share", "confidence")
"""Numbers that are shown as percentages."""


def name(row: Drift, language: str = "en") -> str:
    """What a feature is called."""
    return t(f"drift.feature.{row.name}", language)


def value(row: Drift, found: Any, language: str = "en") -> str:
    """A median of a feature, with its unit."""
    if found is None:
        return t("common.not_known", language)
    if row.name in SHARES:
        return f"{format.number(100 * float(found), 3, language)} %"
    return format.number(float(found), 3, language)


def category(row: Drift, name_: str, language: str = "en") -> str:
    """What a category is called; a label is the user's own text."""
    if row.name == "language":
        return name_in(name_, language) if name_ else t("drift.no_language", language)
    if row.name == "refused":
        return t(f"drift.{'refused' if name_ == 'True' else 'answered'}", language)
    return name_


def moved(row: Drift) -> str | None:
    """The category that says most of a change; None for numbers.

    What came is named before what went, unless it came in many small parts.
    """
    if row.kind != "category" or not row.live:
        return None
    change = {one: row.live[one] - row.reference[one] for one in row.live}
    came: str = max(change, key=lambda one: change[one])
    went: str = min(change, key=lambda one: change[one])
    return came if change[came] >= (row.effect or 0.0) / 2 else went


def shown(row: Drift, found: Any, language: str = "en") -> str:
    """The value of one request; a label is the user's own text."""
    if row.kind == "category":
        return category(row, str(found), language)
    return value(row, found, language)


def both(row: Drift, language: str = "en") -> tuple[str, str]:
    """Reference and live: medians, or the shares of the category that changed most."""
    if row.why_untested:
        return "–", "–"
    if row.kind == "number":
        return value(row, row.reference, language), value(row, row.live, language)
    most = moved(row)
    if most is None:
        return "–", "–"
    shown = category(row, most, language)
    return (f"{shown} {_percent(row.reference[most])}", f"{shown} {_percent(row.live[most])}")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def effect(row: Drift, language: str = "en") -> str:
    """Cliff's delta with its sign, or the share that would have to change."""
    if row.effect is None:
        return t(f"drift.untested.{row.why_untested}", language)
    return format.fixed(row.effect, 2, language, sign=row.kind == "number")


def interval(row: Drift, language: str = "en") -> str:
    """The 95 % interval of the effect."""
    if row.low is None or row.high is None:
        return "–"
    return format.interval(row.low, row.high, 2, language, sign=row.kind == "number")


def p_value(row: Drift, language: str = "en") -> str:
    """After both corrections."""
    return notation.p_value(row.p_corrected, language) if row.p_corrected is not None else "–"


def sentence(row: Drift, language: str = "en", escape: Callable[[str], str] = str) -> str:
    """What moved, for an alarm; `escape` is put upon what users wrote: labels."""
    feature = name(row, language)
    if row.kind == "category":
        most = moved(row) or ""
        direction = "more" if row.live[most] > row.reference[most] else "less"
        return t(f"drift.alarm.{direction}", language, feature=feature,
                 name=escape(category(row, most, language)), live=_percent(row.live[most]),
                 reference=_percent(row.reference[most]))  # fmt: skip
    reference, live = both(row, language)
    larger = (row.effect or 0.0) > 0
    if abs(row.effect or 0.0) < LEAST_DELTA:
        direction = "shape"
    elif reference == live:
        direction = "upper" if larger else "lower"
    else:
        direction = "up" if larger else "down"
    return t(f"drift.alarm.{direction}", language, feature=feature, reference=reference, live=live,
             gap=f"{100 * (row.gap or 0):.0f}", at=value(row, row.gap_at, language))  # fmt: skip


def evidence(row: Drift, language: str = "en") -> str:
    """How large and how sure an alarm is."""
    return t(f"drift.alarm.evidence_{row.kind}", language, effect=effect(row, language),
             interval=interval(row, language), p=p_value(row, language),
             n=f"{row.n_live:,}")  # fmt: skip


def meaning(row: Drift, language: str = "en") -> str:
    """What such a drift may mean, and what to look at."""
    return t(f"drift.meaning.{row.name}", language)


def answer(report: Report, language: str = "en") -> str:
    """The report in a sentence."""
    alarms = report.alarms
    values = {"n": f"{report.n_live:,}", "tested": report.tested, "look": report.look}
    if not report.tested:
        return t("drift.answer.untested", language, n=values["n"])
    if not alarms:
        return t("drift.answer.calm", language, **values)
    features = t("feedback.joint", language).join(name(row, language) for row in alarms)
    return t("drift.answer.alarm", language, alarms=len(alarms), features=features, **values)


def strictness(report: Report, language: str = "en") -> str:
    """How strict the look was, and why."""
    allowed = ALPHA / (report.look * (report.look + 1))
    return t("drift.strictness", language, look=report.look, tested=report.tested,
             spent=format.number(100 * allowed, 2, language))  # fmt: skip
