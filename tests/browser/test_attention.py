"""The attention canvas in a browser: what it shows, how it is driven, its file on its own."""

import base64
import dataclasses
import re

import numpy as np
import pytest

from core.charts.attention import colours
from core.evaluate.store import examples, list_evaluations
from core.interpret import canvas, detail, merge, offline, packing, store
from core.interpret.place import Place
from core.interpret.store import list_captures
from core.workspace import Workspace
from tests.browser.conftest import AXE, RULES, Visit
from tests.interpret.captures import detail as made_up
from tests.interpret.captures import seq2seq
from tests.interpret.test_canvas import MARK, square
from tests.serving import dashboard

pytestmark = pytest.mark.browser

KEY = "c0ffee" * 10
HOSTILE = ("<s>", "·**x**", "·$x$", "</script>", "·退款", "·مرحبا", "</s>")
PAGE = "attention?kind=encoder&layer=1"


def hostile():
    """An encoder's capture of tokens that must stay text, its second layer with its detail."""
    n = len(HOSTILE)
    layer = made_up("encoder", 1, heads=2, key_heads=2, queries=n, keys=n, causal=False, d=16)
    made = seq2seq()
    found = square(n, 2, 2)
    weights = found.weights["encoder"]
    weights[1] = [detail.steps(layer, head).weights for head in range(2)]
    return layer, dataclasses.replace(
        found, tokens=HOSTILE, labels=HOSTILE, special=(True, *(False,) * (n - 2), True),
        text="</script><b>hi</b> **x**", head_dim=16, scaling=0.25, parity=made.parity,
    )  # fmt: skip


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    workspace = Workspace.open(tmp_path_factory.mktemp("attention"))
    layer, capture = hostile()
    store.save(workspace, KEY, capture)
    store.save_detail(store.detail_path(workspace, KEY, "encoder", 1), layer)
    with dashboard(workspace) as url:
        yield url, capture, layer


class Canvas:
    """What a test does with the canvas on a page."""

    def __init__(self, tab):
        self.tab = tab
        self.root = tab.locator(".assay")
        self.picture = tab.locator(".assay canvas[role=application]")

    def at(self, place):
        """Wait until it has drawn a place, as "view/kind/layer/heads"."""
        self.tab.locator(f".assay[data-drawn='{place}']").wait_for()
        return self

    def said(self):
        """What the line above the picture says, once the next frame is drawn."""
        self.tab.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return self.tab.locator(".assay .readout").inner_text()

    def press(self, *keys):
        self.picture.focus()
        for key in keys:
            self.tab.keyboard.press(key)

    def show(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_it_is_driven_by_keyboard_and_pointer_and_nothing_is_wrong(
    browser, captured, width, scheme, shoot
):
    url, capture, layer = captured
    one = Visit(browser, url, width=width, scheme=scheme).open(PAGE)
    drawn = Canvas(one.tab).at("grid/encoder/1/0")
    assert one.check() == []
    drawn.press("ArrowRight")
    drawn.at("grid/encoder/1/1").press("Enter")
    drawn.at("map/encoder/1/1")
    one.tab.wait_for_url("**view=map**head=1**")
    one.settle()
    drawn.press("ArrowDown", "ArrowDown", "ArrowRight")
    weight = capture.weights["encoder"][1, 1, 1, 1]
    assert drawn.said() == f"{HOSTILE[1]} looks at {HOSTILE[1]}: {weight:.4f}"
    one.settle()
    assert one.check() == []
    shoot(one, f"attention-map-{width}-{scheme}")
    drawn.press("Enter")
    drawn.at("pair/encoder/1/1")
    one.settle()
    found = detail.steps(layer, 1)
    assert f"q·k = {found.scores[1, 1]:.2f}".replace("-", "−") in drawn.said()
    assert drawn.said().endswith(f"= {found.weights[1, 1]:.4f}")
    drawn.press("Escape")
    drawn.at("map/encoder/1/1").press("Escape")
    drawn.at("grid/encoder/1/1")
    drawn.root.get_by_label("Layer").select_option("0")
    drawn.at("grid/encoder/0/1")
    one.tab.wait_for_url("**layer=0**")
    one.settle()
    drawn.show("Lines")
    drawn.at("lines/encoder/0/1")
    one.settle()
    box = drawn.picture.bounding_box()
    one.tab.mouse.move(box["x"] + 10, box["y"] + 30 + 10)
    best = capture.weights["encoder"][0, 1, 0].argsort()[::-1][0]
    assert drawn.said().startswith(f"{HOSTILE[0]} looks most at: {HOSTILE[best]} ")
    assert one.check() == []
    one.context.close()


def test_the_formula_is_stepped_through_with_its_numbers(browser, captured, shoot):
    url, _, layer = captured
    one = Visit(browser, url).open(f"{PAGE}&view=steps&head=0")
    drawn = Canvas(one.tab).at("steps/encoder/1/0")
    symbols = one.tab.locator(".assay .symbols").inner_text()
    assert re.findall(r"d_k = 16|√d_k = 4\.0|Q 7 × 16", symbols) == [
        "Q 7 × 16", "d_k = 16", "√d_k = 4.0",
    ]  # fmt: skip
    drawn.press("ArrowDown")
    drawn.press("ArrowDown", "ArrowRight")
    found = detail.steps(layer, 0)
    assert f"÷ √16 = 4.00 → {found.scaled[1, 1]:.2f}".replace("-", "−") in drawn.said()
    drawn.press("PageDown")
    assert "dimension 1 of the output" in drawn.said()
    assert one.tab.locator(".assay .formula strong").inner_text().strip() == "· V"
    assert one.check() == []
    shoot(one, "attention-steps")
    one.context.close()


def test_a_place_that_is_not_there_ends_in_a_sentence(browser, captured):
    url, _, _ = captured
    one = Visit(browser, url).open("attention?kind=encoder&layer=99")
    one.tab.get_by_text("There is no encoder layer 99").wait_for()
    assert one.check() == []
    one.context.close()


def test_an_example_of_an_evaluation_is_picked(visit, seeded):
    one = visit("attention?model=localise-de-1")
    one.tab.set_viewport_size({"width": 1280, "height": 1600})
    one.tab.get_by_role("button", name="Pick an example").click()
    one.settle()
    assert one.check() == []
    box = one.tab.locator("[data-testid=stPopoverBody] [data-testid=stDataFrame]").bounding_box()
    one.tab.mouse.click(box["x"] + 18, box["y"] + 35 + 18)  # the first row's box
    one.tab.locator("[data-testid=stPopoverBody]").wait_for(state="detached")
    one.settle()
    made = next(e for e in list_evaluations(seeded) if e.model == "localise-de-1")
    inputs = [example["input"] for example in examples(seeded, made.evaluation)]
    text = one.tab.get_by_role("textbox", name="Text", exact=True).input_value()
    assert text in inputs
    assert list_captures(seeded)[0].text == text
    assert one.check() == []


def offline_file(tmp_path, capture, layer, place):
    path = tmp_path / "attention.html"
    path.write_text(
        offline.attention_page(capture, capture.summary(), place, colours(), mark=MARK,
                               detail=layer),
        encoding="utf-8",
    )  # fmt: skip
    return path


@pytest.fixture
def alone(browser, tmp_path):
    """Opens an offline file; gives the tab, and what it asked for and what went wrong."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, locale="en-US")

    def begin(capture, layer, place):
        path = offline_file(tmp_path, capture, layer, place)
        tab, asked = context.new_page(), []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: asked.append(message.text))
        tab.on("pageerror", lambda error: asked.append(str(error)))
        tab.goto(path.as_uri())
        tab.locator(".assay[data-drawn]").wait_for()
        assert asked == [path.as_uri()]
        return tab

    yield begin
    context.close()


def test_the_offline_file_draws_alone(alone, shoot):
    layer, capture = hostile()
    tab = alone(capture, layer, Place("map", "encoder", 1, (0,)))
    drawn = Canvas(tab).at("map/encoder/1/0")
    assert "</script><b>hi</b> **x**" in tab.locator(".facts").inner_text()
    assert MARK in tab.locator(".facts").inner_text()
    tab.get_by_text("The table behind this picture").click()
    cells = tab.locator(".assay table td")
    cells.nth(7 * 7 - 1).wait_for()
    numbers = [float(text) for text in cells.all_inner_texts() if text]
    assert np.abs(np.array(numbers) - capture.weights["encoder"][1, 0].ravel()).max() < 5.1e-5
    assert list(HOSTILE) == tab.locator(".assay thead th").all_inner_texts()
    for name in ("Lines", "One pair: q·k", "Formula, step by step", "All heads"):
        drawn.show(name)
    drawn.at("grid/encoder/1/0")
    tab.evaluate(AXE)
    assert tab.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"] == []


def test_a_pair_is_shown_text_by_text_and_pieces_as_words(alone):
    _, capture = hostile()
    capture = dataclasses.replace(
        capture, target="b", special=(True, False, False, False, True, False, False),
        labels=("[CLS]", "·a", "b", "·c", "[SEP]", "·d", "e"),
    )  # fmt: skip
    tab = alone(capture, None, Place("map", "encoder", 1, (0,)))
    drawn = Canvas(tab).at("map/encoder/1/0")
    tab.get_by_text("The table behind this picture").click()
    heads = tab.locator(".assay thead th")
    tab.get_by_label("Texts").select_option("12")
    drawn.said()
    assert heads.all_inner_texts() == ["·d", "e"]
    assert "Shown: first at second." in tab.locator(".assay [role=status]").inner_text()
    tab.get_by_label("Merge pieces into words").check()
    drawn.said()
    assert heads.all_inner_texts() == ["de"]
    drawn.show("Show all tokens")
    drawn.said()
    assert heads.all_inner_texts() == ["[CLS]", "ab", "c", "[SEP]", "de"]
    words = merge.words_of(capture.labels, capture.special)
    cells = tab.locator(".assay tbody td").all_inner_texts()
    expected = merge.merged(capture.weights["encoder"][1, 0], words, words)
    assert np.abs(np.array(cells, float) - expected.ravel()).max() < 5.1e-5


def test_a_picture_is_saved_with_what_it_is_made_of(alone):
    layer, capture = hostile()
    tab = alone(capture, layer, Place("map", "encoder", 1, (0,)))
    for name, start in (("Save as PNG", b"\x89PNG"), ("Save as SVG", b"<svg")):
        with tab.expect_download() as made:
            tab.get_by_role("button", name=name).click()
        assert MARK[:12] in made.value.suggested_filename
        data = made.value.path().read_bytes()
        assert data.startswith(start)
    text = data.decode()
    assert "<script" not in text and "&lt;/script&gt;" in text
    assert "hash of model, input and settings" in text and text.count("<rect") > 49


def test_many_heads_take_few_elements(alone):
    tab = alone(square(128, 12, 12), None, Place("grid", "encoder", 0, (0,)))
    assert tab.evaluate("document.querySelectorAll('*').length") <= 500


def test_the_browser_computes_what_python_computes(alone):
    layer, capture = hostile()
    tab = alone(capture, layer, Place("map", "encoder", 1, (0,)))
    weights = capture.weights["encoder"][1, 0].astype(float)
    matrix = {"values": weights.ravel().tolist(), "rows": 7, "columns": 7, "exact": True}
    words = merge.Words((0, 0, 1, 2, 2, 2, 3), tuple("abcd"))
    found = tab.evaluate(
        """([matrix, words]) => {
          matrix.values = Float32Array.from(matrix.values);
          return [...modules["weights.js"].merged(matrix, words, words).values];
        }""",
        [matrix, list(words.of)],
    )
    assert np.abs(np.array(found).reshape(4, 4) - merge.merged(weights, words, words)).max() < 1e-7
    hidden = [True, *[False] * 5, True]
    found = tab.evaluate(
        """([matrix, hidden]) => {
          matrix.values = Float32Array.from(matrix.values);
          return [...modules["weights.js"].without(matrix, hidden).values];
        }""",
        [matrix, hidden],
    )
    assert np.abs(np.array(found).reshape(7, 7) - merge.without(weights, hidden)).max() < 1e-6
    for bias in (False, True):
        causal = made_up(causal=True, bias=bias)
        header, arrays = {"detail": canvas.about(causal, 1)}, canvas.detail_arrays(causal, 1)
        found = tab.evaluate(
            """(packed) => {
              const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
              const data = modules["blob.js"].unpack(bytes);
              const state = { kind: data.detail.kind, layer: data.detail.layer, heads: [1] };
              const found = modules["formula.js"].formulaOf({ data, state });
              return ["scores", "scaled", "weights", "output"].map((name) => [...found[name]]);
            }""",
            base64.b64encode(packing.pack(header, arrays)).decode(),
        )
        steps = detail.steps(causal, 1)
        for got, name in zip(found, ("scores", "scaled", "weights", "output"), strict=True):
            assert np.abs(np.array(got) - getattr(steps, name).ravel()).max() < 1e-6
