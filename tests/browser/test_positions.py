"""The Positions page in a real browser: every part, its sliders, its files."""

import pytest

from core import run
from core.jobs import runner
from core.work.positions import compute
from tests.conftest import RUN

pytestmark = pytest.mark.browser
VIEWS = {
    "light": {"scheme": "light", "width": 1280},
    "dark": {"scheme": "dark", "width": 1280},
    "phone": {"scheme": "light", "width": 390},
}
PARTS = ("order", "own", "length", "formula", "compare")


@pytest.fixture(scope="session")
def known(seeded):
    """The run's positions were read, and its loss was measured."""
    compute({"workspace": str(seeded.root), "model": RUN})
    job, _ = run.start(seeded, run.ContextRequest(RUN, "general-de", None, 91))
    assert runner.follow(seeded, job.id).result
    return RUN


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_sound(part, view, known, visit, shoot):
    page = visit(f"positions?model={known}&part={part}", **VIEWS[view])
    shoot(page, f"positions-{part}-{view}")
    assert page.check() == []


@pytest.mark.parametrize("scheme", ["rope", "t5", "alibi", "learned"])
def test_a_scheme_is_sound(scheme, known, visit, shoot):
    page = visit(f"positions?part=formula&scheme={scheme}&lang=zh")
    shoot(page, f"positions-{scheme}-zh")
    assert page.check() == []


def test_a_slider_moves_the_numbers_of_the_formula(known, visit):
    page = visit("positions?part=formula&d=64&pos=17&pair=3")
    assert "0.7743" in page.tab.locator("[data-testid=stMain]").inner_text()
    handle = page.tab.get_by_role("slider", name="position pos")
    handle.focus()
    handle.press("ArrowRight")
    page.tab.wait_for_url("**pos=18**")
    page.settle()
    # sin(18 / 10000^(6/64)) = sin(7.5905)
    page.tab.get_by_text("0.9655", exact=False).first.wait_for()
    assert page.check() == []


def test_words_are_swapped_and_shown_as_they_are(known, visit):
    page = visit("positions")
    box = page.tab.get_by_role("textbox", name="A sentence of yours")
    box.fill("<s> **bites** </script> $x$")
    box.press("Enter")
    page.tab.wait_for_url("**words=**")
    page.settle()
    said = page.tab.locator("[data-testid=stMain]").inner_text()
    assert "Swapping <s> and $x$" in said and "</script>" in said
    assert page.check() == []


def test_pictures_are_taken_along(known, visit, tmp_path):
    page = visit("positions?part=compare")
    for name, first in (("One offline page", b"<!doctype html>"), ("SVG", b"<svg"),
                        ("PNG", b"\x89PNG")):  # fmt: skip
        with page.tab.expect_download() as coming:
            page.tab.get_by_role("button", name=name).click()
        path = tmp_path / coming.value.suggested_filename
        coming.value.save_as(path)
        assert path.read_bytes().startswith(first) and path.stat().st_size < 3_000_000
    assert page.check() == []


def test_presenting_shows_no_controls(known, visit, shoot):
    page = visit("positions?part=formula&scheme=rope&present=1")
    shoot(page, "positions-present")
    assert page.tab.get_by_role("slider").count() == 0
    assert page.check() == []
