"""The HTTP service over one model, as an ASGI app; `core.deploy.openapi.PATHS` has its paths.

An error is {"error": "one sentence"} with a 4xx or 5xx status, and on the paths that OpenAI has, as
OpenAI writes it. Every answer carries `x-request-id`. Where a key was made, or $ASSAY_TOKEN is set,
every path but /healthz wants `Authorization: Bearer KEY`.
"""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.deploy.api import LEFT, Server
from core.deploy.front import Front, refusal
from core.deploy.openapi import PATHS, document
from core.deploy.refusal import Refused
from core.deploy.routes import Path, visit_of


def build(server: Server, *, allowed_hosts: Sequence[str] | None = None) -> Front:
    """The service.

    Args:
        server: What it is made of.
        allowed_hosts: Names under which it may be asked; None = any.
    """
    server.document = document(guarded=server.door.guarded)
    app = Starlette(
        routes=[_route(server, path) for path in PATHS],
        exception_handlers={HTTPException: _elsewhere, Refused: _refused, 500: _broken},
    )
    hosts = None if allowed_hosts is None else frozenset(h.casefold() for h in allowed_hosts)
    return Front(app, server, {path.path: path for path in PATHS}, hosts)


def _route(server: Server, path: Path) -> Route:
    async def answer(request: Request) -> Response:
        return await path.handler(server, request, visit_of(request))

    return Route(path.path, answer, methods=[path.method])


async def _elsewhere(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = {
        404: "There is nothing at this path; /docs lists what there is: /v1/predict and others.",
        405: "This path takes another method; /docs says which.",
    }
    headers = error.headers if isinstance(error, HTTPException) else None
    told = Refused(status, words.get(status, "The request cannot be answered."), "not_found")
    answer = refusal(told, openai=visit_of(request).openai)
    answer.headers.update(headers or {})
    return answer


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - it is called for nothing else
    if error.status == LEFT:
        return Response(status_code=LEFT)
    return refusal(error, openai=visit_of(request).openai)


async def _broken(request: Request, error: Exception) -> Response:
    told = Refused(500, "The server made a mistake; its log says which.", "internal_error")
    return refusal(told, openai=visit_of(request).openai)
