"""A dataset of the Hub, from a server on this machine that answers as the Hub does."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from core.data import hub
from core.data.collect import Source
from core.data.sources import find
from core.errors import NotFound, Offline

COMMIT = "c0ffee" + "0" * 34
FILES = {
    "README.md": b"---\nlicense: mit\n---\n",
    "train.csv": b"text,label\n" + b"".join(b"row %d,%c\n" % (n, 97 + n % 2) for n in range(40)),
    "test.csv": b"text,label\nheld out,a\n",
    "loader.py": b"raise SystemExit('executed')",
    "weights.pkl": b"\x80\x04.",
}


class _Hub(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, body):
        path = self.path.partition("?")[0]
        type(self).asked.append(path)
        if path.startswith("/api/datasets/acme/mails"):
            siblings = [{"rfilename": name, "size": len(data)} for name, data in FILES.items()]
            tree = [
                {
                    "type": "file",
                    "path": name,
                    "size": len(data),
                    "oid": "0" * 40,
                }
                for name, data in FILES.items()
            ]
            info = {"id": "acme/mails", "sha": COMMIT, "siblings": siblings, "private": False,
                    "downloads": 0, "tags": [], "likes": 0}  # fmt: skip
            return self._send(json.dumps(tree if "/tree/" in path else info).encode(), body)
        name = path.rpartition("/")[2]
        if path == f"/datasets/acme/mails/resolve/{COMMIT}/{name}" and name in FILES:
            return self._send(FILES[name], body)
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        return self.end_headers()

    def _send(self, data, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def server():
    _Hub.asked = []
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()
    thread.join()


def assay(tmp_path, endpoint, *arguments):
    code = "import sys\nfrom core.cli.main import main\nmain(sys.argv[1:])"
    env = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hf"),
           "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "0",
           "ASSAY_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1",
           "HF_HUB_DISABLE_PROGRESS_BARS": "1"}  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", code, "data", "import", *arguments], env=env, capture_output=True,
        text=True, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip


def test_a_dataset_is_fetched_at_its_commit_without_its_code(tmp_path, server):
    done = assay(tmp_path, server, "acme/mails", "--task", "text-classification", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["name"] == "mails"
    assert made["source"] == f"Hugging Face Hub acme/mails@{COMMIT}"
    assert made["notes"] == "Licence, as its card says: mit."
    assert (made["rows"], made["splits"]["test"]) == (41, 1)
    fetched = {path.name for path in (tmp_path / "hf").rglob("*") if path.suffix in (".py", ".pkl")}
    assert fetched == set()
    assert not [path for path in _Hub.asked if path.endswith((".py", ".pkl"))]


def test_without_a_network_the_copy_is_used_and_else_it_is_said_at_once(tmp_path, server):
    arguments = ("acme/mails", "--task", "text-classification", "--json")
    assert assay(tmp_path, server, *arguments).returncode == 0
    nowhere = "http://127.0.0.1:9"
    again = assay(tmp_path, nowhere, *arguments)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["source"].endswith(f"acme/mails@{COMMIT}")
    done = assay(tmp_path, nowhere, "acme/other", "--task", "text-classification")
    assert done.returncode == 1
    assert "acme/other is on the Hugging Face Hub and there is no network" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_hub_that_never_answers_is_no_network(monkeypatch):
    monkeypatch.setattr(hub, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(
        hub, "_info", lambda *_: hub.within(hub.PROBE_SECONDS, lambda: time.sleep(2))
    )
    monkeypatch.setattr(hub, "_copy", lambda *_: None)
    with pytest.raises(Offline, match="use a local file, or a sample such as localise-de"):
        hub.fetch("acme/mails")


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("acme/mails", ("acme/mails", None)),
        ("hf:acme/mails@v1.0", ("acme/mails", "v1.0")),
        ("acme/mails@refs/convert/parquet", ("acme/mails", "refs/convert/parquet")),
        ("mails", None),
        ("../../etc", None),
        ("a/b/c", None),
        ("/etc/passwd", None),
        ("acme/..", None),
        ("acme/mails\0", None),
        ("x" * 300 + "/y", None),
    ],
)
def test_what_can_be_an_id(text, parsed):
    assert hub.parse(text) == parsed


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "\0",
        "x" * 300,
        "x" * 300 + ".csv",
        "gone.csv",
        "data/train.csv",
        "data/train.jsonl.gz",
    ],
)
def test_a_hostile_name_is_no_file_and_no_question_to_the_hub(tmp_path, name):
    with pytest.raises(NotFound, match="There is no file"):
        find([Source(tmp_path / name, name)])


def test_a_name_in_a_folder_that_is_here_is_no_id(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFound, match="no file 'data/train'"):
        find([Source(Path("data/train"), "data/train")])
