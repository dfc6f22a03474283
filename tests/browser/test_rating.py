"""Blind rating by keyboard; a picture in an answer is text, and no request."""

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate.ratings import open_rating
from core.workspace import Workspace
from tests.browser.conftest import Visit
from tests.endpoints import IMAGE
from tests.evaluate.test_ratings import saved
from tests.serving import dashboard

pytestmark = pytest.mark.browser

PAGE = "evaluate?dataset=demo&run=model-abe&against=model-zed&rate=1"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    workspace = Workspace.open(tmp_path_factory.mktemp("rating"))
    rows = [Example(str(n), f"in {n}", f"ref {n}") for n in range(5)]
    datasets.save(workspace, "demo", "translation", {"test": rows})
    a = saved(workspace, "model-zed", [f"z {IMAGE} {n}" for n in range(5)])
    b = saved(workspace, "model-abe", [f"a {IMAGE} {n}" for n in range(5)])
    return workspace, a, b


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_a_key_is_a_vote_and_nothing_is_asked_elsewhere(browser, two, width, scheme, shoot):
    workspace, a, b = two
    before = len(open_rating(workspace, a, b).votes)
    with dashboard(workspace) as url:
        one = Visit(browser, url, width=width, scheme=scheme).open(PAGE)
        shown = one.tab.locator("[data-testid=stCode]").all_inner_texts()
        assert sum(IMAGE in text for text in shown) == 2
        one.tab.locator("body").press("2")
        one.tab.get_by_text(f"{before + 1} of 5").wait_for()
        one.settle()
        assert one.check() == []
        shoot(one, f"rating-{width}-{scheme}")
        one.context.close()
    votes = open_rating(workspace, a, b).votes
    assert len(votes) == before + 1
    assert {choice for choice, _ in votes.values()} == {"right"}
