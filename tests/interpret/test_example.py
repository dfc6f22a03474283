"""A first sentence for each model."""

import pytest

from core import record
from core.data import dataset
from core.data.dataset import Example
from core.interpret import example
from core.models.resolve import ModelRef, resolve
from core.workspace import Workspace
from tests.interpret import models


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace.open(tmp_path / "home")


def run_of(workspace: Workspace, version: str) -> ModelRef:
    folder = workspace.run("my-run")
    record.write(folder / "record.json", "run", {"dataset": "pairs", "data_version": version})
    models.build("t5").save_pretrained(folder / "model")
    return resolve(workspace, "my-run")


def test_a_run_begins_with_its_own_test_example_and_prefix(workspace) -> None:
    data = dataset.save(
        workspace, "pairs", "translation", {"test": [Example("1", "the cat", "a mat")]},
        source="made up", prefix="say: ",
    )  # fmt: skip
    ref = run_of(workspace, data.version)
    assert example.sentence(workspace, ref) == "the cat"
    assert example.prefix_of(workspace, ref, "the cat") == "say: "
    assert example.prefix_of(workspace, ref, "say: the cat") == ""


def test_a_run_whose_data_is_gone_begins_like_its_family(workspace) -> None:
    ref = run_of(workspace, "000000000000")
    assert example.sentence(workspace, ref) == example.SENTENCES["encoder-decoder"]
    assert example.prefix_of(workspace, ref, "x") == ""


@pytest.mark.parametrize(("name", "family"), [("t5", "encoder-decoder"), ("bert", "encoder"),
                                              ("gpt2", "decoder")])  # fmt: skip
def test_other_models_begin_by_their_family(workspace, tmp_path, name: str, family: str) -> None:
    models.build(name).config.save_pretrained(tmp_path)
    ref = ModelRef(name, "folder", tmp_path)
    assert example.sentence(workspace, ref) == example.SENTENCES[family]
    assert example.crosses(ref) == (family == "encoder-decoder")
    assert example.prefix_of(workspace, ref, "x") == ""


def test_a_model_that_cannot_be_read_still_gets_a_sentence(workspace, tmp_path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "strange"}')
    assert example.sentence(workspace, ModelRef("x", "folder", tmp_path))
