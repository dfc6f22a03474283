"""Many tests at once: p-values that keep the chance of any false alarm at 5 %."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected p-values, in the same order (Holm 1979, Scandinavian Journal of Statistics 6).

    The smallest of m is multiplied by m, the next by m − 1, and so on; none falls below one before
    it, or exceeds 1. One that stays below α is rejected at level α for all of them together.
    """
    m = len(p_values)
    corrected, least = [1.0] * m, 0.0
    for rank, place in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        least = max(least, min(1.0, (m - rank) * p_values[place]))
        corrected[place] = least
    return corrected
