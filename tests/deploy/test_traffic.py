"""What is kept of each request: features in the workspace, counters, and no texts unasked."""

import sqlite3
import time

import pytest

from core.deploy import traffic
from core.deploy.traffic import Traffic
from core.workspace import Workspace
from tests.deploy.fakes import Made, running


def rows(workspace):
    with workspace.tables(traffic.SCHEMA) as db:
        return [dict(row) for row in db.execute("SELECT * FROM traffic ORDER BY at, place")]


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def served(workspace, bodies, made=None, **how):
    keeper = Traffic(workspace, study=lambda text: ("en", 0.25), **how)
    with running(made, traffic=keeper, workspace=workspace) as up:
        for path, body in bodies:
            up.post(path, body)
    keeper.close()
    return rows(workspace)


def test_features_and_no_texts(workspace):
    found = served(workspace, [
        ("/v1/predict", {"inputs": ["good day", "i'm sorry"]}),
        ("/v1/predict", {"inputs": ["long"]}),
        ("/v1/embeddings", {"input": "a"}),
        ("/v1/predict", {"inputs": []}),
    ])  # fmt: skip
    assert len(found) == 4
    first, second, late, vector = found
    assert first["request_id"] == second["request_id"] != late["request_id"]
    assert (first["model"], first["task"], first["path"]) == (
        "shout-1", "translation", "/v1/predict",
    )  # fmt: skip
    assert (first["characters"], first["input_tokens"], first["output_tokens"]) == (8, 2, 2)
    assert (first["language"], first["unseen_share"], first["confidence"]) == ("en", 0.25, 0.5)
    assert (first["refused"], second["refused"], vector["refused"]) == (0, 1, None)
    assert (first["status"], late["status"], late["output_tokens"]) == (200, 400, None)
    assert 0 <= first["seconds"] < 20
    assert abs(first["at"] - time.time()) < 60
    assert {row[name] for row in found for name in ("input", "context", "output")} == {None}


def test_texts_where_they_are_asked_for(workspace):
    found = served(workspace, [("/v1/predict", {"inputs": ["a"], "contexts": ["b"]})], texts=True)
    assert (found[0]["input"], found[0]["context"], found[0]["output"]) == ("a", "b", "A")


def test_labels_of_a_classifier(workspace):
    made = Made(task="text-classification")
    made.scores = {"A": 1.0}
    found = served(workspace, [("/v1/classify", {"inputs": "a"})], made)
    assert found[0]["label"] == "A"


def test_what_was_asked_is_known_once_it_is_flushed(workspace):
    keeper = Traffic(workspace)
    keeper.add(traffic.Row("r-1", 0, 1.0, "m", "t", "/v1/predict", 200, 3, 0.1))
    keeper.flush()
    assert traffic.knows(workspace, "r-1")
    assert not traffic.knows(workspace, "r-2")
    keeper.close()


def test_a_locked_database_keeps_nobody_waiting(workspace, monkeypatch):
    monkeypatch.setattr("core.workspace.BUSY_SECONDS", 0.1)
    with workspace.tables(traffic.SCHEMA):
        pass  # the table is there
    other = sqlite3.connect(workspace.database_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    keeper = Traffic(workspace)
    with running(traffic=keeper) as up:
        started = time.monotonic()
        for _ in range(5):
            assert up.post("/v1/predict", {"inputs": "a"}).status_code == 200
        assert time.monotonic() - started < 5
    other.execute("COMMIT")
    other.close()
    keeper.close()
    assert len(rows(workspace)) == 5


def test_metrics_have_bounded_labels():
    with running() as up:
        for number in range(30):
            up.get(f"/nowhere/{number}")
            up.post("/v1/predict", {"inputs": "a", "model": f"m{number}"})
        up.post("/v1/predict", {"inputs": ["a b", "c"]})
        up.post("/v1/completions", {"prompt": "a b", "stream": True})
        text = up.get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines['assay_requests_total{path="other",status="404"}'] == "30.0"
    assert lines['assay_requests_total{path="/v1/predict",status="404"}'] == "30.0"
    assert lines['assay_tokens_total{direction="input"}'] == "5.0"
    assert lines["assay_engine_up"] == "1.0"
    assert lines["assay_first_piece_seconds_count"] == "1.0"
    assert float(lines['assay_resident_bytes{process="server"}']) > 10**6
    assert len({line for line in lines if line.startswith("assay_requests_total")}) < 10


def test_the_oldest_go_where_there_are_too_many(workspace, monkeypatch):
    monkeypatch.setattr(traffic, "MOST_ROWS", 5)
    monkeypatch.setattr(traffic, "LET_GO_EVERY", 3)
    for start in (0, 10):
        keeper = Traffic(workspace)
        for n in range(start, start + 10):
            keeper.add(traffic.Row(f"r{n}", 0, float(n), "m", "translation", "/v1/predict", 200, 3,
                                   0.1))  # fmt: skip
        keeper.close()
    assert [row["request_id"] for row in rows(workspace)] == [f"r{n}" for n in range(15, 20)]
    assert traffic.knows(workspace, "r19")
    assert not traffic.knows(workspace, "r9")
