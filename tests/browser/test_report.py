"""The report in a browser: it draws itself, asks nobody, and runs nothing that it did not bring."""

from pathlib import Path

import pytest

from core.report.evidence import gather
from core.report.page import report_html
from tests.report import plans

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def opened(browser, tmp_path, seeded):
    """Open a report from a file, and keep everything that goes wrong meanwhile."""
    contexts = []

    def begin(document, language="en", width=1280, **options):
        path = tmp_path / "report.html"
        evidence = gather(seeded, document)
        path.write_text(report_html(document, evidence, language), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        tab = context.new_page()
        faults = []
        tab.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else 0)
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        tab.on("request", lambda request: None if request.url.startswith(("file:", "data:"))
               else faults.append(request.url))  # fmt: skip
        tab.goto(path.as_uri())
        return tab, faults

    yield begin
    for context in contexts:
        context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_draws_every_chart_and_asks_nobody(opened, language, width):
    tab, faults = opened(plans.document(), language, width)
    tab.wait_for_function("document.title.endsWith('· Assay')")
    drawn = tab.locator(".chart .main-svg").count()
    assert drawn >= 5 and tab.locator(".chart").count() == 5
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    assert not faults


def test_hostile_names_are_text_and_nothing_runs(opened):
    tab, faults = opened(plans.hostile())
    tab.wait_for_function("document.title.endsWith('· Assay')")
    for name in plans.HOSTILE.values():
        assert name in tab.locator("main").inner_text()
    assert tab.locator("main img, main a").count() == 0
    assert not faults


def test_the_policy_stops_what_it_did_not_bring(opened):
    tab, faults = opened(plans.document())
    tab.wait_for_function("document.title.endsWith('· Assay')")
    tab.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.head.append(script);
        document.body.append(Object.assign(new Image(), {src: "https://example.com/x.png"}));
    }""")
    assert tab.evaluate("window.ran") is None
    blocked = [fault for fault in faults if "Content Security Policy" in fault]
    assert any("script-src" in fault for fault in blocked)
    assert any("img-src" in fault for fault in blocked)


def test_without_a_script_the_numbers_can_be_read(opened):
    tab, _ = opened(plans.document(), java_script_enabled=False)
    assert tab.locator("noscript").inner_text()
    assert tab.locator("details table").count() == 5


def test_without_what_unpacks_the_charts_the_tables_stand_open(browser, tmp_path):
    found = plans.document()
    path = tmp_path / "report.html"
    path.write_text(report_html(found, gather(None, found), "en"), encoding="utf-8")
    context = browser.new_context()
    context.add_init_script("delete window.DecompressionStream")
    tab = context.new_page()
    tab.goto(path.as_uri())
    tab.wait_for_function("document.querySelectorAll('details[open]').length === 5")
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_it_has_no_barrier(opened, width):
    tab, _ = opened(plans.document(), "zh", width, bypass_csp=True)
    tab.wait_for_function("document.title.endsWith('· Assay')")
    tab.evaluate(AXE)
    rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
    found = tab.evaluate("rules => axe.run({runOnly: rules})", rules)["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
