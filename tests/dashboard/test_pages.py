"""Every page, in both languages, in an empty workspace and in one with a finished cycle."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.text.catalog import LANGUAGES
from core.workspace import Workspace
from dashboard.app import PAGES

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "dashboard" / "app.py"
HAN = "\u4e00", "\u9fff"


def draw(name, workspace, monkeypatch, **query):
    """Draw a page as a reader who comes by its URL; `AppTest` can switch to files only."""
    monkeypatch.setenv("ASSAY_HOME", str(workspace.root))
    page = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in query.items():
        page.query_params[key] = value
    page._page_hash = calc_hash(name)
    return page.run()


@pytest.fixture(params=["empty", "seeded"])
def workspace(request, tmp_path):
    if request.param == "empty":
        return Workspace.open(tmp_path)
    return request.getfixturevalue("seeded")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_and_answers(name, language, workspace, monkeypatch):
    page = draw(name, workspace, monkeypatch, lang=language)
    assert [fault.value for fault in page.exception] == []
    [question] = page.title
    answer = page.header[0]
    assert question.value
    assert answer.value
    assert answer.value.count("**") <= 4, "two bold parts at most"
    for text in (question.value, answer.value):
        chinese = any(HAN[0] <= sign <= HAN[1] for sign in text)
        assert chinese == (language == "zh"), text


@pytest.mark.parametrize("name", PAGES)
def test_presenting_hides_the_controls(name, seeded, monkeypatch):
    page = draw(name, seeded, monkeypatch, present="1")
    assert [fault.value for fault in page.exception] == []
    for kind in ("selectbox", "multiselect", "number_input", "slider", "text_input"):
        assert [widget.key for widget in page.get(kind)] == [], kind


@pytest.mark.parametrize("name", PAGES)
def test_a_url_that_names_nothing_known_is_no_error(name, seeded, monkeypatch):
    query = {"dataset": "../../etc", "run": "nobody", "model": "<s>", "lang": "xx", "layer": "999"}
    page = draw(name, seeded, monkeypatch, **query)
    assert [fault.value for fault in page.exception] == []


PROBE = """
import json, sys, time
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from dashboard.app import PAGES
page = AppTest.from_file(sys.argv[1], default_timeout=60).run()
for name in PAGES:
    page._page_hash = calc_hash(name)
    page.run()
    assert not page.exception, (name, page.exception[0].value)
print("LOADED", json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_no_page_loads_a_heavy_library(seeded, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(seeded.root))
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(APP)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.rpartition("LOADED")[2]))
    assert not loaded & {"torch", "transformers", "tokenizers", "accelerate"}
