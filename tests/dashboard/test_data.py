"""The Data page: findings with remedies, the locked test split, rows corrected by hand."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.data import dataset as datasets
from core.data import looks
from core.data.dataset import Example
from core.data.edits import Edit
from core.gate import limits_of
from core.jobs.store import JobStore
from core.text.catalog import t
from core.train.config import TrainConfig
from core.work.check import check
from core.workspace import Workspace
from dashboard import labelling

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
HOSTILE = "<b>help</b> **me** $x$ [a](javascript:1)"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    place = Workspace.open(tmp_path)
    train = [Example(f"e{n}", f"{n} parcels are late", "ab"[n % 2]) for n in range(30)]
    train += [Example("h1", HOSTILE, "a"), Example("h2", HOSTILE, "b")]
    test = [Example(f"t{n}", f"who sends me {n} bills", "ab"[n % 2]) for n in range(6)]
    test.append(Example("leak", "3 parcels are late.", "b"))
    datasets.save(place, "shop", "text-classification", {"train": train, "test": test})
    check(place, "shop", None, limits_of(TrainConfig()))
    return place


def draw(page=None, **query):
    if page is None:
        page = AppTest.from_file(str(APP), default_timeout=60)
        page.query_params.update(query)
        page._page_hash = calc_hash("data")
    page.run()
    assert not page.exception, page.exception[0].value
    return page


def said(page):
    return " ".join(element.value for element in [*page.markdown, *page.caption, *page.subheader])


def newest(workspace):
    return datasets.open_dataset(workspace, "shop")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_findings_come_gravest_first_each_with_its_reason(language, workspace):
    page = draw(lang=language)
    words = [element.value for element in page.markdown]
    assert t("gate.finding.leak_test_train", language, count=1, total=7) in page.header[0].value
    order = ["blocks", "risk", "note"]
    badges = {t(f"gate.severity.{name}", language): name for name in order}
    marks = [name for word in words for badge, name in badges.items() if f" {badge}]" in word]
    assert marks == sorted(marks, key=order.index)
    assert marks[0] == "blocks"
    assert t("gate.why.conflicts", language) in words
    assert t("gate.looks.none", language) in said(page)
    tables = [element.value for element in page.dataframe]
    assert any(HOSTILE in table.to_string() for table in tables)
    assert not any(HOSTILE in word for word in words)


def test_a_button_mends_a_finding_into_a_new_version(workspace):
    before = newest(workspace)
    page = draw()
    page.button(key=f"fix-leak_test_train-{before.version}").click()
    page = draw(page)
    made = newest(workspace)
    assert (made.report["parent"], made.rows) == (before.version, before.rows - 1)
    assert "e3" not in [row.id for row in datasets.read(workspace, made, "train")]
    assert made.splits["test"] == before.splits["test"]


def test_the_rows_are_counted_in_tokens(workspace):
    page = draw()
    assert "100 % of the inputs fit into the 256 tokens" in said(page)
    assert "with the tokenizer of starter" in said(page)


def test_a_version_not_looked_over_yet_begins_a_job(workspace):
    rows = [Example(str(n), f"row {n}", "ab"[n % 2]) for n in range(40)]
    datasets.save(workspace, "other", "text-classification", {"train": rows})
    with JobStore(workspace) as store:
        assert store.jobs(kind="check") == []
        draw(dataset="other")
        (job,) = store.jobs(kind="check")
    assert job.request["base"] == "starter-encode"
    assert job.request["dataset"].startswith("other@")


def test_test_rows_on_the_page_are_counted_once_a_session(workspace):
    page = draw()
    page.segmented_control(key="data-split").set_value("test")
    page = draw(draw(page))
    (look,) = looks.looks(workspace, newest(workspace)).seen
    assert (look.kind, look.by, look.rows) == ("show", "page", 7)
    assert "scored 0× and shown 1×" in said(draw(page))


def test_a_new_split_keeps_the_test_rows(workspace):
    before = newest(workspace)
    page = draw()
    page.button(key="split-action").click()
    draw(page)
    made = newest(workspace)
    assert made.report["change"]["kind"] == "split"
    assert made.splits == {"train": 29, "validation": 3, "test": 7}
    assert datasets.read(workspace, made, "test") == datasets.read(workspace, before, "test")


def test_the_test_split_cannot_be_edited_without_a_reason(workspace):
    page = draw()
    page.segmented_control(key="data-split").set_value("test")
    page.toggle(key="edit-rows").set_value(True)
    page = draw(page)
    assert t("labelling.locked") in said(page)
    assert [button.key for button in page.button if button.key == "edit-save"] == []
    page.text_input(key="edit-unlock").set_value("a wrong label")
    assert [button.key for button in draw(page).button if button.key == "edit-save"]


def test_what_was_written_into_the_table_becomes_edits():
    before = pd.DataFrame([{"id": f"e{n}", "input": f"text {n}", "target": "a"} for n in range(3)])
    after = before.copy()
    after.loc[0, "target"] = "b"
    after = after.drop(index=1)
    after.loc[9] = [None, "new text", "c"]
    after.loc[10] = [None, None, None]
    assert labelling.changes(before, before.copy(), "train") == []
    assert labelling.changes(before, after, "validation") == [
        Edit("e0", {"target": "b"}),
        Edit("", {"input": "new text", "target": "c"}, split="validation"),
        Edit("e1", {}, delete=True),
    ]
