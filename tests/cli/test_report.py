"""`assay report`: which plan, which file, and what is said where one is wrong."""

import json

import pytest

from core.report import printing
from core.strategy import store
from tests.report import made_up


@pytest.fixture
def planned(monkeypatch):
    """The engine gives the made-up document, whatever the file says."""
    asked = []

    def rank(workspace, path):
        asked.append(path)
        return made_up.document()

    monkeypatch.setattr(store, "rank", rank)
    return asked


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "seed.toml"
    path.write_text('title = "seed"\n', encoding="utf-8")
    return path


def test_a_scenario_becomes_one_page(assay, planned, scenario, tmp_path):
    out = tmp_path / "report.html"
    status, said, _ = assay("report", str(scenario), "--out", str(out), "--json")
    found = json.loads(said)
    assert status == 0 and planned == [scenario]
    assert found["bytes"] == out.stat().st_size and found["plan"] == "seed"
    assert printing.is_report(out.read_bytes())


def test_an_earlier_report_is_replaced_in_the_other_language(assay, planned, scenario, tmp_path):
    out = tmp_path / "report.html"
    assert assay("report", str(scenario), "--out", str(out))[0] == 0
    status, said, _ = assay("report", str(scenario), "--out", str(out), "--language", "zh")
    assert status == 0 and "report.html" in said
    assert '<html lang="zh-CN">' in out.read_text(encoding="utf-8")


def test_another_file_is_left_alone_before_any_work(assay, planned, scenario, tmp_path):
    out = tmp_path / "notes.html"
    out.write_text("mine", encoding="utf-8")
    status, _, err = assay("report", str(scenario), "--out", str(out))
    assert status == 2 and "is there already" in err and not planned
    assert out.read_text(encoding="utf-8") == "mine"


def test_another_ending_is_refused(assay, planned, scenario, tmp_path):
    status, _, err = assay("report", str(scenario), "--out", str(tmp_path / "report.docx"))
    assert status == 2 and ".html or .pdf" in err and not planned


def test_without_a_browser_a_pdf_is_refused_before_any_work(
    assay, planned, scenario, tmp_path, monkeypatch
):
    monkeypatch.setattr(printing, "browser", lambda: None)
    status, _, err = assay("report", str(scenario), "--out", str(tmp_path / "report.pdf"))
    assert status == 2 and "print it to PDF" in err and err.count("\n") == 1 and not planned


def test_an_unknown_run_is_said(assay, tmp_path):
    status, _, err = assay("report", "no-such-run", "--out", str(tmp_path / "report.html"))
    assert status == 2 and "no-such-run" in err and not (tmp_path / "report.html").exists()


def test_a_run_that_no_plan_has_is_said(assay, seeded, tmp_path):
    status, _, err = assay("report", made_up.RUN, "--out", str(tmp_path / "report.html"),
                           "--workspace", str(seeded.root))  # fmt: skip
    assert status == 2 and "assay plan FILE.toml" in err
