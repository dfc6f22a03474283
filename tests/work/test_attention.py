"""Captures by request: what is computed once, what is kept of a long text, what is refused."""

import json

import pytest

from core.errors import BadInput
from core.interpret import capture as capturing
from core.interpret import store
from core.work.attention import compute, detail
from core.workspace import Workspace
from tests.interpret import models

TEXT = "where is the cat on my mat"


@pytest.fixture
def ask(tmp_path):
    """Ask for a capture of a tiny model in a workspace of its own."""

    def asked(name: str = "llama", **more):
        folder = tmp_path / name
        if not folder.is_dir():
            models.build(name).save_pretrained(folder)
            models.tokenizer(end=name in ("t5", "bert")).save_pretrained(folder)
        request = {"workspace": str(tmp_path / "home"), "model": str(folder), "text": TEXT}
        return compute({**request, **more})

    return asked


def test_every_wish_has_a_capture_of_its_own_and_is_computed_once(ask, tmp_path) -> None:
    wishes = [{}, {"generate": 3}, {"generate": 4}, {"long": True}, {"target": " a dog"}]
    made = [ask(**wish) for wish in wishes]
    assert all(one["new"] for one in made) and len({one["key"] for one in made}) == len(wishes)
    assert [ask(**wish) for wish in wishes] == [{**one, "new": False} for one in made]
    captures = store.list_captures(Workspace.open(tmp_path / "home"))
    model = str(tmp_path / "llama")
    for wish, one in zip(wishes[:3], made[:3], strict=True):
        found = store.find(captures, model, TEXT, None, generate=wish.get("generate"))
        assert found is not None and (found.key == one["key"] or not wish)


def test_of_a_short_text_every_layer_is_kept_whichever_is_asked_for(ask) -> None:
    first = ask("t5", target="a mat")
    again = ask("t5", target="a mat", kind="cross", layer=1)
    assert again == {"key": first["key"], "new": False}


def test_of_a_long_text_each_layer_is_kept_once(ask, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(capturing, "ALL_BYTES", 100)
    usual = ask()
    assert ask() == {**usual, "new": False}
    # The middle layer is the one that is kept of itself.
    assert ask(layer=1) == {**usual, "new": False}
    other = ask(layer=0)
    assert other["new"] and other["key"] != usual["key"]
    assert ask(layer=0, kind="decoder")["new"]
    workspace = Workspace.open(tmp_path / "home")
    assert store.asked_for(workspace, other["key"]).kept == ("decoder", 0)
    place = {"workspace": str(workspace.root), "key": other["key"], "kind": "decoder"}
    assert detail({**place, "layer": 0})["new"] is False
    with pytest.raises(BadInput, match="ask for layer 1 to see it"):
        detail({**place, "layer": 1})


def test_an_encoder_has_no_cross_attention_to_keep(ask) -> None:
    with pytest.raises(BadInput, match="has no cross attention, as it has no decoder that reads"):
        ask("bert", kind="cross")


def test_a_model_that_changed_gives_no_queries_for_an_older_picture(ask, tmp_path) -> None:
    key = ask()["key"]
    other = models.build("qwen3")
    other.save_pretrained(tmp_path / "llama")
    with pytest.raises(BadInput, match="changed since this picture was made; show the attention"):
        detail({"workspace": str(tmp_path / "home"), "key": key, "kind": "decoder", "layer": 0})


def test_a_record_of_an_earlier_version_is_passed_over(ask, tmp_path) -> None:
    key = ask()["key"]
    workspace = Workspace.open(tmp_path / "home")
    path = workspace.capture(key).with_suffix(".json")
    body = json.loads(path.read_text())
    del body["format"]
    path.write_text(json.dumps(body))
    assert store.list_captures(workspace) == []
