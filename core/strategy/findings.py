"""The sentences above the charts of a plan, computed from its document."""

import math
from collections.abc import Callable
from typing import Any

from core.strategy.answer import deciding_pair, option_of
from core.strategy.say import say
from core.text.catalog import t
from core.text.format import number

Document = dict[str, Any]
Literal = Callable[[str], str]


def volume(document: Document, language: str, literal: Literal = str) -> str:
    """Which of the two options that matter is cheaper to run from which volume on."""
    pair = deciding_pair(document)
    if pair is None:
        return t("strategy.finding.volume_none", language)
    at = pair["requests_per_day"]
    key = "never" if at is None else "above" if at else "always"
    row = {"key": f"finding.volume_{key}", **{k: pair[k] for k in ("a", "b", "requests_per_day")}}
    return say(row, language, literal)


def parts(document: Document, language: str, literal: Literal = str) -> str:
    """The largest part of a month of the recommended option, else of the first that can serve."""
    able = [row for row in document["options"] if row["feasible"]]
    if not able:
        return t("strategy.finding.parts_none", language)
    chosen = document["recommended_option"]
    row = option_of(document, chosen) if chosen else able[0]
    name, amount = max(row["parts"].items(), key=lambda item: item[1])
    return t(
        "strategy.finding.parts", language, option=literal(row["name"]),
        part=t(f"strategy.part_inside.{name.removesuffix('_usd')}", language),
        share=f"{100 * amount / row['monthly_usd']:.0f} %",
    )  # fmt: skip


def cash(document: Document, language: str, literal: Literal = str) -> str:
    """When to act so that the money does not run out."""
    chosen = document["recommended_option"]
    if chosen is None:
        return t("strategy.finding.cash_none", language)
    row, act = option_of(document, chosen), act_by(document)
    end, low = row["runway_months"], row["runway_months_low"]
    if low is None:
        key = "beyond"
    elif act is None:
        key = "late"
    else:
        key = "act" if end is not None else "maybe"
    values = {
        "option": literal(chosen), "months": document["horizon_months"], "act": act,
        "end": number(low if end is None else end, 2),
        "raise_months": document["company"]["raise_months"],
    }  # fmt: skip
    return t(f"strategy.finding.cash_{key}", language, **values)


def act_by(document: Document) -> int | None:
    """The last month in which to begin raising money, at the dear end of the estimate.

    None if the money lasts to the horizon even then, or if it is too late already.
    """
    chosen = document["recommended_option"]
    low = option_of(document, chosen)["runway_months_low"] if chosen else None
    if low is None:
        return None
    month = math.floor(low - document["company"]["raise_months"])
    return month if month >= 0 else None
