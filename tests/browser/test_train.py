"""The Train page in a real browser: a live run, a finished one, several over each other."""

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.jobs.store import JobStore
from core.workspace import Workspace
from tests.browser.conftest import Visit
from tests.serving import dashboard
from tests.training import finished, forgot, running

pytestmark = pytest.mark.browser
ALL = "runs=shop-1,shop-2,shop-3"
STATES = {
    "running": ("train", "light", 1280),
    "overlay": (f"train?run=shop-2&{ALL}", "dark", 1280),
    "chinese": (f"train?lang=zh&run=shop-1&{ALL}", "light", 390),
}
"""Path, scheme and width."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A workspace with three finished runs, two of them with and without replay, and a live one."""
    workspace = Workspace.open(tmp_path_factory.mktemp("shop"))
    rows = [Example(f"e{n}", f"{n} days ago", f"vor {n} Tagen") for n in range(60)]
    made = datasets.save(workspace, "shop", "translation", {"train": rows[:50], "test": rows[50:]})
    finished(workspace, "shop-1", general=forgot(20.1, 3.0), data_version=made.version)
    finished(workspace, "shop-2", general=forgot(20.1, 16.0), settings={"replay_share": 0.2},
             data_version=made.version)  # fmt: skip
    finished(workspace, "shop-3", settings={"seed": 3}, data_version=made.version)
    with running(workspace, version=made.version):
        yield workspace


@pytest.fixture(scope="module")
def address(browser, shop):
    with dashboard(shop) as found:
        yield found


@pytest.fixture
def visit(browser, address):
    made = []

    def begin(path, **options):
        made.append(Visit(browser, address, **options))
        return made[-1].open(path)

    yield begin
    for one in made:
        one.context.close()


def faults(page):
    """What is wrong with a page that redraws parts of itself: these are paler for a moment."""
    for _ in range(6):
        found = page.check()
        if not found:
            break
        page.tab.wait_for_timeout(1_000)
        page.settle()
    return found


@pytest.mark.parametrize("state", STATES)
def test_the_train_page_is_sound(state, visit, shoot):
    path, scheme, width = STATES[state]
    page = visit(path, scheme=scheme, width=width)
    page.tab.wait_for_selector("[data-testid=stPlotlyChart] .main-svg")
    shoot(page, f"train-{state}")
    assert faults(page) == []


def test_batch_and_log_open_and_are_sound(visit, shoot):
    page = visit("train?run=shop-9")
    page.tab.get_by_text("Log", exact=True).click()
    page.tab.get_by_role("textbox", name="Search").wait_for()
    page.tab.get_by_text("The first batch as the model sees it").click()
    page.tab.get_by_label("Row to look at").wait_for()
    page.settle()
    shoot(page, "train-opened")
    assert faults(page) == []


def test_a_reload_and_the_end_are_found_in_the_store(visit, shop):
    """Last: the live run ends. A tab that watched it shows its result, and so does a reload."""
    page = visit("train?run=shop-9")
    page.tab.get_by_role("heading", name="shop-9 is training").wait_for()
    page.tab.reload()
    page.settle()
    page.tab.get_by_role("heading", name="shop-9 is training").wait_for()
    assert page.tab.locator("b", has_text="7").count() == 0  # what it answered stays text
    with JobStore(shop) as store:
        job = store.jobs("train", active=True)[0].id
        finished(shop, "shop-9", job=False)
        store.finish(job, "succeeded", result={})
    page.tab.get_by_role("heading", name="Yes: shop-9 learnt").wait_for()
    assert faults(page) == []
