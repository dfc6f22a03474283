"""HTML to PDF by a Chromium that is installed: nobody else prints charts and Chinese as well.

The browser runs apart, in a folder of its own that is thrown away, without a network.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from core.errors import BadInput, WorkFailed
from core.machine import BROWSERS
from core.report.page import GENERATOR, MARK

TIMEOUT_SECONDS = 120
WAITS_MS = (20_000, 120_000)
"""Virtual time that the page has to draw its charts: it passes as fast as the machine works."""
SWITCHES = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
    "--disable-extensions", "--disable-sync", "--disable-background-networking",
    "--disable-component-update", "--disable-dev-shm-usage", "--no-pdf-header-footer",
    "--run-all-compositor-stages-before-draw", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


def browser() -> str | None:
    """The program that prints; None if there is none on this machine."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def need_browser() -> str:
    """The program that prints.

    Raises:
        BadInput: There is none.
    """
    program = browser()
    if program is None:
        raise BadInput(
            "There is no Chromium on this machine to print the PDF (looked for "
            f"{', '.join(BROWSERS)}): write --out FILE.html, open it in a browser and print it to "
            "PDF, or install Chromium (apt-get install chromium)."
        )
    return program


def report_pdf(html: str) -> bytes:
    """A report as PDF.

    Args:
        html: What `report_html` made.

    Raises:
        BadInput: There is no Chromium.
        WorkFailed: The browser broke, or its page was not drawn in time.
    """
    program = need_browser()
    with tempfile.TemporaryDirectory(prefix="assay-report-") as folder:
        page, out = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html, encoding="utf-8")
        for wait in WAITS_MS:
            _print(program, page, out, wait)
            if drawn(out):
                break
        else:
            raise WorkFailed(
                "Chromium printed the report before its charts were drawn: write --out FILE.html, "
                "open it in a browser and print it to PDF."
            )
        return out.read_bytes()


def _print(program: str, page: Path, out: Path, wait_ms: int) -> None:
    """One run of the browser.

    Raises:
        WorkFailed: It ended without a PDF, or did not end.
    """
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [
        program, *SWITCHES, *root, f"--user-data-dir={page.parent / 'profile'}",
        f"--virtual-time-budget={wait_ms}", f"--print-to-pdf={out}", page.as_uri(),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise WorkFailed(
            f"Chromium did not print the report within {TIMEOUT_SECONDS} s: write --out FILE.html, "
            "open it in a browser and print it to PDF."
        ) from None
    if done.returncode or not out.is_file():
        said = " ".join(done.stderr.split())[-300:]
        raise WorkFailed(
            f"Chromium could not print the report (exit status {done.returncode}; {said}): write "
            "--out FILE.html, open it in a browser and print it to PDF."
        )


def drawn(pdf: Path) -> bool:
    """Whether a printed page had drawn its charts: only then its title ends with MARK."""
    return is_report(pdf.read_bytes())


def is_report(data: bytes) -> bool:
    """Whether a file is a report of Assay: its HTML says so, or the title of its PDF."""
    if data.startswith(b"%PDF"):
        title = title_of(data)
        return title is not None and title.endswith(MARK)
    return f'name="generator" content="{GENERATOR}"'.encode() in data


def title_of(pdf: bytes) -> str | None:
    """The title that a PDF has in its information dictionary (ISO 32000-1, 7.9.2 and 14.3.3)."""
    hexed = re.search(rb"/Title\s*<([0-9A-Fa-f\s]*)>", pdf)
    if hexed:
        return _text(bytes.fromhex(hexed[1].decode()))
    literal = re.search(rb"/Title\s*\(((?:[^()\\]|\\.)*)\)", pdf, re.DOTALL)
    return _text(_unescaped(literal[1])) if literal else None


def _unescaped(text: bytes) -> bytes:
    """A literal string without its backslashes."""
    signs = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def plain(found: re.Match[bytes]) -> bytes:
        sign = found[1]
        return bytes([int(sign, 8) & 255]) if sign.isdigit() else signs.get(sign, sign)

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, text, flags=re.DOTALL)


def _text(data: bytes) -> str:
    if data.startswith(b"\xfe\xff"):
        return data[2:].decode("utf-16-be", errors="replace")
    return data.decode("latin-1")


def write(path: Path, data: bytes) -> None:
    """Write a report; one that an earlier report wrote is replaced, anything else is left alone.

    Raises:
        BadInput: The file is there and is no report, or it cannot be written.
    """
    check_target(path)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInput(f"{str(path)!r} cannot be written ({error.strerror}).") from None


def check_target(path: Path) -> None:
    """Look, before the work, whether the file may be written.

    Raises:
        BadInput: Something is there that is no report.
    """
    if path.is_file() and is_report(path.read_bytes()):
        return
    if path.exists():
        raise BadInput(
            f"{str(path)!r} is there already and is no report of Assay; name a new file."
        )
