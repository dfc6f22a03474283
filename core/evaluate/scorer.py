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


class Rate:
    """A metric that is one sum over another; counts are (n, 2), zeros where an example has neither.

    Args:
        signature: How it computes.
        parts: What an example adds above and below the line; None where that is not known.
        shape: Makes the score of above / below.
    """

    def __init__(
        self,
        signature: str,
        parts: Callable[[str, Answer], tuple[float, float] | None],
        shape: Callable[[Array], Array] = np.asarray,
    ) -> None:
        self.signature = signature
        self._parts, self._shape = parts, shape

    def counts(self, references: Sequence[str], *systems: Sequence[Answer]) -> list[Array]:
        """What each example adds above and below the line."""
        return [
            np.array(
                [self._parts(r, a) or (0.0, 0.0) for r, a in zip(references, system, strict=True)],
                dtype=np.float64,
            ).reshape(-1, 2)
            for system in systems
        ]

    def corpus(self, sums: Array) -> Array:
        """The score of the sums; that of 0 where nothing is below the line."""
        return self._shape(ratio(sums[..., 0], sums[..., 1]))

    def point(self, sums: Array) -> float:
        """The same, as a float."""
        return float(self.corpus(sums))

    def examples(self, counts: Array) -> Array:
        """The value of each example; NaN where it is not known."""
        return self._shape(ratio(counts[..., 0], counts[..., 1], np.nan))


def mean(signature: str, one: Callable[[str, str], float]) -> Rate:
    """A metric that is the mean of a number an example, made of reference and answer."""
    return Rate(signature, lambda reference, answer: (one(reference, answer.text), 1.0))


def ratio(above: Array, below: Array, otherwise: float = 0.0) -> Array:
    """`above / below`, and `otherwise` where `below` is 0; shapes must broadcast."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    result = np.full(shape, otherwise, dtype=np.float64)
    np.divide(above, below, out=result, where=np.broadcast_to(below > 0, shape))
    return result
