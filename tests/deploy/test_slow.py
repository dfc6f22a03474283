"""Clients that drip, hold on, or come by the thousand."""

import contextlib
import json
import resource
import socket
import time

import pytest

from core.deploy.limits import Limits
from tests.deploy.fakes import running

HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def connect(up):
    host, port = up.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def answer(connection):
    """All that comes until the server closes."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65_536):
            found += piece
    return found


@pytest.fixture(scope="module")
def up():
    with running(limits=Limits(head_seconds=0.5, body_seconds=0.5)) as found:
        yield found


@pytest.mark.parametrize("sent", [b"", b"GET /heal", HEAD])
def test_half_a_head_is_sent_away(up, sent):
    with connect(up) as connection:
        connection.sendall(sent)
        said = answer(connection)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"did not come in time" in said


def test_half_a_body_is_sent_away(up):
    with connect(up) as connection:
        connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"in')
        said = answer(connection)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert b"did not come within" in said
        assert said.count(b"HTTP/1.1") == 1


def test_half_a_second_request_on_a_connection_is_sent_away(up):
    with connect(up) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /heal")
        assert answer(connection).startswith(b"HTTP/1.1 408 ")


def test_what_is_no_http_is_refused(up):
    with connect(up) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01 hello\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400")
    assert up.get("/healthz").status_code == 200


def test_a_thousand_connections():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4_096:  # both ends of each are in this process
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4_096, hard), hard))
    body = json.dumps({"inputs": "a"}).encode()
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with running() as up, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(up)) for _ in range(1_000)]
        assert up.post("/v1/predict", {"inputs": "a"}).json()["outputs"] == ["A"]
        started = time.monotonic()
        for connection in idle:
            connection.sendall(request)
        statuses = [connection.recv(65_536).split(b" ", 2)[1] for connection in idle]
        assert set(statuses) <= {b"200", b"429"}
        assert statuses.count(b"200") >= 64
        assert time.monotonic() - started < 60
