"""The clients of the serve benchmark, in a process of their own: prints what they saw as JSON.

    python -m tests.benchmarks.serve_client URL --clients N --seconds S [--rate R] [--tokens N]
        [--texts FILE]

Without --rate each client asks again as soon as it is answered (closed loop); with it requests come
at that rate by chance (a Poisson process), whether or not others were answered (open loop).
"""

import argparse
import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

HEAD = (
    "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Content-Length: {length}\r\n\r\n"
)


class Client:
    """One kept-alive connection: as little of a client as there can be, to measure the server."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and answer; a connection that was closed between two requests is opened again."""
        raw = json.dumps(body).encode()
        for _ in range(2):
            if self._writer is None:
                self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
            assert self._reader is not None
            try:
                self._writer.write(HEAD.format(length=len(raw)).encode() + raw)
                head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                self._writer = None
                continue
            fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            answer = await self._reader.readexactly(int(fields["content-length"]))
            if fields.get("connection") == "close":
                self._writer = None
            return int(head[0].split()[1]), json.loads(answer)
        raise ConnectionError("The server closed two connections in a row.")


async def closed(host: str, port: int, texts: list[str], args: argparse.Namespace) -> list[Any]:
    """So many clients that ask one after the other."""
    until = time.monotonic() + args.seconds
    seen: list[Any] = []

    async def one(number: int) -> None:
        client = Client(host, port)
        place = number
        while time.monotonic() < until:
            place += args.clients
            await timed(client, texts[place % len(texts)], args.tokens, seen)

    await asyncio.gather(*(one(number) for number in range(args.clients)))
    return seen


async def opened(host: str, port: int, texts: list[str], args: argparse.Namespace) -> list[Any]:
    """Requests at a rate, by chance."""
    rng = random.Random(0)
    free: list[Client] = []
    seen: list[Any] = []
    tasks = []

    async def one(text: str) -> None:
        client = free.pop() if free else Client(host, port)
        await timed(client, text, args.tokens, seen)
        free.append(client)

    start = at = time.monotonic()
    while at - start < args.seconds:
        at += rng.expovariate(args.rate)
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        tasks.append(asyncio.create_task(one(texts[len(tasks) % len(texts)])))
    await asyncio.gather(*tasks)
    return seen


async def timed(client: Client, text: str, tokens: int, seen: list[Any]) -> None:
    """Ask once: when, how long, the status, tokens; a connection that breaks is -1."""
    at, started = time.time(), time.perf_counter()
    try:
        status, answer = await client.post({"prompt": text, "max_tokens": tokens})
        written = answer.get("usage", {}).get("completion_tokens", 0)
    except (ConnectionError, asyncio.IncompleteReadError):
        status, written = -1, 0
    seen.append((at, time.perf_counter() - started, status, written))


def main() -> None:
    """Print [[at, seconds, status, tokens], …]."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--texts", type=Path, required=True)
    args = parser.parse_args()
    host, port = args.url.removeprefix("http://").split(":")
    texts = json.loads(args.texts.read_text(encoding="utf-8"))
    work = opened if args.rate else closed
    json.dump(asyncio.run(work(host, int(port), texts, args)), sys.stdout)


if __name__ == "__main__":
    main()
