"""The one layer that is kept of a long text: small for pixels, exact for every number.

All layers of 12 × 12 heads at 2,048 tokens are 2.4 GB. One layer is 50 MB of pixels; what is read
off it is computed again from queries and keys (19 MB), so that no number on a screen is rounded.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.interpret import detail as exact
from core.interpret.detail import Array, Detail

ALL_BYTES = 200_000_000
"""All layers are kept up to this: 512 tokens of 12 × 12 heads are 151 MB in float32."""
LAYER_BYTES = 200_000_000
"""One layer is kept up to this, in bytes of pixels: 4,082 tokens of 12 heads."""
LEVELS = 255
BLOCK_ROWS = 256
"""Rows computed at once: 256 × 2,048 weights in float64 are 4 MB."""


@dataclass(frozen=True)
class Long:
    """One layer of a long text.

    Attributes:
        detail: Its queries, keys and values.
        pixels: (heads, queries, keys), round(255·√weight): the root keeps small weights apart, at
            most 0.0039 off (research: a linear byte makes 79 % of the weights 0).
    """

    detail: Detail
    pixels: NDArray[np.uint8]

    def weight(self, head: int, query: int, key: int) -> float:
        """One weight, exact."""
        return float(exact.row(self.detail, head, query)[key])

    def matrix(self, head: int) -> NDArray[np.float32]:
        """All weights of one head, exact but for float32: (queries, keys)."""
        _, queries, keys = self.pixels.shape
        found = np.empty((queries, keys), np.float32)
        for first in range(0, queries, BLOCK_ROWS):
            chosen = np.arange(first, min(first + BLOCK_ROWS, queries))
            found[chosen] = exact.rows(self.detail, head, chosen)
        return found

    @property
    def nbytes(self) -> int:
        """Memory that is kept."""
        arrays = (
            self.pixels, self.detail.queries, self.detail.keys, self.detail.values,
            self.detail.visible,
        )  # fmt: skip
        return sum(array.nbytes for array in arrays)


def roots(weights: NDArray[np.float32] | Array) -> NDArray[np.uint8]:
    """Weights from 0 to 1 as bytes: round(255·√weight)."""
    return np.asarray(np.rint(np.sqrt(np.clip(weights, 0, 1)) * LEVELS), dtype=np.uint8)
