"""How fast an endpoint is asked: evenly, and not while it wants a rest."""

import math
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


class Stopped(Exception):
    """The work was stopped while somebody waited for a turn."""


class Pace:
    """At most so many requests a minute, evenly spread, and none while the server wants a rest."""

    def __init__(self, per_minute: float | None, stopped: threading.Event) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._next, self._lock, self._stopped = 0.0, threading.Lock(), stopped

    def turn(self) -> None:
        """Wait for one's turn.

        Raises:
            Stopped: The work was stopped.
        """
        with self._lock:
            at = max(time.monotonic(), self._next)
            self._next = at + self._gap
        if self._stopped.wait(max(0.0, at - time.monotonic())):
            raise Stopped

    def hold(self, seconds: float) -> None:
        """Nobody's turn comes before so many seconds are over."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After, which is a number of them or a date (RFC 9110, section 10.2.3)."""
    said = headers.get("retry-after", "")
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - time.time()
        except ValueError:
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
