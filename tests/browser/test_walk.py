"""A walk through every page in a real browser: both schemes, a desk and a phone."""

import pytest

from dashboard.app import PAGES

pytestmark = pytest.mark.browser
VIEWS = {
    "light": {"scheme": "light", "width": 1280},
    "dark": {"scheme": "dark", "width": 1280},
    "phone": {"scheme": "light", "width": 390},
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_sound(name, view, visit, shoot):
    page = visit("" if name == PAGES[0] else name, **VIEWS[view])
    shoot(page, f"{name}-{view}")
    assert page.check() == []


def test_language_goes_along_from_page_to_page(visit, shoot):
    page = visit("?lang=zh")
    shoot(page, "overview-zh")
    for link in ("训练", "评测"):
        page.tab.get_by_role("link", name=link, exact=True).first.click()
        page.tab.wait_for_url("**/*lang=zh*")
        page.settle()
    page.tab.get_by_role("radio", name="EN").click()
    page.tab.wait_for_url("**/*lang=en*")
    page.settle()
    assert page.tab.get_by_role("link", name="Evaluate", exact=True).count() == 1
    assert page.check() == []


def test_presenting_leads_through_the_pages(visit, shoot):
    page = visit("?present=1")
    shoot(page, "overview-present")
    page.tab.get_by_role("link", name="Next: Data").click()
    page.tab.wait_for_url("**/data?*present=1*")
    page.settle()
    assert page.check() == []
