"""The one sentence that answers a plan, said from its document in either language."""

from collections.abc import Callable
from typing import Any

from core.strategy.say import say


def answer(document: dict[str, Any], language: str, literal: Callable[[str], str] = str) -> str:
    """Which option, at what gain, and from which volume on; Markdown with two bold parts.

    Args:
        document: What `assay plan --json` prints.
        language: "en" or "zh".
        literal: Escapes the names that the user wrote.
    """
    winner, second = document["recommended_option"], document["second_option"]
    quality = {name: document["quality"][name] for name in ("metric", "floor")}
    if winner is None:
        return say({"key": "answer.none", **quality}, language)
    option = option_of(document, winner)
    if second is None:
        row = {
            "key": "answer.only",
            "option": winner,
            "month_usd": option["monthly_usd"],
            **quality,
        }
        return say(row, language, literal)
    gain = document["gain_usd_per_month"]
    row = {
        "key": "answer.clear" if gain["low"] > 0 else "answer.tie",
        "option": winner, "second": second, "gain_usd": gain["value"],
        "months": document["horizon_months"],
    }  # fmt: skip
    parts = [say(row, language, literal), volume(document, language)]
    return ("" if language == "zh" else " ").join(part for part in parts if part)


def volume(document: dict[str, Any], language: str) -> str:
    """From, or up to, which volume the recommended option is cheaper in a month than the second."""
    pair = deciding_pair(document)
    if pair is None:
        return ""
    at = {
        "requests_per_day": pair["requests_per_day"],
        "today_requests_per_day": document["demand"]["requests_per_day"],
    }
    if pair["b"] == document["recommended_option"]:
        if not pair["requests_per_day"]:
            return say(
                {"key": "answer.always" if pair["requests_per_day"] == 0 else "answer.never"},
                language,
            )
        return say({"key": "answer.above", **at}, language)
    return say(
        {"key": "answer.below" if pair["requests_per_day"] else "answer.always", **at}, language
    )


def rival(document: dict[str, Any]) -> str | None:
    """The option to hold the recommended one against: the second, else the cheapest other one."""
    if document["second_option"] is not None:
        second: str = document["second_option"]
        return second
    able = [row for row in document["options"] if row["feasible"]]
    others = [row for row in able if row["name"] != document["recommended_option"]]
    return min(others, key=lambda row: row["total_usd"])["name"] if others else None


def deciding_pair(document: dict[str, Any]) -> dict[str, Any] | None:
    """The break-even of the recommended option and its rival; None if there are not two.

    Where nothing can be recommended it is that of the two cheapest options.
    """
    both = {document["recommended_option"], rival(document)}
    found: list[dict[str, Any]] = document["break_even"]
    if document["recommended_option"] is None:
        able = sorted(
            (r for r in document["options"] if r["feasible"]), key=lambda r: r["total_usd"]
        )
        both = {row["name"] for row in able[:2]}
    return next((pair for pair in found if {pair["a"], pair["b"]} == both), None)


def option_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The row of an option."""
    found: dict[str, Any] = next(row for row in document["options"] if row["name"] == name)
    return found
