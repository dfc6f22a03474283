"""Checkpoints that are whole, truncated, strange, too large for the disk, or another run's."""

import json
import pickle
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import BadInput, DiskFull
from core.train.checkpoint import (
    Checkpoints,
    Snapshot,
    best_of,
    state_of,
    weights_of,
)
from core.train.packing import pack, unpack

MARK = {"base": "tiny", "data": "d@1", "settings": {"seed": 0}}


def snapshot(step: int, size: int = 64, best_step: int | None = None) -> Snapshot:
    weights = {"w": torch.full((size,), float(step))}
    best = None if best_step is None else {"w": torch.full((size,), float(best_step))}
    state = {"optimizer": {"state": {0: {"step": torch.tensor(float(step))}}}, "parts": 1}
    return Snapshot(step, weights, best, best_step, state)


def counters(path: Path) -> None:
    path.write_text("{}")


def none_refused(step: int, why: str) -> None:
    raise AssertionError(f"{step} was refused: {why}")


@pytest.fixture
def saved(tmp_path: Path) -> Checkpoints:
    made = Checkpoints(tmp_path / "checkpoints", MARK)
    for step in (10, 20, 30):
        made.save(snapshot(step, best_step=10), counters)
    return made


def newest(made: Checkpoints) -> tuple[Path | None, list[tuple[int, str]]]:
    refused: list[tuple[int, str]] = []
    return made.newest(lambda step, why: refused.append((step, why))), refused


def test_what_was_saved_comes_back_and_the_two_newest_stay(saved: Checkpoints) -> None:
    place = saved.newest(none_refused)
    assert place
    assert sorted(p.name for p in saved.folder.iterdir()) == ["step-00000020", "step-00000030"]
    assert weights_of(place)["w"].tolist() == [30.0] * 64
    best = best_of(place)
    assert best is not None
    assert best["w"].tolist() == [10.0] * 64
    assert state_of(place)["optimizer"]["state"][0]["step"] == 30.0
    assert state_of(place)["parts"] == 1


def test_best_weights_that_are_the_same_are_not_written_again(saved: Checkpoints) -> None:
    files = [place / "best.safetensors" for place in sorted(saved.folder.iterdir())]
    assert files[0].stat().st_ino == files[1].stat().st_ino
    saved.save(snapshot(40, best_step=35), counters)
    best = best_of(saved.folder / "step-00000040")
    assert best is not None
    assert best["w"].tolist() == [35.0] * 64
    assert saved.newest(none_refused) == saved.folder / "step-00000040"


@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors", "state.json"])
def test_a_truncated_one_is_passed_over_for_the_one_before(saved: Checkpoints, name: str) -> None:
    path = saved.folder / "step-00000030" / name
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    place, refused = newest(saved)
    assert place == saved.folder / "step-00000020"
    assert refused[0][0] == 30
    assert f"{name} has" in refused[0][1]


def test_a_changed_byte_is_seen(saved: Checkpoints) -> None:
    path = saved.folder / "step-00000030" / "weights.safetensors"
    held = bytearray(path.read_bytes())
    held[-1] ^= 1
    path.write_bytes(held)
    place, refused = newest(saved)
    assert place == saved.folder / "step-00000020"
    assert "SHA-256" in refused[0][1]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}'])
def test_a_manifest_that_cannot_be_read_is_no_manifest(saved: Checkpoints, text: str) -> None:
    for place in saved.folder.iterdir():
        (place / "manifest.json").write_text(text)
    place, refused = newest(saved)
    assert place is None
    assert [step for step, _ in refused] == [30, 20]


class Bomb:
    """Its pickle would write a file when read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("listed", [True, False])
def test_a_pickle_is_refused_and_never_read(
    saved: Checkpoints, tmp_path: Path, listed: bool
) -> None:
    place = saved.folder / "step-00000030"
    (place / "optimizer.pt").write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    if listed:
        manifest = json.loads((place / "manifest.json").read_text())
        manifest["files"]["optimizer.pt"] = {"bytes": 1, "sha256": ""}
        (place / "manifest.json").write_text(json.dumps(manifest))
    found, refused = newest(saved)
    assert found == saved.folder / "step-00000020"
    assert "optimizer.pt" in refused[0][1]
    assert "never read" in refused[0][1]
    assert not (tmp_path / "exploded").exists()


def test_another_runs_checkpoint_is_not_gone_on_from(saved: Checkpoints) -> None:
    other = Checkpoints(saved.folder, {**MARK, "settings": {"seed": 1}})
    with pytest.raises(BadInput, match=r"was made with another settings.*Clone the job"):
        other.newest(none_refused)


def test_a_full_disk_leaves_the_one_before(saved: Checkpoints) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    try:
        with pytest.raises(DiskFull, match=r"full at step 40.*The checkpoint before it is safe"):
            saved.save(snapshot(40, size=1 << 18), counters)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(p.name for p in saved.folder.iterdir()) == ["step-00000020", "step-00000030"]
    assert saved.newest(none_refused) == saved.folder / "step-00000030"


def test_a_half_written_one_is_no_checkpoint(saved: Checkpoints) -> None:
    (saved.folder / ".step-00000040.partial").mkdir()
    assert saved.newest(none_refused) == saved.folder / "step-00000030"
    saved.save(snapshot(40), counters)
    assert not (saved.folder / ".step-00000040.partial").exists()


def test_nested_state_comes_back_as_it_was() -> None:
    state = {
        "state": {0: {"step": torch.tensor(3.0), "none": None}, 1: {}},
        "groups": [{"lr": 1e-3, "betas": (0.9, 0.999), "fused": True}],
        "numpy": ("MT19937", np.arange(4, dtype=np.uint32), np.int64(7)),
    }
    tensors: dict[str, torch.Tensor] = {}
    found = unpack(json.loads(json.dumps(pack(state, tensors))), tensors)
    assert found["state"][0]["step"] == 3.0
    assert found["state"][0]["none"] is None
    assert found["state"][1] == {}
    assert found["groups"] == state["groups"]
    assert found["numpy"][1].dtype == np.uint32
    assert (found["numpy"][0], found["numpy"][2]) == ("MT19937", 7)


def test_what_would_not_come_back_is_refused() -> None:
    with pytest.raises(TypeError, match=r"object cannot be kept"):
        pack({"x": object()}, {})
    with pytest.raises(TypeError, match=r"the key 1\.5"):
        pack({1.5: 0}, {})
