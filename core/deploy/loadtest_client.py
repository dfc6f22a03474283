"""Asks a server: a pool of connections, a limit of time, and a word for whatever comes back."""

import asyncio
import json
import ssl
from collections import deque
from dataclasses import dataclass

import h11
import httpx2

from core.deploy.loadtest_answers import taker_of
from core.deploy.loadtest_dialects import Asked, Dialect
from core.deploy.loadtest_samples import Reply
from core.deploy.loadtest_wire import Cut, Stale, Wire
from core.errors import BadInput
from core.text.literal import printable

QUOTED = 160
"""Characters of a server's own words that are kept."""
AGENT = "assay-loadtest"


@dataclass(frozen=True)
class Address:
    """Where to connect, and the path."""

    host: str
    port: int
    path: str
    secure: bool

    @classmethod
    def of(cls, url: str) -> "Address":
        """The address of a URL that was checked."""
        parts = httpx2.URL(url)
        secure = parts.scheme == "https"
        return cls(parts.host, parts.port or (443 if secure else 80), parts.path, secure)

    @property
    def name(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


class Client:
    """Asks one address in one dialect; of one event loop.

    The time limit counts from when a request was due, as its time does.
    """

    def __init__(self, address: Address, dialect: Dialect, asked: list[Asked], *,
                 timeout_seconds: float, key: str | None, stream: bool) -> None:  # fmt: skip
        if not asked:
            raise BadInput("There is nothing to ask: the inputs are empty.")
        self._address, self._dialect, self._asked = address, dialect, asked
        self._timeout, self._key, self._stream = timeout_seconds, key, stream
        self._idle: deque[Wire] = deque()
        self._tls = ssl.create_default_context() if address.secure else None
        self._heads = [self._head(one) for one in asked]

    def _head(self, asked: Asked) -> h11.Request:
        headers = [
            ("Host", self._address.name),
            ("User-Agent", AGENT),
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream" if self._stream else "application/json"),
            ("Accept-Encoding", "identity"),
            ("Content-Length", str(len(asked.body))),
        ]
        if self._key:
            headers.append(("Authorization", f"Bearer {self._key}"))
        return h11.Request(method="POST", target=self._address.path, headers=headers)

    async def send(self, number: int, due: float) -> Reply:
        """Ask the input of a number, from the first on again after the last."""
        loop = asyncio.get_running_loop()
        place = number % len(self._asked)
        try:
            async with asyncio.timeout_at(due + self._timeout):
                return await self._once(place)
        except TimeoutError:
            return Reply("timeout", loop.time())
        except Cut as cut:
            return Reply(cut.outcome, loop.time(), said=cut.said)
        except (OSError, ssl.SSLError) as error:
            return Reply("unreachable", loop.time(), said=self._words(str(error)))

    async def _once(self, place: int) -> Reply:
        loop = asyncio.get_running_loop()
        while True:
            wire = await self._wire()
            taker = taker_of(self._dialect, stream=self._stream)
            try:
                status = await wire.ask(self._heads[place], self._asked[place].body, taker)
            except Stale:
                continue
            except BaseException:
                wire.close()
                raise
            ended, error = loop.time(), bytes(wire.error)
            if wire.open:
                self._idle.append(wire)
            if status != 200:
                return Reply(_outcome(status), ended, status, said=self._words(_said(error)))
            return taker.reply(ended)

    async def _wire(self) -> Wire:
        while self._idle:
            wire = self._idle.pop()
            if wire.open:
                return wire
        _, made = await asyncio.get_running_loop().create_connection(
            Wire, self._address.host, self._address.port, ssl=self._tls
        )
        return made

    def _words(self, text: str) -> str:
        """A server's words, short, on one line, without the key."""
        whole = text.replace(self._key, "[key]") if self._key else text
        return " ".join(printable(whole).split())[:QUOTED]

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()


def _outcome(status: int) -> str:
    if status == 429:
        return "busy"
    if 200 <= status < 300:
        return "garbage"  # an answer that is none of those that were asked for
    return {3: "redirected", 4: "refused", 5: "failed"}.get(status // 100, "garbage")


def _said(body: bytes) -> str:
    """What an error says: {"error": "…"} or {"error": {"message": "…"}}, else its first words."""
    text = body.decode("utf-8", "replace")
    try:
        error = json.loads(text)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return text
    return str(error.get("message", "")) if isinstance(error, dict) else str(error)
