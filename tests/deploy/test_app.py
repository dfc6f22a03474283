"""The HTTP service, over a model that answers in capitals."""

import json

import pytest

from core.deploy.limits import Limits
from tests.deploy.fakes import Made, running


@pytest.fixture(scope="module")
def up():
    with running() as found:
        yield found


def test_it_answers_in_order(up):
    reply = up.post("/v1/predict", {"inputs": ["a", "<b>"]})
    assert reply.status_code == 200
    assert reply.json()["outputs"] == ["A", "<B>"]
    assert reply.json()["model"] == "shout-1"
    assert reply.headers["x-request-id"] == reply.json()["request_id"]
    assert up.get("/v1/model").json()["task"] == "translation"
    assert up.get("/healthz").json() == {"status": "ok"}
    assert up.get("/readyz").json() == {"status": "ready"}


def test_a_context_goes_along(up):
    up.post("/v1/predict", {"inputs": ["who", "what"], "contexts": ["a passage", None]})
    assert [asked.context for asked in up.made.asked[-2:]] == ["a passage", None]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"inputs": []}, 400, "1 to 32"),
        ({"inputs": ["x"] * 33}, 400, "1 to 32"),
        ({"inputs": ["x"], "contexts": ["a", "b"]}, 400, "as many"),
        ({"inputs": [" "]}, 400, "1 to 5,000"),
        ({"inputs": ["x" * 5_001]}, 400, "1 to 5,000"),
        ({"inputs": [3]}, 400, "must be a string"),
        ({"inputs": {"a": 1}}, 400, "must be a list"),
        ({}, 400, "must be a list"),
        ([1], 400, "not a JSON object"),
        ({"inputs": ["x"], "input": "y"}, 400, "'input' is not known here"),
        ({"inputs": ["x"], "model": "gpt"}, 404, "There is no model called 'gpt' here"),
        ({"inputs": ["x"], "max_tokens": 10**9}, 400, "writes at most 50 tokens"),
        ({"inputs": ["x"], "max_tokens": True}, 400, "must be a whole number"),
        ({"inputs": ["long"]}, 400, "has 1,000 tokens; this model reads at most 100"),
    ],
)
def test_bad_requests_get_one_sentence(up, body, status, words):
    reply = up.post("/v1/predict", body)
    assert reply.status_code == status
    assert words in reply.json()["error"]


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("raw", "status", "words"),
    [
        (b"{", 400, "The request is not JSON."),
        (b"\xff{}", 400, "The request is not JSON."),
        (b'{"inputs": [NaN]}', 400, "The request is not JSON."),
        (b'{"inputs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "nested too deeply"),
        (b'{"a": ' * 100_000, 400, "nested too deeply"),
        (b'{"inputs": [' + b"9" * 10_000 + b"]}", 400, "The request is not JSON."),
        (b'{"inputs": ["\\ud800"]}', 400, "half a character"),
        (b'{"\\ud800": 1}', 400, "half a character"),
        (b"x" * (Limits().body_bytes + 1), 413, "larger than 1,048,576 bytes"),
    ],
    ids=["cut", "no UTF-8", "NaN", "deep list", "deep object", "long number", "surrogate",
         "surrogate name", "large"],
)  # fmt: skip
def test_bodies_that_cannot_be_read(up, raw, status, words):
    reply = up.client.post("/v1/predict", content=raw, headers=JSON)
    assert reply.status_code == status
    assert words in reply.json()["error"]


def test_a_large_body_without_a_length_is_cut_off(up):
    def chunks():
        for _ in range(40):
            yield b" " * 65_536

    reply = up.client.post("/v1/predict", content=chunks(), headers=JSON)
    assert reply.status_code == 413


def test_other_types_paths_and_methods(up):
    assert up.client.post("/v1/predict", content=b'{"inputs": ["x"]}').status_code == 415
    nowhere = up.get("/etc/passwd")
    assert nowhere.status_code == 404
    assert "/v1/predict" in nowhere.json()["error"]
    method = up.get("/v1/predict")
    assert method.status_code == 405
    assert method.headers["allow"] == "POST"
    assert method.headers["x-request-id"]


def test_a_task_has_its_path(up):
    reply = up.post("/v1/translate", {"inputs": ["a"]}).json()
    assert reply["translations"] == ["A"]
    wrong = up.post("/v1/classify", {"inputs": ["a"]})
    assert wrong.status_code == 400
    assert "does translation" in wrong.json()["error"]


def test_labels_have_scores():
    made = Made(task="text-classification", writes=False, chats=False)
    made.scores = {"A": 0.75, "B": 0.25}
    with running(made) as up:
        labels = up.post("/v1/classify", {"inputs": "a"}).json()["labels"]
        assert labels == [{"label": "A", "confidence": 0.5, "scores": {"A": 0.75, "B": 0.25}}]
        assert "for translation" in up.post("/v1/translate", {"inputs": "a"}).json()["error"]


def test_a_question_wants_its_passage():
    with running(Made(task="question-answering", chats=False)) as up:
        reply = up.post("/v1/predict", {"inputs": ["who"]})
        assert reply.status_code == 400
        assert "send it as the context" in reply.json()["error"]


def test_a_token_guards_everything_but_health():
    with running(token="secret") as up:  # noqa: S106
        assert up.get("/healthz").status_code == 200
        paths = ("/v1/model", "/v1/models", "/readyz", "/metrics", "/docs", "/openapi.json")
        for path in (*paths, "/nowhere"):
            assert up.get(path).status_code == 401
            wrong = up.get(path, headers={"authorization": "Bearer wrong"})
            assert wrong.status_code == 401
            assert "Authorization: Bearer KEY" in str(wrong.json()["error"])
            right = up.get(path, headers={"authorization": "Bearer secret"})
            assert right.status_code in (200, 404)
        assert up.get("/v1/model", headers={"authorization": "bearer  secret"}).is_success


def test_a_foreign_name_for_this_machine_is_refused():
    with running(hosts=["127.0.0.1", "localhost", "::1"]) as up:
        for host, status in (
            ("localhost:8600", 200), ("127.0.0.1", 200), ("[::1]:8600", 200), ("LOCALHOST", 200),
            ("evil.example", 400), ("127.0.0.1.evil.example", 400), ("", 400),
        ):  # fmt: skip
            assert up.get("/healthz", headers={"host": host}).status_code == status, host


def test_the_docs_page_needs_nothing_from_elsewhere(up):
    page = up.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "<script" not in page.text
    for path in up.get("/openapi.json").json()["paths"]:
        assert path in page.text


def test_texts_are_logged_only_where_that_is_asked(up):
    up.post("/v1/predict", {"inputs": ["a secret"]})
    lines = [json.loads(line) for line in up.log().splitlines()]
    assert lines[-1]["path"] == "/v1/predict"
    assert "secret" not in up.log().casefold()
    with running(texts=True) as telling:
        telling.post("/v1/predict", {"inputs": ['a "secret"\n{"event": "forged"}']})
        line = json.loads(telling.log().splitlines()[-1])
        assert line["inputs"] == ['a "secret"\n{"event": "forged"}']
        assert line["event"] == "request"
