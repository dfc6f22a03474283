"""Which languages a dataset is in, told on a sample, and rows that are in another one."""

from collections import Counter
from collections.abc import Sequence

from core.data.cleaning.identify import identify, is_other
from core.data.dataset import Dataset, Example
from core.data.findings import Found, found

SAMPLED = 1_000
"""Rows of each part that are told; a share is then known to within three points."""
SURE = 0.9
LEAST_LETTERS = 20
STRAY_SHARE = 0.05
"""A language of fewer rows than this is a stray one; more is a dataset of two languages."""

Languages = dict[str, dict[str, float]]


def spoken(dataset: Dataset, rows: Sequence[Example]) -> tuple[Languages, list[Found]]:
    """Shares of the languages by part, and what is in another language than the rest.

    Args:
        dataset: Its record; it may say which languages are meant.
        rows: All of its rows; every so-many-th is told.

    Returns:
        Part ("input", "target") to code to share of the sampled rows ("" = cannot be told), and
        findings whose totals are sampled rows.
    """
    step = -(-len(rows) // SAMPLED) if rows else 1
    some = rows[::step]
    texts = {"input": [row.context or row.input for row in some]}
    if dataset.task in ("translation", "summarization", "text-generation"):
        texts["target"] = [row.target for row in some]
    meant = {"input": dataset.source_language, "target": dataset.target_language}
    shares: Languages = {}
    made: list[Found] = []
    for part, given in texts.items():
        told = [_told(text) for text in given]
        counts = Counter(told)
        shares[part] = {code: count / len(told) for code, count in counts.most_common()}
        main = meant[part] or _main(counts)
        if main:
            rare = {code for code, count in counts.items() if count < STRAY_SHARE * len(told)}
            stray = [
                row for row, text, code in zip(some, given, told, strict=True)
                if code in rare and is_other(text, main, SURE, LEAST_LETTERS)
            ]  # fmt: skip
            made += found(f"language_{part}", stray, len(some), spoken=main)
    return shares, made


def _told(text: str) -> str:
    code, sure = identify(text, LEAST_LETTERS)
    return code if code and sure >= SURE else ""


def _main(counts: Counter[str]) -> str | None:
    """The language of most rows that can be told."""
    told = [(count, code) for code, count in counts.items() if code]
    return max(told)[1] if told else None
