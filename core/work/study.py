"""What the server notes of an input for the drift tests: its language, and how many words are new.

It runs in a thread beside the server, so it is light: no more than a set of words in memory. It
measures as `core.update.reference` does, or the two could not be held against each other.
"""

from collections.abc import Callable
from functools import cache
from itertools import islice

from core.data import dataset as datasets
from core.data.dataset import open_dataset
from core.update import traits
from core.workspace import Workspace

MOST_ROWS = 50_000


def study(workspace: Workspace, tuned_on: str | None) -> Callable[[str], tuple[str, float | None]]:
    """What looks at an input.

    Args:
        workspace: Where the data are.
        tuned_on: NAME@VERSION of the data whose words are known; None = there are none.
    """

    @cache
    def known() -> traits.Vocabulary | None:
        if tuned_on is None:
            return None
        rows = datasets.each(workspace, open_dataset(workspace, tuned_on), "train")
        return traits.vocabulary(row.input for row in islice(rows, MOST_ROWS))

    def look(text: str) -> tuple[str, float | None]:
        words = known()
        return traits.language(text), None if words is None else words.unseen_share(text)

    return look
