# ruff: noqa: S104, S105 - made-up addresses and secrets
"""The guard alone, asked as a browser, a stranger and another site's page would."""

import asyncio
import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard import spoken
from dashboard.guard import COOKIE, HEALTH, Guard

TOKEN = "correct horse"


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [
        (b"x-frame-options", b"ALLOWALL")]})  # fmt: skip
    await send({"type": "http.response.body", "body": b"in"})


def ask(path="/", *, kind="http", method="GET", host="localhost:8501", token=None,
        listen="127.0.0.1", query="", **headers):  # fmt: skip
    """Status (or the WebSocket's answer) and headers."""
    sent = []
    raw = [(b"host", host.encode())]
    raw += [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": kind, "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
        "scheme": "http" if kind == "http" else "ws", "query_string": query.encode(),
        "headers": raw, "server": ("127.0.0.1", 8501), "http_version": "1.1",
    }  # fmt: skip

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b""}

    # In a thread of its own: Playwright keeps an event loop in the main one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, Guard(app, listen, token)(scope, receive, send)).result()
    if kind == "websocket":
        return sent[0]["type"], {}
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered


def test_every_answer_carries_the_headers():
    for path, host in (("/", "localhost:8501"), ("/", "evil.example")):
        _, headers = ask(path, host=host)
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_policy_allows_own_scripts_and_no_others():
    policy = ask()[1]["content-security-policy"]
    scripts = policy.partition("script-src ")[2].partition(";")[0]
    for script in spoken.SCRIPTS.values():
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in scripts
    assert "unsafe" not in scripts
    assert "http" not in scripts
    assert "img-src 'self' data: blob:;" in policy


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost"])
def test_loopback_names_are_let_in(host):
    assert ask(host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8501", "", "10.0.0.7"])
def test_a_foreign_name_pointed_at_this_machine_is_refused(host):
    assert ask(host=host)[0] == 403


def test_another_sites_page_can_neither_post_nor_open_a_socket():
    evil = {"origin": "http://evil.example"}
    assert ask(method="POST", **evil)[0] == 403
    assert ask(method="PUT", **evil)[0] == 403
    assert ask("/_stcore/stream", kind="websocket", **evil)[0] == "websocket.close"


def test_the_own_page_can():
    own = {"origin": "http://localhost:8501"}
    assert ask(method="POST", **own)[0] == 200
    assert ask("/_stcore/stream", kind="websocket", **own)[0] == "websocket.accept"


def test_with_a_token_nothing_is_open_but_health():
    for path in ("/", "/train", "/app/static/mark.png", "/_stcore/host-config"):
        assert ask(path, token=TOKEN, listen="0.0.0.0")[0] == 401
    assert ask("/_stcore/stream", kind="websocket", token=TOKEN)[0] == "websocket.close"
    assert ask(HEALTH, token=TOKEN)[0] == 200


def test_the_token_is_shown_once_and_then_kept_in_a_cookie():
    status, headers = ask("/train", token=TOKEN, query="token=correct+horse&lang=zh")
    assert status == 303
    assert headers["location"] == "/train?lang=zh"
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert TOKEN not in cookie
    pair = cookie.partition(";")[0]
    assert ask(token=TOKEN, cookie=pair)[0] == 200
    assert ask("/_stcore/stream", kind="websocket", token=TOKEN, cookie=pair)[0] == (
        "websocket.accept"
    )


@pytest.mark.parametrize("shown", ["", "wrong", "correct", "Correct horse", "correct horse "])
def test_a_wrong_token_is_refused(shown):
    assert ask(token=TOKEN, query=f"token={shown}".replace(" ", "+"))[0] == 401
    assert ask(token=TOKEN, cookie=f"{COOKIE}={shown or 'x'}")[0] == 401


def test_behind_a_proxy_with_a_token_other_names_are_fine():
    assert ask(host="assay.example", token=TOKEN)[0] == 401
    known = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert ask(host="assay.example", token=TOKEN, cookie=f"{COOKIE}={known}")[0] == 200
