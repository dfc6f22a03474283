"""A run that is killed at any step and resumed ends with the weights of one that was not."""

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from core.models.resolve import ModelRef
from tests.train import resume_worker
from tests.train.conftest import save_bert, save_t5

ROOT = Path(__file__).resolve().parents[2]
STEPS = 24
"""Three epochs of eight batches."""
SETTINGS = {
    "batch_size": 4, "max_steps": STEPS, "epochs": 3, "learning_rate": 1e-2, "checkpoint_steps": 5,
    "seed": 3,
}  # fmt: skip


@pytest.fixture(scope="session")
def dropping_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_t5(tmp_path_factory.mktemp("dropping-t5"), 0.3)


@pytest.fixture(scope="session")
def dropping_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("dropping-bert"), 0.3)


def run(
    base: Path, task: str, folder: Path, kill_after: int | None = None, **settings: Any
) -> list[list[Any]]:
    """Train in a process of its own, kill -9 it after a step; what it said."""
    folder.mkdir(exist_ok=True)
    request = {"base": str(base), "task": task, "folder": str(folder),
               "settings": {**SETTINGS, **settings}}  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.train.resume_worker", json.dumps(request)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    said = []
    with child:
        assert child.stdout
        for line in child.stdout:
            said.append(json.loads(line))
            if said[-1] == ["step", kill_after]:
                child.kill()
                break
    assert kill_after or child.returncode == 0
    return said


def weights(folder: Path) -> str:
    return hashlib.sha256((folder / "model" / "model.safetensors").read_bytes()).hexdigest()


def killed_and_resumed(
    base: Path, task: str, folder: Path, kills: list[int], **settings: Any
) -> str:
    for kill in kills:
        run(base, task, folder, kill, **settings)
    said = run(base, task, folder, **settings)
    if max(kills) > 5:
        assert said[0][0] == "resumed"
    assert not (folder / "model.partial").exists()
    return weights(folder)


def here(base: Path, folder: Path, **settings: Any) -> str:
    """Train in this process, on one thread as the other does; the weights' hash."""
    folder.mkdir(exist_ok=True)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        resume_worker.main(str(base), "translation", str(folder), {**SETTINGS, **settings})
    finally:
        torch.set_num_threads(threads)
    return weights(folder)


def test_a_killed_run_ends_with_the_same_weights(
    dropping_t5: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kill = random.SystemRandom().randint(6, STEPS - 1)
    run(dropping_t5, "translation", tmp_path / "killed", kill)
    found = here(dropping_t5, tmp_path / "killed")
    assert json.loads(capsys.readouterr().out.splitlines()[0])[0] == "resumed"
    assert found == here(dropping_t5, tmp_path / "whole"), f"killed after step {kill}"


SLOW = [
    ("translation", [3, 16], {}),
    ("translation", [8], {"keep": "last", "checkpoint_steps": 1}),
    ("translation", [9, 17, 23], {"accumulation_steps": 2, "max_steps": None, "epochs": 8}),
    ("translation", [11], {"method": "frozen"}),
    ("translation", [14], {"method": "lora", "lora_rank": 2}),
    ("translation", [14], {"batching": "plain"}),
    ("text-classification", [7, 13], {}),
    ("text-classification", [16], {"keep": "last", "accumulation_steps": 3, "epochs": 10}),
    ("text-generation", [12, 19], {}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("task", "kills", "settings"), SLOW)
def test_every_family_and_setting_resumes_exactly(
    dropping_t5: Path, dropping_bert: Path, llama: ModelRef, tmp_path: Path, task: str,
    kills: list[int], settings: dict[str, Any],
) -> None:  # fmt: skip
    bases = {"translation": dropping_t5, "text-classification": dropping_bert,
             "text-generation": llama.path}  # fmt: skip
    base = bases[task]
    assert base
    run(base, task, tmp_path / "whole", **settings)
    found = killed_and_resumed(base, task, tmp_path / "killed", kills, **settings)
    assert found == weights(tmp_path / "whole")
