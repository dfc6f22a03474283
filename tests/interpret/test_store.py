"""Captures on disk: what is written is what is read, and nothing else is."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from core import record
from core.errors import BadInput, NotFound
from core.interpret import store
from core.interpret.captured import Capture
from core.workspace import Workspace
from tests.interpret.captures import detail, seq2seq


def test_a_capture_comes_back_as_it_was(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    capture = seq2seq()
    path = store.save(workspace, "abc", capture)
    assert path == workspace.capture("abc")
    back = store.open_capture(workspace, "abc")
    for field in dataclasses.fields(Capture):
        if field.name not in ("weights", "measured"):
            assert getattr(back, field.name) == getattr(capture, field.name)
    assert list(back.measured or ()) == capture.summary() == back.summary()
    assert back.kinds == ["encoder", "decoder", "cross"]
    for kind in back.kinds:
        assert back.weights[kind].dtype == np.float32
        assert np.array_equal(back.weights[kind], capture.weights[kind])


def test_rows_and_columns_of_each_kind(tmp_path) -> None:
    capture = seq2seq()
    assert capture.queries("cross") == capture.target_labels
    assert capture.keys("cross") == capture.labels
    assert capture.keys("decoder") == capture.queries("decoder") == capture.target_labels
    assert capture.separators("decoder") == capture.target_special
    alone = dataclasses.replace(
        capture,
        weights={"decoder": capture.weights["encoder"]},
        target_labels=(),
        target_tokens=(),
    )
    assert alone.queries("decoder") == alone.keys("decoder") == capture.labels
    assert alone.separators("decoder") == capture.special


def test_summary_covers_every_head_of_every_kind() -> None:
    capture = seq2seq()
    heads = [(h.kind, h.layer, h.head) for h in capture.summary()]
    assert len(heads) == len(set(heads)) == sum(w.shape[0] * w.shape[1]
                                                for w in capture.weights.values())  # fmt: skip


def test_the_newest_of_equal_requests_is_found(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    assert store.list_captures(workspace) == []
    assert store.find([], "tiny", "a b", None) is None
    for number, key in enumerate(("one", "two", "other")):
        text = "other" if key == "other" else seq2seq().text
        path = store.save(workspace, key, dataclasses.replace(seq2seq(), text=text))
        os.utime(path.with_suffix(".json"), (number, number))
    record.write(workspace.capture("strange").with_suffix(".json"), "positions", {"model": "x"})
    (workspace.root / "captures" / "broken.json").write_text("{")
    asked, found = seq2seq(), store.list_captures(workspace)
    assert [capture.key for capture in found] == ["other", "two", "one"]
    newest = store.find(found, asked.model, asked.text, asked.target)
    assert newest is not None and newest.key == "two"
    assert store.find(found, asked.model, asked.text, "another") is None


def test_a_missing_or_broken_capture_says_so(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    with pytest.raises(NotFound, match="There is no attention"):
        store.open_capture(workspace, "none")
    path = store.save(workspace, "abc", seq2seq())
    assert store.exists(workspace, "abc") and not store.exists(workspace, "none")
    path.write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(BadInput, match="not a readable capture"):
        store.open_capture(workspace, "abc")
    path.unlink()
    with pytest.raises(NotFound, match="make it again"):
        store.open_capture(workspace, "abc")
    body = json.loads(path.with_suffix(".json").read_text())
    del body["labels"]
    path.with_suffix(".json").write_text(json.dumps(body))
    with pytest.raises(BadInput, match="cannot be read"):
        store.open_capture(workspace, "abc")


def test_the_oldest_captures_make_room_for_new_ones(tmp_path, monkeypatch) -> None:
    workspace = Workspace.open(tmp_path)
    for number, key in enumerate(("old", "mid", "new")):
        path = store.save(workspace, key, seq2seq())
        os.utime(path.with_suffix(".json"), (number, number))
    store.save_detail(store.detail_path(workspace, "old", "cross", 0), detail("cross"))
    record.write(workspace.capture("strange").with_suffix(".json"), "positions", {"model": "x"})
    os.utime(workspace.capture("strange").with_suffix(".json"), (0, 0))
    size = workspace.capture("mid").stat().st_size
    monkeypatch.setattr(store, "KEPT_BYTES", 3 * size + size // 2)
    store.save(workspace, "newest", seq2seq())
    assert not list((tmp_path / "captures").glob("old*"))
    assert all(store.exists(workspace, key) for key in ("mid", "new", "newest"))
    assert workspace.capture("strange").with_suffix(".json").is_file()
    monkeypatch.setattr(store, "KEPT_BYTES", 0)
    store.save(workspace, "last", seq2seq())
    assert [asked.key for asked in store.list_captures(workspace)] == ["last"]


def test_reading_a_capture_needs_no_torch() -> None:
    code = (
        "import core.interpret.store, core.interpret.attention, sys; print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
