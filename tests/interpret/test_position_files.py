"""Pictures of positions as files: an offline page, SVG, PNG."""

import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from core.charts.positions import colours
from core.interpret import beside, permutation, schemes
from core.interpret.extension import Stretch
from core.interpret.offline_positions import positions_page, table
from core.interpret.panels import Panel
from core.interpret.picture import Cells, Path, Text
from core.interpret.picture_png import png
from core.interpret.picture_svg import svg
from core.interpret.position_picture import Scale, draw, scale
from core.text.catalog import LANGUAGES

HOSTILE = "<s> </script> **x** $x$ كلب 狗"
PANELS = {
    **{row.name: row.draw(40, 16, 12) for row in schemes.SCHEMES if row.name != "learned"},
    "beside": beside.beside(["rope", "yarn", "alibi"], Stretch(32)),
    "order": permutation.panels(permutation.demonstrate(HOSTILE, 0, 5)),
    "path": (Panel("path", np.array([1.0, 3.0, -2.0]), values={"both": 9.0},
                   lines={"": np.array([0.0, 5.0, 1.0])}, notes=((1.0, 0.0, "0"),)),),
}  # fmt: skip


class Tags(HTMLParser):
    """Names and attributes of all tags, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_needs_nothing_else_and_shows_text_as_it_is(name: str, language: str) -> None:
    page = positions_page(
        PANELS[name], f"**a** {HOSTILE}", [("Model", HOSTILE)], colours(), "f" * 64, language
    )
    assert len(page) < 3_000_000 and page.startswith("<!doctype html>")
    tags = Tags()
    tags.feed(page)
    assert not {"script", "s", "link", "iframe"} & set(tags.names)
    assert tags.names.count("svg") == 2 * len(PANELS[name])
    assert tags.names.count("details") == len(PANELS[name])
    assert HOSTILE in tags.text and "ffffffffffff" in tags.text
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "{" not in page.partition("</style>")[2].replace("{", "", page.count("\\{"))


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_svg_is_well_formed_and_png_is_a_picture(name: str, scheme: str) -> None:
    picture = draw(PANELS[name], colours()[scheme], ["a note", HOSTILE], "en")
    root = ElementTree.fromstring(svg(picture))  # noqa: S314 (our own)
    assert root.tag.endswith("svg")
    if name == "order":
        assert "</script>" in "".join(root.itertext())
    image = Image.open(io.BytesIO(png(picture)))
    assert image.size == (2 * round(picture.width), 2 * round(picture.height))
    assert len(image.convert("RGB").getcolors(10**6) or ()) > 10


def test_everything_lies_within_the_picture() -> None:
    for panels in PANELS.values():
        picture = draw(panels, colours()["light"], ["note"], "en")
        for shape in picture.shapes:
            if isinstance(shape, Cells):
                assert shape.x >= 0 and shape.x + shape.width <= picture.width
                assert shape.y + shape.height <= picture.height
            elif isinstance(shape, Path):
                assert all(0 <= x <= picture.width and 0 <= y <= picture.height
                           for x, y in shape.points)  # fmt: skip
            elif isinstance(shape, Text):
                assert 0 <= shape.y <= picture.height


def test_a_line_goes_through_its_values() -> None:
    panel = Panel("score", np.array([0.0, 1, 2]), finding="falls", values={"near": 1.0},
                  lines={"": np.array([0.0, 10, 5])})  # fmt: skip
    picture = draw([panel], colours()["light"], [], "en")
    (line,) = [s for s in picture.shapes if isinstance(s, Path) and s.stroke == 2]
    (x0, y0), (x1, y1), (x2, y2) = line.points
    assert x1 - x0 == x2 - x1 > 0 and y1 < y2 < y0
    assert (y0 - y2) / (y0 - y1) == pytest.approx(0.5)


def test_scales_and_their_ticks() -> None:
    assert scale([0, 10], 0, 100, False)(5) == 50
    assert scale([1, 100], 0, 100, True)(10) == pytest.approx(50)
    assert scale([1, 100], 0, 100, True).ticks() == [1, 10, 100]
    assert Scale(0, 10, 0, 1).ticks() == [0, 2, 4, 6, 8, 10]
    assert Scale(-0.3, 0.4, 0, 1).ticks() == pytest.approx([-0.2, 0, 0.2, 0.4])
    assert scale([3, 3], 0, 100, False)(3) == 0


def test_the_table_holds_the_numbers() -> None:
    lines = table(PANELS["t5"][0], "en").split("\n")
    assert lines[0].split("\t") == ["distance (tokens)", "both ways", "back only"]
    assert len(lines) == 1 + len(PANELS["t5"][0].x)
    rows = table(PANELS["order"][0], "en").split("\n")
    assert rows[1].startswith("<s>\t") and len(rows[1].split("\t")) == 1 + permutation.DIMENSION
    ahead = table(PANELS["alibi"][2], "en").split("\n")[1].split("\t")
    assert ahead[1] in ("0", "-0") and set(ahead[2:]) == {""}
