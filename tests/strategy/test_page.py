"""The editor of the Strategy page: what is changed there is computed, kept and read back."""

import pytest
from streamlit.testing.v1 import AppTest

from core.strategy.scenario import load
from core.workspace import Workspace


def page():
    from dashboard.views.strategy import render

    render()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    return Workspace.open(tmp_path)


def drawn():
    test = AppTest.from_function(page, default_timeout=60).run()
    assert not test.exception
    return test


def field(test, label):
    return next(widget for widget in test.number_input if widget.label == label)


def test_a_changed_volume_changes_what_is_said(workspace):
    test = drawn()
    before = test.metric[0].value
    field(test, "Requests a day").set_value(800_000.0).run()
    assert not test.exception
    assert test.metric[0].value != before


def test_a_changed_scenario_is_saved_and_read_back(workspace):
    test = drawn()
    field(test, "Money in the bank, US$").set_value(900_000.0).run()
    next(w for w in test.text_input if w.label == "Save as").set_value("mine").run()
    next(b for b in test.button if b.label == "Save to the workspace").click().run()
    assert load(workspace.plan("mine")).company.cash_usd == 900_000


def test_a_name_that_leads_out_of_the_workspace_is_refused(workspace):
    test = drawn()
    next(w for w in test.text_input if w.label == "Save as").set_value("../out").run()
    next(b for b in test.button if b.label == "Save to the workspace").click().run()
    assert "cannot be a plan name" in test.error[0].value
    assert not (workspace.root.parent / "out.toml").exists()


def test_a_broken_file_is_a_sentence_on_the_page(workspace):
    workspace.plan("broken").parent.mkdir()
    workspace.plan("broken").write_text("title = 3", encoding="utf-8")
    test = drawn()
    assert any("scenario.title is 3" in element.value for element in test.text)
