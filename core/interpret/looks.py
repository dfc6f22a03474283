"""One head of a capture, asked for by its place: the keys that its queries look at most."""

import numpy as np

from core.errors import BadInput
from core.interpret.attention import Look
from core.interpret.captured import Capture, check_place
from core.interpret.measures import sinks

Place = tuple[str, int, int | None]
"""Kind, layer and head, both from 0; head None = the mean of the layer's heads."""


def place_of(
    capture: Capture, kind: str | None, layer: int | None, head: int | None
) -> Place | None:
    """The place that was asked for; None if no layer was.

    Raises:
        BadInput: The capture has no such place, or it is not clear which is meant.
    """
    if kind is not None and kind not in capture.kinds:
        check_place(capture, kind, 0)
    if layer is None and head is not None and capture.long is None:
        raise BadInput(f"Head {head} of which layer? Give a layer, from 0.")
    if layer is None:
        if capture.long is None:
            return None
        layer = capture.long.detail.layer
    if kind is None and len(capture.kinds) > 1:
        raise BadInput(
            f"Layer {layer} of which attention? Choose a kind: {' or '.join(capture.kinds)}."
        )
    place = kind or capture.kinds[0], layer, head
    check_place(capture, *place)
    return place


def strongest(capture: Capture, place: Place, count: int) -> list[Look]:
    """The largest weights of a head, largest first.

    The first token and the separators are left out, and queries that had no choice.

    Args:
        capture: What was read.
        place: Which head.
        count: How many at most.
    """
    weights = capture.matrix(*place).astype(np.float64)
    weights[:, sinks(capture.separators(place[0]))] = 0
    if capture.layers[place[0]][place[1]].causal:
        weights[:1] = 0
    order = np.argsort(-weights, axis=None, kind="stable")[:count]
    queries, keys = np.unravel_index(order, weights.shape)
    found = [Look(int(q), int(k), float(weights[q, k])) for q, k in zip(queries, keys, strict=True)]
    return [look for look in found if look.weight > 0]
