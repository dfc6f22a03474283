"""The server's end of an engine's process: start it, send it requests, hear of its end."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from core.deploy import frames
from core.deploy.call import Call
from core.deploy.engine import EngineInfo, EngineSpec, Event, kind_of
from core.errors import WorkFailed
from core.jobs.launch import environment

LOAD_SECONDS = 600.0
"""A large model takes minutes to read from a slow disk; nothing takes longer."""
CLOSE_SECONDS = 5.0

OnEvents = Callable[["Backend", list[Event]], None]
OnEnd = Callable[["Backend"], None]


class Backend(Protocol):
    """What answers: a process of ours, or a server that we started.

    Attributes:
        info: What it says of itself, once it is ready.
        calls: Sent to it and not answered, by id.
        window: How many may be.
        signs: When it last gave a sign, by the event loop's clock.
    """

    info: EngineInfo
    calls: dict[str, Call]
    window: int
    signs: float

    @property
    def pid(self) -> int | None:
        """Of its process."""

    async def start(self) -> EngineInfo:
        """Start it, and wait until it is ready."""

    def send(self, calls: Sequence[Call]) -> None:
        """Ask."""

    def drop(self, call: Call) -> None:
        """Nobody waits for a call any more."""

    def kill(self) -> None:
        """End it at once."""

    async def close(self) -> None:
        """End it; what it works on is lost."""


class EngineProcess:
    """`python -m core.deploy.worker` with one model.

    Args:
        spec: What it loads.
        on_events: Called with what comes of the calls, in the event loop.
        on_end: Called once, if it ends without having been asked to.
    """

    info: EngineInfo

    def __init__(self, spec: EngineSpec, on_events: OnEvents, on_end: OnEnd) -> None:
        self.spec = spec
        self.calls: dict[str, Call] = {}
        # Twice a batch: the next one is there when this one is done.
        self.window = 2 * spec.max_batch
        self.signs = 0.0
        self._on_events, self._on_end = on_events, on_end
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def pid(self) -> int | None:
        """Of its process."""
        return self._process.pid if self._process else None

    async def start(self) -> EngineInfo:
        """Start it, and wait until the model is loaded.

        Raises:
            AssayError: The model cannot be loaded; what the process said of it.
        """
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "core.deploy.worker", stdin=PIPE, stdout=PIPE, env=environment()
        )
        try:
            order = {"load": kind_of(self.spec.engine).target, "spec": self.spec.to_json()}
            self._write(order)
            async with asyncio.timeout(LOAD_SECONDS):
                first = await self._next()
        except TimeoutError:
            await self.close()
            raise WorkFailed(
                f"{self.spec.name} was not loaded within {LOAD_SECONDS:.0f} s; the machine may be "
                "out of memory."
            ) from None
        except asyncio.CancelledError:
            await self.close()
            raise
        if first is None or "ready" not in first:
            await self.close()
            raise self._why(first)
        self.info = EngineInfo(**first["ready"])
        self.signs = asyncio.get_running_loop().time()
        self._reading = asyncio.create_task(self._read())
        return self.info

    def _why(self, first: dict[str, Any] | None) -> Exception:
        if first is not None and "failed" in first:
            return frames.error_of(first["failed"], first["message"])
        return WorkFailed(
            f"The process that loads {self.spec.name} ended without a word; the machine may be out "
            "of memory."
        )

    def send(self, calls: Sequence[Call]) -> None:
        """Ask; the answers come by `on_events`."""
        if not self.calls:
            self.signs = asyncio.get_running_loop().time()
        for call in calls:
            self.calls[call.request.id] = call
        self._write({"take": [call.request.__dict__ for call in calls]})

    def drop(self, call: Call) -> None:
        """Nobody waits for a call any more."""
        if self.calls.pop(call.request.id, None) is not None:
            self._write({"drop": [call.request.id]})

    def kill(self) -> None:
        """End it at once; `on_end` is called as if it had broken."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def close(self) -> None:
        """End it; what it works on is lost."""
        self._closing = True
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reading is not None:
            await self._reading

    def _write(self, message: dict[str, Any]) -> None:
        pipe = self._process.stdin if self._process else None
        # Of a process that has just died its end tells; here nothing is lost.
        if pipe is not None and not pipe.is_closing():
            pipe.write(frames.pack(message))

    async def _next(self) -> dict[str, Any] | None:
        """The next message; None where the process has ended."""
        pipe = self._process.stdout if self._process else None
        if pipe is None:
            return None
        try:
            head = await pipe.readexactly(frames.LENGTH_BYTES)
            return frames.unpack(await pipe.readexactly(frames.length(head)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def _read(self) -> None:
        try:
            while (message := await self._next()) is not None and "broken" not in message:
                self.signs = asyncio.get_running_loop().time()
                self._on_events(self, [frames.event_of(item) for item in message["events"]])
        finally:
            # Whatever it was: with nobody to read, its calls would wait for ever.
            if not self._closing:
                self.kill()
                if self._process is not None:
                    await self._process.wait()
                self._on_end(self)
