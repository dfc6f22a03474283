"""The paragraph that says the decision, its condition and its risk, composed from the numbers."""

from collections.abc import Callable
from typing import Any

from core.strategy.answer import act_by, answer
from core.strategy.say import say

Document = dict[str, Any]


def summary(document: Document, language: str, literal: Callable[[str], str] = str) -> str:
    """Plain text in a language; names go through `literal`.

    Args:
        document: What `assay plan --json` prints.
        language: "en" or "zh".
        literal: Escapes the names that the user wrote.
    """
    said = answer(document, language, literal).replace("**", "")
    return ("" if language == "zh" else " ").join([said, *beyond(document, language, literal)])


def beyond(
    document: Document, language: str, literal: Callable[[str], str] = str
) -> list[str]:  # fmt: skip
    """What the summary says beside the answer: its condition and its risk."""
    return [*_condition(document, language, literal), *_risk(document, language, literal)]


def _condition(document: Document, language: str, literal: Callable[[str], str]) -> list[str]:
    """Up to which value of the nearest input the decision holds."""
    if document["recommended_option"] is None:
        return [say(row, language, literal) for row in document["flips"][:1]]
    if not document["flips"]:
        return [say({"key": "summary.stable"}, language)]
    return [say(document["flips"][0], language, literal)]


def _risk(document: Document, language: str, literal: Callable[[str], str]) -> list[str]:
    """How long the money lasts, when to act, and the shock that would hurt most."""
    chosen = document["recommended_option"]
    if chosen is None:
        return []
    row = document["ranking"][0]
    horizon, runway = document["horizon_months"], row["runway_months"]
    act = act_by(document)
    if runway["p5"] is None:
        lasts = {"survives_share": row["survives"], "months": horizon}
        said = [say({"key": "summary.lasts", **lasts}, language)]
    else:
        key = "summary.ends_maybe" if runway["p50"] is None else "summary.ends"
        values = {
            "survives_share": row["survives"], "months": horizon,
            "early_months": runway["p5"], "end_months": runway["p50"], "act": act,
            "raise_months": document["company"]["raise_months"],
        }  # fmt: skip
        said = [say({"key": f"{key}_late" if act is None else key, **values}, language)]
    worst = _worst(document, chosen)
    if worst is not None:
        said.append(say({"key": "summary.regret", **worst}, language, literal))
    return said


def _worst(document: Document, chosen: str) -> Document | None:
    """The shock under which another option would leave most beyond the recommended one."""
    rows = [row for row in document["regret"] if row["option"] == chosen and row["shock"]]
    worst = max(rows, key=lambda row: row["regret_usd"] or 0.0, default=None)
    if worst is None or not worst["regret_usd"] or worst["regret_usd"] < 1:
        return None
    return {"shock": worst["shock"], "regret_usd": worst["regret_usd"]}
