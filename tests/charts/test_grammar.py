import xml.etree.ElementTree as ElementTree

import pytest

from core.charts import grammar
from core.charts.needle import needle


def luminance(color):
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    """WCAG 2.2, relative luminance."""
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_reach_three_to_one_and_text_four_and_a_half(scheme):
    ink = grammar.tokens(scheme)
    for name in ("tuned", "base", "better", "worse", "risk", "failed", "estimated", "axis"):
        assert contrast(getattr(ink, name), ink.ground) >= 3, name
    for color in ink.categorical:
        assert contrast(color, ink.ground) >= 3, color
    for name in ("text", "muted"):
        assert contrast(getattr(ink, name), ink.ground) >= 4.5, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sequential_runs_evenly_away_from_the_page(scheme):
    ink = grammar.tokens(scheme)
    steps = [contrast(color, ink.ground) for color in ink.sequential]
    assert steps == sorted(steps)
    assert len(steps) == len(ink.diverging) == 10


def test_text_on_a_colour_can_be_read():
    for scheme in (grammar.LIGHT, grammar.DARK):
        for color in (*scheme.sequential, *scheme.diverging):
            assert contrast(grammar.text_on(color), color) >= 4.5, color


def test_special_tokens_stay_what_they_are():
    assert grammar.safe("<s>a & b</s>") == "&lt;s&gt;a &amp; b&lt;/s&gt;"


def test_presenting_enlarges_text_and_chart():
    small, large = (grammar.figure("light", height=200, present=p) for p in (False, True))
    assert large.layout.height == 250
    assert small.layout.template.layout.font.size == 13
    assert large.layout.template.layout.font.size == 16


def test_shade_is_clipped_to_the_scale():
    colors = ("a", "b", "c")
    assert [grammar.shade(x, colors) for x in (-1, 0, 0.5, 1, 9)] == ["a", "a", "b", "c", "c"]


SVG = "{http://www.w3.org/2000/svg}"


def parse(**options):
    drawn = needle(grammar.LIGHT, 5.0, 4.0, 7.0, 0.0, 10.0, **{"estimated": False, **options})
    return ElementTree.fromstring(drawn)  # noqa: S314 - drawn by us a line above


def test_a_needle_puts_value_and_interval_on_its_scale():
    tree = parse()
    [dot] = tree.findall(f"{SVG}circle")
    assert float(dot.get("cx")) == pytest.approx(110.0)
    bar = tree.findall(f"{SVG}line")[-1]
    assert (float(bar.get("x1")), float(bar.get("x2"))) == (
        pytest.approx(89.0),
        pytest.approx(152.0),
    )


def test_an_estimate_has_a_hollow_needle():
    solid, hollow = (parse(estimated=e).find(f"{SVG}circle").get("fill") for e in (False, True))
    assert solid != hollow == grammar.LIGHT.ground


def test_a_needles_tick_is_named_literally():
    words = [
        text.text for text in parse(reference=5.0, reference_name="<b>&").findall(f"{SVG}text")
    ]
    assert words == ["0", "10", "<b>&"]
