"""What a stage of a load test measured: times, throughput, errors, and the client's own lag."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.deploy.loadtest import Stage
from core.deploy.loadtest_quantile import Quantile, Vector, quantile
from core.deploy.loadtest_samples import OK, OUTCOMES, Table
from core.units import KILO

LAG_SECONDS, LAG_SHARE = 0.005, 0.1
"""A client that was later than so in one of twenty sendings, and than this share of the median
time, measured itself: not trustworthy."""
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Times:
    """Quantiles of a kind of time."""

    p50: Quantile
    p95: Quantile
    p99: Quantile
    mean: float | None

    @classmethod
    def of(cls, times: Vector) -> "Times":
        """Of times in the order of sending; infinite = waited for in vain."""
        known = times[np.isfinite(times)]
        half, tail, end = (quantile(times, share) for share in QUANTILES)
        return cls(half, tail, end, float(known.mean()) if len(known) else None)


@dataclass(frozen=True)
class Summary:
    """A stage, its warm-up left out.

    Attributes:
        rate, clients: What was asked.
        seconds: That were measured.
        sent: Requests that were due.
        offered: They a second; of clients, what these asked.
        counts: Outcome -> how many, for those that occurred.
        statuses: HTTP status -> how many, but for 200 and none.
        total: From the intended sending to the last byte, of answered requests; those that were
            waited for in vain, or not sent, are slower than all.
        first: To the first token, of streams; token: of each further one.
        throughput: Answers a second that were finished in the time.
        output_tokens_per_second: The same of tokens; None = the server does not count them.
        input_tokens, output_tokens: Of an answered request, on average; None = not counted.
        lag: The client's own lateness, 95 %; lag_most: at most.
    """

    rate: float | None
    clients: int | None
    seconds: float
    sent: int
    offered: float
    counts: dict[str, int]
    statuses: dict[str, int]
    total: Times
    first: Times | None
    token: Times | None
    throughput: float
    output_tokens_per_second: float | None
    input_tokens: float | None
    output_tokens: float | None
    lag: float | None
    lag_most: float | None

    @property
    def answered(self) -> int:
        """Requests with an answer."""
        return self.counts.get("ok", 0)

    @property
    def busy_share(self) -> float:
        """Share that was told to come later (429)."""
        return self.counts.get("busy", 0) / max(1, self.sent)

    @property
    def error_share(self) -> float:
        """Share of all other requests without an answer."""
        return (self.sent - self.answered - self.counts.get("busy", 0)) / max(1, self.sent)

    @property
    def trustworthy(self) -> bool:
        """Whether the client was on time."""
        allowed = max(LAG_SECONDS, LAG_SHARE * (self.total.p50.value or 0.0))
        return (self.lag is None or self.lag <= allowed) and not self.counts.get("unsent")


def summarise(table: Table, place: int, stage: Stage, begun: float) -> Summary:
    """What a stage measured.

    Args:
        table: All requests.
        place: Of the stage.
        stage: What was asked.
        begun: When it began, by the clock of the requests.
    """
    since, until = begun + stage.warm_up, begun + stage.seconds
    found = table.of_stage(place, since)
    seconds = stage.seconds - stage.warm_up
    answered = found.outcome == OK
    counts = {name: found.count(name) for name in OUTCOMES if found.count(name)}
    # A full queue answers what was asked before: what is finished counts, whenever it was asked.
    rows = table.of_stage(place)
    done = (rows.outcome == OK) & (rows.ended >= since) & (rows.ended < until)
    written = rows.output_tokens[done]
    first, token = _streamed(found, answered)
    lag, lag_most = _lag(found, stage)
    statuses, times = np.unique(found.status[found.status != 200], return_counts=True)
    return Summary(
        rate=stage.rate,
        clients=stage.clients,
        seconds=seconds,
        sent=len(found.due),
        offered=len(found.due) / seconds,
        counts=counts,
        statuses={str(s): int(n) for s, n in zip(statuses, times, strict=True) if s},
        total=Times.of(found.seconds),
        first=first,
        token=token,
        throughput=float(done.sum()) / seconds,
        output_tokens_per_second=float(written.sum()) / seconds
        if len(written) and (written >= 0).all() else None,
        input_tokens=_mean(found.input_tokens[answered]),
        output_tokens=_mean(found.output_tokens[answered]),
        lag=lag,
        lag_most=lag_most,
    )  # fmt: skip


def _streamed(found: Table, answered: Any) -> tuple[Times | None, Times | None]:
    """Times to the first token and of each further one, where answers were streamed."""
    rows = answered & ~np.isnan(found.first)
    if not rows.any():
        return None, None
    rows = np.flatnonzero(rows)[np.argsort(found.due[rows], kind="stable")]
    first, tokens = found.first[rows], found.output_tokens[rows]
    several = tokens > 1
    each = (found.ended[rows] - first)[several] / (tokens[several] - 1)
    return Times.of(first - found.due[rows]), Times.of(each) if several.any() else None


def _lag(found: Table, stage: Stage) -> tuple[float | None, float | None]:
    """How late the client was: in sending, and its loop as a whole."""
    own = found.sent - found.due if stage.rate is not None else np.empty(0)
    ends = [np.quantile(part, (0.95, 1.0)) for part in (own, found.lag) if len(part)]
    if not ends:
        return None, None
    late, most = np.max(ends, axis=0)
    return float(late), float(most)


def _mean(tokens: Any) -> float | None:
    return float(tokens.mean()) if len(tokens) and (tokens >= 0).all() else None


def milliseconds(value: float | None) -> float | None:
    """Seconds as milliseconds, to the microsecond; None stays None."""
    return None if value is None else round(KILO * value, 3)
