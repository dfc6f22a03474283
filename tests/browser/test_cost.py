"""The Cost page in a real browser: every part, a preset, an own price that stands in everywhere."""

import pytest

pytestmark = pytest.mark.browser
VIEWS = {
    "light": {"scheme": "light", "width": 1280},
    "dark": {"scheme": "dark", "width": 1280},
    "tablet": {"scheme": "light", "width": 768},
    "phone": {"scheme": "dark", "width": 390},
}
PARTS = ("train", "serve", "prices", "judged")
ROW, HEAD = 35, 35
"""Pixels of a row of a table, and of its heading."""


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_sound(part, view, visit, shoot):
    page = visit(f"cost?part={part}", **VIEWS[view])
    shoot(page, f"cost-{part}-{view}")
    assert page.check() == []


@pytest.mark.parametrize("query", [
    "part=train&model=llama-2-70b&method=full&gpus=64&lang=zh",
    "part=train&model=llama-2-70b&method=full&lang=zh",
    "part=serve&rate=40&traffic=two-peaks&ttft=500&tpot=40&lang=zh",
    "part=serve&model=llama-2-70b&gpu=L4",
    "part=judged&kind=run&lang=zh",
    "part=train&present=1",
    "part=train&tokens=1e400",
])  # fmt: skip
def test_a_choice_is_sound(query, visit, shoot):
    page = visit(f"cost?{query}")
    shoot(page, "cost-" + query.replace("&", "-").replace("=", "-"))
    assert page.check() == []


def test_a_preset_and_an_own_price(visit):
    page = visit("cost?part=train")
    page.tab.get_by_role("button", name="Examples").click()
    page.tab.get_by_text("Serve an 8B at 5 requests a second").click()
    page.tab.wait_for_url("**part=serve**")
    page.settle()
    answer = page.tab.locator("h2").first
    assert "a month" in answer.inner_text()

    page.tab.get_by_text("Prices", exact=True).click()
    page.tab.wait_for_url("**part=prices**")
    page.settle()
    page.grow()
    box = page.tab.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    second = box["y"] + HEAD + 1.5 * ROW
    page.tab.mouse.dblclick(box["x"] + 0.4 * box["width"], second)
    page.tab.locator("#portal input").fill("9.5")
    page.tab.wait_for_timeout(300)  # the cell takes what was typed a moment later
    page.tab.keyboard.press("Enter")
    page.tab.get_by_text("Prices of your own stand in").wait_for()
    assert "1 of " in answer.inner_text()

    page.tab.get_by_text("Serve", exact=True).click()
    page.tab.wait_for_url("**part=serve**")
    page.tab.get_by_text("Prices of your own stand in").wait_for()
    page.settle()
    assert page.check() == []
