"""A Chromium, a dashboard on the seeded workspace, and what to watch while a page is open."""

import os
import shutil
from pathlib import Path

import pytest

from tests.serving import dashboard

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
TIMEOUT = 180_000
"""Milliseconds: a machine that trains meanwhile is slow."""
MAIN = "document.querySelector('[data-testid=stMain]')"


@pytest.fixture(scope="session")
def chromium():
    """The program of the browser; without one, tests that want it are skipped, saying so."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI_REQUIRE_BROWSER"):
            pytest.fail("CI_REQUIRE_BROWSER is set, but there is no Chromium on this machine.")
        pytest.skip("No Chromium on this machine: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="Playwright is missing")
    return program


@pytest.fixture(scope="module")
def browser(chromium):
    """A browser for one file: Playwright's event loop runs until it is closed, and while it does no
    other test of the process could run one of its own.
    """
    playwright_api = pytest.importorskip("playwright.sync_api")
    with playwright_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def url(chromium, seeded):
    with dashboard(seeded) as found:
        yield found


class Visit:
    """A tab, and what went wrong in it."""

    def __init__(self, browser, url, *, width=1280, scheme="light"):
        self.url = url
        self.context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, locale="en-US"
        )
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(TIMEOUT)
        self.faults = []
        self.tab.on("console", self._heard)
        self.tab.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.tab.on("request", self._asked)

    def _heard(self, message):
        # A deep link lets Streamlit's client look for its base path one level too deep.
        looking = "404" in message.text and "/_stcore/" in message.location.get("url", "")
        if message.type == "error" and not looking:
            self.faults.append(f"console: {message.text}")

    def _asked(self, request):
        own = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:")
        if not request.url.startswith(own):
            self.faults.append(f"asked another server: {request.url}")

    def open(self, path=""):
        self.tab.goto(f"{self.url}/{path}")
        self.settle()
        return self

    def settle(self):
        """Wait until the script has run and the browser has drawn what it sent."""
        self.tab.wait_for_selector("[data-test-connection-state=CONNECTED]")
        self.tab.wait_for_selector("h1")
        self.tab.wait_for_selector("[data-test-script-state=notRunning]")
        self.tab.wait_for_load_state("networkidle")
        self.tab.wait_for_function(
            "() => ![...document.querySelectorAll('[data-testid=stSkeleton]')].length"
        )

    def grow(self):
        """Streamlit scrolls inside the page: make the window as high as the content."""
        height = self.tab.evaluate(f"() => {MAIN}.scrollHeight")
        width = self.tab.viewport_size["width"]
        self.tab.set_viewport_size({"width": width, "height": max(600, min(height + 4, 6_000))})

    def check(self):
        """Everything wrong with the page as it stands."""
        found = list(self.faults)
        if self.tab.locator("[data-testid=stException]").count():
            found.append("exception: " + self.tab.locator("[data-testid=stException]").inner_text())
        if self.tab.evaluate(f"() => {MAIN}.scrollWidth > {MAIN}.clientWidth + 1"):
            found.append("scrolls sideways")
        self.tab.evaluate(AXE)
        said = self.tab.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
        return found + [
            f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:160]}"
            for one in said
            if one["impact"] in ("serious", "critical")
        ]


@pytest.fixture
def visit(browser, url):
    made = []

    def begin(path="", **options):
        made.append(Visit(browser, url, **options))
        return made[-1].open(path)

    yield begin
    for one in made:
        one.context.close()


@pytest.fixture
def shoot():
    """Keep a screenshot where $ASSAY_SCREENSHOTS says, if it does."""
    folder = os.environ.get("ASSAY_SCREENSHOTS")

    def keep(one, name):
        one.grow()
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            one.tab.wait_for_timeout(800)
            one.tab.screenshot(path=Path(folder) / f"{name}.png")

    return keep
