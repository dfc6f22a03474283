"""One connection: HTTP/1.1 by h11 on asyncio, timed to the packet, and never more than it may read.

The general client costs a millisecond of processor time a request; this one a fifth of that, so
that hundreds of requests a second leave the clock's owner on time.
"""

import asyncio
from typing import Any, Protocol

import h11

from core.units import KIB

MOST_HEAD_BYTES = 64 * KIB
KEPT_BYTES = 2 * KIB
"""Of an answer that is an error, to be quoted."""


class Taker(Protocol):
    """What takes the body of an answer as it comes.

    Attributes:
        most_bytes: Of one answer; what goes on is cut off.
    """

    most_bytes: int

    def feed(self, data: bytes, now: float) -> None:
        """Take some bytes that came at a time."""


class Cut(Exception):
    """An answer that was not read to its end; `outcome` is the word for why."""

    def __init__(self, outcome: str, said: str = "") -> None:
        super().__init__(outcome)
        self.outcome, self.said = outcome, said


class Stale(Exception):
    """A connection that was kept turned out to be closed before a byte came: ask on another."""


class Wire(asyncio.Protocol):
    """A connection that answers one request after the other."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._transport: Any = None
        self._answer: asyncio.Future[int] | None = None
        self._taker: Taker | None = None
        self._status, self._read, self._heard = 0, 0, False
        self.used = 0
        self.error = bytearray()
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The server took the connection."""
        self._transport, self.open = transport, True

    async def ask(self, head: h11.Request, body: bytes, taker: Taker) -> int:
        """Send a request and take the answer; returns the status.

        Raises:
            Cut: It was not read to its end.
            Stale: The server had closed the connection before.
        """
        self._taker, self._answer = taker, self._loop.create_future()
        self._status, self._read, self._heard = 0, 0, False
        self.error.clear()
        self.used += 1
        parts = (head, h11.Data(data=body), h11.EndOfMessage())
        self._transport.write(b"".join(self._http.send(part) or b"" for part in parts))
        try:
            return await self._answer
        finally:
            self._answer = self._taker = None

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self._answer is None:
            self.close()  # nobody asked: the next answer could not be told from these
            return
        self._heard = True
        try:
            self._http.receive_data(data)
            self._events(self._loop.time())
        except h11.RemoteProtocolError:
            self._fail(Cut("garbage", "The server does not speak HTTP."))

    def connection_lost(self, exc: Exception | None) -> None:
        """The server, or we, closed it."""
        self.open = False
        if self._answer is None or self._answer.done():
            return
        try:
            self._http.receive_data(b"")
            self._events(self._loop.time())
        except h11.RemoteProtocolError:
            pass  # the answer is not whole, as is said below
        if self._heard or self.used == 1:
            self._fail(Cut("broken", "The connection ended before the answer did."))
        else:
            self._fail(Stale())

    def _events(self, now: float) -> None:
        while self._answer is not None and not self._answer.done():
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Response):
                self._status = event.status_code
            elif isinstance(event, h11.Data):
                self._take(bytes(event.data), now)
            elif isinstance(event, h11.EndOfMessage):
                self._end()
            elif isinstance(event, h11.ConnectionClosed):
                return

    def _take(self, data: bytes, now: float) -> None:
        self._read += len(data)
        if self._taker is None:
            return
        if self._read > self._taker.most_bytes:
            most = self._taker.most_bytes
            self._fail(Cut("too_large", f"The answer has more than {most:,} bytes."))
        elif self._status == 200:
            self._taker.feed(data, now)
        elif len(self.error) < KEPT_BYTES:
            self.error += data

    def _end(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._status)
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            self.close()

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.close()

    def close(self) -> None:
        """Close it; what was under way is lost."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()
