"""What the first walk must reach: the headless demo, start-up times, memory and page switches.

    python -m tests.benchmarks.first_walk [--skip-demo]

Writes results/first_walk.md. Needs Chromium for the page switches.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import psutil
from playwright.sync_api import Page, sync_playwright
from streamlit.testing.v1 import AppTest

from core.run import TrainRequest, start
from core.workspace import Workspace, next_name
from dashboard import app
from tests.benchmarks import table

ASSAY = [sys.executable, "-c", "from core.cli.main import main; main()"]
PORT = 8599
IDLE = "[data-test-script-state=notRunning]"


def median_seconds(arguments: list[str], times: int = 10) -> float:
    """Median wall time of a command."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run([*ASSAY, *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def demo(workspace: Path) -> tuple[float, dict[str, object]]:
    """Seconds and result of the headless demo in a fresh workspace."""
    started = time.perf_counter()
    done = subprocess.run(
        [*ASSAY, "demo", "--headless", "--json", "--workspace", str(workspace)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return time.perf_counter() - started, json.loads(done.stdout)


def script_seconds() -> dict[str, float]:
    """Warm script time of each page: the median of five reruns after the first."""
    found = {}
    for page in app.PAGES:
        test = AppTest.from_string(f"from dashboard.views.{page} import render\nrender()")
        test.default_timeout = 60
        test.run()
        taken = []
        for _ in range(5):
            started = time.perf_counter()
            test.run()
            taken.append(time.perf_counter() - started)
        found[page] = statistics.median(taken)
    return found


def switch_seconds(page: Page) -> dict[str, float]:
    """Browser time from the click on a page's name to its title drawn and the script at rest."""
    page.goto(f"http://127.0.0.1:{PORT}/")
    page.wait_for_selector(f"{IDLE} h1", timeout=60_000)
    taken: dict[str, list[float]] = {name: [] for name in app.PAGES}
    for _ in range(4):
        for name in (*app.PAGES[1:], app.PAGES[0]):
            link = page.get_by_role("link", name=name.capitalize(), exact=True)
            before = page.locator("h1").inner_text()
            started = time.perf_counter()
            link.first.click()
            page.wait_for_function(
                "old => { const h = document.querySelector('h1');"
                " return h && h.innerText !== old }", arg=before, polling=20,
            )  # fmt: skip
            page.wait_for_selector(IDLE, state="attached")
            taken[name].append(time.perf_counter() - started)
            page.wait_for_timeout(400)
    # The first round fills the caches; the others are warm.
    return {name: statistics.median(values[1:]) for name, values in taken.items()}


def dashboard(workspace: Path) -> tuple[dict[str, float], float]:
    """Page switches, and the server's largest memory while a training job runs."""
    environment = {**os.environ, "ASSAY_HOME": str(workspace)}
    server = subprocess.Popen(
        [*ASSAY, "dashboard", "--port", str(PORT), "--no-browser"], env=environment
    )
    try:
        _wait_until_up()
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page()
            switches = switch_seconds(page)
            home = Workspace.open(workspace)
            run = next_name(home.runs(), "localise-de")
            start(home, TrainRequest("localise-de", run, preset="quick",
                                     settings={"max_seconds": 20.0}, test_limit=50))  # fmt: skip
            most = 0.0
            for name in app.PAGES * 2:
                page.goto(f"http://127.0.0.1:{PORT}/{name}")
                page.wait_for_timeout(1_500)
                most = max(most, psutil.Process(server.pid).memory_info().rss / 2**20)
            browser.close()
    finally:
        server.terminate()
        server.wait()
    return switches, most


def _wait_until_up() -> None:
    for _ in range(120):
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/_stcore/health") as reply:
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("The dashboard did not come up within 30 s.")


def main() -> None:
    """Measure and write the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--workspace", help="Of an earlier run: the demo is not run again.")
    given = options.parse_args()
    workspace = Path(given.workspace or tempfile.mkdtemp())
    rows: list[tuple[object, ...]] = []
    if not given.workspace:
        seconds, result = demo(workspace)
        best = max(float(result["bleu_base"]), float(result["bleu_copy_source"]))
        gain = float(result["bleu_tuned"]) - best
        rows += [
            ("`assay demo --headless`", f"{seconds:.0f} s", "≤ 240 s"),
            ("tuned BLEU over the better of base and copy-the-source", f"+{gain:.1f}", "≥ +25"),
            ("its p-value", f"{result['p_value']:.4f}", "< 0.01"),
            *((f"demo: {key}", value, "") for key, value in result.items() if key != "files"),
        ]
    os.environ["ASSAY_HOME"] = str(workspace)
    rows.append(("`assay --help`, median of 10", f"{median_seconds(['--help']):.2f} s", "≤ 0.4 s"))
    rows.append(
        ("`assay runs list`, median of 10", f"{median_seconds(['runs', 'list']):.2f} s", "")
    )
    switches, memory = dashboard(workspace)
    rows.append(("dashboard memory while a job runs, largest", f"{memory:.0f} MiB", "≤ 350 MB"))
    rows.append(("warm page switch in the browser, median of pages",
                 f"{statistics.median(switches.values()):.2f} s", "≤ 1.0 s"))  # fmt: skip
    scripts = script_seconds()
    rows.append(("warm script time, median of pages",
                 f"{statistics.median(scripts.values()):.3f} s", "≤ 0.15 s"))  # fmt: skip
    rows += [
        (f"page {name}: switch / script", f"{switches[name]:.2f} s / {scripts[name]:.3f} s", "")
        for name in app.PAGES
    ]
    path = table.write("first_walk", "The first walk", ("figure", "measured", "wanted"), rows)
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
