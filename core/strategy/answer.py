"""The one sentence that answers a plan, said from its document in either language."""

import math
from collections.abc import Callable
from typing import Any

from core.strategy.say import say

Document = dict[str, Any]


def answer(document: Document, language: str, literal: Callable[[str], str] = str) -> str:
    """Which option, by how much, how surely, and from which volume on; Markdown, two bold parts.

    Args:
        document: What `assay plan --json` prints.
        language: "en" or "zh".
        literal: Escapes the names that the user wrote.
    """
    winner, second = document["recommended_option"], document["second_option"]
    quality = {name: document["quality"][name] for name in ("metric", "floor")}
    if winner is None:
        return say({"key": "answer.none", **quality}, language)
    row = option_of(document, winner)
    months = document["horizon_months"]
    if second is None:
        only = {"key": "answer.only", "option": winner, "month_usd": row["cost_month_usd"]["p50"],
                **quality}  # fmt: skip
        return say(only if quality["floor"] is not None else {**only, "key": "answer.alone"},
                   language, literal)  # fmt: skip
    gain = document["gain_usd_per_month"]
    said = {
        "key": "answer.clear" if gain["low"] > 0 else "answer.open",
        "option": winner, "second": second, "gain_usd": gain["value"], "months": months,
        "best_share": row["probability_best"],
    }  # fmt: skip
    parts = [say(said, language, literal), volume(document, language)]
    return ("" if language == "zh" else " ").join(part for part in parts if part)


def volume(document: Document, language: str) -> str:
    """From, or up to, which volume the recommended option is cheaper to run than the second.

    Empty where the two have no such volume: a staged one is neither cheaper nor dearer to run.
    """
    pair = deciding_pair(document)
    chosen, second = document["recommended_option"], document["second_option"]
    if pair is None or {pair["a"], pair["b"]} != {chosen, second} or not pair["requests_per_day"]:
        return ""
    key = "answer.above" if pair["b"] == chosen else "answer.below"
    at = {
        "requests_per_day": pair["requests_per_day"],
        "today_requests_per_day": document["demand"]["requests_per_day"],
    }
    return say({"key": key, **at}, language)


def deciding_pair(document: Document) -> Document | None:
    """The break-even that the decision turns on: between renting and having, where there is one.

    It is that of the recommended option, or of the best one that is not staged, with the best rival
    that is paid for in the other way: by the token, or by the machine. Without one, with the best.
    """
    order = [row["option"] for row in document["ranking"] if row["feasible"]]
    chosen = document["recommended_option"]
    found: list[Document] = document["break_even"]
    named = {pair["a"] for pair in found} | {pair["b"] for pair in found}
    single = [name for name in order if name in named]
    if len(single) < 2:
        return None
    first = chosen if chosen in single else single[0]
    rivals = [name for name in single if name != first]
    rented = {row["option"]: row["kind"] == "api" for row in document["ranking"]}
    rival = next((name for name in rivals if rented[name] != rented[first]), rivals[0])
    return next((pair for pair in found if {pair["a"], pair["b"]} == {first, rival}), None)


def option_of(document: Document, name: str) -> Document:
    """The row of an option."""
    found: Document = next(row for row in document["ranking"] if row["option"] == name)
    return found


def act_by(document: Document) -> int | None:
    """The last month in which to begin raising money, should the dear 5 % of futures come.

    None if the money lasts to the horizon even then, or if it is too late already.
    """
    chosen = document["recommended_option"]
    early = option_of(document, chosen)["runway_months"]["p5"] if chosen else None
    if early is None:
        return None
    month = math.floor(early - document["company"]["raise_months"])
    return month if month >= 0 else None
