"""Runs over each other: the evaluations of each as points on a shared axis.

Standard library only.
"""

from collections.abc import Callable

from core.train.curve import Curve, Look

LOSS = "loss"
"""What is drawn, beside the metrics by their names."""
AXES: dict[str, Callable[[Look], float | None]] = {
    "step": lambda look: look.step,
    "seconds": lambda look: look.seconds,
    "tokens": lambda look: look.tokens,
}
"""What evaluations can be set against: steps of runs with other batches do not compare."""


def points(curve: Curve, what: str, by: str) -> list[tuple[float, float]]:
    """A run's evaluations as (x, value); those that lack either are left out.

    Args:
        curve: Of the run.
        what: LOSS (nats), or a metric's name (its own unit).
        by: A key of AXES.
    """
    x = AXES[by]
    pairs: list[tuple[float | None, float | None]]
    if what == LOSS:
        pairs = [(x(look), look.loss) for look in curve.looks]
    else:
        pairs = [(x(look), row["value"]) for look, row in curve.scores(what)]
    return [(a, b) for a, b in pairs if a is not None and b is not None]
