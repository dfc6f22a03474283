"""The HTTP service: a small JSON API over one model.

    GET  /healthz      {"status": "ok"}
    GET  /v1/model     what answers: model, task, dataset, device
    POST /v1/predict   {"inputs": ["…"], "contexts": ["…"]?} -> {"model", "outputs", "seconds"}
    POST /v1/feedback  {"input", "output", "verdict": "up"|"down", "correction"?} -> {"feedback"}

An error is {"error": "one sentence"} with a 4xx status. With $ASSAY_TOKEN set, every path but
/healthz wants `Authorization: Bearer TOKEN`.
"""

import hmac
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.errors import RequestError
from core.units import MIB

Answer = Callable[[Sequence[str], Sequence[str | None]], list[str]]
"""Inputs and contexts in, answers out, in the same order."""
Remember = Callable[[dict[str, Any]], str]
"""Keep a judgement and return its id; raises RequestError for a bad one."""

MAX_BODY_BYTES = MIB
MAX_INPUTS = 32
MAX_CHARACTERS = 5_000


def build(
    answer: Answer,
    description: dict[str, Any],
    remember: Remember,
    *,
    token: str | None,
    allowed_hosts: Sequence[str] = ("*",),
) -> Starlette:
    """Return the service for one loaded model.

    Args:
        answer: The model; called by one thread at a time.
        description: What /v1/model says; "model" is its name.
        remember: Keeps feedback.
        token: What callers must present, or None.
        allowed_hosts: Names under which it may be asked: on loopback, only loopback's own, or a
            foreign name pointed at 127.0.0.1 would let another site's page in.
    """
    one_at_a_time = threading.Lock()

    def locked(inputs: list[str], contexts: list[str | None]) -> list[str]:
        with one_at_a_time:
            return answer(inputs, contexts)

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def model(request: Request) -> JSONResponse:
        _authorise(request, token)
        return JSONResponse(description)

    async def predict(request: Request) -> JSONResponse:
        _authorise(request, token)
        body = await _body(request)
        inputs, contexts = _texts(body)
        started = time.perf_counter()
        try:
            outputs = await run_in_threadpool(locked, inputs, contexts)
        except RequestError as error:
            raise HTTPException(400, str(error)) from None
        seconds = round(time.perf_counter() - started, 4)
        return JSONResponse({"model": description["model"], "outputs": outputs, "seconds": seconds})

    async def feedback(request: Request) -> JSONResponse:
        _authorise(request, token)
        body = await _body(request)
        try:
            return JSONResponse({"feedback": remember(body)}, status_code=201)
        except RequestError as error:
            raise HTTPException(400, str(error)) from None

    return Starlette(
        routes=[
            Route("/healthz", health),
            Route("/v1/model", model),
            Route("/v1/predict", predict, methods=["POST"]),
            Route("/v1/feedback", feedback, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts))],
        exception_handlers={HTTPException: _error},
    )


async def _error(_: Request, error: Exception) -> JSONResponse:
    detail = error.detail if isinstance(error, HTTPException) else "The request failed."
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = {
        404: "There is nothing at this path; see /v1/model, /v1/predict and /v1/feedback.",
        405: "This path takes another method: POST for /v1/predict and /v1/feedback, else GET.",
    }
    return JSONResponse({"error": words.get(status, detail)}, status_code=status)


def _authorise(request: Request, token: str | None) -> None:
    given = request.headers.get("authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise HTTPException(401, "This server wants the header 'Authorization: Bearer TOKEN'.")


async def _body(request: Request) -> dict[str, Any]:
    # A page of another site cannot send this type without asking first, and is not allowed to.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "Send JSON, with the header 'Content-Type: application/json'.")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY_BYTES:
            raise HTTPException(413, f"The request is larger than {MAX_BODY_BYTES:,} bytes.")
    try:
        body = json.loads(bytes(raw))
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise HTTPException(400, "The request is not JSON.") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "The request is not a JSON object.")
    return body


def _texts(body: dict[str, Any]) -> tuple[list[str], list[str | None]]:
    inputs = body.get("inputs")
    if isinstance(inputs, str):
        inputs = [inputs]
    contexts = body.get("contexts")
    if contexts is None and isinstance(inputs, list):
        contexts = [None] * len(inputs)
    if (
        not isinstance(inputs, list)
        or not isinstance(contexts, list)
        or not 1 <= len(inputs) <= MAX_INPUTS
        or len(contexts) != len(inputs)
    ):
        raise HTTPException(
            400,
            f'"inputs" must be a list of 1 to {MAX_INPUTS} texts, and "contexts", where given, as '
            "many.",
        )
    for text in (*inputs, *(c for c in contexts if c is not None)):
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_CHARACTERS:
            raise HTTPException(
                400, f"Every text must be a string of 1 to {MAX_CHARACTERS:,} characters."
            )
    return inputs, contexts
