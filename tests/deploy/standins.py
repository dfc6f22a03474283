"""Servers on a free port that do what a test says, in a thread of their own."""

import asyncio
import json
import threading
from contextlib import contextmanager

import uvicorn


class Raw:
    """A server that speaks no HTTP unless it is told to: what it got, and where to ask."""

    def __init__(self):
        self.got = []
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def raw(talk):
    """`await talk(number, reader, writer)` for each connection, numbered from 0."""
    server, ready, loop = Raw(), threading.Event(), asyncio.new_event_loop()
    count = iter(range(10**6))

    async def connected(reader, writer):
        try:
            await talk(next(count), reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # whoever asked has given up
        finally:
            writer.close()

    async def main():
        made = await asyncio.start_server(connected, "127.0.0.1", 0)
        server.port = made.sockets[0].getsockname()[1]
        server.stop = asyncio.Event()
        ready.set()
        await server.stop.wait()
        made.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(server.stop.set)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def request(reader):
    """Read a request; its head and body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next((int(line.split(":")[1]) for line in head.lower().splitlines()
                   if line.startswith("content-length")), 0)  # fmt: skip
    return head, await reader.readexactly(length)


def answer(body, status="200 OK", kind="application/json"):
    """A whole answer as bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n").encode() + data  # fmt: skip


@contextmanager
def asgi(app):
    """An ASGI app under uvicorn; gives its URL."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=0, log_config=None, log_level="error", access_log=False
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the stand-in did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
