"""Where a reader of a capture is: which picture, which kind, layer and heads."""

from dataclasses import dataclass

from core.errors import BadInput
from core.interpret.captured import Capture, check_place
from core.interpret.measures import Head

VIEWS = ("grid", "lines", "map", "pair", "steps")
STEPWISE = ("pair", "steps")
"""Views that need a layer's queries, keys and values."""
MOST_HEADS = 12
"""More lines than this cannot be told apart."""
WHOLE_TOKENS = 512
"""More tokens than this are shown a part at a time …"""
PART_TOKENS = 128
"""… of this size."""


@dataclass(frozen=True)
class Place:
    """Where a reader is.

    Attributes:
        view: One of VIEWS.
        kind: "encoder", "decoder" or "cross".
        layer: Counted from 0.
        heads: Counted from 0; several are drawn together, or averaged.
        n: Number of the reader's step, so that an answer to an older one is known as such.
        rows: First row that is shown of a text over WHOLE_TOKENS.
        columns: First column that is shown.
    """

    view: str
    kind: str
    layer: int
    heads: tuple[int, ...]
    n: int = 0
    rows: int = 0
    columns: int = 0


def part(first: int, count: int) -> slice:
    """Which of `count` rows or columns are shown: all, or the part that begins at `first`."""
    if count <= WHOLE_TOKENS:
        return slice(0, count)
    start = max(0, min(first, count - 1)) // PART_TOKENS * PART_TOKENS
    return slice(start, min(start + PART_TOKENS, count))


def read_place(
    capture: Capture, start: Head, *, view: str | None = None, kind: str | None = None,
    layer: str | None = None, head: str | None = None, n: int = 0, rows: str | None = None,
    columns: str | None = None,
) -> Place:  # fmt: skip
    """The place that a link or a command names; where it names nothing, all heads and `start`.

    Args:
        capture: What was read.
        start: The head that is chosen where none is named.
        view: One of VIEWS.
        kind: Kind of attention.
        layer: A whole number.
        head: A whole number, or several with commas.
        n: Number of the reader's step.
        rows: A whole number: the first row to show of a long text.
        columns: The same for columns.

    Raises:
        BadInput: Something of it does not exist; the message says what does.
    """
    view = view or "grid"
    if view not in VIEWS:
        raise BadInput(f"There is no picture {view!r}; choose one of {', '.join(VIEWS)}.")
    kind = kind or start.kind
    near = start if kind == start.kind else None
    kept = capture.long.detail.layer if capture.long else 0
    number = _whole("layer", layer, near.layer if near else kept)
    named = [_whole("head", part, 0) for part in head.split(",")] if head else []
    heads = tuple(dict.fromkeys(named or [near.head if near and number == near.layer else 0]))
    for one in heads:
        check_place(capture, kind, number, one)
    if view == "lines" and len(heads) > MOST_HEADS:
        raise BadInput(
            f"Lines of {len(heads)} heads cannot be told apart; name {MOST_HEADS} at most."
        )
    if view in ("grid", *STEPWISE):
        heads = heads[:1]
    return Place(view, kind, number, heads, n, _whole("row", rows, 0), _whole("column", columns, 0))


def _whole(what: str, text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"{text!r} is no {what}; give a whole number, counted from 0.") from None
