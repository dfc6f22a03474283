"""Send requests when they are due, whatever became of those before; or clients in turn."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from core.deploy.loadtest_samples import Reply, Samples

Send = Callable[[int, float], Awaitable[Reply]]
"""Send the request of a number, due at a time of the loop's clock; never raises but to be ended."""

LEAD_SECONDS = 0.05
"""Before the first request, so that it is not late from the start."""
LOOK_SECONDS = 0.25
"""How often a wish to stop is looked for while nothing is due."""
PULSE_SECONDS = 0.02
"""How often it is looked at whether the client's own loop is late."""


class Firing:
    """Sends, and keeps what came back.

    Attributes:
        samples: What became of each request.
        in_flight: Sent and not answered.
        started: Requests so far, the unsent ones too.
    """

    def __init__(self, send: Send, *, most_in_flight: int, most_requests: int,
                 stopping: Callable[[], bool]) -> None:  # fmt: skip
        self._send, self._most, self._budget = send, most_in_flight, most_requests
        self._stopping = stopping
        self._tasks: set[asyncio.Task[Reply]] = set()
        self.samples = Samples()
        self.in_flight = self.started = 0

    @property
    def spent(self) -> bool:
        """Whether no more is to be sent: somebody asked, or there were enough."""
        return self._stopping() or self.started >= self._budget

    async def open_loop(self, times: Sequence[float], places: Sequence[int]) -> float:
        """Send at times, of stages; returns when the first one's clock began."""
        loop = asyncio.get_running_loop()
        begin = loop.time() + LEAD_SECONDS
        now = [int(places[0])] if len(places) else [0]
        async with self._pulse(lambda: now[0]):
            for time, place in zip(times, places, strict=True):
                due = begin + float(time)
                await self._until(due)
                now[0] = int(place)
                if self.spent:
                    break
                self._start(int(place), due)
        return begin

    async def closed_loop(self, clients: int, seconds: float, place: int,
                          most: int | None = None) -> float:  # fmt: skip
        """Each client asks, waits, and asks again; for some seconds, or so many requests."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        enough = self.started + most if most is not None else None

        async def client() -> None:
            while loop.time() < begin + seconds and not self.spent:
                if enough is not None and self.started >= enough:
                    return
                number, self.started = self.started, self.started + 1
                reply = await self._one(place, loop.time(), number)
                # A server that is gone refuses at once: do not spin.
                await asyncio.sleep(LOOK_SECONDS if reply.outcome == "unreachable" else 0)

        async with self._pulse(lambda: place):
            asking = {asyncio.ensure_future(client()) for _ in range(clients)}
            while asking:
                done, asking = await asyncio.wait(asking, timeout=LOOK_SECONDS)
                for task in done:
                    task.result()
                if self._stopping():
                    for task in asking:
                        task.cancel()
                    await asyncio.gather(*asking, return_exceptions=True)
                    break
        return begin

    async def drain(self) -> None:
        """Wait for all that is under way; each has its own timeout."""
        while self._tasks:
            await asyncio.wait(self._tasks, timeout=LOOK_SECONDS)
            if self._stopping():
                await self.drop()

    async def drop(self) -> None:
        """End what is under way; it is not counted."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _until(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        while (left := due - loop.time()) > 0 and not self._stopping():
            await asyncio.sleep(min(left, LOOK_SECONDS))
        if left <= 0:
            await asyncio.sleep(0)  # late or not, answers must be read meanwhile

    def _start(self, place: int, due: float) -> None:
        number, self.started = self.started, self.started + 1
        if self.in_flight >= self._most:
            now = asyncio.get_running_loop().time()
            self.samples.add(place, due, now, Reply("unsent", now))
            return
        task = asyncio.ensure_future(self._one(place, due, number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _one(self, place: int, due: float, number: int) -> Reply:
        sent = asyncio.get_running_loop().time()
        self.in_flight += 1
        try:
            reply = await self._send(number, due)
        finally:
            self.in_flight -= 1
        self.samples.add(place, due, sent, reply)
        return reply

    @contextlib.asynccontextmanager
    async def _pulse(self, place: Callable[[], int]) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self._beat(place))
        try:
            yield
        finally:
            task.cancel()

    async def _beat(self, place: Callable[[], int]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PULSE_SECONDS
            await asyncio.sleep(PULSE_SECONDS)
            self.samples.late(int(place()), max(0.0, loop.time() - due))
