"""The door: a name for each request, the host it asks for, the key it shows, what is kept of it."""

from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.deploy.api import Server, Visit, new_id
from core.deploy.refusal import Refused
from core.deploy.routes import OPEN, Path

HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}


class Front:
    """ASGI middleware around all paths.

    Args:
        app: What answers.
        server: What it is made of.
        paths: The paths there are, by their path.
        allowed_hosts: Names under which it may be asked: on loopback, only loopback's own, or a
            foreign name pointed at 127.0.0.1 would let another site's page in. None = any.
    """

    def __init__(
        self, app: ASGIApp, server: Server, paths: dict[str, Path],
        allowed_hosts: frozenset[str] | None,
    ) -> None:  # fmt: skip
        self._app, self._server, self._paths = app, server, paths
        self._hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        row = self._paths.get(scope["path"])
        visit = Visit(new_id(), row.path if row else "other", bool(row and row.openai))
        scope["visit"] = visit

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                MutableHeaders(scope=message).update({"x-request-id": visit.id, **HEADERS})
            await send(message)

        try:
            await self._pass(scope, receive, with_headers, visit)
        except Refused as error:
            await refusal(error, openai=visit.openai)(scope, receive, with_headers)
        finally:
            self._server.note(visit)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, visit: Visit) -> None:
        headers = Headers(scope=scope)
        if self._hosts is not None and _host(headers.get("host", "")) not in self._hosts:
            raise Refused(400, "This server answers to its own address only.", "invalid_host")
        who = self._server.door.who(headers.get("authorization", ""))
        if who is None and scope["path"] not in OPEN:
            raise Refused(401, "This server wants the header 'Authorization: Bearer KEY'.",
                          "invalid_api_key")  # fmt: skip
        # Without keys, callers are told apart by where they come from: they take turns.
        peer = scope.get("client")
        visit.caller = who if who and self._server.door.guarded else str(peer[0]) if peer else "-"
        await self._app(scope, receive, send)


def refusal(error: Refused, *, openai: bool) -> JSONResponse:
    """A refusal as an answer."""
    body: dict[str, Any] = error.body(openai=openai)
    return JSONResponse(body, error.status, headers=error.headers)


def _host(header: str) -> str:
    """The name in a Host header, without the port."""
    if header.startswith("["):
        return header.partition("]")[0].removeprefix("[")
    return header.partition(":")[0].casefold()
