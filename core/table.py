"""One look-up for every table of facts."""

import difflib
from collections.abc import Sequence
from typing import Protocol, TypeVar

from core.errors import NotFound


class Named(Protocol):
    """A row has a name."""

    @property
    def name(self) -> str:
        """What a person types to get this row."""
        ...


Row = TypeVar("Row", bound=Named)


def find(rows: Sequence[Row], name: str, what: str) -> Row:
    """Return the row called `name`; case does not matter.

    Args:
        rows: The table.
        name: What was asked for.
        what: What a row is ("metric", "GPU"), for the message.

    Raises:
        NotFound: No row has that name; the message lists the known ones, nearest first.
    """
    wanted = name.casefold()
    for row in rows:
        if row.name.casefold() == wanted:
            return row
    known = [row.name for row in rows]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    raise NotFound(f"There is no {what} called {name!r}. {hint}Known: {', '.join(known)}.")
