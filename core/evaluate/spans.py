"""Where in a passage an answer stands, from the scores of its first and last token."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]


def best_span(
    start: Numbers, end: Numbers, inside: NDArray[np.bool_], most_tokens: int
) -> tuple[int, int, float] | None:
    """The span with the greatest start + end score (Devlin et al. 2019, section 4.2).

    Args:
        start: Scores of each token to be the answer's first, shape (tokens,).
        end: Scores of each token to be its last, shape (tokens,).
        inside: Which tokens belong to the passage.
        most_tokens: Longest span.

    Returns:
        First token, last token (not before the first), and the score above that of "no answer",
        which is token 0 twice: so windows over one long passage can be compared. None if no token
        is inside.
    """
    places = np.flatnonzero(inside)
    if not len(places):
        return None
    total = start[places][:, None] + end[places][None, :]
    distance = places[None, :] - places[:, None]
    total = np.where((distance >= 0) & (distance < most_tokens), total, -np.inf)
    first, last = np.unravel_index(int(total.argmax()), total.shape)
    return int(places[first]), int(places[last]), float(total[first, last] - start[0] - end[0])
