"""Trust meter: does what a method calls important matter to the model? Deletion and insertion.

Tokens of the input are taken away one after the other, most important first (deletion), or put back
into an emptied input (insertion), and the probability of the original output is read each time
(Petsiuk et al., "RISE", 2018). A good order makes the first curve fall early and the second rise
early. Its **gap** is the area under the second less the area under the first. The gap of a random
order is 0 on average, exactly: putting back in one order passes through the same inputs as taking
away in the reverse order. Nothing here knows a model.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Order = NDArray[np.int64]

METHODS = ("attention", "rollout", "gradient_attention", "integrated_gradients")
CURVES = ("deletion", "insertion")
SEED = 0
PAIRS_ONE, PAIRS_MANY = 20, 10
"""Random orders, each with its reverse: for one text (an order beyond all 20 is one of 21, under
5 %), and for each of many."""
POINTS_ONE, POINTS_MANY = 20, 10
"""Steps from the whole text to none, at most."""
FEWEST = 3
"""Tokens that can be taken away; fewer have no order to speak of."""
COVERAGE = 0.95
RESAMPLES = 4000
GRID = np.linspace(0, 1, POINTS_MANY + 1)
"""Shares at which the curves of many texts are averaged."""


@dataclass(frozen=True)
class Curves:
    """What happened to one text.

    Attributes:
        shares: Of the tokens, taken away or put back: (points,), from 0 to 1.
        deletion, insertion: Probability of the output by method, (points,) each.
        random_deletion, random_insertion: The same for random orders, (orders, points).
    """

    shares: Array
    deletion: dict[str, Array]
    insertion: dict[str, Array]
    random_deletion: Array
    random_insertion: Array

    @property
    def methods(self) -> list[str]:
        """Those that gave an order."""
        return [name for name in METHODS if name in self.deletion]

    @property
    def full(self) -> float:
        """Probability of the output given the whole text."""
        return float(self.random_deletion[0, 0])

    @property
    def empty(self) -> float:
        """The same with every token replaced."""
        return float(self.random_deletion[0, -1])

    @property
    def chance(self) -> list[float]:
        """Mean probability as tokens are taken away at random, (points,)."""
        return [float(value) for value in self.random_deletion.mean(0)]

    def area(self, curve: str, method: str) -> float:
        """Area under one curve, 0 to 1."""
        return float(area(self.shares, getattr(self, curve)[method]))

    def gap(self, method: str) -> float:
        """Area under insertion less area under deletion; 0 is what chance gives."""
        return self.area("insertion", method) - self.area("deletion", method)

    def random_areas(self, curve: str) -> Array:
        """Area of each random order, (orders,)."""
        return area(self.shares, getattr(self, f"random_{curve}"))

    @property
    def random_gaps(self) -> Array:
        """Gap of each random order, (orders,); they come in pairs of opposite sign."""
        return self.random_areas("insertion") - self.random_areas("deletion")


@dataclass(frozen=True)
class Verdict:
    """One method beside random orders.

    Attributes:
        method: One of METHODS.
        difference: Its gap less that of random, which is 0.
        low, high: For one text: where 95 % of the random orders lie. For many: the 95 % interval of
            the difference, by resampling the texts.
        n: Texts.
        outcome: "better", "tie" or "worse" than random.
        deletion, insertion: Mean area under each curve.
        deletion_low, …: For one text: where 95 % of the random orders' areas lie. For many: the
            95 % interval of the mean area, by the same resamples.
        p_value: For one text: share of random orders that are at least as far from 0.
    """

    method: str
    difference: float
    low: float
    high: float
    n: int
    outcome: str
    deletion: float
    insertion: float
    deletion_low: float
    deletion_high: float
    insertion_low: float
    insertion_high: float
    p_value: float | None = None


def area(shares: Array, values: Array) -> Array:
    """Area under curves over shares 0 to 1, by trapezoids; values (…, points)."""
    return np.asarray(np.trapezoid(values, shares, axis=-1))


def order_of(scores: Array, removable: Sequence[bool], seed: int = SEED) -> Order:
    """Places of the removable tokens, highest score first; a coin decides between equal ones."""
    places = np.flatnonzero(np.asarray(removable))
    places = np.random.default_rng(seed).permutation(places)
    return np.asarray(places[np.argsort(-np.asarray(scores)[places], kind="stable")])


def measure(
    scores: Mapping[str, Array],
    removable: Sequence[bool],
    probability: Callable[[NDArray[np.bool_]], Array],
    *,
    pairs: int = PAIRS_ONE,
    points: int = POINTS_ONE,
    seed: int = SEED,
) -> Curves:
    """Draw the curves of one text.

    Args:
        scores: By method, a score for each token of the source.
        removable: Which of them may be taken away.
        probability: Gives the probability of the output for (n, source) of what is gone: (n,).
        pairs: Random orders; the reverse of each is taken as well.
        points: Steps, at most.
        seed: Of the random orders.

    Raises:
        ValueError: Fewer than FEWEST tokens can be taken away.
    """
    tokens = int(np.sum(removable))
    if tokens < FEWEST:
        raise ValueError(f"{tokens} tokens can be taken away; at least {FEWEST} are needed.")
    counts = steps(tokens, points)
    rng = np.random.default_rng(seed)
    places = np.flatnonzero(np.asarray(removable))
    chance = [rng.permutation(places) for _ in range(pairs)]
    orders = [order_of(values, removable, seed) for values in scores.values()]
    # A curve of insertion is the curve of deletion of the reverse order, read backwards. A random
    # order's reverse is itself one of the random orders.
    both = [*orders, *(order[::-1] for order in orders), *chance, *(o[::-1] for o in chance)]
    gone = np.zeros((len(both), len(counts), len(removable)), bool)
    for row, order in enumerate(both):
        for column, count in enumerate(counts):
            gone[row, column, order[:count]] = True
    flat, back = np.unique(gone.reshape(-1, gone.shape[-1]), axis=0, return_inverse=True)
    found = probability(flat)[back.ravel()].reshape(gone.shape[:2])
    n = len(scores)
    deletion, insertion = found[:n], found[n : 2 * n, ::-1]
    random_deletion = found[2 * n :]
    # Row i + pairs is the reverse of row i: its deletion read backwards is the insertion of row i.
    random_insertion = np.roll(random_deletion, pairs, axis=0)[:, ::-1]
    return Curves(
        counts / tokens, dict(zip(scores, deletion, strict=True)),
        dict(zip(scores, insertion, strict=True)), random_deletion, random_insertion,
    )  # fmt: skip


def steps(tokens: int, points: int) -> Order:
    """How many tokens are gone at each step, from 0 to all; the same numbers count what is left."""
    half = np.linspace(0, tokens // 2, min(tokens, points) // 2 + 1).astype(int)
    return np.unique(np.concatenate([half, tokens - half]))


def judge_one(curves: Curves) -> list[Verdict]:
    """Each method beside the random orders of the same text: a reading of that text alone."""
    gaps = curves.random_gaps
    # Each pair counts once: its two gaps differ in sign alone.
    sizes = np.abs(gaps[: len(gaps) // 2])
    bound = float(np.sort(sizes)[int(np.ceil(COVERAGE * (len(sizes) + 1))) - 1])
    deletion_ends = _middle(curves.random_areas("deletion"))
    insertion_ends = _middle(curves.random_areas("insertion"))
    found = []
    for method in curves.methods:
        gap = curves.gap(method)
        p_value = float((1 + np.sum(sizes >= abs(gap) - 1e-12)) / (1 + len(sizes)))
        outcome = _outcome(gap if p_value < 1 - COVERAGE else 0.0)
        found.append(
            Verdict(
                method, gap, -bound, bound, 1, outcome, curves.area("deletion", method),
                curves.area("insertion", method), *deletion_ends, *insertion_ends, p_value,
            )
        )  # fmt: skip
    return found


def judge_many(areas: Mapping[str, Array], seed: int = SEED) -> list[Verdict]:
    """Each method beside chance over many texts.

    Args:
        areas: By method, the areas under deletion and insertion of each text, (n, 2).
        seed: Of the resamples of the texts; every method meets the same ones.
    """
    found = []
    for method in (name for name in METHODS if name in areas):
        both = np.asarray(areas[method], np.float64)
        values = np.column_stack([both[:, 1] - both[:, 0], both])
        n = len(values)
        picks = np.random.default_rng(seed).integers(n, size=(RESAMPLES, n))
        tail = expanded_tail(n)
        gap, deletion, insertion = (_middle(means, tail) for means in values[picks].mean(1).T)
        outcome = _outcome(1.0 if gap[0] > 0 else -1.0 if gap[1] < 0 else 0.0)
        means = [float(mean) for mean in values.mean(0)]
        found.append(
            Verdict(method, means[0], *gap, n, outcome, means[1], means[2], *deletion, *insertion)
        )
    return found


def expanded_tail(n: int) -> float:
    """What to cut off at each end of the resampled means of n texts, for an interval of 95 %.

    A plain percentile interval is too narrow for few texts: it knows neither that resamples vary
    by (n − 1)/n too little nor Student's t. Cutting off less mends both ("expanded percentile
    interval", Hesterberg, "What Teachers Should Know About the Bootstrap", 2015).
    """
    z, v = NormalDist().inv_cdf((1 + COVERAGE) / 2), n - 1
    # Student's quantile from the normal's (Abramowitz and Stegun 26.7.5).
    t = z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
    return NormalDist().cdf(-t * math.sqrt(n / v))


def _middle(values: Array, tail: float = (1 - COVERAGE) / 2) -> tuple[float, float]:
    """The middle of values, without a share `tail` of them at each end."""
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _outcome(sign: float) -> str:
    return "better" if sign > 0 else "worse" if sign < 0 else "tie"


def on_grid(curves: Curves) -> dict[str, Array]:
    """The curves at the shares of GRID, to be averaged with those of other texts.

    Returns:
        "deletion.attention" and so on, (points,), and "deletion.random", "insertion.random",
        (orders, points).
    """
    found: dict[str, Array] = {}
    for name in CURVES:
        rows = {**getattr(curves, name), "random": getattr(curves, f"random_{name}")}
        for method, values in rows.items():
            found[f"{name}.{method}"] = np.apply_along_axis(
                lambda row: np.interp(GRID, curves.shares, row), -1, values
            )
    return found
