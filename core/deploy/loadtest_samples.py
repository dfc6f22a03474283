"""What became of each request, in columns: 45 bytes a request, however many there are."""

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

OUTCOMES = (
    "ok",
    "busy",  # 429: the server has enough to do
    "refused",  # another 4xx: the request is wrong, or not allowed
    "failed",  # 5xx
    "redirected",  # 3xx, which is not followed
    "unreachable",  # no connection
    "broken",  # the connection ended before the answer did
    "garbage",  # an answer that is no answer
    "too_large",  # cut where it was larger than is read
    "timeout",
    "unsent",  # too many were in flight already
)
"""What may become of a request; all but "ok" and "busy" are errors."""
OK, BUSY = 0, 1
SLOWER_THAN_ALL = ("timeout", "unsent")
"""Nobody knows how long these would have taken, but longer than was waited."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request got: the outcome, when the first token and the last byte came, and tokens.

    `status` is that of HTTP, 0 = none; `first` is None where nothing was streamed; `said` is what
    an error says, short, for people.
    """

    outcome: str
    ended: float
    status: int = 0
    first: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    said: str = ""


class Samples:
    """All requests of a test, in the order in which they ended."""

    def __init__(self) -> None:
        self.due, self.sent, self.first, self.ended = (array("d") for _ in range(4))
        self.outcome, self.stage, self.status = array("B"), array("H"), array("H")
        self.input_tokens, self.output_tokens = array("i"), array("i")
        self.lag_stage, self.lag = array("H"), array("d")
        self.sayings: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.due)

    def add(self, stage: int, due: float, sent: float, reply: Reply) -> None:
        """Keep what became of a request; of each kind of error the first one's words."""
        self.due.append(due)
        self.sent.append(sent)
        self.first.append(float("nan") if reply.first is None else reply.first)
        self.ended.append(reply.ended)
        self.outcome.append(OUTCOMES.index(reply.outcome))
        self.stage.append(stage)
        self.status.append(reply.status)
        self.input_tokens.append(-1 if reply.input_tokens is None else reply.input_tokens)
        self.output_tokens.append(-1 if reply.output_tokens is None else reply.output_tokens)
        if reply.said and len(self.sayings) < len(OUTCOMES):
            self.sayings.setdefault(reply.outcome, reply.said)

    def forget(self) -> None:
        """Forget all requests so far: they were to warm up."""
        for column in (self.due, self.sent, self.first, self.ended, self.outcome, self.stage,
                       self.status, self.input_tokens, self.output_tokens, self.lag_stage,
                       self.lag):  # fmt: skip
            del column[:]

    def late(self, stage: int, seconds: float) -> None:
        """Keep how late the client itself was."""
        self.lag_stage.append(stage)
        self.lag.append(seconds)

    def table(self) -> "Table":
        """The columns as arrays."""
        columns = {
            name: np.array(getattr(self, name))
            for name in ("due", "sent", "first", "ended", "outcome", "stage", "status",
                         "input_tokens", "output_tokens")
        }  # fmt: skip
        return Table(**columns, lag_stage=np.array(self.lag_stage), lag=np.array(self.lag))


@dataclass(frozen=True)
class Table:
    """Columns of one length, apart from the two of the client's lag."""

    due: Column
    sent: Column
    first: Column
    ended: Column
    outcome: NDArray[Any]
    stage: NDArray[Any]
    status: NDArray[Any]
    input_tokens: NDArray[Any]
    output_tokens: NDArray[Any]
    lag_stage: NDArray[Any]
    lag: Column

    def of_stage(self, place: int, since: float = float("-inf")) -> "Table":
        """The requests of a stage that were due at or after a time."""
        rows = (self.stage == place) & (self.due >= since)
        kept = {
            name: value[rows] for name, value in vars(self).items() if not name.startswith("lag")
        }
        lags = self.lag_stage == place
        return Table(**kept, lag_stage=self.lag_stage[lags], lag=self.lag[lags])

    def count(self, outcome: str) -> int:
        """How many ended so."""
        return int((self.outcome == OUTCOMES.index(outcome)).sum())

    @property
    def seconds(self) -> Column:
        """From the intended sending to the end, of answered requests and of those that were slower.

        The latter are infinite: an order statistic may use them, a mean may not. In the order of
        sending.
        """
        slower = np.isin(self.outcome, [OUTCOMES.index(name) for name in SLOWER_THAN_ALL])
        rows = (self.outcome == OK) | slower
        times = np.where(slower, np.inf, self.ended - self.due)[rows]
        return np.asarray(times[np.argsort(self.due[rows], kind="stable")])
