import json
from pathlib import Path

import pytest

from core.errors import BadInput, NotFound
from core.models import resolve as resolving
from core.models.resolve import ModelRef, list_models, resolve
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


def model_folder(folder: Path, weights: str = "model.safetensors") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "t5"}')
    (folder / weights).write_bytes(b"")
    return folder


def finished_run(workspace: Workspace, name: str) -> Path:
    folder = workspace.run(name)
    model_folder(folder / "model")
    (folder / "record.json").write_text("{}")
    return folder


def test_run_comes_before_everything_else(workspace: Workspace) -> None:
    folder = finished_run(workspace, "t5-small")
    assert resolve(workspace, "t5-small") == ModelRef("t5-small", "run", folder / "model")


def test_run_without_a_model_says_where_to_look(workspace: Workspace) -> None:
    workspace.run("tuned-1").mkdir(parents=True)
    (workspace.run("tuned-1") / "record.json").write_text("{}")
    with pytest.raises(BadInput, match="left no model; `assay runs show tuned-1`"):
        resolve(workspace, "tuned-1")


def test_catalogue_name_and_its_hub_id_are_the_same_model(workspace: Workspace) -> None:
    by_name, by_id = resolve(workspace, "t5-small"), resolve(workspace, "google-t5/t5-small")
    assert by_name == by_id
    assert (by_name.kind, by_name.hub_id, by_name.path) == ("hub", "google-t5/t5-small", None)


def test_hub_id_may_name_a_revision(workspace: Workspace) -> None:
    ref = resolve(workspace, "somebody/model@v1.2")
    assert (ref.hub_id, ref.revision) == ("somebody/model", "v1.2")


def test_local_folder(workspace: Workspace, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine")
    assert resolve(workspace, str(folder)) == ModelRef(str(folder), "folder", folder)


def test_starter_of_the_assets(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = next(row for row in resolving.CATALOG if row.name == "t5-small")
    starter = type(row)(**{**row.__dict__, "name": "starter-x", "hub_id": None, "local": True})
    monkeypatch.setattr(resolving, "CATALOG", (starter, row))
    monkeypatch.setattr(resolving, "assets", lambda: tmp_path)
    folder = model_folder(tmp_path / "models" / "starter-x")
    assert resolve(workspace, "Starter-X") == ModelRef("starter-x", "starter", folder)
    assert resolving.default_base("translation") == "starter-x"
    with pytest.raises(NotFound, match="No starter model is made for text-generation"):
        resolving.default_base("text-generation")


def test_unknown_name_lists_the_known_ones_nearest_first(workspace: Workspace) -> None:
    finished_run(workspace, "localise-de-1")
    with pytest.raises(NotFound, match="Did you mean localise-de-1") as caught:
        resolve(workspace, "localise-de-2")
    assert "t5-base" in str(caught.value)


@pytest.mark.parametrize("name", ["../up", "runs/../../x", "a\0b", "..", "~/../x"])
def test_paths_that_lead_out_are_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(BadInput, match=r"without '\.\.'"):
        resolve(workspace, name)


@pytest.mark.parametrize("name", ["", "<script>", "a/b/c", "http://x/y", "-rf/x"])
def test_what_names_nothing_is_not_found(workspace: Workspace, name: str) -> None:
    with pytest.raises(NotFound):
        resolve(workspace, name) if name else resolve(workspace, "no such model")


def test_pickled_weights_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "old", "pytorch_model.bin")
    with pytest.raises(BadInput, match=r"only pickled weights \(.bin\).*model.safetensors"):
        resolve(workspace, str(folder))


def test_folder_without_weights_or_config_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no weights"):
        resolve(workspace, str(model_folder(tmp_path / "bare", "notes.txt")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"no config\.json"):
        resolve(workspace, str(tmp_path / "empty"))


def test_index_of_shards_must_stay_in_its_folder(workspace: Workspace, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "sharded", "model.safetensors.index.json")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors"}}))
    assert resolve(workspace, str(folder)).path == folder
    index.write_text(json.dumps({"weight_map": {"a": "../../secret.safetensors"}}))
    with pytest.raises(BadInput, match="points outside its folder"):
        resolve(workspace, str(folder))
    index.write_text("{")
    with pytest.raises(BadInput, match="not a readable index"):
        resolve(workspace, str(folder))


def test_list_has_runs_first(workspace: Workspace) -> None:
    finished_run(workspace, "mine-1")
    listed = list_models(workspace)
    assert (listed[0].name, listed[0].kind) == ("mine-1", "run")
    assert {"t5-small", "bert-base-uncased"} <= {ref.name for ref in listed}
