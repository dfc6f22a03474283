"""`assay judge` and `assay evaluations` as a person or a script calls them."""

import json
import re

import pytest

from core.cli.main import main
from core.data import dataset as datasets
from core.data.dataset import Example
from core.workspace import Workspace
from tests.endpoints import fault, reply, serving
from tests.evaluate.test_imported import RESULTS, line
from tests.evaluate.test_ratings import saved

SECRET = "sk-very-secret-key-1234567890"  # noqa: S105


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "home")


@pytest.fixture
def two(workspace):
    return saved(workspace, "zed", ["x"] * 6), saved(workspace, "abe", ["xx"] * 6)


def call(workspace, capfd, *words, status=0):
    with pytest.raises(SystemExit) as end:
        main([*words, "--workspace", str(workspace.root)])
    out = capfd.readouterr()
    assert end.value.code == status, out.err
    return out


def longer(_, body):
    first, second = re.findall(r"Answer \d:\n<\w+>\n(x+)\n", body["messages"][-1]["content"])
    return reply(json.dumps({"better": "1" if len(first) > len(second) else "2"}))


def holding(folder, words):
    """Files under a folder that hold some words, the database's own files too."""
    return [path for path in folder.rglob("*") if path.is_file() and words in path.read_bytes()]


def test_a_judge_is_asked_and_its_key_is_nowhere(workspace, two, capfd, monkeypatch):
    monkeypatch.setenv("JUDGE_KEY", SECRET)
    with serving(longer) as server:
        asked = ["judge", *two, "--endpoint", server.url, "--model", "judge",
                 "--key-env", "JUDGE_KEY", "--input-price", "1", "--output-price", "2"]  # fmt: skip
        out = call(workspace, capfd, *asked, "--json")
        found = json.loads(out.out)
        assert found["result"] == {**found["result"], "n": 6, "wins": 6, "losses": 0, "rate": 1.0}
        assert found["result"]["p_value"] == pytest.approx(2 / 2**6)
        assert found["dollars"] == pytest.approx(12 * (7 * 1 + 2 * 2) / 1e6)
        assert len(server.asked) == 12
        assert {headers["Authorization"] for headers in server.headers} == {f"Bearer {SECRET}"}
        words = call(workspace, capfd, *asked)
        assert "win rate of B" in words.out
        assert "100%" in words.out
        assert len(server.asked) == 12
    assert SECRET not in out.out + out.err + words.out + words.err
    assert holding(workspace.root, SECRET.encode()) == []
    assert holding(workspace.root, b"JUDGE_KEY"), "what is looked for would be found"


def test_a_wrong_key_is_one_sentence_and_is_nowhere(workspace, two, capfd, monkeypatch):
    monkeypatch.setenv("JUDGE_KEY", SECRET)
    with serving(lambda *_: fault(401, f"Incorrect API key provided: {SECRET}")) as server:
        out = call(workspace, capfd, "judge", *two, "--endpoint", server.url, "--model", "m",
                   "--key-env", "JUDGE_KEY", status=1)  # fmt: skip
    last = out.err.splitlines()[-1]
    assert last.startswith("assay: The endpoint refused the key (401: 'Incorrect API key provided")
    assert SECRET not in out.out + out.err
    assert holding(workspace.root, SECRET.encode()) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "A judge is a model behind an address"),
        (["--concurrency", "2"], "--concurrency is for an endpoint"),
        (["--endpoint", "x"], "'x' cannot be asked"),
        (["--endpoint", "http://127.0.0.1:9", "--key-env", "NO_SUCH"], "'NO_SUCH' is not set"),
        (["--endpoint", "http://127.0.0.1:9", "--price", "gpt-none"], "no published price"),
        (["--endpoint", "http://127.0.0.1:9", "--input-price", "1"], "A price has two parts"),
        (["--endpoint", "http://127.0.0.1:9", "--criteria", " "], "The criteria have 1"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_asked(workspace, two, capfd, more, words):
    out = call(workspace, capfd, "judge", *two, "--model", "m", *more, status=2)
    assert words in out.err
    assert len(out.err.splitlines()) == 1
    assert not (workspace.root / "jobs").exists()


def test_results_are_imported_listed_and_their_answers_scored(workspace, capfd, tmp_path):
    results = tmp_path / "results_2025.json"
    results.write_text(json.dumps(RESULTS))
    out = call(workspace, capfd, "evaluations", "import", str(results))
    assert "exact_match (strict)" in out.out
    assert "0.502 to 0.698" in out.out
    samples = tmp_path / "samples_support.jsonl"
    samples.write_text("\n".join([line(0), line(1), line(2, doc={})]))
    assert (
        "2 answers have an id" in call(workspace, capfd, "evaluations", "import", str(samples)).out
    )
    rows = [Example(f"s{n}", f"q{n}", f"a{n}") for n in range(3)]
    datasets.save(workspace, "support", "translation", {"test": rows})
    out = call(workspace, capfd, "evaluations", "import", str(samples), "--dataset", "support",
               "--json")  # fmt: skip
    found = json.loads(out.out)
    assert (found["evaluation"], found["unnamed"]) == ("support-samples-support-lm-eval-1", 1)
    listed = json.loads(call(workspace, capfd, "evaluations", "list", "--json").out)
    assert {row["model"]: row["n"] for row in listed["evaluations"]} == {
        "samples-support-lm-eval": 2, "copy-source": 2}  # fmt: skip
    assert [row["file"] for row in listed["imported"]] == [samples.name, results.name]
    assert "Imported, scored elsewhere" in call(workspace, capfd, "evaluations", "list").out
