"""Where a reader of a capture is: which picture, which kind, layer and heads."""

from dataclasses import dataclass

from core.errors import BadInput
from core.interpret.measures import Head
from core.interpret.store import Capture, check_place

VIEWS = ("grid", "lines", "map", "pair", "steps")
STEPWISE = ("pair", "steps")
"""Views that need a layer's queries, keys and values."""
MOST_HEADS = 12
"""More lines than this cannot be told apart."""


@dataclass(frozen=True)
class Place:
    """Where a reader is.

    Attributes:
        view: One of VIEWS.
        kind: "encoder", "decoder" or "cross".
        layer: Counted from 0.
        heads: Counted from 0; several are drawn together, or averaged.
        n: Number of the reader's step, so that an answer to an older one is known as such.
    """

    view: str
    kind: str
    layer: int
    heads: tuple[int, ...]
    n: int = 0


def read_place(
    capture: Capture, start: Head, *, view: str | None = None, kind: str | None = None,
    layer: str | None = None, head: str | None = None, n: int = 0,
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

    Raises:
        BadInput: Something of it does not exist; the message says what does.
    """
    view = view or "grid"
    if view not in VIEWS:
        raise BadInput(f"There is no picture {view!r}; choose one of {', '.join(VIEWS)}.")
    kind = kind or start.kind
    near = start if kind == start.kind else None
    number = _whole("layer", layer, near.layer if near else 0)
    named = [_whole("head", part, 0) for part in head.split(",")] if head else []
    heads = tuple(dict.fromkeys(named or [near.head if near and number == near.layer else 0]))
    for one in heads:
        check_place(capture, kind, number, one)
    if len(heads) > MOST_HEADS:
        raise BadInput(f"{len(heads)} heads are too many for one picture; at most {MOST_HEADS}.")
    return Place(view, kind, number, heads[:1] if view in ("grid", *STEPWISE) else heads, n)


def _whole(what: str, text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"{text!r} is no {what}; give a whole number, counted from 0.") from None
