"""What answers take: waiting, speed, money."""

from collections.abc import Sequence

import numpy as np

from core.evaluate.answer import Answer
from core.evaluate.scorer import Array, Rate

_TAIL = 0.025


def throughput(_language: str | None) -> Rate:
    """Tokens written in a second of waiting, over all answers that were asked one at a time."""
    return Rate("output tokens:all|seconds:all|concurrency:1", _speed)


def _speed(_reference: str, answer: Answer) -> tuple[float, float] | None:
    if not answer.seconds or answer.output_tokens is None:
        return None
    return float(answer.output_tokens), answer.seconds


def usd_per_1000(_language: str | None) -> Rate:
    """Dollars for a thousand requests like these."""
    return Rate("mean × 1000", lambda _, a: None if a.dollars is None else (1000 * a.dollars, 1.0))


def seconds(answers: Sequence[Answer]) -> list[float]:
    """How long each answer took that was asked alone, shortest first."""
    return sorted(answer.seconds for answer in answers if answer.seconds is not None)


def quantile(values: Sequence[float], q: float) -> float:
    """The least value at or below which a share q of them lies (nearest rank)."""
    return float(np.quantile(values, q, method="inverted_cdf"))


def quantile_interval(values: Sequence[float], q: float) -> tuple[float, float] | None:
    """95 % interval of a quantile between two of the values, whatever their distribution.

    How many of n values lie below the true quantile is binomial (n, q); so the values of rank l and
    u hold it between them with probability P(l ≤ B < u) (David and Nagaraja 2003, section 7.1).

    Args:
        values: In rising order.
        q: Between 0 and 1.

    Returns:
        None where there are too few values for one end: of the 95th percentile below 72.
    """
    n = len(values)
    below = binomial(n, q)
    low, high = (int(np.searchsorted(below, share)) for share in (_TAIL, 1 - _TAIL))
    if low < 1 or high + 1 > n:
        return None
    return float(values[low - 1]), float(values[high])


def binomial(n: int, p: float) -> Array:
    """P(B ≤ k) for k = 0 to n, of n independent chances of p."""
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    k = np.arange(n + 1)
    ways = logs[n] - logs[k] - logs[n - k]
    return np.asarray(np.cumsum(np.exp(ways + k * np.log(p) + (n - k) * np.log1p(-p))))
