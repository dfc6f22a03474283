"""What stands between the network and the app: who may ask, and what the browser may load.

A page of any site, open in the same browser, can send requests to a server on this machine. So a
request must name this server as its host (or a foreign name pointed at 127.0.0.1 would do), must
not come from another site's page, and must carry the token where one is set.
"""

import base64
import hashlib
import hmac
import re
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import spoken

LOOPBACK = ("127.0.0.1", "localhost", "::1")
COOKIE = "assay_token"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
HEALTH = "/_stcore/health"
"""Says "ok" and nothing else, with or without the token: whether the server is up."""

_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def content_security_policy() -> str:
    """What the page may load: itself, and the inline scripts of the index page and of `spoken`."""
    index = (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()
    scripts = [*_INLINE_SCRIPT.findall(index), *map(str.encode, spoken.SCRIPTS.values())]
    digests = [hashlib.sha256(script).digest() for script in scripts]
    inline = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self'{inline}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' ws: wss:",
            "worker-src 'self' blob:",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


class Guard:
    """ASGI middleware: checks every HTTP request and WebSocket, and adds headers to every answer.

    Args:
        app: What it guards.
        host: The address the server listens on.
        token: What a visitor must show, once as `?token=…` and then by cookie; None = nothing.
    """

    def __init__(self, app: ASGIApp, host: str, token: str | None) -> None:
        self.app = app
        self.token = token
        # Behind a proxy the host has another name; there the token does the work.
        self.loopback_only = host in LOOPBACK and token is None
        self.headers = {
            "content-security-policy": content_security_policy(),
            "x-frame-options": "DENY",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        answer = self._answer(HTTPConnection(scope))
        if answer is None:
            await self.app(scope, receive, with_headers)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await answer(scope, receive, with_headers)

    def _answer(self, request: HTTPConnection) -> Response | None:
        """What to answer instead of the app; None = let it pass."""
        host = request.headers.get("host", "")
        if self.loopback_only and urlsplit(f"//{host}").hostname not in LOOPBACK:
            return PlainTextResponse("This server answers to localhost only.", 403)
        origin = request.headers.get("origin")
        safe = request.scope["type"] == "http" and request.scope["method"] in SAFE_METHODS
        if origin and not safe and urlsplit(origin).netloc != host:
            return PlainTextResponse("Requests from another site's page are refused.", 403)
        if self.token is None or request.url.path == HEALTH:
            return None
        return self._check_token(request, self.token)

    def _check_token(self, request: HTTPConnection, token: str) -> Response | None:
        known = hashlib.sha256(token.encode()).hexdigest()
        if hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), known.encode()):
            return None
        shown = request.query_params.get("token", "")
        if not hmac.compare_digest(shown.encode(), token.encode()):
            return PlainTextResponse(
                "This dashboard asks for its token once: add ?token=… to the address, with the "
                "value of ASSAY_TOKEN on the machine that runs it.",
                401,
            )
        # Send the visitor on without the token, so that it does not stay in the address bar.
        rest = request.url.remove_query_params("token")
        target = rest.path + (f"?{rest.query}" if rest.query else "")
        answer = RedirectResponse(target, 303)
        answer.set_cookie(
            COOKIE, known, httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
        return answer
