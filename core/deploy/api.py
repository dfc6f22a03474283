"""What all paths of the server share: who asks, what is asked of the engine, what is kept of it."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.types import Receive

from core.data.declined import declined
from core.deploy.call import Call
from core.deploy.engine import EngineAnswer, EngineInfo, EngineRequest, TooLong
from core.deploy.keys import NOBODY, Doorkeeper
from core.deploy.limits import Limits
from core.deploy.log import Log
from core.deploy.metrics import Metrics
from core.deploy.refusal import Refused, away, wrong
from core.deploy.supervise import Supervisor
from core.deploy.traffic import Row, Traffic
from core.errors import AssayError, RequestError

Remember = Callable[[dict[str, Any]], str]
"""Keep a judgement and return its id; raises RequestError for a bad one."""
Knows = Callable[[str], bool]
"""Whether there was a request of that id, however long ago."""

LEFT = 499
"""Of a caller that left before the answer; nobody reads it but the log and the metrics."""
ID_BYTES, IDS_AT_ONCE = 12, 256
_chance: list[str] = []
"""Random hexadecimals that are not used yet; used in the event loop alone."""
RECENT = 1_000
RECENT_CHARACTERS = 4_000_000


@dataclass
class Visit:
    """One HTTP request on its way through the server.

    Attributes:
        id: Its name, which the caller gets.
        path: The path's row, or "other": what metrics know it by.
        caller: The name of the key, or where it comes from.
        at, started: When it came, by the clock and by the performance counter.
        calls: What was asked of the engine.
        model, task: What answers.
        first_seconds: To the first piece of a stream.
        status: Of the answer.
        param: The field that holds the text, for messages.
    """

    id: str
    path: str
    openai: bool
    caller: str = NOBODY
    at: float = field(default_factory=time.time)
    started: float = field(default_factory=time.perf_counter)
    calls: list[Call] = field(default_factory=list)
    model: str | None = None
    task: str | None = None
    first_seconds: float | None = None
    status: int = 500
    param: str = "inputs"

    @property
    def seconds(self) -> float:
        """Since it came."""
        return time.perf_counter() - self.started


def new_id() -> str:
    """A name for a request that nobody can guess: feedback on it is taken from whoever has it."""
    if not _chance:
        # Many at once: asking the system for each took a tenth of what a request costs.
        drawn = secrets.token_bytes(ID_BYTES * IDS_AT_ONCE)
        _chance.extend(drawn[at : at + ID_BYTES].hex() for at in range(0, len(drawn), ID_BYTES))
    return f"r-{_chance.pop()}"


@dataclass
class Server:
    """What a server is made of.

    Attributes:
        supervisor: Keeps the engine.
        door: Who may come in.
        limits: What one request may ask.
        metrics, log, traffic: What is kept of each request.
        remember: Keeps feedback.
        knows: Whether there was a request.
        alias: Another name of what is served, which stays when the model changes.
        recent: Texts of the last requests, by their ids; recent_characters: how many in all.
        allowance: How many judgements a caller may still send, and since when, by its name.
        document: The server as OpenAPI describes it.
    """

    supervisor: Supervisor
    door: Doorkeeper
    limits: Limits
    metrics: Metrics
    log: Log
    remember: Remember
    knows: Knows
    traffic: Traffic | None = None
    alias: str | None = None
    recent: "OrderedDict[str, list[tuple[str, str | None, str]]]" = field(
        default_factory=OrderedDict
    )
    recent_characters: int = 0
    allowance: dict[str, tuple[float, float]] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)

    def names(self) -> list[str]:
        """By what the model may be asked for: as it is called, and as it was."""
        # A caller keeps the old name while the model is changed: its request must not fail.
        own = [self.supervisor.info.name, *([self.alias] if self.alias else [])]
        return list(dict.fromkeys([*own, *self.supervisor.served]))

    def model(self, visit: Visit, wanted: object) -> EngineInfo:
        """What the engine says of itself, if it is what is wanted.

        Raises:
            Refused: It is another model, or the engine was never there.
        """
        info = self.supervisor.info
        if wanted is not None and wanted not in self.names():
            raise Refused(
                404,
                f"There is no model called {str(wanted)[:100]!r} here; this server has "
                f"{info.name!r}.",
                "model_not_found", param="model",
            )  # fmt: skip
        visit.model, visit.task = info.name, info.task
        return info

    def submit(self, visit: Visit, requests: Sequence[EngineRequest]) -> list[Call]:
        """Queue what a visit asks; its calls are kept with it.

        Raises:
            Refused: The queue is full, or there is no engine.
        """
        visit.calls = [Call(request, visit.caller) for request in requests]
        self.supervisor.submit(visit.calls)
        return visit.calls

    async def ask(
        self, request: Request, visit: Visit, requests: Sequence[EngineRequest]
    ) -> list[EngineAnswer]:
        """Answers, in the order of what is asked.

        Raises:
            Refused: The text cannot be answered, it took too long, or the caller left.
        """
        calls = self.submit(visit, requests)
        answers = asyncio.gather(*(call.answer for call in calls))
        gone = asyncio.ensure_future(until_gone(request.receive))
        try:
            either: set[asyncio.Future[Any]] = {answers, gone}
            left = max(0.0, self.limits.seconds - visit.seconds)
            await asyncio.wait(either, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if answers.done():
                return answers.result()
            if gone.done():
                raise Refused(LEFT, "The caller left.")
            raise late(self.limits)
        except (AssayError, Refused) as error:
            raise refused(error, visit.param) from None
        finally:
            gone.cancel()
            for call in calls:
                if not call.answer.done():
                    self.supervisor.cancel(call)
            answers.cancel()

    def note(self, visit: Visit) -> None:
        """Keep what is to be kept of a visit that has ended."""
        seconds = visit.seconds
        self.metrics.requests.labels(visit.path, str(visit.status)).inc()
        self.metrics.seconds.labels(visit.path).observe(seconds)
        if visit.first_seconds is not None:
            self.metrics.first.observe(visit.first_seconds)
        given = [_answer(call) for call in visit.calls]
        tokens_in = sum(answer.input_tokens for answer in given if answer)
        tokens_out = sum(answer.output_tokens for answer in given if answer)
        self.metrics.tokens.labels("input").inc(tokens_in)
        self.metrics.tokens.labels("output").inc(tokens_out)
        for call in visit.calls:
            if call.waited is not None:
                self.metrics.queued.observe(call.waited)
        self._log(visit, seconds, given, tokens_in, tokens_out)
        if self.traffic is not None:
            for place, call in enumerate(visit.calls):
                self.traffic.add(_row(visit, place, call.request, given[place], seconds))
        if visit.calls:
            self._keep(visit, given)

    def _log(
        self, visit: Visit, seconds: float, given: list[EngineAnswer | None], tokens_in: int,
        tokens_out: int,
    ) -> None:  # fmt: skip
        waited = [call.waited for call in visit.calls if call.waited is not None]
        texts: dict[str, Any] = {}
        if self.log.texts and visit.calls:
            texts = {
                "inputs": [call.request.text for call in visit.calls],
                "outputs": [answer.text if answer else None for answer in given],
            }
        self.log.say(
            "request", request=visit.id, path=visit.path, status=visit.status, caller=visit.caller,
            model=visit.model, seconds=round(seconds, 4), texts=len(visit.calls) or None,
            waited=round(max(waited), 4) if waited else None,
            first_seconds=round(visit.first_seconds, 4) if visit.first_seconds else None,
            input_tokens=tokens_in or None, output_tokens=tokens_out or None, **texts,
        )  # fmt: skip

    def _keep(self, visit: Visit, given: list[EngineAnswer | None]) -> None:
        """Keep the texts in memory for a while, so that feedback need not send them again."""
        pairs = list(zip(visit.calls, given, strict=True))
        rows = [(c.request.text, c.request.context, a.text) for c, a in pairs if a is not None]
        if len(rows) < len(pairs):
            return
        self.recent[visit.id] = rows
        self.recent_characters += _size(rows)
        while len(self.recent) > RECENT or self.recent_characters > RECENT_CHARACTERS:
            _, gone = self.recent.popitem(last=False)
            self.recent_characters -= _size(gone)


def _size(rows: list[tuple[str, str | None, str]]) -> int:
    return sum(len(text) + len(context or "") + len(answer) for text, context, answer in rows)


def _answer(call: Call) -> EngineAnswer | None:
    done = call.answer.done() and not call.answer.cancelled()
    return call.answer.result() if done and call.answer.exception() is None else None


def _row(
    visit: Visit, place: int, request: EngineRequest, answer: EngineAnswer | None, seconds: float
) -> Row:  # fmt: skip
    text = answer.text if answer else None
    classified = answer is not None and answer.scores is not None
    writes = answer is not None and answer.embedding is None
    return Row(
        visit.id, place, visit.at, visit.model or "", visit.task or "", visit.path, visit.status,
        len(request.text), round(seconds, 6),
        answer.input_tokens if answer else None, answer.output_tokens if answer else None,
        label=text if classified else None, confidence=answer.confidence if answer else None,
        refused=declined(text or "") if writes else None,
        input=request.text, context=request.context, output=text,
    )  # fmt: skip


def refused(error: Exception, param: str | None = None) -> Refused:
    """An engine's error as the caller is told of it."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, TooLong):
        return Refused(400, str(error), "context_length_exceeded", param=param)
    if isinstance(error, RequestError):
        return wrong(str(error), param)
    return away(str(error))


def late(limits: Limits) -> Refused:
    """An answer took longer than it may."""
    return Refused(
        504,
        f"There was no answer within {limits.seconds:g} s; ask for less, or again when there is "
        "less to do.",
        "timeout",
    )


async def until_gone(receive: Receive) -> None:
    """Wait until the caller leaves."""
    while (await receive())["type"] != "http.disconnect":
        continue
