"""`assay report`: which plan, which file, and what is said where one is wrong."""

import json
import shutil

import pytest

from core.report import printing
from core.strategy import store
from core.strategy.scenario import samples
from tests.report.plans import RUN

FEW = ("--draws", "200")


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "desk.toml"
    shutil.copy(next(path for path in samples() if path.stem == "translation-desk"), path)
    return path


@pytest.fixture
def unplanned(monkeypatch):
    """No plan may be made."""

    def refuse(*_args, **_options):
        pytest.fail("a plan was made")

    monkeypatch.setattr(store, "rank", refuse)


def test_a_scenario_becomes_one_page(assay, scenario, tmp_path):
    out = tmp_path / "report.html"
    status, said, _ = assay("report", str(scenario), "--out", str(out), *FEW, "--json")
    found = json.loads(said)
    assert status == 0 and found["plan"] == "desk"
    assert found["bytes"] == out.stat().st_size
    assert printing.is_report(out.read_bytes())


def test_its_prices_are_of_the_day_that_is_asked_for(assay, scenario, tmp_path):
    out = tmp_path / "report.html"
    status, _, _ = assay("report", str(scenario), "--out", str(out), *FEW, "--seed", "3",
                         "--as-of", "2026-09-30")  # fmt: skip
    command = "assay plan desk.toml --as-of 2026-09-30 --seed 3 --draws 200 --json"
    assert status == 0 and command in out.read_text(encoding="utf-8")


def test_an_earlier_report_is_replaced_in_the_other_language(assay, scenario, tmp_path):
    out = tmp_path / "report.html"
    assert assay("report", str(scenario), "--out", str(out), *FEW)[0] == 0
    status, said, _ = assay("report", str(scenario), "--out", str(out), *FEW, "--language", "zh")
    assert status == 0 and "report.html" in said
    assert '<html lang="zh-CN">' in out.read_text(encoding="utf-8")


def test_another_file_is_left_alone_before_any_work(assay, unplanned, scenario, tmp_path):
    out = tmp_path / "notes.html"
    out.write_text("mine", encoding="utf-8")
    status, _, err = assay("report", str(scenario), "--out", str(out))
    assert status == 2 and "is there already" in err
    assert out.read_text(encoding="utf-8") == "mine"


def test_another_ending_is_refused(assay, unplanned, scenario, tmp_path):
    status, _, err = assay("report", str(scenario), "--out", str(tmp_path / "report.docx"))
    assert status == 2 and ".html or .pdf" in err


def test_without_a_browser_a_pdf_is_refused_before_any_work(
    assay, unplanned, scenario, tmp_path, monkeypatch
):
    monkeypatch.setattr(printing, "browser", lambda: None)
    status, _, err = assay("report", str(scenario), "--out", str(tmp_path / "report.pdf"))
    assert status == 2 and "print it to PDF" in err and err.count("\n") == 1


def test_an_unknown_run_is_said(assay, tmp_path):
    status, _, err = assay("report", "no-such-run", "--out", str(tmp_path / "report.html"))
    assert status == 2 and "no-such-run" in err and not (tmp_path / "report.html").exists()


def test_the_report_of_a_run_is_of_the_newest_kept_plan_with_it(assay, seeded, tmp_path):
    out = tmp_path / "report.html"
    status, said, _ = assay("report", RUN, "--out", str(out), "--json",
                            "--workspace", str(seeded.root))  # fmt: skip
    found, page = json.loads(said), out.read_text(encoding="utf-8")
    kept = json.loads(seeded.plan(found["plan"]).with_suffix(".json").read_text("utf-8"))
    assert status == 0 and RUN in [row["run"] for row in kept["ranking"]]
    assert f"{kept['draws']:,}" in page and f"{found['plan']}.toml" in page
    assert 'class="picture"' in page  # the attention of the run


def test_a_kept_plan_is_not_drawn_anew(assay, unplanned, seeded, tmp_path):
    status, _, err = assay("report", RUN, "--out", str(tmp_path / "report.html"), "--seed", "1",
                           "--workspace", str(seeded.root))  # fmt: skip
    assert status == 2 and "--seed" in err


def test_a_run_that_no_plan_has_is_said(assay, seeded, tmp_path):
    root = tmp_path / "without-plans"
    root.mkdir()
    (root / "runs").symlink_to(seeded.root / "runs")
    status, _, err = assay("report", RUN, "--out", str(tmp_path / "report.html"),
                           "--workspace", str(root))  # fmt: skip
    assert status == 2 and "assay plan FILE.toml" in err
