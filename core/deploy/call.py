"""Texts that wait for an engine: one call each, in a queue that is bounded and fair.

Standard library only.
"""

import asyncio
from collections import OrderedDict, deque

from core.deploy.engine import EngineAnswer, EngineRequest


class Call:
    """A text on its way to an engine and back. Made, and used, in the event loop.

    Attributes:
        request: What is asked.
        caller: Whose it is: calls of one take turns with those of others.
        answer: Set with the answer, or with what went wrong.
        pieces: Of the answer, as they come, if they were asked for; None after the last.
        begun: Whether a piece has come: then it cannot be asked again.
        tries: How often an engine broke with it.
        waited: Seconds it stood in the queue; None = it still does.
    """

    def __init__(self, request: EngineRequest, caller: str) -> None:
        self.request, self.caller = request, caller
        loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[EngineAnswer] = loop.create_future()
        self.pieces: asyncio.Queue[str | None] | None = asyncio.Queue() if request.stream else None
        self.begun = False
        self.tries = 0
        self.since = loop.time()
        self.waited: float | None = None

    def piece(self, text: str) -> None:
        """Take a piece of the answer."""
        self.begun = True
        if self.pieces is not None:
            self.pieces.put_nowait(text)

    def finish(self, answer: EngineAnswer) -> None:
        """Take the answer."""
        if not self.answer.done():
            self.answer.set_result(answer)
        if self.pieces is not None:
            if not self.begun and answer.text:
                self.pieces.put_nowait(answer.text)  # the engine gives an answer as a whole
            self.pieces.put_nowait(None)

    def fail(self, error: Exception) -> None:
        """Take what went wrong."""
        if not self.answer.done():
            self.answer.set_exception(error)
            # Whoever asked may be gone; nobody is to be told of an error that nobody fetched.
            self.answer.exception()
        if self.pieces is not None:
            self.pieces.put_nowait(None)


class Waiting:
    """A queue in which callers take turns, and the calls of each stay in order."""

    def __init__(self) -> None:
        self._callers: OrderedDict[str, deque[Call]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, call: Call, *, first: bool = False) -> None:
        """Put a call at the end of its caller's line, or at its front."""
        line = self._callers.setdefault(call.caller, deque())
        if first:
            line.appendleft(call)
            self._callers.move_to_end(call.caller, last=False)
        else:
            line.append(call)
        self._count += 1

    def get(self) -> Call:
        """The call whose turn it is.

        Raises:
            KeyError: There is none.
        """
        caller, line = self._callers.popitem(last=False)
        call = line.popleft()
        if line:
            self._callers[caller] = line  # and goes behind the others
        self._count -= 1
        return call

    def remove(self, call: Call) -> bool:
        """Take a call out; False if it is not there."""
        line = self._callers.get(call.caller)
        if line is None or call not in line:
            return False
        line.remove(call)
        if not line:
            del self._callers[call.caller]
        self._count -= 1
        return True

    def clear(self) -> list[Call]:
        """Take all out."""
        found = [call for line in self._callers.values() for call in line]
        self._callers.clear()
        self._count = 0
        return found
