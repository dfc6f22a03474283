"""An answer piece by piece, as server-sent events."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core.deploy.api import LEFT, Server, Visit, late, refused, until_gone
from core.deploy.call import Call
from core.deploy.engine import EngineAnswer
from core.deploy.refusal import Refused
from core.errors import AssayError

END = b"data: [DONE]\n\n"

Opened = Callable[[], list[dict[str, Any]]]
OnPiece = Callable[[str], dict[str, Any]]
Closed = Callable[[EngineAnswer], list[dict[str, Any]]]


class EventStream(Response):
    """Sends pieces as they come. The caller's leaving, and the time limit, end the call.

    Nothing is sent before the first piece: what is wrong with the text is told with its own status.

    Args:
        server, visit, call: Whose answer.
        opened: Events before the first piece.
        piece: The event of a piece.
        closed: Events after the last.
    """

    def __init__(
        self, server: Server, visit: Visit, call: Call, opened: Opened, piece: OnPiece,
        closed: Closed,
    ) -> None:  # fmt: skip
        super().__init__(media_type="text/event-stream")
        self._server, self._visit, self._call = server, visit, call
        self._opened, self._piece, self._closed = opened, piece, closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream, as far as it goes."""
        left = max(0.0, self._server.limits.seconds - self._visit.seconds)
        work = asyncio.ensure_future(self._send(scope, receive, send))
        gone = asyncio.ensure_future(until_gone(receive))
        try:
            await asyncio.wait({work, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                return
            work.cancel()
            await asyncio.wait({work})
            if gone.done():
                if self._visit.first_seconds is None:
                    raise Refused(LEFT, "The caller left.")
                self._visit.status = LEFT
                return
            await self._fail(send, late(self._server.limits))
        finally:
            for task in (work, gone):
                task.cancel()
            if not self._call.answer.done():
                self._server.supervisor.cancel(self._call)

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        pieces = self._call.pieces
        assert pieces is not None  # noqa: S101 - the call was made to stream
        first = await pieces.get()
        if first is None and self._call.answer.exception() is not None:
            raise refused(_error(self._call), self._visit.param)
        self._visit.first_seconds = self._visit.seconds
        await self._start(send)
        await self._say(send, self._opened())
        gathered = [first]
        while gathered[-1] is not None:
            await self._say(send, [self._piece(piece) for piece in gathered if piece])
            gathered = [await pieces.get()]
            # What has gathered while the last was sent goes along in one packet.
            while not pieces.empty():
                gathered.append(pieces.get_nowait())
        await self._say(send, [self._piece(piece) for piece in gathered if piece])
        if self._call.answer.exception() is not None:
            await self._fail(send, refused(_error(self._call), self._visit.param))
            return
        await self._say(send, self._closed(self._call.answer.result()))
        await send({"type": "http.response.body", "body": END})

    async def _start(self, send: Send) -> None:
        self._visit.status = 200
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"),
                   (b"x-accel-buffering", b"no")]  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _say(self, send: Send, events: list[dict[str, Any]]) -> None:
        lines = [f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events]
        if not lines:
            return
        body = "".join(lines).encode()
        await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _fail(self, send: Send, error: Refused) -> None:
        """Tell of an error: with its status if nothing was sent yet, else as an event."""
        if self._visit.first_seconds is None:
            raise error
        await self._say(send, [error.body(openai=True)])
        await send({"type": "http.response.body", "body": b""})
        self._visit.status = error.status


def _error(call: Call) -> AssayError | Refused:
    error = call.answer.exception()
    assert isinstance(error, AssayError | Refused)  # noqa: S101 - nothing else is set
    return error
