"""Checkpoints of a training: written whole or not at all, checked before they are believed.

checkpoints/step-00000200/
    weights.safetensors    what is trained, and buffers; what is frozen comes from the base
    best.safetensors       the weights with the lowest validation loss so far, where there are any
    state.safetensors      tensors of the optimizer and of the random generators
    state.json             everything else, by `core.train.packing`
    trainer_state.json     the Trainer's own counters
    manifest.json          step, what the run was made from, size and SHA-256 of each file

A folder is written beside its place, forced to the disk and renamed, so that a reader finds a whole
checkpoint or none, whenever the power goes. Nothing is ever unpickled: the files have the names
above, and a folder that holds another is refused.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.errors import BadInput, DiskFull, is_full
from core.record import hash_file
from core.train.packing import pack, unpack

SCHEMA = 1
KEPT = 2
"""The newest, and the one before in case the newest cannot be read."""
MANIFEST, COUNTERS = "manifest.json", "trainer_state.json"
FILES = ("weights.safetensors", "best.safetensors", "state.safetensors", "state.json", COUNTERS)
FULL = ("os error 28", "os error 27", "os error 122")
"""No space, file too large, quota exceeded, as safetensors words them."""


@dataclass(frozen=True)
class Snapshot:
    """What a checkpoint holds.

    Attributes:
        step: Steps of the optimizer that are done.
        weights: Trained parameters and buffers, by name.
        best: The best weights so far, and best_step, the step they are from; None = none kept.
        state: Optimizer, schedule, random generators, counters.
    """

    step: int
    weights: dict[str, Tensor]
    best: dict[str, Tensor] | None
    best_step: int | None
    state: dict[str, Any]


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: Where they lie.
        mark: What the run is made from (base, settings, data); another mark is another run.
    """

    def __init__(self, folder: Path, mark: Mapping[str, Any]) -> None:
        self.folder = folder
        self.mark = json.loads(json.dumps(mark))

    def save(self, snapshot: Snapshot, counters: Callable[[Path], None]) -> Path:
        """Write a checkpoint and remove the oldest.

        Args:
            snapshot: What it holds.
            counters: Writes the Trainer's counters to a path.

        Raises:
            DiskFull: There is no room for it; those before it are untouched.
        """
        place = self.folder / f"step-{snapshot.step:08d}"
        partial = self.folder / f".{place.name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True)
            self._write(partial, snapshot, counters)
            shutil.rmtree(place, ignore_errors=True)
            partial.rename(place)
            _sync(self.folder)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(partial, ignore_errors=True)
            if _is_full(error):
                raise DiskFull(
                    f"The disk was full at step {snapshot.step}: the checkpoint could not be "
                    f"written to {str(self.folder)!r}. The checkpoint before it is safe; free some "
                    "space, then resume the job."
                ) from None
            raise
        for old in self._places()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
        return place

    def _write(self, partial: Path, snapshot: Snapshot, counters: Callable[[Path], None]) -> None:
        tensors: dict[str, Tensor] = {}
        state = pack(snapshot.state, tensors)
        known: dict[str, dict[str, Any]] = {}
        save_file(snapshot.weights, partial / "weights.safetensors")
        save_file(tensors, partial / "state.safetensors")
        (partial / "state.json").write_text(json.dumps(state), encoding="utf-8")
        counters(partial / COUNTERS)
        if snapshot.best is not None:
            known = self._same_best(partial, snapshot.best_step)
            if not known:
                save_file(snapshot.best, partial / "best.safetensors")
        files = {
            path.name: known.get(path.name)
            or {"bytes": path.stat().st_size, "sha256": hash_file(path)}
            for path in sorted(partial.iterdir())
        }
        manifest = {
            "schema": SCHEMA, "step": snapshot.step, "best_step": snapshot.best_step,
            "mark": self.mark, "files": files,
        }  # fmt: skip
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for path in partial.iterdir():
            _sync(path)
        _sync(partial)

    def _same_best(self, partial: Path, step: int | None) -> dict[str, dict[str, Any]]:
        """Link the best weights of the checkpoint before, where they are the same ones."""
        for place in self._places()[:1]:
            manifest = _manifest(place)
            if (
                manifest
                and manifest["best_step"] == step
                and "best.safetensors" in manifest["files"]
            ):
                try:
                    os.link(place / "best.safetensors", partial / "best.safetensors")
                except OSError:
                    return {}  # a file system without links: they are written again
                return {"best.safetensors": manifest["files"]["best.safetensors"]}
        return {}

    def newest(self, refused: Callable[[int, str], None]) -> Path | None:
        """The newest checkpoint that is whole; None if there is none.

        Args:
            refused: Told of each newer one that cannot be used: its step and why, in a clause.

        Raises:
            BadInput: It belongs to a run that was made from something else.
        """
        for place in self._places():
            fault = _fault(place)
            if fault:
                refused(int(place.name.removeprefix("step-")), fault)
                continue
            manifest = _manifest(place)
            if manifest and manifest["mark"] != self.mark:
                differs = [k for k in self.mark if manifest["mark"].get(k) != self.mark[k]]
                raise BadInput(
                    f"The checkpoint {str(place)!r} was made with another {', '.join(differs)}; it "
                    "cannot be gone on from. Clone the job: that starts a run of its own."
                )
            return place
        return None

    def clear(self) -> None:
        """Remove them all: the run is whole without them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _places(self) -> list[Path]:
        """Folders of checkpoints, newest first."""
        return sorted(self.folder.glob("step-*"), reverse=True)


def weights_of(place: Path) -> dict[str, Tensor]:
    """The weights of a checkpoint."""
    found: dict[str, Tensor] = load_file(place / "weights.safetensors")
    return found


def best_of(place: Path) -> dict[str, Tensor] | None:
    """The best weights of a checkpoint; None where it holds none."""
    path = place / "best.safetensors"
    return load_file(path) if path.exists() else None


def state_of(place: Path) -> dict[str, Any]:
    """The state of a checkpoint, as it was given to `save`."""
    state = json.loads((place / "state.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = unpack(state, load_file(place / "state.safetensors"))
    return found


def _fault(place: Path) -> str | None:
    """Why a checkpoint cannot be used; None = it is whole."""
    strange = [p.name for p in sorted(place.iterdir()) if p.name not in (*FILES, MANIFEST)]
    if strange:
        return (
            f"it holds {strange[0]!r}, which is none of a checkpoint's files (pickled ones can run "
            "code and are never read)"
        )
    manifest = _manifest(place)
    if manifest is None:
        return "its manifest cannot be read"
    if manifest["schema"] > SCHEMA:
        return "it was written by a newer Assay"
    listed = manifest["files"]
    if set(listed) != {p.name for p in place.iterdir()} - {MANIFEST}:
        return "its files are not those of its manifest"
    for name, row in listed.items():
        path = place / name
        if path.stat().st_size != row["bytes"]:
            return f"{name} has {path.stat().st_size:,} bytes instead of {row['bytes']:,}"
        if hash_file(path) != row["sha256"]:
            return f"{name} does not have the SHA-256 of the manifest"
    return None


def _manifest(place: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        whole = {"schema", "step", "best_step", "mark", "files"} <= set(found)
    except (OSError, ValueError, TypeError):
        return None
    return found if whole else None


def _sync(path: Path) -> None:
    """Force a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_full(error: Exception) -> bool:
    number = error.errno if isinstance(error, OSError) else None
    return is_full(number) or any(text in str(error) for text in FULL)
