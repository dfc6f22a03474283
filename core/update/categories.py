"""Do two samples name categories equally often, and if not, how far apart are they?

- The test is Pearson's chi-square of homogeneity. Categories that are expected fewer than five
  times are put together as one (Cochran 1954); where a table of two by two is still that thin, it
  is Fisher's exact test.
- The effect is the total variation distance: the share of the requests that would have to be of
  another category for the two to agree, 0 to 1. Its 95 % interval is the delta method's.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, fisher_exact

from core.evaluate.share import Z_95

FEWEST_EXPECTED = 5


@dataclass(frozen=True)
class Mix:
    """How a second sample's categories differ from a first's.

    Attributes:
        test: "chi-square" or "fisher".
        p_value: Of the test that there is no difference; 1 where both hold one and the same.
        distance, low, high: Total variation distance and its 95 % interval.
        changes: Category to the change of its share, second minus first, largest gain first; rare
            ones are not put together here.
    """

    test: str
    p_value: float
    distance: float
    low: float
    high: float
    changes: tuple[tuple[str, float], ...]


def mix(first: Mapping[str, int], second: Mapping[str, int]) -> Mix:
    """Compare two counts of categories, neither of them empty."""
    test, p_value = homogeneity(first, second)
    distance, low, high = variation(first, second)
    n, m = sum(first.values()), sum(second.values())
    changes = {
        name: second.get(name, 0) / m - first.get(name, 0) / n for name in {**first, **second}
    }
    ranked = sorted(changes.items(), key=lambda item: (-item[1], item[0]))
    return Mix(test, p_value, distance, low, high, tuple(ranked))


def homogeneity(first: Mapping[str, int], second: Mapping[str, int]) -> tuple[str, float]:
    """The test that was made, and its p-value."""
    table = _table(first, second)
    if table.shape[1] < 2:
        return "chi-square", 1.0
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    if table.shape[1] == 2 and expected.min() < FEWEST_EXPECTED:
        return "fisher", float(fisher_exact(table).pvalue)
    statistic = float(((table - expected) ** 2 / expected).sum())
    return "chi-square", float(chi2.sf(statistic, table.shape[1] - 1))


def _table(first: Mapping[str, int], second: Mapping[str, int]) -> NDArray[np.float64]:
    """Counts, (2, categories), the rarest put together until they are expected often enough."""
    names = sorted({**first, **second}, key=lambda name: first.get(name, 0) + second.get(name, 0))
    counts = np.array([[side.get(name, 0) for name in names] for side in (first, second)], float)
    counts = counts[:, counts.sum(0) > 0]
    smaller = counts.sum(1).min() / counts.sum()
    while counts.shape[1] > 2 and counts[:, 0].sum() * smaller < FEWEST_EXPECTED:
        merged = np.column_stack([counts[:, :2].sum(1), counts[:, 2:]])
        counts = merged[:, np.argsort(merged.sum(0), kind="stable")]
    return counts


def variation(first: Mapping[str, int], second: Mapping[str, int]) -> tuple[float, float, float]:
    """Total variation distance, and its 95 % interval.

    Half the sum of |p − q| is half of Σ sign·(p − q); with the signs taken as known, each side is a
    mean of ±1 over its rows, whose variances add.
    """
    n, m = sum(first.values()), sum(second.values())
    names = [*{**first, **second}]
    p = np.array([first.get(name, 0) / n for name in names])
    q = np.array([second.get(name, 0) / m for name in names])
    signs = np.sign(q - p)
    distance = float(np.abs(q - p).sum() / 2)
    variance = sum(
        float((share * signs**2).sum() - (share * signs).sum() ** 2) / rows
        for share, rows in ((p, n), (q, m))
    )
    half = Z_95 * math.sqrt(max(0.0, variance)) / 2
    return distance, max(0.0, distance - half), min(1.0, distance + half)
