"""What breaks, waits, or is changed: every request is answered or refused, none hangs."""

import asyncio
import threading

import httpx2
import pytest

from core.deploy.call import Call, Waiting
from core.deploy.engine import EngineRequest
from core.deploy.limits import Limits
from core.errors import WorkFailed
from tests.deploy.fakes import Made, running, spec, until


def ask(up, text, **more):
    return up.post("/v1/predict", {"inputs": text}, **more)


def stream(up, text):
    body = {"prompt": text, "stream": True}
    return up.client.stream("POST", "/v1/completions", json=body)


def test_what_an_engine_leaves_is_asked_once_more_of_the_next():
    with running() as up:
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(ask(up, "wait 0.5 b"))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        until(lambda: up.server.supervisor.working == 3)
        died = ask(up, "die")
        for thread in threads:
            thread.join()
        # What breaks two engines is refused, and takes no third one with it.
        assert died.status_code == 503
        assert int(died.headers["retry-after"]) >= 1
        assert sorted(reply.status_code for reply in found) in ([200, 200, 200], [503, 503, 503])
        assert ask(up, "hello").json()["outputs"] == ["HELLO"]
        until(lambda: up.server.supervisor.counts.restarts == 2)


def test_others_are_answered_when_one_engine_breaks():
    with running() as up:
        found = []
        thread = threading.Thread(target=lambda: found.append(ask(up, "wait 0.3 b")))
        thread.start()
        until(lambda: up.server.supervisor.working == 1)
        up.loop.call_soon_threadsafe(up.server.supervisor._active.kill)
        thread.join()
        assert found[0].json()["outputs"] == ["WAIT 0.3 B"]
        assert up.server.supervisor.counts.retried == 1


def test_requests_wait_while_the_engine_is_started_again():
    made = Made()
    with running(made) as up:
        made.load_seconds = 0.5
        up.loop.call_soon_threadsafe(up.server.supervisor._active.kill)
        until(lambda: not up.server.supervisor.ready)
        assert up.get("/healthz").status_code == 200
        not_ready = up.get("/readyz")
        assert (not_ready.status_code, not_ready.headers["retry-after"]) == (503, "1")
        assert ask(up, "hello").status_code == 200
        assert up.get("/readyz").status_code == 200


def test_an_engine_that_does_not_come_up_refuses_what_waits_and_recovers():
    made = Made()
    with running(made) as up:
        made.broken.add("shout-1")
        up.loop.call_soon_threadsafe(up.server.supervisor._active.kill)
        until(lambda: not up.server.supervisor.ready)
        reply = ask(up, "hello")
        assert reply.status_code == 503
        assert "shout-1 is damaged" in reply.json()["error"]
        assert ask(up, "hello").status_code == 503
        made.broken.clear()
        until(lambda: up.server.supervisor.ready)
        assert ask(up, "hello").status_code == 200


def test_a_swap_under_load_fails_nothing():
    made = Made()
    made.load_seconds = 0.3
    with running(made, alias="news") as up:
        statuses, models, stop = [], set(), threading.Event()

        def load():
            with httpx2.Client(base_url=up.url, trust_env=False, timeout=20) as client:
                while not stop.is_set():
                    body = {"inputs": "wait 0.02 a", "model": "shout-1"}
                    reply = client.post("/v1/predict", json=body)
                    statuses.append(reply.status_code)
                    models.add(reply.json().get("model"))

        threads = [threading.Thread(target=load) for _ in range(6)]
        for thread in threads:
            thread.start()
        for name in ("shout-2", "shout-3"):
            since = len(statuses)
            until(lambda since=since: len(statuses) > since + 20)
            up.soon(up.server.supervisor.swap(spec(name)))
        until(lambda: "shout-3" in models)
        stop.set()
        for thread in threads:
            thread.join()
        assert len(statuses) > 50
        assert set(statuses) == {200}
        assert {"shout-1", "shout-3"} <= models
        names = [row["id"] for row in up.get("/v1/models").json()["data"]]
        assert names == ["news", "shout-3"]
        until(lambda: not up.server.supervisor._old)


def test_a_model_that_cannot_be_loaded_leaves_the_old_one():
    made = Made()
    made.broken.add("bad")
    with running(made) as up:
        with pytest.raises(WorkFailed, match="bad is damaged"):
            up.soon(up.server.supervisor.swap(spec("bad")))
        assert ask(up, "hello").json()["model"] == "shout-1"


def test_an_answer_that_takes_too_long_frees_its_place():
    with running(limits=Limits(seconds=0.3)) as up:
        late = ask(up, "hang")
        assert late.status_code == 504
        assert "within 0.3 s" in late.json()["error"]
        assert up.made.dropped == ["hang"]
        assert up.server.supervisor.working == 0
        with stream(up, "hang") as reply:
            assert reply.status_code == 504
        up.made.piece_seconds = 0.2
        with stream(up, "a b c d") as reply:
            text = reply.read().decode()
        assert reply.status_code == 200
        assert '"A"' in text
        assert "There was no answer within" in text
        assert "[DONE]" not in text


def test_a_caller_that_leaves_frees_its_place():
    with running() as up:
        with pytest.raises(httpx2.ReadTimeout):
            ask(up, "hang", timeout=0.2)
        until(lambda: up.made.dropped == ["hang"])
        up.made.piece_seconds = 30.0
        with stream(up, "a b") as reply:
            next(reply.iter_bytes())
        until(lambda: up.made.dropped == ["hang", "a b"])
        assert up.server.supervisor.working == 0
        until(lambda: '"status": 499' in up.log())


def test_more_than_may_wait_is_refused_at_once():
    with running(queue=4) as up:
        threads = [threading.Thread(target=ask, args=(up, "wait 1 x")) for _ in range(12)]
        for thread in threads:
            thread.start()
        until(lambda: up.server.supervisor.waiting == 4)
        full = ask(up, "hello")
        assert full.status_code == 429
        assert 1 <= int(full.headers["retry-after"]) <= 60
        assert "at most 4 may" in full.json()["error"]
        for thread in threads:
            thread.join()
        assert ask(up, "hello").status_code == 200


def test_an_engine_that_gives_no_sign_is_killed():
    with running() as up:
        up.server.supervisor._stuck_seconds = 0.2
        assert ask(up, "hang").status_code == 503  # of two engines, none gave a sign
        until(lambda: up.server.supervisor.counts.restarts == 2)


def test_a_server_that_stops_answers_what_it_has():
    found = []

    def last(url):
        body = {"inputs": "wait 1 last"}
        found.append(httpx2.post(f"{url}/v1/predict", json=body, trust_env=False, timeout=20))

    with running() as up:
        thread = threading.Thread(target=last, args=(up.url,))
        thread.start()
        until(lambda: up.server.supervisor.working == 1)
    thread.join()
    assert found[0].json()["outputs"] == ["WAIT 1 LAST"]


def test_callers_take_turns():
    async def order():
        waiting = Waiting()
        calls = {}
        for name in ("a1", "a2", "a3", "b1", "c1", "b2"):
            calls[name] = Call(EngineRequest(name, "predict", name), name[0])
            waiting.put(calls[name])
        assert waiting.remove(calls["a3"])
        assert not waiting.remove(calls["a3"])
        retried = Call(EngineRequest("z", "predict", "z"), "c")
        waiting.put(retried, first=True)
        found = [waiting.get().request.id for _ in range(len(waiting))]
        with pytest.raises(KeyError):
            waiting.get()
        return found

    assert asyncio.run(order()) == ["z", "a1", "b1", "c1", "a2", "b2"]
