"""The page's form for endpoints and files of answers, and what was imported."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate import imports
from core.jobs.store import JobStore
from core.text.catalog import t
from core.workspace import Workspace
from dashboard import asking
from tests.evaluate.test_imported import RESULTS
from tests.evaluate.test_ratings import saved

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
SECRET = "sk-very-secret-key-1234567890"  # noqa: S105


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TEST_API_KEY", SECRET)
    monkeypatch.setenv("TEST_PASSWORD", SECRET)
    made = Workspace.open(tmp_path / "home")
    rows = [Example(str(n), f"in {n}", f"ref {n}") for n in range(8)]
    datasets.save(made, "demo", "translation", {"train": rows[:4], "test": rows[4:]})
    return made


@pytest.fixture
def started(monkeypatch):
    """What the page starts, without a process that does it."""
    found = []
    monkeypatch.setattr(asking, "start", lambda _, request: found.append(request))
    return found


def draw(way):
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.query_params["dataset"] = "demo"
    page._page_hash = calc_hash("evaluate")
    page.run()
    assert not page.exception, page.exception[0].value
    page.segmented_control(key="evaluate-form-from").set_value(way).run()
    assert not page.exception, page.exception[0].value
    return page


def ask(page, url="http://127.0.0.1:9/v1", model="tiny"):
    page.text_input(key="ask-url").set_value(url)
    page.text_input(key="ask-model").set_value(model)
    page.button(key="act-ask").click().run()
    assert not page.exception, page.exception[0].value


def test_an_endpoint_is_asked_as_the_form_says(workspace, started):
    page = draw("endpoint")
    page.selectbox(key="ask-key").set_value("TEST_API_KEY")
    page.selectbox(key="ask-price").set_value("A0078")
    page.number_input(key="ask-limit").set_value(3)
    page.text_area(key="ask-prompt").set_value("Say: {input}")
    ask(page)
    (request,) = started
    assert request.endpoint == {
        "url": "http://127.0.0.1:9/v1", "model": "tiny", "key_env": "TEST_API_KEY",
        "concurrency": 4, "requests_per_minute": None, "timeout_seconds": 60.0,
    }  # fmt: skip
    assert (request.limit, request.split, request.shots) == (3, "test", 3)
    assert request.prompt == "Say: {input}"
    assert request.price["usd_per_million_input_tokens"] == 0.15
    assert SECRET not in str(request)
    assert SECRET not in str(page)


def test_only_keys_of_an_api_are_offered(workspace):
    options = draw("endpoint").selectbox(key="ask-key").options
    assert "TEST_API_KEY" in options
    assert not {"TEST_PASSWORD", "ASSAY_HOME"} & set(options)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "ftp://x"}, "cannot be asked"),
        ({"url": ""}, "cannot be asked"),
        ({"model": " "}, "has no name"),
        ({"url": "https://me:secret@x/v1"}, "holds a name, a password or a query"),
    ],
)
def test_what_cannot_be_asked_is_said_and_not_started(workspace, started, given, words):
    page = draw("endpoint")
    ask(page, **given)
    assert any(words in text.value for text in page.text)
    assert started == []


def test_a_file_of_answers_is_kept_and_scored(workspace, started):
    rows = [{"id": str(n), "prediction": f"ref {n}"} for n in range(4, 7)]
    page = draw("file")
    content = "\n".join(map(json.dumps, rows)).encode()
    page.file_uploader(key="ask-file").set_value(("../../<b>my</b>.jsonl", content, "text/plain"))
    page.run()
    page.button(key="act-ask-upload").click().run()
    assert not page.exception, page.exception[0].value
    (request,) = started
    path = Path(request.predictions)
    assert path.read_bytes() == content
    assert path.is_relative_to(workspace.root / "uploads")
    assert path.suffix == ".jsonl"
    assert "<" not in path.name


def test_a_file_that_cannot_be_used_is_said(workspace, started):
    page = draw("file")
    page.file_uploader(key="ask-file").set_value(
        ("a.csv", b"id,prediction\n1,x\n1,y\n", "text/csv")
    )
    page.run()
    page.button(key="act-ask-upload").click().run()
    assert any("names 1 ids more than once" in text.value for text in page.text)
    assert started == []


def test_how_an_endpoint_was_asked_stands_on_the_page(workspace):
    name = saved(workspace, "tiny", ["x"] * 4)
    path = workspace.evaluation(name) / "record.json"
    body = json.loads(path.read_text())
    body["settings"] |= {
        "endpoint": {"url": "http://h/v1", "model": "**tiny**"}, "max_tokens": 64, "failed": 1,
        "prompt": {"template": "Say: {input} <b>", "hash": "abc", "shots": ["t0", "t1"]},
        "price": {"usd_per_million_input_tokens": 0.15, "usd_per_million_output_tokens": 0.6,
                  "source": "A0078", "as_of": "2026-08-05"},
    }  # fmt: skip
    path.write_text(json.dumps(body))
    page = draw("model")
    said = "\n".join(caption.value for caption in page.caption)
    assert r"as \*\*tiny\*\*, temperature 0, at most 64 tokens" in said
    assert "prompt abc, with 2 solved examples" in said
    assert "US$ 0.15 in and 0.60 out" in said
    assert "Say: {input} <b>" in [code.value for code in page.code]
    assert any("1 of 4 questions to tiny got no answer" in part.value for part in page.markdown)


def test_results_of_other_harnesses_stand_apart(workspace, tmp_path):
    saved(workspace, "mine", ["x"] * 4)
    path = tmp_path / "results.json"
    path.write_text(json.dumps(RESULTS))
    imports.keep(workspace, path)
    page = draw("model")
    assert t("asking.imported.title", n=3) in [head.value for head in page.subheader]
    table = next(frame.value for frame in page.dataframe if "Tool" in frame.value)
    assert list(table["Value"]) == ["0.6000", "0.5000", "1.0000"]
    assert table["95 % interval"][0] == "0.5020–0.6980"
    with JobStore(workspace) as store:
        assert store.jobs() == []
