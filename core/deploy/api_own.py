"""This server's own paths: predict, classify, translate, feedback, and what it says of itself."""

import time
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from core.deploy.api import Server, Visit
from core.deploy.docs import page
from core.deploy.engine import EngineAnswer, EngineInfo, EngineRequest
from core.deploy.fields import Field, either, integer, listed, one_of, text
from core.deploy.fields import read as checked
from core.deploy.limits import Limits, read_object
from core.deploy.metrics import CONTENT_TYPE
from core.deploy.refusal import Refused, away, wrong
from core.errors import RequestError

DEFAULT = Limits()
_TEXT = text(DEFAULT.characters)
_MODEL = Field("model", text(200), "The model's name; left out = the one that is served.")
_INPUTS = Field("inputs", either(listed(_TEXT, DEFAULT.inputs), _TEXT), "The texts.", required=True)
_TOKENS = Field("max_tokens", integer(1, 2**31 - 1), "Longest answer, in tokens.")
_CONTEXTS = Field(
    "contexts", listed(either(_TEXT, one_of(None)), DEFAULT.inputs),
    "For question answering, the passage of each input; as many as inputs.",
)  # fmt: skip
PREDICT = (_INPUTS, _CONTEXTS, _MODEL, _TOKENS)
TEXTS = (_INPUTS, _MODEL)
_LONG = text(20_000, blank=True)
FEEDBACK = (
    Field("verdict", one_of("up", "down", "note"), "Whether the answer is good; note = a comment.",
          required=True),
    Field("request_id", text(100), "The answer's x-request-id, or the id in its body."),
    Field("index", integer(0, DEFAULT.inputs - 1), "Which text of that request; 0 = the first."),
    Field("input", _LONG, "What was asked; may be left out soon after the request."),
    Field("output", _LONG, "What was answered; the same."),
    Field("context", _LONG, "The passage, where there was one."),
    Field("correction", _LONG, "What the answer should have been."),
    Field("comment", _LONG, "What else there is to say of it."),
)  # fmt: skip


async def predict(server: Server, request: Request, visit: Visit) -> Response:
    """Answers to texts, as the model was tuned to give them."""
    body = checked(await read_object(request, server.limits), PREDICT)
    started = time.perf_counter()
    info, answers = await _ask(server, request, visit, body)
    return JSONResponse({
        "model": info.name, "outputs": [answer.text for answer in answers],
        "seconds": round(time.perf_counter() - started, 4), "request_id": visit.id,
    })  # fmt: skip


async def classify(server: Server, request: Request, visit: Visit) -> Response:
    """Labels of texts, and how likely each is."""
    body = checked(await read_object(request, server.limits), TEXTS)
    started = time.perf_counter()
    _must(server.model(visit, body.get("model")), "text-classification", "/v1/classify")
    info, answers = await _ask(server, request, visit, body)
    return JSONResponse({
        "model": info.name,
        "labels": [
            {"label": a.text, "confidence": a.confidence, "scores": a.scores} for a in answers
        ],
        "seconds": round(time.perf_counter() - started, 4), "request_id": visit.id,
    })  # fmt: skip


async def translate(server: Server, request: Request, visit: Visit) -> Response:
    """Translations of texts."""
    body = checked(await read_object(request, server.limits), TEXTS)
    started = time.perf_counter()
    _must(server.model(visit, body.get("model")), "translation", "/v1/translate")
    info, answers = await _ask(server, request, visit, body)
    return JSONResponse({
        "model": info.name, "translations": [answer.text for answer in answers],
        "seconds": round(time.perf_counter() - started, 4), "request_id": visit.id,
    })  # fmt: skip


def _must(info: EngineInfo, task: str, path: str) -> None:
    if info.task != task:
        raise wrong(
            f"{info.name} does {info.task}, and {path} is for {task}; ask /v1/predict, or "
            "/v1/embeddings for vectors."
        )


async def _ask(
    server: Server, request: Request, visit: Visit, body: dict[str, Any]
) -> tuple[EngineInfo, list[EngineAnswer]]:
    info = server.model(visit, body.get("model"))
    inputs = [body["inputs"]] if isinstance(body["inputs"], str) else body["inputs"]
    contexts = body.get("contexts") or [None] * len(inputs)
    if "contexts" in body and len(contexts) != len(inputs):
        raise wrong('"contexts" must be as many as "inputs", or left out.', "contexts")
    if info.task == "question-answering" and not all(contexts):
        raise wrong(
            f"{info.name} finds answers in a text: send it as the context of each input.",
            "contexts",
        )
    most = longest(info, body.get("max_tokens"))
    answers = await server.ask(request, visit, [
        EngineRequest(f"{visit.id}-{place}", "predict", asked, context, most)
        for place, (asked, context) in enumerate(zip(inputs, contexts, strict=True))
    ])  # fmt: skip
    return info, answers


def longest(info: EngineInfo, wanted: int | None) -> int | None:
    """The longest answer that is asked for.

    Raises:
        Refused: The model may not write so much.
    """
    if wanted is not None and info.writes and wanted > info.answer_tokens:
        raise wrong(
            f"max_tokens is {wanted:,}; this server writes at most {info.answer_tokens:,} tokens "
            "an answer.", "max_tokens",
        )  # fmt: skip
    return wanted


async def feedback(server: Server, request: Request, visit: Visit) -> Response:
    """Keep what a user said of an answer."""
    body = checked(await read_object(request, server.limits), FEEDBACK)
    _slowly(server, visit)
    linked = {**await _linked(server, body), "sender": visit.caller}
    try:
        kept = await run_in_threadpool(server.remember, linked)
    except RequestError as error:
        seconds = getattr(error, "retry_after_seconds", None)
        if seconds is None:
            raise wrong(str(error)) from None
        raise Refused(429, str(error), "rate_limited", retry_seconds=round(seconds)) from None
    return JSONResponse({"feedback": kept}, 201)


async def _linked(server: Server, body: dict[str, Any]) -> dict[str, Any]:
    """The judgement with the texts of the request it is about, where they are still there."""
    if "request_id" not in body:
        return body
    name = body["request_id"].removeprefix("chatcmpl-").removeprefix("cmpl-")
    rows = server.recent.get(name)
    if rows is None:
        if not await run_in_threadpool(server.knows, name):
            raise Refused(
                404,
                f"There was no request {name[:60]!r} here; send the x-request-id of the answer, or "
                "leave request_id away.",
                "request_not_found", param="request_id",
            )  # fmt: skip
        if "input" not in body:
            raise wrong("The texts of that request are not kept any more; send its input and "
                        "output along.", "input")  # fmt: skip
        return {**body, "request_id": name}
    if server.traffic is not None:  # what is kept of the request must be there to point at
        await run_in_threadpool(server.traffic.flush)
    index = body.get("index", 0)
    if index >= len(rows):
        raise wrong(f"That request had {len(rows)} texts; the first has the index 0.", "index")
    asked, context, output = rows[index]
    return {"input": asked, "context": context, "output": output, **body, "request_id": name}


def _slowly(server: Server, visit: Visit) -> None:
    """Take no more judgements of a caller than a person can make.

    Raises:
        Refused: It sends them faster.
    """
    most = server.limits.feedback_per_minute
    now = time.monotonic()
    left, at = server.allowance.pop(visit.caller, (float(most), now))
    left = min(float(most), left + (now - at) * most / 60)
    server.allowance[visit.caller] = (left - 1 if left >= 1 else left, now)
    while len(server.allowance) > 10_000:  # the callers that were quiet longest
        server.allowance.pop(next(iter(server.allowance)))
    if left < 1:
        raise Refused(
            429, f"At most {most} judgements a minute are taken from a caller; send the rest "
            "later.", "rate_limited", retry_seconds=max(1, round((1 - left) * 60 / most)),
        )  # fmt: skip


async def model(server: Server, request: Request, visit: Visit) -> Response:
    """What answers."""
    info = server.supervisor.info
    fields = {**asdict(info), "model": info.name, "dataset": info.tuned_on}
    del fields["name"], fields["tuned_on"]
    return JSONResponse({**fields, "alias": server.alias, **server.supervisor.spec.about})


async def health(server: Server, request: Request, visit: Visit) -> Response:
    """The process is up."""
    return JSONResponse({"status": "ok"})


async def ready(server: Server, request: Request, visit: Visit) -> Response:
    """An engine answers."""
    if not server.supervisor.ready:
        raise away("The engine is not ready; ask again in some seconds.", 1)
    return JSONResponse({"status": "ready"})


async def metrics(server: Server, request: Request, visit: Visit) -> Response:
    """Counters, as Prometheus reads them."""
    return PlainTextResponse(server.metrics.text(), media_type=CONTENT_TYPE)


async def document(server: Server, request: Request, visit: Visit) -> Response:
    """All of this, as OpenAPI."""
    return JSONResponse(server.document)


async def docs(server: Server, request: Request, visit: Visit) -> Response:
    """All of this, for people."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    headers = {"content-security-policy": policy, "x-frame-options": "DENY"}
    return HTMLResponse(page(server.document), headers=headers)
