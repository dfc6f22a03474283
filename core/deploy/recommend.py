"""Which variant to serve on an A100, on a processor's server, and on an edge device.

A variant may stand in for its original if it is not worse by more than a margin: the 95 % interval
of the paired difference ends above −margin (non-inferiority). Of those, and the original itself,
the cheapest is named for the A100 (an estimate) and for the server (measured throughput at a
price), the fastest for the edge among those that keep to its limits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.deploy.measured import Measured, megabytes
from core.deploy.variants import Variant
from core.errors import BadInput

TARGETS = ("a100", "server", "edge")
MARGIN = 1.0
"""Points of a score out of 100, or percentage points of a share, that may be lost."""
SHARES = ("share", "number")
"""Units in which 1 stands for the whole: a point is a hundredth there."""
NEGLIGIBLE = 0.05
"""A saving below this share is none: what comes first, the original, is named."""
MOST_MEMORY_MB, MOST_LATENCY_MS = 1_000_000.0, 600_000.0


@dataclass(frozen=True)
class Limits:
    """What a user sets: of the edge device, of the server's price, of what quality may be lost.

    None = no limit; for the price, the usual one.
    """

    edge_memory_mb: float | None = None
    edge_latency_ms: float | None = None
    usd_per_hour: float | None = None
    margin: float = MARGIN

    def check(self) -> None:
        """See that the numbers can be.

        Raises:
            BadInput: One cannot.
        """
        for name, value, most in (
            ("edge-memory-mb", self.edge_memory_mb, MOST_MEMORY_MB),
            ("edge-latency-ms", self.edge_latency_ms, MOST_LATENCY_MS),
        ):
            if value is not None and not 0 < value <= most:
                raise BadInput(
                    f"--{name} {value:g} cannot be; give more than 0 and at most {most:,.0f}."
                )
        if not 0 <= self.margin <= 100:
            raise BadInput(f"--margin {self.margin:g} cannot be; give 0 to 100 points.")


@dataclass(frozen=True)
class Choice:
    """What is recommended for a target.

    Attributes:
        target: One of TARGETS.
        name: The variant's, or the original run's; None = none.
        why: Of none: "unknown" = nothing has the number, "limits" = none keeps to them,
            "quality" = those that do lose too much.
        value: What it was chosen by: dollars of a million tokens, or milliseconds.
        original: The same of the original; None = not known.
        nearest: Of none by "limits": the name that comes closest; memory_mb, latency_ms: its own.
        n: Variants that were looked at, the original with them.
    """

    target: str
    name: str | None
    why: str | None
    value: float | None
    original: float | None
    n: int
    nearest: str | None = None
    memory_mb: float | None = None
    latency_ms: float | None = None


@dataclass(frozen=True)
class Candidate:
    """A model that may be served: the original, or a variant of it."""

    name: str
    measured: Measured
    a100_usd: float | None
    good: bool


def good_enough(made: Variant, margin: float) -> bool:
    """Whether a variant is not worse than its original by more than a margin (in points)."""
    against = made.against
    if against is None or against.worst is None:
        return False
    size = margin / 100 if against.unit in SHARES else margin
    return against.worst >= -size


def candidates(found: Sequence[Variant], margin: float) -> list[Candidate]:
    """The original of measured variants of one run, then these."""
    measured = [made for made in found if made.measured and made.original]
    if not measured:
        return []
    first = measured[0]
    original = first.original
    assert original is not None  # noqa: S101 - of a measured one it is there
    usd = first.original_a100["usd"] if first.original_a100 else None
    rows = [Candidate(first.run, original, usd, True)]
    for made in measured:
        if made.measured is not None:
            rows.append(Candidate(
                made.variant, made.measured, made.a100["usd"] if made.a100 else None,
                good_enough(made, margin),
            ))  # fmt: skip
    return rows


def recommend(found: Sequence[Variant], limits: Limits) -> tuple[Choice, ...]:
    """A choice for each target; empty where nothing was measured.

    Args:
        found: Variants of one run.
        limits: What the user sets.

    Raises:
        BadInput: A limit cannot be.
    """
    limits.check()
    rows = candidates(found, limits.margin)
    if not rows:
        return ()
    return (
        _cheapest("a100", rows, lambda row: row.a100_usd),
        _cheapest(
            "server", rows, lambda row: row.measured.usd_per_million_tokens(limits.usd_per_hour)
        ),
        _edge(rows, limits),
    )


def _cheapest(
    target: str, rows: Sequence[Candidate], cost: Callable[[Candidate], float | None]
) -> Choice:
    known = [(value, row) for row in rows if (value := cost(row)) is not None]
    original = cost(rows[0])
    able = [(value, row) for value, row in known if row.good]
    if not able:
        return Choice(target, None, "quality" if known else "unknown", None, original, len(rows))
    value, best = _first_of_equals(able)
    return Choice(target, best.name, None, value, original, len(rows))


def _first_of_equals(able: Sequence[tuple[float, Candidate]]) -> tuple[float, Candidate]:
    """The lowest, or the first that is hardly above it."""
    lowest = min(value for value, _ in able)
    return next(pair for pair in able if pair[0] <= lowest / (1 - NEGLIGIBLE))


def _edge(rows: Sequence[Candidate], limits: Limits) -> Choice:
    original = rows[0].measured.slow_milliseconds
    fits = [row for row in rows if excess(row.measured, limits) <= 1]
    able = [row for row in fits if row.good]
    if able:
        _, best = _first_of_equals([(row.measured.slow_milliseconds, row) for row in able])
        return Choice("edge", best.name, None, best.measured.slow_milliseconds, original,
                      len(rows))  # fmt: skip
    near = min((row for row in rows if row.good), key=lambda row: excess(row.measured, limits))
    return Choice(
        "edge", None, "quality" if fits else "limits", None, original, len(rows), near.name,
        megabytes(near.measured.peak_bytes), near.measured.slow_milliseconds,
    )  # fmt: skip


def excess(measured: Measured, limits: Limits) -> float:
    """How many times over its limits a model is, by the worst of them; up to 1 it keeps to them."""
    over = [0.0]
    if limits.edge_memory_mb is not None:
        over.append(megabytes(measured.peak_bytes) / limits.edge_memory_mb)
    if limits.edge_latency_ms is not None:
        over.append(measured.slow_milliseconds / limits.edge_latency_ms)
    return max(over)
