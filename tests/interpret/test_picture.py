"""Pictures without a browser: SVG and PNG say the same as the weights."""

import dataclasses
import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from core.charts.attention import colours
from core.errors import BadInput
from core.interpret import picture
from core.interpret.attention_picture import LEAST_WEIGHT, PICTURES, draw
from core.interpret.picture_png import SHARP, png
from core.interpret.picture_svg import small_png, svg
from core.interpret.place import Place
from tests.interpret.captures import seq2seq
from tests.interpret.test_canvas import MARK, square

SVG = "{http://www.w3.org/2000/svg}"


def drawn(capture, place, scheme="light"):
    return draw(capture, capture.summary(), place, colours()[scheme], mark=MARK)


def parsed(made: str):
    return ElementTree.fromstring(made)  # noqa: S314  (our own file)


def texts(root) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_a_heat_map_has_a_vector_a_cell_and_prints_from_a_tenth() -> None:
    capture = seq2seq()
    root = parsed(svg(drawn(capture, Place("map", "cross", 1, (0,)))))
    weights = capture.weights["cross"][1, 0]
    assert len(list(root.iter(f"{SVG}rect"))) == 1 + weights.size
    said = texts(root)
    assert sum(text.startswith(".") or text == "1.00" for text in said) == (weights >= 0.1).sum()
    assert "</script><b>" in said and any(MARK[:12] in text for text in said)


def test_what_people_wrote_stays_text() -> None:
    hostile = dataclasses.replace(seq2seq(), text='</svg><script>x</script>&"\x00\x1b')
    made = svg(drawn(hostile, Place("grid", "encoder", 0, (0,))))
    root = parsed(made)
    assert not list(root.iter(f"{SVG}script"))
    assert any("</svg><script>x</script>&" in text for text in texts(root))


def test_lines_keep_to_the_strongest_and_tell_heads_apart() -> None:
    capture = seq2seq()
    made = drawn(capture, Place("lines", "encoder", 0, (0, 1)))
    curves = [shape for shape in made.shapes if isinstance(shape, picture.Curve)]
    expected = (capture.weights["encoder"][0] >= LEAST_WEIGHT).sum() + 2
    assert len(curves) == expected
    assert len({(curve.colour, curve.dashed) for curve in curves}) == 2


def test_many_small_pictures_go_in_as_images() -> None:
    made = svg(drawn(square(128, 3, 4), Place("grid", "encoder", 0, (0,))))
    root = parsed(made)
    assert len(list(root.iter(f"{SVG}image"))) == 12 and len(made) < 60_000


def test_a_small_png_is_the_pixels_it_was_made_of() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    with Image.open(io.BytesIO(small_png(pixels))) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), pixels)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", PICTURES)
def test_a_png_shows_the_shades_of_the_weights(view: str, scheme: str) -> None:
    capture = seq2seq()
    made = drawn(capture, Place(view, "cross", 0, (0, 1) if view == "lines" else (0,)), scheme)
    with Image.open(io.BytesIO(png(made))) as image:
        assert image.size == (round(made.width) * SHARP, round(made.height) * SHARP)
        for shape in made.shapes:
            if isinstance(shape, picture.Cells):
                rows, columns, _ = shape.colours.shape
                x = shape.x + shape.width * (columns - 0.9) / columns
                y = shape.y + shape.height * (rows - 0.9) / rows
                pixel = image.getpixel((round(x * SHARP), round(y * SHARP)))
                assert np.abs(np.array(pixel) - shape.colours[-1, -1]).max() <= 2


def test_the_formula_is_not_drawn_without_a_browser() -> None:
    with pytest.raises(BadInput, match="drawn by the page and by --html only"):
        drawn(seq2seq(), Place("steps", "cross", 0, (0,)))


def test_a_long_note_is_wrapped_and_a_wide_label_cut() -> None:
    lines = picture.wrap("退款" * 200, 300, 12)
    assert 1 < len(lines) <= 8 and all(picture.width_of(line, 12) <= 300 for line in lines)
    assert picture.cut("x" * 100, 60, 13).endswith("…")
