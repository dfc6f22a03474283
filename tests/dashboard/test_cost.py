"""The Cost page with a card that is not an A100."""

from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


def test_a_card_without_a_price_or_a_back_test_says_both(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    page = AppTest.from_file(str(APP), default_timeout=60)
    page._page_hash = calc_hash("cost")
    page.run()
    [cards] = [box for box in page.selectbox if box.value == "A100-80-SXM"]
    assert "H100 80 GB SXM, not back-tested" in cards.options
    cards.set_value("H100-SXM").run()
    assert not page.exception
    assert "no price is on file for this card" in page.header[0].value
    assert any("Not back\\-tested" in block.value for block in page.markdown)
