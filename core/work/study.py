"""What the server notes of an input for the drift tests: its language, and how many words are new.

It runs in a thread beside the server, so it is light: no more than a set of words in memory.
"""

import re
from collections.abc import Callable
from functools import cache
from itertools import islice

from core.data import dataset as datasets
from core.data.cleaning.identify import identify
from core.data.dataset import open_dataset
from core.workspace import Workspace

_WORD = re.compile(r"\w+")
MOST_ROWS = 50_000
MOST_WORDS = 400_000


def study(workspace: Workspace, tuned_on: str | None) -> Callable[[str], tuple[str, float | None]]:
    """What looks at an input.

    Args:
        workspace: Where the data are.
        tuned_on: NAME@VERSION of the data whose words are known; None = there are none.
    """

    @cache
    def known() -> frozenset[str]:
        if tuned_on is None:
            return frozenset()
        rows = datasets.each(workspace, open_dataset(workspace, tuned_on), "train")
        found: set[str] = set()
        for row in islice(rows, MOST_ROWS):
            found.update(words(f"{row.input} {row.context or ''}"))
            if len(found) > MOST_WORDS:
                break
        return frozenset(found)

    def look(text: str) -> tuple[str, float | None]:
        language, _ = identify(text)
        said = words(text)
        share = sum(word not in known() for word in said) / len(said) if said and known() else None
        return language or "", share

    return look


def words(text: str) -> list[str]:
    """The words of a text, folded."""
    return _WORD.findall(text.casefold())
