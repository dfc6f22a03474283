"""What a base's tokenizer makes of a dataset: how long rows are in tokens, and how well it fits.

Counted once by `core.data.tokenize` and kept beside the version under the hash of the tokenizer's
file; read here without it, so that a page need not load a tokenizer.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import record
from core.data.dataset import Dataset
from core.data.findings import Finding, Row
from core.workspace import Workspace

EDITION = 1
"""Raise it when something is counted in another way."""
UNKNOWN_SHARE = 0.001
MANY_PIECES = 2.5
"""Tokens a word (a Chinese character is one): English has about 1.3 with its own tokenizer."""


@dataclass(frozen=True)
class Limits:
    """Tokens that a row may have in training; longer ones are cut.

    Attributes:
        input, target: At most so many.
        settings: Names of the settings that say so, for input and target.
    """

    input: int
    target: int
    settings: tuple[str, str] = ("max_input_tokens", "max_target_tokens")


@dataclass(frozen=True)
class PartTokens:
    """One part of the rows in tokens.

    Attributes:
        part: "input" (with prefix, question and passage as a model reads them) or "target".
        lengths: Number of tokens to how many rows have it, ascending.
        words, characters: In the same rows.
        unknown: Tokens that stand for something the vocabulary lacks.
        byte_pieces: Tokens that are a single byte of a sign the vocabulary lacks.
        lacking: Most frequent pieces of text that became unknown, with their counts.
    """

    part: str
    lengths: tuple[tuple[int, int], ...]
    words: int
    characters: int
    unknown: int
    byte_pieces: int
    lacking: tuple[tuple[str, int], ...]

    @property
    def rows(self) -> int:
        """How many were counted."""
        return sum(count for _, count in self.lengths)

    @property
    def tokens(self) -> int:
        """All of them together."""
        return sum(length * count for length, count in self.lengths)

    def over(self, limit: int) -> int:
        """Rows of more than `limit` tokens."""
        return sum(count for length, count in self.lengths if length > limit)

    def percentile(self, share: float) -> int:
        """The length that at least `share` of the rows do not pass (nearest rank)."""
        left = math.ceil(share * self.rows)
        for length, count in self.lengths:
            left -= count
            if left <= 0:
                return length
        return 0


@dataclass(frozen=True)
class Tokens:
    """A dataset in the tokens of a base.

    Attributes:
        base: The model's name.
        sampled: Whether only every so-many-th row was counted.
        model_limit: Tokens that the model takes at most; None = it sets no limit.
        parts: Input, and target where it is a text.
    """

    base: str
    sampled: bool
    model_limit: int | None
    parts: tuple[PartTokens, ...]

    def to_json(self) -> dict[str, Any]:
        """All of it, with what is read off it first."""
        return {
            **asdict(self),
            "parts": [
                {
                    **asdict(part),
                    "rows": part.rows,
                    "tokens": part.tokens,
                    "median_tokens": part.percentile(0.5),
                    "p95_tokens": part.percentile(0.95),
                    "longest_tokens": part.percentile(1.0),
                    "tokens_per_word": _ratio(part.tokens, part.words),
                    "tokens_per_character": _ratio(part.tokens, part.characters),
                    "unknown_share": _ratio(part.unknown, part.tokens),
                    "byte_share": _ratio(part.byte_pieces, part.tokens),
                }
                for part in self.parts
            ],
        }


def _ratio(a: int, b: int) -> float | None:
    return round(a / b, 6) if b else None


def digest(tokenizer: Path) -> str:
    """A hash of the tokenizer's file and of how it is counted."""
    return hashlib.sha256(f"{EDITION}\n".encode() + tokenizer.read_bytes()).hexdigest()[:16]


def kept_at(workspace: Workspace, dataset: Dataset, tokenizer: Path) -> Path:
    """Where the counts of a version with a tokenizer are kept."""
    folder = workspace.dataset(dataset.name, dataset.version)
    return folder / f"tokens-{digest(tokenizer)}.json"


def known(workspace: Workspace, dataset: Dataset, tokenizer: Path) -> Tokens | None:
    """The counts, if they were made before."""
    path = kept_at(workspace, dataset, tokenizer)
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    parts = (
        PartTokens(
            row["part"], tuple(map(tuple, row["lengths"])), row["words"], row["characters"],
            row["unknown"], row["byte_pieces"], tuple(map(tuple, row["lacking"])),
        )
        for row in kept["parts"]
    )  # fmt: skip
    return Tokens(kept["base"], kept["sampled"], kept["model_limit"], tuple(parts))


def keep(workspace: Workspace, dataset: Dataset, tokenizer: Path, made: Tokens) -> None:
    """Keep the counts beside the version."""
    path = kept_at(workspace, dataset, tokenizer)
    record.write_text(path, json.dumps(asdict(made), ensure_ascii=False))


def token_findings(tokens: Tokens, limits: Limits) -> list[Finding]:
    """What the lengths and the vocabulary say."""
    made = []
    for part in tokens.parts:
        made += _cut(tokens, part, limits)
        values = (("part", part.part), ("base", tokens.base))
        if part.unknown > UNKNOWN_SHARE * part.tokens:
            shown: Sequence[Row] = [{"label": text} for text, _ in part.lacking]
            made.append(
                Finding("unknown_tokens", part.unknown, part.tokens, tuple(shown), values=values)
            )
        if part.words and part.tokens > MANY_PIECES * part.words:
            ratio = ("ratio", f"{part.tokens / part.words:.1f}")
            made.append(Finding("many_pieces", part.tokens, part.words, values=(*values, ratio)))
    return made


def _cut(tokens: Tokens, part: PartTokens, limits: Limits) -> list[Finding]:
    """Rows that training would cut, and the setting that would not."""
    wanted = limits.input if part.part == "input" else limits.target
    limit = min(wanted, tokens.model_limit or wanted)
    over = part.over(limit)
    if not over:
        return []
    most = tokens.model_limit or part.percentile(1.0)
    setting = limits.settings[0 if part.part == "input" else 1]
    values = (
        ("base", tokens.base), ("limit", f"{limit:,}"), ("longest", f"{part.percentile(1.0):,}"),
        ("setting", f"{setting}={min(most, part.percentile(1.0))}"),
    )  # fmt: skip
    name = "cut_inputs" if part.part == "input" else "cut_targets"
    return [Finding(name, over, part.rows, values=values)]
