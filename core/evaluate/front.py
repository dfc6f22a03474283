"""Which models are worth a look when quality has its price: the Pareto front."""

from collections.abc import Sequence

from core.evaluate.board import Entry
from core.evaluate.metrics import metric


def front(entries: Sequence[Entry], price: str) -> list[Entry]:
    """Those that none other beats in one of the two without being worse in the other.

    Args:
        entries: All with a value of `price`.
        price: A metric of which less is better: "latency_p50", "usd_per_1000".

    Returns:
        The cheapest first; from each to the next both quality and price rise.
    """
    held: list[Entry] = []
    for entry in sorted(entries, key=lambda e: (cost(e, price), -_quality(e))):
        if not held or _quality(entry) > _quality(held[-1]):
            held.append(entry)
    return held


def cost(entry: Entry, price: str) -> float:
    """What a model takes; it must have been measured."""
    found = entry.evaluation.measured(price)
    if found is None:
        raise ValueError(f"{entry.name} has no {price}")
    return found.number


def _quality(entry: Entry) -> float:
    """The score, turned so that more is better."""
    value = entry.score.number
    return value if metric(entry.score.metric).higher_is_better else -value
