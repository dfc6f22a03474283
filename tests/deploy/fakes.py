"""A server on a free port whose engine is a few lines of Python, and does as the text says."""

import asyncio
import contextlib
import io
import socket
import threading
import time

import httpx2
import uvloop

from core.deploy.api import Server
from core.deploy.app import build
from core.deploy.engine import EngineAnswer, EngineInfo, EngineSpec, too_long
from core.deploy.keys import Doorkeeper
from core.deploy.limits import Limits
from core.deploy.log import Log
from core.deploy.metrics import Metrics
from core.deploy.serve import serve
from core.deploy.supervise import Supervisor
from core.errors import WorkFailed


def spec(name="shout-1", **fields):
    """What a Shout is made of."""
    return EngineSpec(name, "fake", "", "decoder", {"labels": []}, 100,
                      **{"max_batch": 4, **fields})  # fmt: skip


def info(name, **fields):
    usual = {
        "engine": "fake", "task": "translation", "device": "cpu", "context_tokens": 100,
        "answer_tokens": 50, "max_batch": 4, "writes": True, "streams": True, "samples": True,
        "seeds": True, "embeds": True, "chats": True,
    }  # fmt: skip
    return EngineInfo(name, **{**usual, **fields})


class Shout:
    """Answers in capitals, word by word; the first word may ask for more.

    "wait N …" takes N seconds, "hang" takes for ever, "die" breaks the engine, "half" breaks it
    after a piece, "long" is too long for it.
    """

    def __init__(self, made, spec, on_events, on_end):
        self.spec, self.calls, self.window, self.signs = spec, {}, 2 * spec.max_batch, 0.0
        self.pid = None
        self._made, self._on_events, self._on_end = made, on_events, on_end
        self._tasks = set()
        self.ended = False

    async def start(self):
        self._made.starts += 1
        if self._made.load_seconds:
            await asyncio.sleep(self._made.load_seconds)
        if self.spec.name in self._made.broken:
            raise WorkFailed(f"{self.spec.name} is damaged.")
        self.info = info(self.spec.name, **self._made.info)
        return self.info

    def send(self, calls):
        self.signs = asyncio.get_running_loop().time()
        self._made.asked += [call.request for call in calls]
        for call in calls:
            self.calls[call.request.id] = call
            task = asyncio.get_running_loop().create_task(self._answer(call.request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, request):
        words = request.text.split()
        if words[0] == "wait":
            await asyncio.sleep(float(words[1]))
        if words[0] == "hang":
            await asyncio.sleep(3_600)
        if words[0] == "long":
            self._tell("error", request, too_long(1_000, 100))
            return
        if words[0] == "half":
            self._tell("piece", request, "HA")
        if words[0] in ("half", "die"):
            self.kill()
            return
        if request.kind == "embed":
            self._tell("answer", request, EngineAnswer("", len(words), embedding=[0.6, 0.8]))
            return
        text = request.text.upper()
        if request.stream:
            for number, word in enumerate(text.split()):
                self._tell("piece", request, f" {word}" if number else word)
                await asyncio.sleep(self._made.piece_seconds)
        self._tell("answer", request, EngineAnswer(
            text, len(words), len(words), confidence=0.5, scores=self._made.scores,
        ))  # fmt: skip

    def _tell(self, kind, request, value):
        if not self.ended:
            self._on_events(self, [(kind, request.id, value)])

    def drop(self, call):
        self._made.dropped.append(self.calls.pop(call.request.id).request.text)

    def kill(self):
        if not self.ended:
            self.ended = True
            asyncio.get_running_loop().call_soon(self._on_end, self)

    async def close(self):
        self.ended = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Made:
    """What a test decides, and what it sees."""

    def __init__(self, **info):
        self.info = info
        self.scores = None
        self.broken, self.dropped, self.asked = set(), [], []
        self.starts, self.load_seconds, self.piece_seconds = 0, 0.0, 0.0
        self.kept, self.known, self.log = [], set(), io.StringIO()

    def backend(self, spec, on_events, on_end):
        return Shout(self, spec, on_events, on_end)

    def remember(self, body):
        self.kept.append(body)
        return f"f-{len(self.kept)}"


class Up:
    """A running server: where it is, what it is made of, and a client."""

    def __init__(self, url, server, loop, made):
        self.url, self.server, self.loop, self.made = url, server, loop, made
        self.client = httpx2.Client(base_url=url, trust_env=False, timeout=20)

    def post(self, path, body, **more):
        return self.client.post(path, json=body, **more)

    def get(self, path, **more):
        return self.client.get(path, **more)

    def log(self):
        """What was logged so far."""
        self.server.log.flush()
        return self.made.log.getvalue()

    def soon(self, work):
        """Run a coroutine in the server's event loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


@contextlib.contextmanager
def running(made=None, *, token=None, workspace=None, limits=None, queue=64, texts=False,
            alias=None, traffic=None, hosts=None):  # fmt: skip
    """A server with a Shout behind it."""
    made = made or Made()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ready, stop, found = threading.Event(), threading.Event(), {}

    async def main():
        log = Log(texts=texts, to=made.log)
        supervisor = Supervisor(spec(), queue=queue, say=log.say, make=made.backend)
        await supervisor.start()
        server = Server(
            supervisor, Doorkeeper(workspace, token), limits or Limits(), Metrics(supervisor), log,
            made.remember, lambda name: name in made.known, traffic, alias,
        )  # fmt: skip
        found.update(server=server, loop=asyncio.get_running_loop())
        app = build(server, allowed_hosts=hosts)
        ready.set()
        await serve(app, listener, stop.is_set, server.limits.head_seconds)
        await supervisor.close()
        log.flush()

    thread = threading.Thread(target=lambda: uvloop.run(main()))
    thread.start()
    assert ready.wait(10)
    up = Up(url, found["server"], found["loop"], made)
    until(lambda: _listens(up))
    try:
        yield up
    finally:
        up.client.close()
        stop.set()
        thread.join(30)
        listener.close()
        assert not thread.is_alive()


def _listens(up):
    try:
        return up.get("/healthz").status_code == 200
    except httpx2.ConnectError:
        return False


def until(what, seconds=20):
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)
