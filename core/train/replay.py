"""Mix general examples into the training examples, so that tuning forgets less."""

import random
from collections.abc import Sequence

from core.data.dataset import Dataset, Example


def replayed(rows: int, share: float, general: Sequence[Example], seed: int) -> list[Example]:
    """Draw general examples so that they make up `share` of all.

    Args:
        rows: Examples of the user's own.
        share: 0 to 0.9.
        general: Where they are drawn from, without replacement while there are enough, then again
            from all.
        seed: Of the draw.

    Returns:
        `rows · share / (1 − share)` examples, rounded; none if there is nothing to draw from.
    """
    wanted = round(rows * share / (1 - share)) if general else 0
    rng = random.Random(seed)  # noqa: S311 - a reproducible draw, not a secret
    drawn: list[Example] = []
    while len(drawn) < wanted:
        drawn += rng.sample(list(general), min(wanted - len(drawn), len(general)))
    return drawn


Replay = tuple[Dataset, list[Example]]
"""A general dataset and the examples that may be drawn from it."""
