"""Clients that open a connection and drip, or say nothing: they are sent away.

uvicorn lets a connection wait for its next request for a while, but for the rest of a head for
ever: a thousand such clients would hold a thousand places.
"""

import asyncio
from typing import Any

import uvicorn

LOOK_SECONDS = 1.0
_BODY = b'{"error": "The request did not come in time."}'
ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n" % len(_BODY)
) + _BODY


async def send_away(server: uvicorn.Server, head_seconds: float) -> None:
    """Look at all connections, again and again."""
    since: dict[Any, float] = {}
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = asyncio.get_running_loop().time()
        waiting = {one for one in server.server_state.connections if _waits(one)}
        since = {one: since.get(one, now) for one in waiting}
        for one, at in since.items():
            if now - at > head_seconds:
                one.transport.write(ANSWER)
                one.transport.close()


def _waits(connection: Any) -> bool:
    """Whether a connection has begun a request and not said it whole, or has begun none."""
    if connection.timeout_keep_alive_task is not None:
        return False  # between two requests; uvicorn counts the time
    cycle = connection.cycle
    return cycle is None or bool(cycle.response_complete)
