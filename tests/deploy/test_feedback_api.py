"""Feedback over HTTP: linked to its request, refused if unknown, not taken in floods."""

import pytest

from core.deploy.limits import Limits
from core.errors import BadInput
from tests.deploy.fakes import Made, running


@pytest.fixture(scope="module")
def up():
    with running() as found:
        yield found


def test_it_is_kept_with_its_sender(up):
    good = {"input": "a", "output": "A", "verdict": "down", "correction": "b"}
    reply = up.post("/v1/feedback", good)
    assert reply.status_code == 201
    assert reply.json()["feedback"].startswith("f-")
    assert up.made.kept[-1] == {**good, "sender": "127.0.0.1"}


def test_a_thumb_alone_finds_the_texts_of_its_request(up):
    asked = up.post("/v1/predict", {"inputs": ["a", "b"], "contexts": [None, "c"]})
    name = asked.headers["x-request-id"]
    assert up.post("/v1/feedback", {"verdict": "up", "request_id": name}).status_code == 201
    kept = up.made.kept[-1]
    assert (kept["input"], kept["output"], kept["request_id"]) == ("a", "A", name)
    up.post("/v1/feedback", {"verdict": "up", "request_id": name, "index": 1, "output": "own"})
    kept = up.made.kept[-1]
    assert (kept["input"], kept["context"], kept["output"]) == ("b", "c", "own")
    said = up.post("/v1/feedback", {"verdict": "up", "request_id": name, "index": 2})
    assert said.status_code == 400
    assert "had 2 texts" in said.json()["error"]


def test_the_id_in_an_openai_answer_does_too(up):
    body = {"messages": [{"role": "user", "content": "a"}]}
    name = up.post("/v1/chat/completions", body).json()["id"]
    assert name.startswith("chatcmpl-")
    assert up.post("/v1/feedback", {"verdict": "up", "request_id": name}).status_code == 201
    assert up.made.kept[-1]["input"] == "a"


def test_an_unknown_request(up):
    for name in ("r-000", "../../etc/passwd", "x" * 100):
        reply = up.post("/v1/feedback", {"verdict": "up", "request_id": name})
        assert reply.status_code == 404
        assert "There was no request" in reply.json()["error"]


def test_a_request_whose_texts_are_gone():
    made = Made()
    made.known.add("r-old")
    with running(made) as up:
        short = {"verdict": "up", "request_id": "r-old"}
        assert "send its input" in up.post("/v1/feedback", short).json()["error"]
        assert up.post("/v1/feedback", {**short, "input": "a", "output": "b"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"input": "a"}, '"verdict" is missing'),
        ({"verdict": "?", "input": "a"}, "'up' or 'down'"),
        ({"verdict": "up", "input": 3}, "must be a string"),
        ({"verdict": "up", "input": "x" * 20_001}, "20,000 characters"),
    ],
)
def test_what_cannot_be_kept(up, body, words):
    reply = up.post("/v1/feedback", body)
    assert reply.status_code == 400
    assert words in reply.json()["error"]


def test_the_store_may_refuse_too(monkeypatch):
    made = Made()
    made.remember = lambda body: (_ for _ in ()).throw(BadInput("The feedback has no input."))
    with running(made) as up:
        reply = up.post("/v1/feedback", {"verdict": "up"})
        assert (reply.status_code, reply.json()["error"]) == (400, "The feedback has no input.")


def test_a_flood_of_one_caller_is_slowed():
    with running(limits=Limits(feedback_per_minute=5), token="t") as up:  # noqa: S106
        key = {"authorization": "Bearer t"}
        body = {"verdict": "up", "input": "a", "output": "b"}
        statuses = [up.post("/v1/feedback", body, headers=key).status_code for _ in range(8)]
        assert statuses == [201] * 5 + [429] * 3
        slow = up.post("/v1/feedback", body, headers=key)
        assert 1 <= int(slow.headers["retry-after"]) <= 12
        assert len(up.made.kept) == 5
        # Other paths are not slowed by it.
        assert up.post("/v1/predict", {"inputs": "a"}, headers=key).status_code == 200
