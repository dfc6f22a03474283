"""What becomes of an option in a plan, in a word."""

from typing import Any

Document = dict[str, Any]


def verdict(document: Document, row: Document) -> str:
    """Key of the word for an option of the ranking; the word is the text `strategy.verdict.KEY`."""
    if not row["feasible"]:
        return "problem"
    if row["option"] == document["recommended_option"]:
        return "recommended"
    if row["meets_floor"] is None:
        return "unknown"
    if not row["meets_floor"]:
        return "below"
    return "second" if row["option"] == document["second_option"] else "later"
