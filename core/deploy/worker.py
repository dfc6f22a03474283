"""An engine in a process of its own: `python -m core.deploy.worker`, spoken to over pipes.

It ends with the pipe. A thread reads while the model computes, so that a request that nobody waits
for any more is known at once.
"""

import importlib
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from typing import IO, Any

from core.deploy import frames
from core.deploy.engine import Engine, EngineRequest, EngineSpec, Event
from core.errors import AssayError, WorkFailed

MOST_INHERITED = 1_024
LINGER_SHARE = 0.1
LEAST_LINGER_SECONDS, MOST_LINGER_SECONDS = 0.003, 0.05
"""A batch waits for others to come along, where the one before had several: for this share of the
time which that one took, within bounds, and no longer than until as many are there."""


class Inbox:
    """Requests that wait in this process, filled by the thread that reads.

    Args:
        dropped: The engine's set of ids that nobody waits for.
    """

    def __init__(self, dropped: set[str]) -> None:
        self._waiting: deque[EngineRequest] = deque()
        self._dropped = dropped
        self._came = threading.Condition()

    def put(self, message: dict[str, Any]) -> None:
        """Take a message of the server."""
        with self._came:
            self._dropped.update(message.get("drop", ()))
            for fields in message.get("take", ()):
                self._waiting.append(EngineRequest(**{**fields, "stop": tuple(fields["stop"])}))
            self._came.notify()

    def get(self, room: int, *, wait: bool, hoped: int, linger: float) -> list[EngineRequest]:
        """Up to `room` requests.

        Args:
            room: How many can be taken.
            wait: Whether to wait for the first.
            hoped: How many are likely to come.
            linger: Seconds to wait for them.
        """
        with self._came:
            while wait and not self._waiting:
                self._came.wait()
            until = time.monotonic() + linger
            while len(self._waiting) < min(room, hoped):
                left = until - time.monotonic()
                if left <= 0 or not self._came.wait(left):
                    break
            return [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]


def serve(engine: Engine, inbox: Inbox, answers: IO[bytes]) -> None:
    """Answer what comes, for ever."""

    def emit(events: list[Event]) -> None:
        if events:
            answers.write(frames.pack_events(events))
            engine.dropped.difference_update(name for kind, name, _ in events if kind != "piece")

    before, took = 0, 0.0
    while True:
        idle = not engine.busy
        linger = min(MOST_LINGER_SECONDS, max(LEAST_LINGER_SECONDS, LINGER_SHARE * took))
        hoped = before if idle and before > 1 else 0
        new = inbox.get(engine.room, wait=idle, hoped=hoped, linger=linger)
        if new and idle:
            before = len(new)
        engine.take(new)
        started = time.monotonic()
        try:
            engine.step(emit)
            took = time.monotonic() - started
        except Exception as error:
            # What it worked on is lost with it; the server starts another one and asks again.
            traceback.print_exc()
            answers.write(frames.pack({"broken": f"{type(error).__name__}: {error}"[:300]}))
            raise


def load(target: str, spec: dict[str, Any]) -> Engine:
    """What loads an engine, by its name, and the engine."""
    module, function = target.split(":")
    engine: Engine = getattr(importlib.import_module(module), function)(EngineSpec(**spec))
    return engine


def main() -> int:
    """Load what the first message says, then answer."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # meant for the server, which ends the pipe in time
    # uvloop hands down what the server may hand down, such as the lock by which a job is alive.
    os.closerange(3, MOST_INHERITED)
    # Whatever a library prints goes to standard error: the pipe carries answers only.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    source = sys.stdin.buffer
    order = frames.read(source)
    if order is None:
        return 0
    try:
        engine = load(order["load"], order["spec"])
    except Exception as error:
        traceback.print_exc()
        known = isinstance(error, AssayError)
        kind = type(error).__name__ if known else WorkFailed.__name__
        words = str(error) if known else f"The model could not be loaded: {_first(error)}"
        answers.write(frames.pack({"failed": kind, "message": words}))
        return 1
    inbox = Inbox(engine.dropped)
    threading.Thread(target=_read, args=(source, inbox), daemon=True).start()
    answers.write(frames.pack({"ready": engine.info.__dict__}))
    serve(engine, inbox, answers)
    return 0


def _read(source: IO[bytes], inbox: Inbox) -> None:
    while (message := frames.read(source)) is not None:
        inbox.put(message)
    # The server is gone or wants no more: also from the midst of a long computation.
    os._exit(0)


def _first(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0][:300]}" if words else type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
