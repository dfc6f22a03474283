"""The HTTP service, over a model that answers in capitals."""

import pytest
from starlette.testclient import TestClient

from core.deploy.app import MAX_BODY_BYTES, build
from core.errors import BadInput

DESCRIPTION = {"model": "shout-1", "task": "translation"}


def shout(inputs, contexts):
    return [text.upper() for text in inputs]


def make(token=None):
    kept = []

    def remember(body):
        if body.get("verdict") not in ("up", "down"):
            raise BadInput("The verdict is not known; use 'up' or 'down'.")
        kept.append(body)
        return f"f-{len(kept)}"

    return TestClient(build(shout, DESCRIPTION, remember, token=token)), kept


def test_it_answers_in_order():
    client, _ = make()
    reply = client.post("/v1/predict", json={"inputs": ["a", "<b>"]})
    assert reply.status_code == 200
    assert reply.json()["outputs"] == ["A", "<B>"]
    assert reply.json()["model"] == "shout-1"
    assert client.get("/v1/model").json() == DESCRIPTION
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"inputs": []}, 400, "1 to 32"),
        ({"inputs": ["x"] * 33}, 400, "1 to 32"),
        ({"inputs": ["x"], "contexts": []}, 400, "as many"),
        ({"inputs": [" "]}, 400, "1 to 5,000"),
        ({"inputs": ["x" * 5_001]}, 400, "1 to 5,000"),
        ({"inputs": [3]}, 400, "must be a string"),
        ({}, 400, "must be a list"),
        ([1], 400, "not a JSON object"),
    ],
)
def test_bad_requests_get_one_sentence(body, status, words):
    client, _ = make()
    reply = client.post("/v1/predict", json=body)
    assert reply.status_code == status
    assert words in reply.json()["error"]


def test_not_json_too_large_and_elsewhere():
    client, _ = make()
    json_type = {"content-type": "application/json"}
    bad = client.post("/v1/predict", content=b"{", headers=json_type)
    assert bad.json()["error"] == "The request is not JSON."
    large = client.post("/v1/predict", content=b"x" * (MAX_BODY_BYTES + 1), headers=json_type)
    assert large.status_code == 413
    form = client.post("/v1/predict", content=b'{"inputs": ["x"]}')
    assert form.status_code == 415
    assert "/v1/predict" in client.get("/etc/passwd").json()["error"]
    assert client.get("/v1/predict").status_code == 405


def test_feedback_is_kept_or_refused():
    client, kept = make()
    good = {"input": "a", "output": "A", "verdict": "down", "correction": "b"}
    assert client.post("/v1/feedback", json=good).json() == {"feedback": "f-1"}
    assert kept == [good]
    assert client.post("/v1/feedback", json={"verdict": "?"}).status_code == 400


def test_a_token_guards_everything_but_health():
    client, _ = make(token="secret")  # noqa: S106
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/model").status_code == 401
    assert client.get("/v1/model", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/v1/model", headers={"authorization": "Bearer secret"}).status_code == 200


def test_a_foreign_name_for_this_machine_is_refused():
    service = build(shout, DESCRIPTION, str, token=None, allowed_hosts=["127.0.0.1", "localhost"])
    assert TestClient(service, base_url="http://localhost:8600").get("/healthz").status_code == 200
    assert TestClient(service, base_url="http://evil.example").get("/healthz").status_code == 400
