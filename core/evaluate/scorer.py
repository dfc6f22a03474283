"""How a metric computes: counts an example, sums over the corpus, a score from the sums.

Every metric here is a function of sums over examples. So a bootstrap resample needs no text: the
sums of a thousand resamples are one matrix product of their weights with the counts.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.evaluate.answer import Answer

Array = NDArray[np.float64]


class Scorer(Protocol):
    """One metric, ready for a language."""

    @property
    def signature(self) -> str:
        """How it computes, in one line."""
        ...

    def counts(self, references: Sequence[str], *systems: Sequence[Answer]) -> list[Array]:
        """Counts of each example: one array of shape (n, k) for each system's answers."""
        ...

    def corpus(self, sums: Array) -> Array:
        """Scores from summed counts: (..., k) to (...)."""
        ...

    def point(self, sums: Array) -> float:
        """The score that is reported, from sums of shape (k,)."""
        ...

    def examples(self, counts: Array) -> Array:
        """The score of each example alone: (n, k) to (n,)."""
        ...


class Mean:
    """A metric that is the mean of a number between 0 and 1 an example; counts are (n, 2)."""

    def __init__(self, signature: str, one: Callable[[str, str], float]) -> None:
        self.signature = signature
        self._one = one

    def counts(self, references: Sequence[str], *systems: Sequence[Answer]) -> list[Array]:
        """Value and 1 for each example."""
        return [
            np.array(
                [(self._one(r, a.text), 1.0) for r, a in zip(references, system, strict=True)],
                dtype=np.float64,
            ).reshape(-1, 2)
            for system in systems
        ]

    def corpus(self, sums: Array) -> Array:
        """Sum of values over number of examples."""
        return ratio(sums[..., 0], sums[..., 1])

    def point(self, sums: Array) -> float:
        """The same, as a float."""
        return float(self.corpus(sums))

    def examples(self, counts: Array) -> Array:
        """The value of each example."""
        return self.corpus(counts)


def ratio(above: Array, below: Array, otherwise: float = 0.0) -> Array:
    """`above / below`, and `otherwise` where `below` is 0; shapes must broadcast."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    result = np.full(shape, otherwise, dtype=np.float64)
    np.divide(above, below, out=result, where=np.broadcast_to(below > 0, shape))
    return result
