"""The Positions page, drawn without a browser and without a model in memory."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import WorkFailed
from core.interpret import clock, loss_curve, own, permutation
from core.jobs.warm import Warm
from core.text.catalog import LANGUAGES, t
from core.text.format import number
from core.workspace import Workspace
from tests.interpret.test_context import curve

PARTS = ("order", "own", "length", "formula", "compare")
HOSTILE = "<s> </script> **x** $x$ كلب 狗"


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    return Workspace.open()


def page(language: str = "en", **query: str) -> AppTest:
    script = "from dashboard.views import positions\npositions.render()"
    app = AppTest.from_string(script, default_timeout=60)
    for name, value in {"lang": language, **query}.items():
        app.query_params[name] = value
    return app.run()


def texts(app: AppTest) -> str:
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.text]
    return "\n".join(str(part.value) for part in parts)


def t5(workspace: Workspace) -> None:
    table = np.random.default_rng(0).normal(size=(32, 4)).astype(np.float32)
    facts = {"buckets": 32, "max_distance_tokens": 128, "encoder_saturation_tokens": 91,
             "decoder_saturation_tokens": 113, "windows_tokens": [None] * 6,
             "trained_tokens": 512}  # fmt: skip
    limit = own.Limit("saturation", None, {"both": 91, "back": 113})
    arrays = {"encoder_bias": table, "decoder_bias": table}
    own.save(workspace, "key", own.Own("t5-small", "t5", limit, facts, arrays))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("present", ["", "1"])
def test_every_part_answers_from_the_catalogue_alone(workspace, language, part, present) -> None:
    app = page(language, model="t5-small", part=part, present=present)
    assert not app.exception
    assert "**91**" in app.header[0].value and "113" in app.header[0].value
    assert app.title[0].value == t("positions.question", language)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_draws_what_was_read_and_measured(workspace, part: str) -> None:
    t5(workspace)
    made = curve(rises=40)
    loss_curve.keep(workspace, loss_curve.Curve(**{**made.__dict__, "model": "t5-small"}))
    app = page(model="t5-small", part=part)
    assert not app.exception
    assert "**40 tokens**" in app.header[0].value
    said = texts(app)
    wanted = {"own": "depends most on distance", "length": "then rises",
              "order": "Swapping dog and man", "formula": "Fast waves come first",
              "compare": "lost most of its score with ALiBi"}[part]  # fmt: skip
    assert wanted in said


def test_the_demonstration_takes_the_visitors_sentence_literally(workspace) -> None:
    app = page(words=HOSTILE)
    assert not app.exception
    assert "\\*\\*x\\*\\*" in texts(app)
    found = permutation.demonstrate(HOSTILE, 0, 5)
    assert [m.value for m in app.metric][-1] == number(found.largest_with)
    app.selectbox(key="permutation-second-6").set_value(2).run()
    assert not app.exception
    changed = permutation.demonstrate(HOSTILE, 0, 2)
    assert [m.value for m in app.metric][-1] == number(changed.largest_with)
    app.text_input[0].set_value("one").run()
    assert not app.exception and "has 1 word; write from 2 to 12" in texts(app)
    app.text_input[0].set_value("dog bites dog").run()
    assert "are the same" in texts(app)


def test_the_symbols_of_the_formula_are_the_sliders(workspace) -> None:
    app = page(part="formula", d="32", pos="40", pair="5")
    assert not app.exception
    assert [slider.value for slider in app.slider] == [32, 40, 5]
    hand = clock.hand(40, 5, 32)
    assert f"{hand.sin:.4f}" in app.latex[1].value and f"{hand.cos:.4f}" in app.latex[1].value
    app.slider(key="slide-pos").set_value(3).run()
    assert not app.exception
    assert f"{clock.hand(3, 5, 32).sin:.4f}" in app.latex[1].value
    # A smaller dimension has fewer pairs: the slider stays within them.
    app.slider(key="slide-d").set_value(8).run()
    assert not app.exception
    assert 0 <= app.slider(key="slide-pair").value < 4


@pytest.mark.parametrize("scheme", ["sinusoidal", "learned", "t5", "rope", "alibi"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_scheme_has_its_formula_and_sliders(workspace, scheme: str, language: str) -> None:
    app = page(language, part="formula", scheme=scheme)
    assert not app.exception
    assert app.latex and app.selectbox(key="positions-scheme").value == scheme
    # Outside a run Streamlit's test client formats the boxes in English.
    for slider in app.slider if language == "en" else ():
        slider.set_value(slider.max).run()
        assert not app.exception
        slider.set_value(slider.min).run()
        assert not app.exception


@pytest.mark.parametrize(("query", "words"), [
    ({"part": "nonsense"}, "asks for “nonsense” as part"),
    ({"model": "**x**"}, "asks for “\\*\\*x\\*\\*” as model"),
    ({"part": "formula", "scheme": "xpos"}, "asks for “xpos” as scheme"),
    ({"part": "formula", "pos": "9999"}, "as pos; a number from 0 to 511"),
    ({"part": "formula", "pair": "x"}, "asks for “x” as pair"),
    ({"part": "formula", "layout": "thirds"}, "as layout; known are interleaved"),
    ({"part": "formula", "scheme": "alibi", "head": "99"}, "as head; a number from 0 to 7"),
    ({"part": "compare", "compare": "rope,ntk"}, "asks for “ntk” as compare"),
    ({"part": "compare", "factor": "1000"}, "as factor; a number from 1 to 32"),
])  # fmt: skip
def test_what_the_url_names_wrongly_is_said_in_one_sentence(workspace, query, words) -> None:
    app = page(**query)
    assert not app.exception
    assert words in texts(app)


@pytest.mark.parametrize(("chosen", "words"), [
    ("rope", "1 cannot be compared"),
    ("rope,t5", "T5's bias is learnt"),
    ("sinusoidal,alibi", "a key has lost most of its score with ALiBi"),
])  # fmt: skip
def test_side_by_side_says_what_cannot_be(workspace, chosen: str, words: str) -> None:
    app = page(part="compare", compare=chosen)
    assert not app.exception
    assert words in texts(app).replace("\\", "")


def test_t5_stands_beside_others_once_it_was_read(workspace) -> None:
    t5(workspace)
    app = page(model="t5-small", part="compare", compare="alibi,t5")
    assert not app.exception and "with T5" in texts(app)


def test_reading_that_fails_is_said(workspace, monkeypatch) -> None:
    def call(self, target, request):
        raise WorkFailed("This *model* has none.")

    monkeypatch.setattr(Warm, "call", call)
    app = page(model="starter-causal", part="own")
    app.button[0].click().run()
    assert not app.exception
    assert t("positions.failed.title") in texts(app) and "\\*model\\*" in texts(app)


def test_without_data_the_answer_says_what_it_stands_on(workspace) -> None:
    t5(workspace)
    app = page(model="t5-small", part="length")
    assert not app.exception
    assert t("context.no_data") in texts(app)
    assert "share one bias" in texts(app) and "soft" in texts(app)
