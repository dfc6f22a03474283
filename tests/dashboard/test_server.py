# ruff: noqa: S104, S106, S310 - made-up addresses and secrets
"""The server as a user starts and ends it."""

import socket
import urllib.error
import urllib.request

import pytest

from core.errors import BadInput, Busy
from core.workspace import Workspace
from dashboard import server
from tests.serving import dashboard, interrupt, spawn


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.status, answer.headers, answer.read()


def test_it_serves_pages_fonts_and_theme_behind_the_guard(workspace):
    with dashboard(workspace) as url:
        assert url.startswith("http://localhost:")
        status, headers, body = fetch(url)
        assert status == 200
        assert b"<title>" in body
        assert "script-src 'self'" in headers["content-security-policy"]
        assert fetch(f"{url}/_stcore/health")[2] == b"ok"
        font = fetch(f"{url}/app/static/ibm-plex-sans-latin-400-normal.woff2")
        assert font[1]["content-type"] == "font/woff2"


def test_a_token_is_truly_asked_for(workspace):
    with dashboard(workspace, "--host", "0.0.0.0", ASSAY_TOKEN="secret") as url:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            fetch(url)
        jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert jar.open(f"{url}/?token=secret", timeout=30).status == 200
        assert jar.open(url, timeout=30).status == 200


def test_ctrl_c_ends_it_without_a_traceback(workspace):
    process = spawn("dashboard", "--port", "0", "--no-browser", "--workspace", str(workspace.root))
    assert process.stdout.readline().startswith("Assay is at")
    status, said = interrupt(process)
    assert status == 130
    assert "Traceback" not in said


def test_a_taken_port_is_said_in_a_sentence(workspace):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = spawn("dashboard", "--port", str(port), "--workspace", str(workspace.root))
        _, said = process.communicate(timeout=60)
        assert process.returncode == 2
        assert said == (
            f"assay: Port {port} is in use, perhaps by a dashboard that is already open at "
            f"http://localhost:{port}; look there, or choose another with --port N.\n"
        )
        with pytest.raises(Busy):
            server.bind("127.0.0.1", port)


def test_the_network_is_closed_without_a_token():
    with pytest.raises(BadInput, match="ASSAY_TOKEN"):
        server.check_exposure("0.0.0.0", None)
    server.check_exposure("0.0.0.0", "secret")
    server.check_exposure("127.0.0.1", None)


def test_an_address_of_another_machine_is_said_in_a_sentence():
    with pytest.raises(BadInput, match=r"cannot listen on 203\.0\.113\.7"):
        server.bind("203.0.113.7", 0)
