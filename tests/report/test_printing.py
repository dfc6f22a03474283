"""Printing: what is found in a PDF, what is said where it cannot be made."""

import os
import re

import pytest

from core.errors import BadInput, WorkFailed
from core.report import printing
from core.report.evidence import gather
from core.report.page import report_html
from core.strategy.scenario import samples
from tests.report import plans

PROGRAM = printing.browser()
needs_chromium = pytest.mark.skipif(
    PROGRAM is None and not os.environ.get("CI_REQUIRE_BROWSER"),
    reason="No Chromium on this machine: apt-get install chromium",
)


def program(folder, monkeypatch, lines):
    """A browser that does what these lines of shell say; $OUT is the file to print to."""
    path = folder / "chromium"
    find = 'for word in "$@"; do case "$word" in --print-to-pdf=*) OUT="${word#*=}";; esac; done'
    path.write_text("\n".join(["#!/bin/sh", find, *lines]) + "\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setattr(printing, "browser", lambda: str(path))


@pytest.mark.parametrize(
    ("pdf", "title"),
    [
        (
            b"1 0 obj\n<</Title (A plan \\(mine\\) \\\\ \\101)\n/Producer (x)>>",
            "A plan (mine) \\ A",
        ),
        (b"<</Title <FEFF4E2D00200041>>>", "中 A"),
        (b"<</Producer (Skia/PDF)>>", None),
    ],
)
def test_the_title_of_a_pdf(pdf, title):
    assert printing.title_of(pdf) == title


def test_a_file_of_somebody_else_is_left_alone(tmp_path):
    path = tmp_path / "mine.html"
    path.write_text("<p>mine</p>", encoding="utf-8")
    with pytest.raises(BadInput, match="is there already"):
        printing.write(path, b"new")
    assert path.read_text(encoding="utf-8") == "<p>mine</p>"


def test_an_earlier_report_is_replaced(tmp_path):
    path = tmp_path / "report.html"
    first = b'<meta name="generator" content="Assay report">'
    printing.write(path, first)
    printing.write(path, b"second")
    assert path.read_bytes() == b"second"


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(BadInput, match="cannot be written"):
        printing.write(tmp_path / "no" / "report.html", b"x")


def test_without_a_browser_the_way_round_is_said(monkeypatch):
    monkeypatch.setattr(printing, "browser", lambda: None)
    with pytest.raises(BadInput, match=r"no Chromium.*open it in a browser and print it to PDF"):
        printing.report_pdf("<p>x</p>")


def test_a_browser_that_breaks_is_told_of(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, ["echo it broke >&2", "exit 3"])
    with pytest.raises(WorkFailed, match=r"exit status 3; it broke"):
        printing.report_pdf("<p>x</p>")


def test_a_browser_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "TIMEOUT_SECONDS", 0.2)
    program(tmp_path, monkeypatch, ["exec sleep 60"])
    with pytest.raises(WorkFailed, match=r"within 0.2 s"):
        printing.report_pdf("<p>x</p>")


def test_a_page_that_was_printed_too_early_is_printed_again_and_then_refused(tmp_path, monkeypatch):
    count = tmp_path / "count"
    early = "echo '%PDF-1.4 <</Title (Assay report)>>' > \"$OUT\""
    program(tmp_path, monkeypatch, [f"echo run >> {count}", early])
    with pytest.raises(WorkFailed, match="before its charts were drawn"):
        printing.report_pdf("<p>x</p>")
    assert count.read_text(encoding="utf-8").count("run") == len(printing.WAITS_MS)


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "language"),
    [*((path.stem, "en") for path in samples()), ("document-assistant", "zh")],
)
def test_the_report_of_a_sample_is_four_to_eight_pages_with_its_charts(name, language):
    found = plans.planned(plans.sample(name))
    data = printing.report_pdf(report_html(found, gather(None, found), language))
    assert 4 <= len(re.findall(rb"/Type\s*/Page(?![A-Za-z])", data)) <= 8
    assert printing.title_of(data) == f"{found['title']} · Assay"
    sizes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert {(round(float(w)), round(float(h))) for w, h in sizes} == {(595, 842)}


@needs_chromium
@pytest.mark.browser
def test_a_page_without_its_script_is_not_taken_for_a_report(monkeypatch):
    monkeypatch.setattr(printing, "WAITS_MS", (500,))
    found = plans.document()
    broken = report_html(found, gather(None, found), "en").replace("DecompressionStream", "Nothing")
    with pytest.raises(WorkFailed, match="before its charts were drawn"):
        printing.report_pdf(broken)
