"""Keeps an engine running: hands it calls, starts it again when it breaks, changes its model.

A call waits in the queue, is sent to the engine, and comes back answered. Where the engine dies,
calls that have not begun to stream are asked once more of the next one; the others are refused. A
new model is loaded beside the old one, which answers what it has before it goes.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.deploy.call import Call, Waiting
from core.deploy.child import Backend, EngineProcess, OnEnd, OnEvents
from core.deploy.engine import EngineInfo, EngineSpec, Event
from core.deploy.engine_vllm import VllmServer
from core.deploy.refusal import Refused, away
from core.errors import AssayError

QUEUE = 256
RETRIES = 1
DRAIN_SECONDS = 60.0
"""How long an old model may take to answer what it has."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 10.0
"""Between starts of an engine that does not come up, or breaks at once."""
STABLE_SECONDS = 10.0
BROKEN_STARTS = 3
"""So many in a row, and what waits is refused instead of waiting on."""
WATCH_SECONDS = 1.0

Make = Callable[[EngineSpec, OnEvents, OnEnd], Backend]
Say = Callable[..., None]


def make_backend(spec: EngineSpec, on_events: OnEvents, on_end: OnEnd) -> Backend:
    """The process, or the server, for a specification."""
    if spec.engine == "vllm":
        return VllmServer(spec, on_events, on_end)
    return EngineProcess(spec, on_events, on_end)


@dataclass
class Counts:
    """What happened so far; the metrics read it."""

    restarts: int = 0
    swaps: int = 0
    retried: int = 0
    answered: int = 0


class Supervisor:
    """The engine that answers now, those that drain, and the calls that wait.

    All of it happens in one event loop.

    Args:
        spec: What is served first.
        queue: Calls that may wait; beyond it they are refused.
        stuck_seconds: An engine that gave no sign for so long, with work to do, is killed.
        say: Keeps a line of the log: an event and its values.
        make: Makes an engine's process.
    """

    def __init__(
        self,
        spec: EngineSpec,
        *,
        queue: int = QUEUE,
        stuck_seconds: float = 120.0,
        say: Say = lambda *_, **__: None,
        make: Make = make_backend,
    ) -> None:
        self.spec = spec
        self.counts = Counts()
        self.served: list[str] = []
        self.closing = False
        self._queue, self._stuck_seconds, self._say, self._make = queue, stuck_seconds, say, make
        self._waiting = Waiting()
        self._active: Backend | None = None
        self._old: set[Backend] = set()
        self._info: EngineInfo | None = None
        self._trouble: str | None = None
        self._failures = 0
        self._ready_at = 0.0
        self._rate = 0.0
        self._last = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._swapping = asyncio.Lock()
        self._pumping = False

    @property
    def ready(self) -> bool:
        """Whether an engine answers now."""
        return self._active is not None and not self.closing

    @property
    def info(self) -> EngineInfo:
        """What the engine says of itself; of the last one, while the next is being started."""
        if self._info is None:
            raise away("The model is still being loaded; ask again in some seconds.")
        return self._info

    @property
    def waiting(self) -> int:
        """Calls in the queue."""
        return len(self._waiting)

    @property
    def working(self) -> int:
        """Calls that engines have."""
        return sum(len(backend.calls) for backend in self._backends())

    @property
    def pid(self) -> int | None:
        """Of the engine's process."""
        return self._active.pid if self._active else None

    async def start(self) -> EngineInfo:
        """Load the model.

        Raises:
            AssayError: It cannot be loaded.
        """
        backend = self._make(self.spec, self._events, self._ended)
        self._use(backend, await backend.start())
        self._spawn(self._watch())
        return self.info

    async def swap(self, spec: EngineSpec) -> EngineInfo:
        """Load another model beside the one that answers, then let it answer.

        Raises:
            AssayError: It cannot be loaded; the old one goes on.
        """
        async with self._swapping:
            backend = self._make(spec, self._events, self._ended)
            info = await backend.start()
            if self.closing:
                await backend.close()
                return info
            before, self.spec = self._active, spec
            self._use(backend, info)
            self.counts.swaps += 1
            self._say("swapped", model=info.name)
            if before is not None:
                self._old.add(before)
                self._spawn(self._drain(before))
            return info

    def submit(self, calls: Sequence[Call]) -> None:
        """Queue calls, all or none.

        Raises:
            Refused: The queue is full, or there is no engine to wait for.
        """
        if self.closing:
            raise away("The server is stopping.")
        if self._active is None and self._trouble is not None:
            raise away(f"The engine does not start: {self._trouble}", 10)
        idle = self._active.window - len(self._active.calls) if self._active else 0
        if len(calls) + len(self._waiting) > self._queue + max(0, idle):
            raise Refused(
                429,
                f"{len(self._waiting):,} texts wait already, and at most {self._queue:,} may; ask "
                "again in a moment.",
                "queue_full", retry_seconds=self._retry_seconds(),
            )  # fmt: skip
        for call in calls:
            self._waiting.put(call)
        self._pump_soon()

    def cancel(self, call: Call) -> None:
        """Nobody waits for a call any more: its place is free at once."""
        if not self._waiting.remove(call):
            for backend in self._backends():
                if call.request.id in backend.calls:
                    backend.drop(call)
        self._pump()

    async def close(self) -> None:
        """End the engines; what waits is refused."""
        self.closing = True
        for call in self._waiting.clear():
            call.fail(away("The server is stopping."))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(backend.close() for backend in self._backends()))
        for backend in self._backends():
            for call in backend.calls.values():
                call.fail(away("The server is stopping."))
        self._active = None

    def _backends(self) -> list[Backend]:
        return [*([self._active] if self._active else []), *self._old]

    def _use(self, backend: Backend, info: EngineInfo) -> None:
        self._active, self._info, self._trouble = backend, info, None
        self._ready_at = asyncio.get_running_loop().time()
        if info.name not in self.served:
            self.served.append(info.name)
        self._pump()

    def _pump_soon(self) -> None:
        """Send when all that has come at once is queued: together, it is one write."""
        if not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        """Send what the engine has room for."""
        self._pumping = False
        backend = self._active
        if backend is None:
            return
        room = backend.window - len(backend.calls)
        now = asyncio.get_running_loop().time()
        batch: list[Call] = []
        while room > len(batch) and len(self._waiting):
            call = self._waiting.get()
            call.waited = now - call.since
            batch.append(call)
        if batch:
            backend.send(batch)

    def _events(self, backend: Backend, events: list[Event]) -> None:
        finished = 0
        for kind, name, value in events:
            call = backend.calls.get(name)
            if call is None:
                continue  # nobody waits for it any more
            if kind == "piece":
                call.piece(value)
                continue
            del backend.calls[name]
            finished += 1
            if kind == "answer":
                call.finish(value)
            else:
                call.fail(value)
        if finished:
            self.counts.answered += finished
            self._measure(finished)
            self._pump_soon()

    def _measure(self, finished: int) -> None:
        now = asyncio.get_running_loop().time()
        passed = max(1e-3, now - self._last)
        weight = min(1.0, passed / 5.0)
        self._rate += weight * (finished / passed - self._rate)
        self._last = now

    def _retry_seconds(self) -> int:
        seconds = len(self._waiting) / self._rate if self._rate else 1.0
        return max(1, min(60, math.ceil(seconds / 2)))

    def _ended(self, backend: Backend) -> None:
        """An engine broke: ask its calls once more, and start another one."""
        lost, backend.calls = list(backend.calls.values()), {}
        for call in reversed(lost):
            if call.begun or call.tries >= RETRIES:
                call.fail(away("The engine broke while it answered; ask again.", 2))
            else:
                call.tries += 1
                self.counts.retried += 1
                self._waiting.put(call, first=True)
        self._say("engine_ended", model=self.spec.name, lost=len(lost))
        self._old.discard(backend)
        if backend is self._active:
            self._active = None
            stable = asyncio.get_running_loop().time() - self._ready_at > STABLE_SECONDS
            self._failures = 0 if stable else self._failures + 1
            if not self.closing:
                self._spawn(self._restart())
        else:
            self._pump()

    async def _restart(self) -> None:
        while not self.ready:
            if self._failures:
                pause = FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 10)
                await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, pause))
            backend = self._make(self.spec, self._events, self._ended)
            try:
                info = await backend.start()
            except AssayError as error:
                self._failures += 1
                self._say("engine_failed", model=self.spec.name, error=str(error))
                if self._failures >= BROKEN_STARTS:
                    self._trouble = str(error)
                    for call in self._waiting.clear():
                        call.fail(away(f"The engine does not start: {error}", 10))
                continue
            if self.ready or self.closing:  # another model was loaded meanwhile
                await backend.close()
                return
            self.counts.restarts += 1
            self._say("engine_restarted", model=info.name)
            self._use(backend, info)

    async def _drain(self, backend: Backend) -> None:
        until = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while backend.calls and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.05)
        self._old.discard(backend)
        lost, backend.calls = list(backend.calls.values()), {}
        await backend.close()
        for call in lost:
            call.fail(away("The model was changed while it answered; ask again.", 1))

    async def _watch(self) -> None:
        """Kill an engine that has work and gives no sign: the restart does the rest."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = asyncio.get_running_loop().time()
            for backend in self._backends():
                if backend.calls and now - backend.signs > self._stuck_seconds:
                    self._say("engine_stuck", model=self.spec.name)
                    backend.kill()

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
