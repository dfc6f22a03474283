"""The Compare tab in a real browser: nothing overflows, axe finds nothing, hostile text is text."""

from dataclasses import replace

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.interpret import aligned, moved, prices, store
from core.models.resolve import resolve
from core.workspace import Workspace
from tests.browser.conftest import Visit
from tests.interpret.captures import seq2seq
from tests.interpret.test_moved import study as moved_study
from tests.interpret.test_prices import study as price_study
from tests.interpret.test_studies import alignment_study
from tests.scored import run
from tests.serving import dashboard

pytestmark = pytest.mark.browser

RUN, DATA, BASE = "shop-1", "shop", "starter-translate"


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    workspace = Workspace.open(tmp_path_factory.mktemp("compare"))
    rows = [Example(str(n), f"in {n} days", f"in {n} Tagen") for n in range(9)]
    data = datasets.save(workspace, DATA, "translation", {"train": [], "test": rows})
    run(workspace, RUN, data, base=BASE)
    link(workspace)
    store.save(workspace, "c0ffee", replace(seq2seq(), model=RUN))
    prices.STUDIES.save(workspace, price_study(model=RUN, dataset=DATA))
    aligned.STUDIES.save(workspace, alignment_study(key="b", model=RUN, dataset=DATA))
    moved.STUDIES.save(workspace, moved_study(key="c", a=BASE, b=RUN, dataset=DATA))
    return workspace


def link(workspace):
    """Give the run the starter's weights, so that it can be looked into."""
    folder = workspace.run(RUN) / "model"
    if not folder.exists():
        folder.symlink_to(resolve(workspace, BASE).path, target_is_directory=True)


@pytest.mark.parametrize(("width", "scheme", "language"), [
    (390, "dark", "zh"), (1280, "light", "en")])  # fmt: skip
def test_three_studies_are_drawn(browser, studied, width, scheme, language, shoot):
    with dashboard(studied) as url:
        one = Visit(browser, url, width=width, scheme=scheme)
        one.open(f"attention?tab=compare&model={RUN}&lang={language}")
        one.tab.locator("[data-testid=stPlotlyChart]").nth(7).wait_for()
        assert one.tab.locator("[data-testid=stPlotlyChart]").count() == 8
        assert one.check() == []
        shoot(one, f"compare-{width}-{scheme}")
        one.context.close()
