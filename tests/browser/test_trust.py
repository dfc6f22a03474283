"""The Trust part in a browser: explained by a click, and nothing wrong with the page."""

import pytest

from tests.conftest import RUN

pytestmark = pytest.mark.browser
PATH = f"attention?tab=trust&model={RUN}"


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1280, "light", "en"), (390, "dark", "zh")],
)
def test_an_output_is_explained_and_put_to_the_test(
    visit, shoot, width: int, scheme: str, language: str
) -> None:
    one = visit(f"{PATH}&lang={language}", width=width, scheme=scheme)
    button = one.tab.locator("[class*='st-key-act-trust-'] button")
    if button.count():
        button.click()
    one.tab.wait_for_selector("[class*='st-key-trust-meter']")
    one.settle()
    # Four panels of curves, the meter, the heat and the lens.
    assert one.tab.locator(".js-plotly-plot").count() == 7
    shoot(one, f"trust-{scheme}-{width}")
    assert one.check() == []
