"""`assay loadtest` as a person or a script calls it, against stand-ins whose times are known."""

import asyncio
import json
import signal
import time
from itertools import count

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.cli.main import main
from core.cost.measured import load
from core.cost.probe import machine_name
from core.data import dataset as datasets
from core.data.dataset import Example
from core.workspace import Workspace
from tests.deploy.standins import asgi
from tests.serving import spawn

SECRET = "assay-very-secret-key-1234567890"  # noqa: S105
OWN = {"model": "starter-translate", "task": "translation", "device": "cpu", "dataset": "shop@1"}


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "home")


def call(workspace, capfd, *words, status=0):
    with pytest.raises(SystemExit) as end:
        main([*words, "--workspace", str(workspace.root)])
    out = capfd.readouterr()
    assert end.value.code == status, out.err
    return out


class Server:
    """Answers /v1/predict after some seconds; `say` may answer in another way."""

    def __init__(self, seconds=0.01, say=None):
        self.seconds, self.say, self.numbers = seconds, say, count()
        self.headers, self.asked = [], []

    async def model(self, request):
        return JSONResponse(OWN)

    async def predict(self, request):
        body = await request.json()
        number = next(self.numbers)
        self.headers.append(request.headers.get("authorization"))
        self.asked.append(body["inputs"][0])
        await asyncio.sleep(self.seconds)
        said = self.say(number) if self.say else None
        return said or JSONResponse({"outputs": ["x"]})

    @property
    def app(self):
        return Starlette(routes=[Route("/v1/model", self.model),
                                 Route("/v1/predict", self.predict, methods=["POST"])])  # fmt: skip


def test_a_rate_is_measured_kept_and_shown_and_the_key_is_nowhere(workspace, capfd, monkeypatch):
    monkeypatch.setenv("LOAD_KEY", SECRET)
    rows = [Example(str(n), f"in {n}", f"ref {n}") for n in range(3)]
    datasets.save(workspace, "demo", "translation", {"test": rows})
    server = Server()
    with asgi(server.app) as url:
        out = call(workspace, capfd, "loadtest", url, "--rate", "30", "--duration", "3",
                   "--dataset", "demo", "--seed", "4", "--key-env", "LOAD_KEY",
                   "--json")  # fmt: skip
    found = json.loads(out.out)
    stage = found["stages"][0]
    assert found["target"]["dialect"] == "predict"
    assert stage["counts"] == {"ok": stage["sent"]}
    assert stage["sent"] == pytest.approx(81, abs=40)
    assert stage["total"]["p50"]["value"] >= 0.01
    assert found["plan"]["seed"] == 4
    assert found["inputs"] == {"source": "demo", "n": 3, "kind": "dataset", "mean_characters": 4.0}
    assert {one.split()[0] for one in server.asked} == {"in"}
    assert set(server.headers) == {f"Bearer {SECRET}"}
    assert found["predicted"]["counted"] == "tokenizer"
    assert not [path for path in workspace.root.rglob("*")
                if path.is_file() and SECRET.encode() in path.read_bytes()]  # fmt: skip
    name = found["name"]
    shown = call(workspace, capfd, "loadtest", "show", name)
    assert "requests a second" in shown.out
    listed = json.loads(call(workspace, capfd, "loadtest", "list", "--json").out)
    assert [one["name"] for one in listed["loadtests"]] == [name]
    assert name in call(workspace, capfd, "loadtest", "list").out
    call(workspace, capfd, "loadtest", "show", "nothing", status=2)


def test_one_client_calibrates_later_estimates_and_they_say_so(workspace, capfd):
    with asgi(Server(0.02).app) as url:
        out = call(workspace, capfd, "loadtest", url, "--clients", "1", "--duration", "3",
                   "--text", "hello there", "--json")  # fmt: skip
    found = json.loads(out.out)
    if not found["calibrated"]:  # this machine was too busy to be on time, which is said
        assert "trustworthy" in call(workspace, capfd, "loadtest", "show", found["name"]).out
        return
    one = found["predicted"]["compared"][0]
    assert one["regime"] == "alone"
    assert one["measured"] >= 0.02
    machine = load(workspace, machine_name())
    assert machine.served[0].ratio == pytest.approx(one["plain"] / one["measured"])
    cost = call(workspace, capfd, "cost", "serve", "--model", "starter-translate", "--gpu",
                "this-machine", "--usd-per-gpu-hour", "0.1", "--engine", "transformers",
                "--precision", "fp32", "--input-tokens", "5", "--output-tokens", "5",
                "--requests-per-second", "0.1", "--json")  # fmt: skip
    assert json.loads(cost.out)["measured_here"]["n"] == 1
    assert any("Measured here" in words for words in json.loads(cost.out)["assumptions"])
    call(workspace, capfd, "cost", "serve", "--model", "starter-translate", "--gpu",
         "this-machine", "--input-tokens", "5", "--output-tokens", "5",
         "--requests-per-second", "1", status=2)  # fmt: skip


def test_429_and_errors_are_counted_and_their_words_kept(workspace, capfd):
    def say(number):
        if number % 3 == 0:
            return JSONResponse({"error": "enough"}, 429, {"retry-after": "1"})
        return JSONResponse({"error": "boom \x1b[31m"}, 500) if number % 3 == 1 else None

    with asgi(Server(0.001, say).app) as url:
        out = call(workspace, capfd, "loadtest", url, "--rate", "40", "--duration", "2")
    assert "told to come later (429)" in out.out
    assert "boom" in out.out
    assert "\x1b" not in out.out


def test_a_server_that_answers_nothing_keeps_nothing(workspace, capfd):
    with asgi(Server(0.0, lambda _: JSONResponse({"error": "no key"}, 401)).app) as url:
        out = call(workspace, capfd, "loadtest", url, "--rate", "30", "--duration", "1", status=1)
    assert "None of " in out.err
    assert "'no key'" in out.err
    assert call(workspace, capfd, "loadtest", "list").out.startswith("There is no load test")


def test_a_server_that_dies_midway_is_measured_as_far_as_it_went(workspace, capfd):
    server = Server(0.005)
    with asgi(server.app) as url:
        process = spawn("loadtest", url, "--rate", "40", "--duration", "4", "--json",
                        "--workspace", str(workspace.root))  # fmt: skip
        while len(server.asked) < 40:
            time.sleep(0.02)
            assert process.poll() is None, process.stderr.read()
    out, _ = process.communicate(timeout=60)
    counts = json.loads(out)["stages"][0]["counts"]
    assert counts["ok"] > 0
    assert counts["unreachable"] + counts.get("broken", 0) > 0


def test_ctrl_c_keeps_what_was_measured(workspace, capfd):
    server = Server(0.005)
    with asgi(server.app) as url:
        process = spawn("loadtest", url, "--rate", "40", "--duration", "600", "--json",
                        "--workspace", str(workspace.root))  # fmt: skip
        while len(server.asked) < 60:
            time.sleep(0.02)
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    found = json.loads(out)
    assert found["ended"] == "stopped"
    assert found["stages"][0]["counts"]["ok"] >= 40
    assert found["stages"][0]["seconds"] < 60


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["127.0.0.1:8600"], "cannot be asked"),
        (["ftp://127.0.0.1"], "cannot be asked"),
        (["http://me:pw@127.0.0.1"], "a password"),
        (["http://127.0.0.1:1", "--shape", "lunch", "--requests-per-day", "9"], "lunch"),
        (["http://127.0.0.1:1", "--shape", "flat"], "requests-per-day is missing"),
        (["http://127.0.0.1:1", "--rate", "0"], "rate: 0 cannot be"),
        (["http://127.0.0.1:1", "--rate", "1000000000"], "at most 5,000"),
        (["http://127.0.0.1:1", "--rate", "nan"], "rate: nan"),
        (["http://127.0.0.1:1", "--rate", "2", "--ramp"], "--rate and --ramp are two ways"),
        (["http://127.0.0.1:1", "--clients", "2", "--rate", "2"], "two ways"),
        (["http://127.0.0.1:1", "--rate", "2", "--minutes", "3"], "--minutes is for --shape"),
        (["http://127.0.0.1:1", "--rate", "2", "--duration", "0"], "duration: 0"),
        (["http://127.0.0.1:1", "--rate", "4000", "--duration", "9999"], "at most 1,000,000"),
        (["http://127.0.0.1:1", "--shape", "flat", "--requests-per-day", "9", "--duration", "9"],
         "--minutes"),
        (["http://127.0.0.1:1", "--text", "x", "--file", "y"], "give one of"),
        (["http://127.0.0.1:1", "--dataset", "nothing"], "nothing"),
        (["http://127.0.0.1:1", "--key-env", "NOBODY_HAS_THIS"], "is not set"),
        (["https://api.example.com", "--rate", "2"], "sends about 60 requests to api.example.com"),
        (["http://192.168.0.9", "--ramp"], "--yes"),
        (["http://127.0.0.1:1", "--clients", "0"], "clients: 0"),
        (["http://127.0.0.1:1", "--flood"], "--flood"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(workspace, capfd, words, said):
    out = call(workspace, capfd, "loadtest", *words, status=2)
    assert said in out.err
    assert out.err.count("\n") == 1
    assert not workspace.database_path.exists()


def test_nobody_there(workspace, capfd):
    out = call(workspace, capfd, "loadtest", "http://127.0.0.1:9", "--rate", "1", status=1)
    assert "Nothing answers at http://127.0.0.1:9" in out.err
