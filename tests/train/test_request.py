import shlex
from pathlib import Path
from typing import Any

import pytest

from core.cli.train import _pair
from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput, NotFound
from core.train.plan import make_plan
from core.train.request import as_toml, command, from_toml, read_file
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace.open(tmp_path)
    rows = [Example(f"e{n}", f"in {n}", f"out {n}") for n in range(100)]
    datasets.save(place, "shop", "translation", {"train": rows}, target_language="de")
    return place


ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"preset": "quick", "settings": {"max_seconds": "none", "epochs": "2.5"}},
    {"method": "lora", "replay_share": 0.25, "settings": {"lora_rank": 4, "optim": "sgd"}},
    {"general": "none", "settings": {"lr_scheduler_kwargs": '{"a": 1, "b": "x \\"y\\""}',
                                     "gradient_checkpointing": True, "max_grad_norm": "0.5"}},
    {"preset": "seed", "settings": {"learning_rate": "none", "patience": 3}},
    {"ignore_gate": True},
)  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
def test_the_file_is_the_same_run(workspace: Workspace, asked: dict[str, Any]) -> None:
    plan = make_plan(workspace, "shop", **asked)
    found = from_toml(as_toml(plan, asked, 7), "run.toml")
    assert found.pop("test_limit") == 7
    again = make_plan(workspace, found.pop("dataset"), **found)
    assert again.config == plan.config
    assert (again.base, again.dataset, again.general) == (plan.base, plan.dataset, plan.general)


@pytest.mark.parametrize("asked", ASKED)
def test_the_command_is_the_same_run(workspace: Workspace, asked: dict[str, Any]) -> None:
    plan = make_plan(workspace, "shop", **asked)
    words = shlex.split(command(plan, asked, 7))
    assert words[:3] == ["assay", "train", plan.dataset.title]
    flags = [word for word in words if word == "--ignore-gate"]
    assert bool(flags) == asked.get("ignore_gate", False)
    words = [word for word in words if word not in flags]
    pairs = list(zip(words[3::2], words[4::2], strict=True))
    fields: dict[str, Any] = {
        "settings": dict(_pair(value) for name, value in pairs if name == "--set")
    }
    names = {"--base": "base", "--preset": "preset", "--method": "method", "--general": "general"}
    fields |= {names[name]: value for name, value in pairs if name in names}
    shares = [float(value) for name, value in pairs if name == "--replay"]
    again = make_plan(workspace, words[2], replay_share=shares[0] if shares else 0.0, **fields)
    assert again.config == plan.config
    assert ("--test-limit", "7") in pairs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset = 'd'\nignore_gate = 1", "ignore_gate = 1 in 'f.toml': expected bool"),
        ("dataset = ", "is no TOML"),
        ("base = 'x'", "names no dataset; expected dataset, base"),
        ("dataset = 'd'\nepochs = 3", "has 'epochs'; expected dataset"),
        ("dataset = 3", "dataset = 3 in 'f.toml': expected str"),
        ("dataset = 'd'\nreplay_share = true", "replay_share = True in 'f.toml': expected float"),
    ],
)
def test_a_wrong_file_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        from_toml(text, "f.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read_file(tmp_path / "run.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read"):
        read_file(tmp_path / "bytes.toml")
