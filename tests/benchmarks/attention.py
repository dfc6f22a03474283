"""What the attention page sends and how fast it is seen, beside bertviz on the same tensors.

    python -m tests.benchmarks.attention [--bertviz DIR --scripts DIR] [--limit SECONDS]

DIR of --bertviz: `pip install --target DIR bertviz==1.4.1 --no-deps; pip install --target DIR
ipython`. DIR of --scripts: `npm install --prefix DIR d3@5.7.0 jquery@2.1.0 requirejs@2.3.6`, as
bertviz fetches these from a host of its own; here they are served from the disk. Without them its
column is left empty. The attention is made up: softmax of 3·N(0, 1), 12 layers of 12 heads over
128 tokens, and 512 for one row. Writes results/attention.md. For an idle machine: it measures time.

Painted: from the moment the browser is told to open the file, or the numbers are handed over, until
the second frame after the drawing; for bertviz until its page stops growing.
"""

import argparse
import base64
import dataclasses
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from core.charts.attention import colours
from core.interpret import canvas, offline, store
from core.interpret.captured import Capture
from core.interpret.place import Place
from core.workspace import Workspace
from tests.benchmarks import table
from tests.interpret.test_canvas import square
from tests.serving import dashboard

LAYERS = HEADS = 12
TOKENS, MANY_TOKENS = 128, 512
TIMES = 5
FRAMES = "() => new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))"
MOUNT = """async (packed) => {
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  const place = document.body.appendChild(document.createElement("div"));
  const begun = performance.now();
  const close = canvas.mount(place, bytes, null);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const seconds = (performance.now() - begun) / 1000;
  if (!place.querySelector("[data-drawn]:not([data-drawn=''])")) throw Error("nothing drawn");
  close();
  return seconds;
}"""
"""Hands a blob to the canvas's own code; seconds until it is on the screen."""
FETCHED = {
    "require.js/2.3.6/require.min.js": "requirejs/require.js",
    "d3/5.7.0/d3.min": "d3/dist/d3.min",
    "jquery/2.0.0/jquery.min": "jquery/dist/jquery.min",
}
"""What bertviz loads from another host, and where npm puts it."""


def made_up(tokens: int) -> Capture:
    """A capture of softmax(3·N(0, 1))."""
    capture = square(2, LAYERS, HEADS)
    labels = tuple(f"·t{i}" for i in range(tokens))
    scores = np.random.default_rng(0).normal(0, 3, (LAYERS, HEADS, tokens, tokens))
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    made = dataclasses.replace(
        capture, tokens=labels, labels=labels, special=(False,) * tokens,
        weights={"encoder": weights.astype(np.float32)},
    )  # fmt: skip
    return dataclasses.replace(made, measured=tuple(made.summary()))


def median(times: Callable[[], float]) -> float:
    """The median of a few runs."""
    return statistics.median(times() for _ in range(TIMES))


def building(capture: Capture, place: Place) -> tuple[float, bytes]:
    """Seconds to build a blob, and the blob."""
    inks, heads = colours(), capture.summary()

    def once() -> float:
        begun = time.perf_counter()
        canvas.blob(capture, heads, place, inks, mark="0" * 64)
        return time.perf_counter() - begun

    return median(once), canvas.blob(capture, heads, place, inks, mark="0" * 64)


def painting(page: Page, blob: bytes) -> float:
    """Seconds until a blob is on the screen."""
    packed = base64.b64encode(blob).decode()
    return median(lambda: float(page.evaluate(MOUNT, packed)))


def opening(browser: Browser, path: Path) -> tuple[Page, float]:
    """A tab with the offline file, and the seconds until it was painted."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    begun = time.perf_counter()
    page.goto(path.as_uri())
    page.locator("[data-drawn^='grid/']").wait_for()
    page.evaluate(FRAMES)
    return page, time.perf_counter() - begun


def in_the_app(browser: Browser, capture: Capture) -> tuple[float, float, int]:
    """Seconds until the page's grid is seen, until a clicked head is; elements of the canvas."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(folder)
        store.save(workspace, "0" * 64, capture)
        with dashboard(workspace) as url:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(120_000)
            page.goto(f"{url}/attention")  # The first visitor of a server waits for its imports.
            page.locator("[data-drawn^='grid/']").wait_for()
            begun = time.perf_counter()
            page.goto(f"{url}/attention")
            page.locator("[data-drawn^='grid/']").wait_for()
            first = time.perf_counter() - begun
            page.locator("[data-test-script-state=notRunning]").wait_for()
            picture = page.locator(".assay canvas[role=application]")
            picture.focus()
            begun = time.perf_counter()
            page.keyboard.press("Enter")
            page.locator("[data-drawn^='map/']").wait_for()
            second = time.perf_counter() - begun
            elements = page.evaluate(
                """() => [...document.querySelectorAll("*")].map((one) => one.shadowRoot)
                  .filter((root) => root?.querySelector(".assay"))
                  .map((root) => root.querySelectorAll("*").length)[0]"""
            )
            page.close()
    return first, second, int(elements)


def bertviz(view: str, folder: Path, scripts: Path) -> None:
    """Print what one of bertviz's views takes, a JSON object a line, as soon as it is known."""
    sys.path.insert(0, str(folder))
    import torch
    from bertviz import head_view, model_view  # type: ignore[import-not-found]

    capture = made_up(TOKENS)
    attention = [torch.from_numpy(layer[None]) for layer in capture.weights["encoder"]]
    begun = time.perf_counter()
    draw = {"head": head_view, "model": model_view}[view]
    html = draw(attention, list(capture.labels), html_action="return").data
    built = time.perf_counter() - begun
    print(json.dumps({f"{view} build": built, f"{view} bytes": len(html.encode())}), flush=True)
    for address, file in FETCHED.items():
        html = html.replace(f"https://cdnjs.cloudflare.com/ajax/libs/{address}",
                            (scripts / "node_modules" / file).resolve().as_uri())  # fmt: skip
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        path = Path(place) / "page.html"
        path.write_text(f"<!doctype html><body>{html}</body>", encoding="utf-8")
        grown = _grown(chromium(playwright), path)
        print(json.dumps({f"{view} {what}": value for what, value in grown.items()}), flush=True)


def both_views(folder: Path, scripts: Path, limit: float) -> dict[str, float]:
    """What bertviz's views take; what is not known after `limit` seconds is left out."""
    found: dict[str, float] = {}
    for view in ("head", "model"):
        command = [sys.executable, "-m", "tests.benchmarks.attention", "--view", view,
                   "--bertviz", str(folder), "--scripts", str(scripts)]  # fmt: skip
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            said, _ = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired as late:
            os.killpg(child.pid, signal.SIGKILL)  # Its browser goes with it.
            raw = late.stdout or b""
            said = raw.decode() if isinstance(raw, bytes) else raw
            found[f"{view} limit"] = limit
        for line in said.splitlines():
            found |= json.loads(line)
    return found


def _grown(browser: Browser, path: Path) -> dict[str, float]:
    """Seconds until bertviz's page stops growing, and its elements then."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(0)
    begun = time.perf_counter()
    page.goto(path.as_uri(), wait_until="load")
    seen, at = 0, begun
    while True:
        now = int(page.evaluate("document.querySelectorAll('*').length"))
        if now == seen and now > 1_000:
            return {"paint": at - begun, "elements": seen}
        seen, at = now, time.perf_counter()
        page.wait_for_timeout(500)


def chromium(playwright: Any) -> Browser:
    """The browser of this machine."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    found: Browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
    return found


def measured(browser: Browser, capture: Capture, many: Capture) -> list[tuple[str, str, str]]:
    """What is measured, our figure, and what it must be."""
    grid, head = Place("grid", "encoder", 0, (0,)), Place("lines", "encoder", 0, (0,))
    seconds, first = building(capture, grid)
    _, lines = building(capture, head)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attention.html"
        begun = time.perf_counter()
        text = offline.attention_page(capture, capture.summary(), grid, colours(), mark="0" * 64)
        whole = time.perf_counter() - begun
        path.write_text(text, encoding="utf-8")
        page, opened = opening(browser, path)
        elements = int(page.evaluate("document.querySelectorAll('*').length"))
        paints = painting(page, first), painting(page, lines)
        long_build, long_grid = building(many, grid)
        long_lines_build, long_lines = building(many, head)
        long_paints = painting(page, long_grid), painting(page, long_lines)
        page.close()
    app = in_the_app(browser, capture)
    return [
        ("bytes to the browser, all heads", f"{path_bytes(text)} (one offline file)", "≤ 2.5 MB"),
        ("bytes to the first useful picture", path_bytes(first), "≤ 250 kB"),
        ("server time to build it", f"{seconds:.3f} s (the whole file: {whole:.2f} s)", "≤ 0.15 s"),
        ("grid painted", f"{paints[0]:.2f} s (the whole file opened: {opened:.2f} s)", "≤ 0.5 s"),
        ("head view painted", f"{paints[1]:.2f} s", "≤ 0.7 s"),
        ("DOM nodes", f"{app[2]:,} (the whole file: {elements:,})", "≤ 500"),
        ("512 tokens, grid built and painted", f"{long_build + long_paints[0]:.2f} s", "≤ 1.5 s"),
        ("512 tokens, head view built and painted", f"{long_lines_build + long_paints[1]:.2f} s",
         "≤ 1.5 s"),
        ("in the dashboard: page opened, grid seen", f"{app[0]:.2f} s", ""),
        ("in the dashboard: Enter on a head, heat map seen", f"{app[1]:.2f} s", ""),
    ]  # fmt: skip


def path_bytes(made: str | bytes) -> str:
    """How large it is, in MB or kB."""
    size = len(made.encode() if isinstance(made, str) else made)
    return f"{size / 1e6:.2f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def beside(found: dict[str, float]) -> dict[str, str]:
    """What bertviz takes, by the figure it stands beside."""

    def paint(view: str) -> str:
        if f"{view} paint" in found:
            return f"{found[f'{view} paint']:.1f} s"
        return f"more than {found[f'{view} limit']:.0f} s"

    if "model bytes" not in found or "head bytes" not in found:
        return {}
    size = f"{found['model bytes'] / 1e6:.1f} MB"
    nodes = [f"{found[f'{view} elements']:,.0f} ({view} view)" for view in ("head", "model")
             if f"{view} elements" in found]  # fmt: skip
    return {
        "bytes to the browser, all heads": size,
        "bytes to the first useful picture": size,
        "server time to build it": f"{found['model build']:.1f} s",
        "grid painted": paint("model"),
        "head view painted": paint("head"),
        "DOM nodes": ", ".join(nodes),
    }


def main() -> None:
    """Measure, and write the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bertviz", type=Path)
    asked.add_argument("--scripts", type=Path)
    asked.add_argument("--limit", type=float, default=300, help="seconds for a view of bertviz")
    asked.add_argument("--view", choices=("head", "model"), help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.view:
        bertviz(given.view, given.bertviz, given.scripts)
        return
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        ours = measured(browser, made_up(TOKENS), made_up(MANY_TOKENS))
        browser.close()
    there = given.bertviz and given.scripts
    theirs = beside(both_views(given.bertviz, given.scripts, given.limit) if there else {})
    rows = [(name, theirs.get(name, ""), value, limit) for name, value, limit in ours]
    notes = (
        "12 layers × 12 heads × 128 tokens, softmax of 3·N(0, 1), the same tensors for both. "
        "Medians of 5; bertviz's views and the dashboard once. Numbers a reader sees are float32; "
        "pixels are the square root in 8 bits. bertviz sends everything before its first picture."
    )
    if not theirs:
        notes += " bertviz 1.4.1 was not there to be measured (see the head of the script)."
    path = table.write(
        "attention", "Attention pictures: bytes and time",
        ("figure", "bertviz 1.4.1", "Assay", "must be"), rows, notes,
    )  # fmt: skip
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
