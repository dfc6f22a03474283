"""The page, drawn without a browser and without a model in memory."""

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import WorkFailed
from core.interpret import packing, store
from core.jobs.warm import Warm
from core.text.catalog import LANGUAGES, t
from core.workspace import Workspace
from dashboard.attention_pick import Wish
from tests.interpret.captures import seq2seq


def page(name: str, language: str = "en") -> AppTest:
    script = f"from dashboard.views import {name}\n{name}.render()"
    app = AppTest.from_string(script, default_timeout=60)
    app.query_params["lang"] = language
    return app


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    return Workspace.open()


def texts(app: AppTest) -> str:
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.text]
    return "\n".join(str(part.value) for part in parts)


def drawn(app: AppTest):
    """Header and arrays that the canvas was given."""
    (one,) = app.get("bidi_component")
    return packing.unpack(one.proto.bytes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_workspace_says_what_to_do(workspace, language: str) -> None:
    app = page("attention", language).run()
    assert not app.exception
    assert app.title[0].value == t("attention.question", language)
    assert t("attention.empty.title", language) in texts(app)
    assert [button.label for button in app.button] == [t("attention.show", language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_newest_capture_opens_with_its_own_numbers(workspace, language: str) -> None:
    store.save(workspace, "abc", seq2seq())
    app = page("attention", language).run()
    assert not app.exception
    assert [metric.value.replace("\u00a0", " ") for metric in app.metric][:2] == [
        "2.0 × 10⁻⁷", "1.0 × 10⁻⁷",
    ]  # fmt: skip
    said = texts(app)
    assert "</script><b>" not in said.replace("\\", "\0")
    header, arrays = drawn(app)
    assert header["language"] == language and header["mark"] == "abc"
    assert header["place"]["view"] == "grid" and any(name.startswith("thumbs/") for name in arrays)


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ({"view": "map", "kind": "decoder", "layer": "2", "head": "1"}, ("map", "decoder", 2, [1])),
        ({"view": "lines", "kind": "cross", "head": "0,1"}, ("lines", "cross", 0, [0, 1])),
        ({"kind": "encoder"}, ("grid", "encoder", 0, [0])),
    ],
)
def test_a_link_opens_the_picture_that_it_names(workspace, link, place) -> None:
    store.save(workspace, "abc", seq2seq())
    app = page("attention")
    for name, value in link.items():
        app.query_params[name] = value
    header, _ = drawn(app.run())
    assert tuple(header["place"][name] for name in ("view", "kind", "layer", "heads")) == place


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"kind": "decoder", "layer": "99"}, "There is no decoder layer 99"),
        ({"kind": "encoder", "layer": "0", "head": "7"}, "There is no encoder head 7"),
        ({"layer": "two"}, "'two' is no layer"),
        ({"view": "3d"}, "There is no picture '3d'"),
    ],
)
def test_a_link_to_what_is_not_there_says_what_is(workspace, link, said) -> None:
    store.save(workspace, "abc", seq2seq())
    app = page("attention")
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert said in texts(app).replace("\\", "") and not app.get("bidi_component")
    next(b for b in app.button if b.label == t("see.text.reset")).click().run()
    assert drawn(app)[0]["place"]["view"] == "grid"


def test_a_link_that_is_followed_comes_before_what_was_picked_earlier(workspace) -> None:
    store.save(workspace, "abc", seq2seq())
    app = page("attention")
    app.session_state["kept-attention-picked"] = (Wish("tiny", "picked", "gewählt"), None)
    app.run()
    assert [box.value for box in app.text_input] == ["picked", "gewählt"]
    app.query_params["model"], app.query_params["text"] = "tiny", "linked"
    app.run()
    assert app.text_input[0].value == "linked"


@pytest.mark.parametrize("tab", ["compare", "trust"])
def test_only_the_open_part_is_drawn(workspace, tab: str) -> None:
    store.save(workspace, "abc", seq2seq())
    app = page("attention")
    app.query_params["tab"] = tab
    app.run()
    assert not app.exception and not app.get("bidi_component")


def test_a_typed_text_is_captured_only_when_asked(workspace, monkeypatch) -> None:
    store.save(workspace, "abc", seq2seq())
    asked = []

    def call(self, target, request):
        asked.append((target, request))
        made = dataclasses.replace(seq2seq(), text=request["text"], target=request["target"])
        store.save(workspace, "new", made)
        return {"key": "new", "new": True}

    monkeypatch.setattr(Warm, "call", call)
    app = page("attention").run()
    app.text_input[0].set_value("another *text*").run()
    assert not asked and "This picture is of another text" in texts(app)
    app.button[0].click().run()
    assert not app.exception and "This picture is of another text" not in texts(app)
    ((target, request),) = asked
    assert target == "core.work.attention:compute"
    assert (request["model"], request["text"]) == ("tiny", "another *text*")
    assert request["target"] == "Wo ist"
    app.run()
    assert "This picture is of another text" not in texts(app)


def test_what_went_wrong_stands_on_the_page(workspace, monkeypatch) -> None:
    def call(self, target, request):
        raise WorkFailed("The attention of tiny is not drawn: *it* differs.")

    monkeypatch.setattr(Warm, "call", call)
    app = page("attention").run()
    app.button[0].click().run()
    assert not app.exception
    assert t("attention.failed.title") in texts(app)
    assert "not drawn" in texts(app) and "\\*it\\*" in texts(app)
