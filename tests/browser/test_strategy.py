"""The Strategy page in a real browser: every part, a slider, a text that gives no plan, a file."""

import pytest

from core.strategy import store
from core.strategy.plan import DRAWS, QUICK_DRAWS
from core.strategy.scenario import samples
from dashboard.views.strategy import VIEWS

pytestmark = pytest.mark.browser
SIZES = {
    "light": {"scheme": "light", "width": 1280},
    "dark": {"scheme": "dark", "width": 1280},
    "tablet": {"scheme": "dark", "width": 768},
    "phone": {"scheme": "light", "width": 390},
    "wall": {"scheme": "light", "width": 1920},
}
PLAN = "sample-translation-desk"


def whole(page):
    """Wait until all futures are drawn."""
    page.tab.get_by_text(f"{DRAWS:,} futures · seed 0").first.wait_for()
    page.settle()


@pytest.mark.parametrize(("view", "size"), [
    *((view, size) for view in VIEWS for size in ("light", "phone")),
    *(("decision", size) for size in ("dark", "tablet", "wall")),
    ("money", "dark"), ("risk", "dark"), ("file", "dark"), ("money", "wall"),
])  # fmt: skip
def test_a_part_is_sound(view, size, visit, shoot):
    page = visit(f"strategy?plan={PLAN}&view={view}&compare=sample-support-desk", **SIZES[size])
    whole(page)
    shoot(page, f"strategy-{view}-{size}")
    assert page.check() == []


@pytest.mark.parametrize("query", [
    "lang=zh", "lang=zh&view=money", "lang=zh&view=risk", "lang=zh&view=basis",
    "present=1", "present=1&view=money&lang=zh", "plan=%3Cb%3Enobody%3C%2Fb%3E",
    "plan=sample-on-device", "plan=sample-research-lab", "plan=sample-coding-assistant&view=money",
])  # fmt: skip
def test_a_choice_is_sound(query, visit, shoot):
    page = visit(f"strategy?{query}")
    page.tab.get_by_text(f"{DRAWS:,}").first.wait_for()
    page.settle()
    shoot(page, "strategy-" + query.replace("&", "-").replace("=", "-").replace("%", ""))
    assert page.check() == []


def test_a_slider_shows_few_futures_and_then_all(visit):
    page = visit(f"strategy?plan={PLAN}")
    whole(page)
    slider = page.tab.locator("input[type=range]").first
    slider.focus()
    page.tab.keyboard.press("ArrowLeft")
    page.tab.get_by_text(f"{QUICK_DRAWS:,} futures · seed 0").first.wait_for()
    whole(page)
    assert page.tab.get_by_text("changed here, not saved").count() == 1
    page.tab.get_by_role("button", name="Back to the saved one").click()
    page.tab.get_by_text("changed here, not saved").wait_for(state="detached")
    assert page.check() == []


def test_every_field_and_every_table_can_be_opened(visit, shoot):
    page = visit(f"strategy?plan={PLAN}&section=option-1")
    whole(page)
    page.tab.get_by_text("Assumptions: every field").click()
    page.tab.get_by_label("Prompt tokens").wait_for()
    for table in page.tab.get_by_text("The table behind").all():
        table.click()
        page.settle()
    shoot(page, "strategy-opened")
    assert page.check() == []


def test_a_text_that_gives_no_plan_stays_and_its_line_is_named(visit, shoot):
    page = visit(f"strategy?plan={PLAN}&view=file")
    whole(page)
    area = page.tab.get_by_label("TOML", exact=True)
    text = area.input_value()
    broken = text.replace('metric = "bleu"', 'metric = "blue"')
    area.fill(broken)
    page.tab.keyboard.press("Control+Enter")
    page.tab.get_by_text("quality.metric is 'blue'").wait_for()
    page.settle()
    number = next(i for i, line in enumerate(text.splitlines(), 1) if 'metric = "bleu"' in line)
    assert page.tab.get_by_text(f"Line {number}:").count() == 1
    assert area.input_value() == broken
    shoot(page, "strategy-broken")
    assert page.check() == []
    page.tab.get_by_text("Decision", exact=True).click()
    page.tab.get_by_role("button", name="Show the text").click()
    page.settle()
    assert area.input_value() == broken


def test_an_uploaded_file_is_opened_and_deleted(visit, seeded, tmp_path):
    sample = next(path for path in samples() if path.stem == "support-desk")
    file = tmp_path / "brought along.toml"
    file.write_text(sample.read_text(encoding="utf-8") + "\n# brought along\n", encoding="utf-8")
    page = visit(f"strategy?plan={PLAN}&view=file")
    whole(page)
    page.tab.locator("input[type=file]").set_input_files(str(file))
    page.tab.wait_for_url("**plan=brought-along**")
    whole(page)
    # What was drawn before the upload stands for a moment beside what is drawn after it.
    page.tab.wait_for_function(
        "() => { const found = document.querySelectorAll('textarea[aria-label=TOML]');"
        " return found.length === 1 && found[0].value.includes('# brought along'); }"
    )
    page.tab.get_by_role("button", name="Delete").click()
    page.tab.get_by_role("button", name="Delete brought-along").click()
    page.tab.get_by_text("brought-along was deleted").wait_for()
    assert "brought-along" not in [path.stem for path in store.scenarios(seeded)]
    assert page.check() == []
