"""`assay serve` from outside: as a job, with a real model, killed, stopped, and asked wrongly."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx2
import psutil
import pytest

from core.cli.main import main
from core.deploy.service import services
from core.jobs import runner
from core.jobs.store import JobStore
from core.run import ServeRequest, start
from core.workspace import Workspace
from tests.deploy.fakes import until


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Serving:
    """A server that a job runs."""

    def __init__(self, workspace, **fields):
        self.workspace = workspace
        request = ServeRequest("starter-translate", port=free_port(), **fields)
        self.job = start(workspace, request)[0]
        self.url = f"http://127.0.0.1:{request.port}"
        until(lambda: any(s.ready or not s.job.active for s in services(workspace)), 120)
        self.client = httpx2.Client(base_url=self.url, trust_env=False, timeout=60)
        until(self.listens)

    def listens(self):
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx2.ConnectError:
            return False

    def engine(self):
        with JobStore(self.workspace) as store:
            server = psutil.Process(store.get(self.job.id).pid)
        found = [child for child in server.children() if _is_engine(child)]
        return found[0] if found else None

    def stop(self):
        self.client.close()
        runner.cancel(self.workspace, self.job.id)
        until(lambda: not self.state().active, 40)

    def state(self):
        runner.reconcile(self.workspace)
        with JobStore(self.workspace) as store:
            return store.get(self.job.id)


def _is_engine(process):
    try:
        return "core.deploy.worker" in process.cmdline()
    except psutil.Error:
        return False  # it ended in this moment


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    found = Serving(Workspace.open(tmp_path_factory.mktemp("serving")), log_texts=False)
    yield found
    found.stop()
    assert found.state().state == "cancelled"


def test_it_translates_and_says_what_it_is(serving):
    reply = serving.client.post("/v1/translate", json={"inputs": "The weather is good today."})
    assert reply.status_code == 200
    assert reply.json()["translations"][0]
    about = serving.client.get("/v1/model").json()
    assert (about["model"], about["engine"]) == ("starter-translate", "ctranslate2")
    service = services(serving.workspace, "starter-translate")[0]
    assert (service.url, service.ready) == (serving.url, True)


def test_the_engine_killed_under_load(serving):
    statuses, seconds, stop = [], [], threading.Event()
    texts = {"inputs": ["The weather is good today.", "We meet at the station."]}

    def load():
        with httpx2.Client(base_url=serving.url, trust_env=False, timeout=60) as client:
            while not stop.is_set():
                started = time.monotonic()
                reply = client.post("/v1/predict", json=texts)
                statuses.append(reply.status_code)
                seconds.append(time.monotonic() - started)
                assert reply.status_code == 200 or int(reply.headers["retry-after"]) >= 1

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: len(statuses) > 10)
    before = serving.engine()
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: (now := serving.engine()) is not None and now.pid != before.pid, 60)
    until(lambda: serving.client.get("/readyz").status_code == 200, 60)
    since = len(statuses)
    until(lambda: len(statuses) > since + 10)
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200
    metrics = serving.client.get("/metrics").text
    assert "assay_engine_restarts_total 1.0" in metrics


def test_the_engine_does_not_hold_the_jobs_lock(serving):
    """Else a job whose server was killed would look alive while its engine is."""
    held = {file.path for file in serving.engine().open_files()}
    assert str(serving.workspace.job(serving.job.id) / "lock") not in held


def test_no_text_is_kept_unasked(serving):
    word = "Quokkaberry"
    reply = serving.client.post("/v1/predict", json={"inputs": word})
    body = {"verdict": "up", "request_id": reply.headers["x-request-id"]}
    assert serving.client.post("/v1/feedback", json=body).status_code == 201
    path = serving.workspace.job(serving.job.id) / "log.txt"
    until(lambda: reply.headers["x-request-id"] in path.read_text())
    log = path.read_text()
    assert word not in log
    with serving.workspace.connect() as db:
        row = db.execute("SELECT * FROM traffic WHERE request_id=?",
                         (reply.headers["x-request-id"],)).fetchone()  # fmt: skip
        assert (row["characters"], row["input"], row["output"]) == (len(word), None, None)
        # Feedback is given to be learnt from: it has its texts.
        assert db.execute("SELECT input FROM feedback").fetchone()["input"] == word
    db.close()


def test_a_stop_answers_what_is_under_way(tmp_path):
    serving = Serving(Workspace.open(tmp_path))
    engine = serving.engine()
    found = []

    def last():
        texts = {"inputs": ["The weather is good today, and we walk to the station."] * 32}
        found.append(httpx2.post(f"{serving.url}/v1/predict", json=texts, trust_env=False,
                                 timeout=60))  # fmt: skip

    engine.suspend()
    thread = threading.Thread(target=last)
    thread.start()
    until(lambda: b"working 32.0" in serving.client.get("/metrics").content)
    serving.client.close()
    runner.cancel(serving.workspace, serving.job.id)
    time.sleep(0.5)
    engine.resume()
    thread.join(60)
    assert found[0].status_code == 200
    assert len(found[0].json()["outputs"]) == 32
    until(lambda: not serving.state().active, 40)
    assert serving.state().state == "cancelled"
    assert not engine.is_running()


def test_the_engine_ends_with_a_server_that_is_killed(tmp_path):
    serving = Serving(Workspace.open(tmp_path))
    engine = serving.engine()
    with JobStore(serving.workspace) as store:
        os.kill(store.get(serving.job.id).pid, signal.SIGKILL)
    until(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE)
    until(lambda: serving.state().state == "lost")
    serving.client.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a model M, or a dataset with --champion D"),
        (["starter-translate", "--champion", "d"], "a model M, or a dataset with --champion D"),
        (["no-such-model"], "There is no model called 'no-such-model'"),
        (["starter-translate", "--port", "70000"], "out of range"),
        (["starter-translate", "--host", "0.0.0.0"], "assay keys add"),  # noqa: S104
        (["starter-translate", "--engine", "magic"], "'magic' is not one of"),
        (["starter-translate", "--max-batch", "0"], "0 is not in the range"),
        (["starter-causal", "--engine", "ctranslate2"], "serves encoder-decoder models"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(tmp_path, capsys, arguments, words):
    with pytest.raises(SystemExit) as end:
        main(["serve", *arguments, "--workspace", str(tmp_path)])
    assert end.value.code in (1, 2)
    said = capsys.readouterr().err.strip()
    assert words in said
    assert said.startswith("assay: ")
    assert len(said.splitlines()) == 1


def test_a_port_in_use(tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SystemExit) as end:
            main(["serve", "starter-translate", "--port", str(taken.getsockname()[1]),
                  "--workspace", str(tmp_path)])  # fmt: skip
    assert end.value.code == 2
    assert "choose another with --port" in capsys.readouterr().err


def test_the_server_loads_neither_torch_nor_transformers():
    probe = (
        "import sys, core.work.serve; "
        "print(sorted({n.split('.')[0] for n in sys.modules} & "
        "{'torch', 'transformers', 'pandas', 'ctranslate2', 'tokenizers'}))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []
