"""The sentence of a capture over words, as a study of alignment sees its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.interpret.alignment import (
    COVERED,
    Measures,
    Span,
    coverage,
    kept,
    measures,
    merge,
    owners,
    reading,
    words,
)
from core.interpret.captured import Capture
from core.interpret.tokens import SPACE


@dataclass(frozen=True)
class SentenceView:
    """One sentence pair.

    Attributes:
        source, target: Words.
        weights: (target words, source words), of one head.
        coverage: Weight that each source word gets.
        measures: The numbers of it.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: NDArray[np.float64]
    coverage: NDArray[np.float64]
    measures: Measures

    @property
    def uncovered(self) -> list[str]:
        """The source words that are not covered."""
        return [word for word, got in zip(self.source, self.coverage, strict=True) if got < COVERED]


def sentence(capture: Capture, layer: int, head: int, rows: str) -> SentenceView | None:
    """A capture's sentence as one head of its cross-attention aligns it.

    Args:
        capture: What was read.
        layer: Of the head.
        head: Its number.
        rows: "writes" or "reads", as `core.interpret.aligned.HeadAlignment` has it.

    Returns:
        None where it has no cross-attention, not that head, or no words.
    """
    cross = capture.weights.get("cross")
    if cross is None or layer >= cross.shape[0] or head >= cross.shape[1]:
        return None
    own = cross[layer, head].astype(np.float64)
    special = _special(capture)
    read, offsets = _text(capture.labels, special)
    told, places = _text(capture.next_labels, special)
    start = len(capture.prefix) if capture.prefix and read.startswith(capture.prefix) else 0
    spans = words(read, start), words(told)
    columns, lines = owners(offsets, spans[0]), owners(places, spans[1])
    if not kept(columns) or not kept(lines):
        return None
    merged = merge(reading(own) if rows == "reads" else own, lines, columns)
    return SentenceView(
        tuple(read[slice(*spans[0][word])] for word in kept(columns)),
        tuple(told[slice(*spans[1][word])] for word in kept(lines)),
        merged, coverage(merged), measures(merged),
    )  # fmt: skip


def _special(capture: Capture) -> set[str]:
    """Labels of special tokens: those of the text, and where the target begins."""
    pairs = [*zip(capture.labels, capture.special, strict=True),
             *zip(capture.target_labels, capture.target_special, strict=True)]  # fmt: skip
    return {label for label, is_special in pairs if is_special}


def _text(labels: Sequence[str], special: set[str]) -> tuple[str, list[Span]]:
    """The text that labels are of, and where each stands in it; (0, 0) for special tokens."""
    text, offsets = "", []
    for label in labels:
        if label in special:
            offsets.append((0, 0))
            continue
        piece = label.replace(SPACE, " ")
        piece = piece.lstrip() if not text else piece
        offsets.append((len(text), len(text) + len(piece)))
        text += piece
    return text, offsets
