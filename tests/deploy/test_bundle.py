"""Bundles: what a manifest holds, and every way in which a folder can be something else."""

import json
import pickle
from pathlib import Path

import pytest

from core import record
from core.deploy.bundle import read_bundle, seal
from core.errors import BadInput, NotFound
from core.models import bundled
from core.models.resolve import resolve
from core.workspace import Workspace

ABOUT = {
    "model": "shop-1", "run": "shop-1", "form": None, "engine": "transformers",
    "task": "translation", "dataset": "shop", "data_version": "0" * 12, "ask": {"prefix": ""},
    "scores": [{"metric": "bleu", "value": 41.0}], "evaluated": True, "forced": False,
    "created_at": "2026-11-25T00:00:00+00:00",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "bundle"
    made.mkdir()
    (made / "model.safetensors").write_bytes(b"weights")
    (made / "config.json").write_text('{"model_type": "t5"}')
    (made / "README.md").write_text("# shop-1")
    seal(made, ABOUT)
    return made


def test_a_bundle_says_what_it_is(folder: Path) -> None:
    made = read_bundle(folder)
    assert (made.model, made.engine, made.evaluated, made.unevaluated) == (
        "shop-1", "transformers", True, False)  # fmt: skip
    assert set(made.files) == {"model.safetensors", "config.json", "README.md"}
    assert made.files["README.md"]["sha256"] == record.hash_file(folder / "README.md")
    assert made.scores == ABOUT["scores"]


def test_a_bundle_is_a_model_by_its_folder(folder: Path, tmp_path: Path) -> None:
    ref = resolve(Workspace.open(tmp_path / "home"), str(folder))
    assert (ref.kind, ref.engine, ref.path, ref.tuned) == (
        "bundle", "transformers", folder.resolve(), True)  # fmt: skip


def test_one_that_was_never_evaluated_says_so_to_whoever_reads_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    seal(tmp_path, {**ABOUT, "scores": [], "evaluated": False, "forced": True})
    made = read_bundle(tmp_path)
    assert made.unevaluated
    assert made.forced


def corrupt(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weighty")


def longer(folder: Path) -> None:
    with (folder / "config.json").open("a") as file:
        file.write(" ")


def tampered(folder: Path) -> None:
    path = folder / "bundle.json"
    path.write_text(path.read_text().replace('"evaluated": true', '"evaluated": false'))


def other_digest(folder: Path) -> None:
    path = folder / "bundle.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "digest": "0" * 64}))


def no_files(folder: Path) -> None:
    path = folder / "bundle.json"
    said = {k: v for k, v in json.loads(path.read_text()).items() if k != "files"}
    path.write_text(json.dumps({**said, "digest": bundled.digest_of(said)}))


def linked(folder: Path) -> None:
    path = folder / "README.md"
    path.unlink()
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("change", "name", "how"),
    [
        (corrupt, "model.safetensors", "is corrupt"),
        (longer, "config.json", "is corrupt"),
        (lambda f: (f / "README.md").unlink(), "README.md", "is missing"),
        (lambda f: (f / "extra.json").write_text("{}"), "extra.json", "put there later"),
        (lambda f: (f / "model.py").write_text("evil()"), "model.py", "put there later"),
        (lambda f: (f / "below").mkdir(), "below", "put there later"),
        (linked, "README.md", "of a kind that no bundle holds"),
        (tampered, "bundle.json", "was changed after"),
        (other_digest, "bundle.json", "was changed after"),
        (no_files, "bundle.json", "was changed after"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_folder_that_is_not_what_was_exported_is_refused_by_name(folder, change, name, how):
    read_bundle(folder)
    change(folder)
    with pytest.raises(BadInput) as caught:
        read_bundle(folder)
    assert repr(name) in str(caught.value)
    assert how in str(caught.value)
    assert str(caught.value).count(". ") == 0


def test_what_is_no_bundle_is_said_to_be_none(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no folder"):
        read_bundle(tmp_path / "nowhere")
    with pytest.raises(NotFound):
        read_bundle(tmp_path)
    (folder / "bundle.json").write_text("not json")
    with pytest.raises(BadInput, match="not a readable bundle record"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["run.py", "weights.bin", "weights.pt", "state.pkl", "lib.so"])
def test_neither_code_nor_pickles_go_into_a_bundle(folder: Path, name: str) -> None:
    (folder / "bundle.json").unlink()
    (folder / name).write_bytes(b"x")
    with pytest.raises(BadInput, match="cannot go into a bundle"):
        seal(folder, ABOUT)
    assert not (folder / "bundle.json").exists()


def test_a_pickle_under_the_name_of_ctranslate2s_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.bin").write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    seal(tmp_path, {**ABOUT, "engine": "ctranslate2"})
    with pytest.raises(BadInput, match="was not written by CTranslate2"):
        read_bundle(tmp_path)


def test_an_engine_that_is_not_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    seal(tmp_path, {**ABOUT, "engine": "onnx"})
    with pytest.raises(BadInput, match="does not read"):
        read_bundle(tmp_path)


def test_what_was_seen_whole_is_hashed_once_while_it_stays(folder: Path, monkeypatch) -> None:
    read_bundle(folder)
    hashed = []
    monkeypatch.setattr(record, "hash_file", lambda path: hashed.append(path) or "x")
    read_bundle(folder)
    assert hashed == []
