"""The report on the Strategy page: made when it is asked for, of the text as it stands."""

import hashlib

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import WorkFailed
from core.report import printing
from core.strategy import store
from core.strategy.scenario import samples
from core.workspace import Workspace
from dashboard import plan_made, plan_report

MADE = "kept-plan-report-made"


def page():
    from dashboard.views.strategy import render

    render()


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A saved scenario, and its file."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    monkeypatch.setattr(plan_made, "DRAWS", 3_000)
    sample = next(path for path in samples() if path.stem == "translation-desk")
    return store.save_text(Workspace.open(tmp_path), "desk", sample.read_text(encoding="utf-8"))


def drawn(opened=True, **query):
    test = AppTest.from_function(page, default_timeout=60)
    test.query_params["plan"] = "desk"
    for name, value in query.items():
        test.query_params[name] = value
    if opened:
        test.session_state["plan-report"] = True
    test.run()
    assert not test.exception
    return test


def button(test, kind):
    return next((one for one in test.button if one.key == f"plan-report-{kind}"), None)


def made(test, kind="html"):
    button(test, kind).click().run()
    assert not test.exception
    return test.session_state[MADE]


def words(test):
    return "\n".join(one.value for kind in ("markdown", "text") for one in test.get(kind))


def test_nothing_is_made_before_it_is_asked_for(desk, monkeypatch):
    monkeypatch.setattr(plan_report, "html", lambda *_: pytest.fail("a report was made"))
    assert button(drawn(opened=False), "html") is None
    assert button(drawn(), "html") is not None


def test_it_is_the_report_of_the_saved_scenario(desk):
    found = made(drawn())
    text = found.data.decode()
    assert found.name == "desk-report-en.html" and printing.is_report(found.data)
    assert hashlib.sha256(desk.read_bytes()).hexdigest() in text
    assert "3,000" in text and "assay plan desk.toml" in text


def test_a_changed_scenario_says_so_in_the_names(desk):
    test = drawn(view="file")
    area = next(one for one in test.text_area if one.key.startswith("plan-text"))
    area.set_value(area.value.replace("cash_usd = 780_000", "cash_usd = 1_780_000")).run()
    found = made(test)
    assert found.name == "desk-changed-report-en.html"
    assert "1,780,000" in found.data.decode() and "desk-changed.toml" in found.data.decode()


def test_a_text_that_gives_no_plan_is_not_what_is_reported(desk):
    test = drawn(view="file")
    area = next(one for one in test.text_area if one.key.startswith("plan-text"))
    area.set_value("title = 3").run()
    assert "the last one that did" in words(test)
    assert made(test).name == "desk-report-en.html"


def test_a_report_of_before_the_change_is_not_offered_any_more(desk):
    test = drawn(view="file")
    made(test)
    assert any("report" in one.proto.label for one in test.get("download_button"))
    area = next(one for one in test.text_area if one.key.startswith("plan-text"))
    area.set_value(area.value + "\n# more\n").run()
    assert not any("report" in one.proto.label for one in test.get("download_button"))


def test_without_a_browser_it_says_how_to_print(desk, monkeypatch):
    monkeypatch.setattr(printing, "browser", lambda: None)
    test = drawn()
    assert button(test, "pdf").disabled and not button(test, "html").disabled
    assert "open it in a browser, and print it to PDF" in words(test)


def test_what_the_browser_could_not_do_is_a_sentence(desk, monkeypatch):
    def broken(_html):
        raise WorkFailed("Chromium could not print the report: <b>x</b>.")

    monkeypatch.setattr(printing, "browser", lambda: "chromium")
    monkeypatch.setitem(plan_report.FORMATS, "pdf", broken)
    test = drawn()
    button(test, "pdf").click().run()
    assert not test.exception and "<b>x</b>" in words(test)
    assert test.session_state[MADE] is None
