"""Many features, looked at again and again: when is a p-value still an alarm?

Over features, Holm's correction. Over looks, the error that may be spent is shared out: look k of a
series gets 5 % · 1/(k (k + 1)), that is 2.5 %, 0.83 %, 0.42 %, …, which sum to 5 % however many
looks there are and however they depend on each other (a union bound on an error-spending sequence:
Lan and DeMets 1983, Biometrika 70; for looks without a planned number as Robbins 1970, Annals of
Mathematical Statistics 41). A p-value is multiplied by m (as Holm does) and by k (k + 1), and then
held against 5 %.

A series begins when the reference changes (another model serves), and with each year: its 5 % is
the chance of any false alarm in that series. The same data looked at twice are one look.
"""

from collections.abc import Sequence

from core.evaluate.holm import holm

ALPHA = 0.05


def spent_at(look: int) -> float:
    """What the look of that number, from 1, may spend of ALPHA."""
    return ALPHA / (look * (look + 1))


def corrected(p_values: Sequence[float], look: int) -> list[float]:
    """P-values of one look after both corrections, in the same order; below ALPHA is an alarm."""
    return [min(1.0, p * look * (look + 1)) for p in holm(p_values)]
