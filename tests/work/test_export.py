"""Runs taken away: the card, the folder, what is never overwritten, and the Hub (a false one)."""

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from huggingface_hub.errors import HfHubHTTPError
from safetensors.torch import save_file
from torch import zeros

from core import record
from core.cli.export import export as command
from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import AssayError, BadInput, NotFound, Offline, WorkFailed
from core.models import hub
from core.train.runs import Run, write_run
from core.work.card import card
from core.work.export import export, packed, push
from core.workspace import Workspace

SCORE = {"metric": "bleu", "value": 41.2, "low": 39.0, "high": 43.5, "n": 300, "unit": "points",
         "signature": "nrefs:1|tok:13a"}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace.open(tmp_path / "home")
    rows = [Example(f"e{n}", f"{n} days", f"{n} Tage") for n in range(6)]
    datasets.save(place, "shop", "translation", {"train": rows[:4], "test": rows[4:]},
                  prefix="to German: ", source_language="en", target_language="de")  # fmt: skip
    write_run(place, finished(place))
    return place


def finished(place: Workspace, **fields: Any) -> Run:
    folder = place.run("shop-1") / "model"
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"w": zeros(4)}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}
    data = datasets.open_dataset(place, "shop")
    run = Run(
        run="shop-1", state="succeeded", base="starter-translate", base_hash="0" * 64,
        method="full", preset="quick", task="translation", dataset="shop",
        data_version=data.version, config={"seed": 7, "max_input_tokens": 64}, seed=7, job="j-1",
        created_at="2026-11-25T00:00:00+00:00", scores=[SCORE],
        base_scores=[{**SCORE, "value": 30.0, "low": 28.0, "high": 32.0}],
        comparison={"n": 300, "metrics": [{"metric": "bleu", "difference": 11.2, "low": 9.0,
                                           "high": 13.0, "p_value": 0.001}]},
        train_seconds=45.0, steps=500, training={"train_rows": 4, "cut_inputs": 2},
        files=files, environment={"assay": "0.1.0", "commit": "f" * 40, "libraries": {"torch": "2"},
                                  "command": ["assay", "--secret-path", "/home/me"]},
    )  # fmt: skip
    return replace(run, **fields)


def test_a_card_says_what_it_is_how_good_and_what_not(workspace: Workspace) -> None:
    text = card(workspace, finished(workspace))
    front, _, rest = text.removeprefix("---\n").partition("\n---\n")
    assert 'license: "apache-2.0"' in front
    assert "pipeline_tag: translation" in front
    assert '- "en"\n- "de"' in front
    assert "      value: 41.2" in front
    assert "| BLEU | 30.0 (28.0–32.0) | 41.2 (39.0–43.5) | +11.2 (+9.0 to +13.0, p = 0.001)" in rest
    assert r"| 300 | `nrefs:1\|tok:13a` |" in rest
    assert '"to German: " + text' in rest
    assert "AutoModelForSeq2SeqLM" in rest
    assert "inputs of at most 64 tokens; 2 were cut" in rest
    assert "What it forgot of its base was not measured" in rest
    assert "licence of the data is not recorded" in rest
    assert "f" * 40 in rest


def test_a_licence_that_is_not_known_is_unknown_and_paths_stay_here(workspace: Workspace) -> None:
    text = card(workspace, finished(workspace, base="/home/me/private/base-model"))
    assert 'license: "unknown"' in text
    assert "/home/me" not in text
    assert "licence of its base is not known" in text


def test_a_licence_is_followed_through_runs(workspace: Workspace) -> None:
    text = card(workspace, finished(workspace, run="shop-2", base="shop-1"))
    assert 'license: "apache-2.0"' in text
    assert "`starter-translate`, fine-tuned" in text


def test_an_unscored_run_and_a_lost_dataset_still_have_a_card(workspace: Workspace) -> None:
    text = card(workspace, finished(workspace, scores=[], comparison={}, dataset="gone"))
    assert "Not scored" in text
    assert "How good it is was not measured" in text
    assert "model-index" not in text


def test_a_folder_for_the_hub_holds_all_of_it(workspace: Workspace, tmp_path: Path) -> None:
    made = export(workspace, "shop-1", "hub", tmp_path / "out")
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["README.md", "assay.json", "config.json", "model.safetensors"]
    for row in made.files:
        held = (tmp_path / "out" / row["name"]).read_bytes()
        assert (len(held), hashlib.sha256(held).hexdigest()) == (row["bytes"], row["sha256"])
    run = record.read(tmp_path / "out" / "assay.json", "export")["run"]
    assert run["data_version"] == finished(workspace).data_version
    assert "command" not in run["environment"]
    again = export(workspace, "shop-1", "hub", tmp_path / "out")  # its own is replaced
    assert again.files == made.files


def test_nothing_of_anybody_elses_is_overwritten(workspace: Workspace, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    export(workspace, "shop-1", "hub", mine)  # an empty folder is fine
    (mine / "notes.txt").write_text("keep")
    with pytest.raises(BadInput, match=r"holds 'notes\.txt', which no export put there"):
        export(workspace, "shop-1", "hub", mine)
    assert (mine / "notes.txt").read_text() == "keep"
    (tmp_path / "file").write_text("keep")
    with pytest.raises(BadInput, match="holds 'file'"):
        export(workspace, "shop-1", "hub", tmp_path / "file")
    with pytest.raises(BadInput, match="cannot be written"):
        export(workspace, "shop-1", "hub", tmp_path / "file" / "below")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_what_cannot_be_exported_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="format of export"):
        export(workspace, "shop-1", "gguf", tmp_path / "out")
    with pytest.raises(NotFound, match="no run called 'shop-9'"):
        export(workspace, "shop-9", "hub", tmp_path / "out")
    write_run(workspace, finished(workspace, state="failed", files={}))
    with pytest.raises(BadInput, match="has no finished model to export"):
        export(workspace, "shop-1", "hub", tmp_path / "out")


def test_a_model_that_was_changed_is_not_passed_on(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.run("shop-1") / "model" / "config.json").write_text('{"x": 1}')
    with pytest.raises(BadInput, match=r"config\.json .* was changed after the training"):
        export(workspace, "shop-1", "hub", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_download_is_one_file(workspace: Workspace) -> None:
    path = packed(workspace, "shop-1", "hub")
    with zipfile.ZipFile(path) as file:
        assert "shop-1/README.md" in file.namelist()
        assert file.testzip() is None
    assert packed(workspace, "shop-1", "hub") == path
    write_run(workspace, finished(workspace, attempts=2))
    assert packed(workspace, "shop-1", "hub") != path
    assert not path.exists()


class FalseHub:
    """Takes what it is given; refuses tokens but one."""

    seen: list[dict[str, Any]] = []  # noqa: RUF012

    def __init__(self, token: str) -> None:
        self.token = token

    def create_repo(self, hub_id: str, private: bool, exist_ok: bool) -> str:
        if self.token != "hf_good":  # noqa: S105
            words = f"403 Forbidden: {self.token} may not write"
            response = httpx2.Response(403, request=httpx2.Request("POST", "https://hub"))
            raise HfHubHTTPError(words, response=response)
        self.seen.append({"repository": hub_id, "private": private})
        return f"https://huggingface.co/{hub_id}"

    def upload_folder(self, repo_id: str, folder_path: Path, commit_message: str) -> None:
        self.seen[-1]["files"] = sorted(p.name for p in Path(folder_path).iterdir())


def test_a_run_is_pushed_to_a_private_repository(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "HfApi", FalseHub)
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    assert push(workspace, "shop-1", "me/shop") == "https://huggingface.co/me/shop"
    assert FalseHub.seen[-1] == {
        "repository": "me/shop", "private": True,
        "files": ["README.md", "assay.json", "config.json", "model.safetensors"],
    }  # fmt: skip


def test_a_push_that_cannot_be_is_refused_without_the_token(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "HfApi", FalseHub)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(BadInput, match="set HF_TOKEN"):
        push(workspace, "shop-1", "me/shop")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(BadInput, match="does not let this token write to me/shop") as caught:
        push(workspace, "shop-1", "me/shop")
    assert "hf_secret" not in str(caught.value)
    for name in ("shop", "a/b/c", "../x", "me/shop@main"):
        with pytest.raises(BadInput, match="expected OWNER/NAME"):
            push(workspace, "shop-1", name)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ConnectError("no route"), Offline),
        (HfHubHTTPError("500", response=httpx2.Response(500, request=httpx2.Request("GET", "https://h"))),
         WorkFailed),
    ],
)  # fmt: skip
def test_a_hub_that_does_not_answer_is_said_to_be(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception,
    kind: type[AssayError],
) -> None:  # fmt: skip
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(FalseHub, "create_repo", fails)
    monkeypatch.setattr(hub, "HfApi", FalseHub)
    monkeypatch.setenv("HF_TOKEN", "hf_good")
    with pytest.raises(kind):
        push(workspace, "shop-1", "me/shop")


def test_the_command_says_where_it_is(workspace: Workspace, tmp_path: Path) -> None:
    place = ["--workspace", str(workspace.root)]
    said = CliRunner().invoke(command, ["shop-1", "--to", str(tmp_path / "out"), "--json", *place])
    document = json.loads(said.stdout)
    assert (document["run"], document["format"], document["pushed"]) == ("shop-1", "hub", None)
    assert document["folder"] == str(tmp_path / "out")
    refused = CliRunner().invoke(command, ["shop-1", *place])
    assert isinstance(refused.exception, BadInput)
    assert "Nowhere to export to" in str(refused.exception)
