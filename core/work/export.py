"""A finished run as a folder that the Hugging Face Hub takes, and onto the Hub.

DIR/model.safetensors, config.json, tokenizer…, README.md (the card), assay.json (the record)

The folder is written beside its place and moved in one step. A folder that is there already is
replaced only if an export made it and nobody has put anything else into it.
"""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import record, table
from core.errors import BadInput
from core.models.resolve import HUB_ID
from core.train.runs import Run, open_run
from core.work.card import card, origin
from core.workspace import Workspace, require_space

RECORD, CARD = "assay.json", "README.md"
TOKEN = "HF_TOKEN"  # noqa: S105 - the variable's name


@dataclass(frozen=True)
class Export:
    """What an export wrote: the folder, and each file's name, size and SHA-256."""

    run: str
    format: str
    folder: str
    files: list[dict[str, Any]]
    pushed: str | None = None


def export(workspace: Workspace, name: str, format: str, to: Path) -> Export:
    """Write a run to a folder.

    Args:
        workspace: Where the run is.
        name: The run.
        format: A name of FORMATS.
        to: The folder; new, empty, or made by an export before.

    Raises:
        NotFound: There is no such run or format.
        BadInput: The run left no model, or the folder holds something else.
        DiskFull: There is no room for it.
    """
    made = table.find(FORMATS, format, "format of export")
    run = finished(workspace, name)
    target = to.expanduser().absolute()
    _check_target(target)
    size = sum(p.stat().st_size for p in (workspace.run(name) / "model").iterdir())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        require_space(target.parent, size, f"The files of {name}")
        partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise BadInput(
            f"{str(to)!r} cannot be written ({error.strerror}); name a folder that can with --to."
        ) from None
    try:
        made.write(workspace, run, partial)
        files = _listed(partial)
        body = {"format": format, "files": files, "run": _public(workspace, run)}
        record.write(partial / RECORD, "export", body)
        partial.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Export(run.run, format, str(target), files)


def push(workspace: Workspace, name: str, repository: str) -> str:
    """Put a run onto the Hub, into a private repository if there is none; returns its address.

    The token is read from $HF_TOKEN and neither kept nor shown.

    Raises:
        BadInput: The name is not OWNER/NAME, or there is no token.
        AssayError: The Hub cannot be reached or refuses.
    """
    if not HUB_ID.fullmatch(repository) or "@" in repository:
        raise BadInput(f"--push {repository!r} cannot be used: expected OWNER/NAME.")
    token = os.environ.get(TOKEN)
    if not token:
        raise BadInput(
            f"To push, set {TOKEN} to a token that may write to {repository}; it is read from the "
            "environment and never kept."
        )
    from core.models import hub  # seconds of import, for this alone

    with tempfile.TemporaryDirectory() as scratch:
        export(workspace, name, "hub", Path(scratch) / name)
        return hub.push(Path(scratch) / name, repository, token, f"{name}, exported by Assay")


def packed(workspace: Workspace, name: str, format: str) -> Path:
    """The export as one zip file in the workspace, for a download; made once for each record."""
    run = finished(workspace, name)
    stamp = record.hash_json(run.to_json())[:12]
    path = workspace.root / "exports" / f"{run.run}-{format}-{stamp}.zip"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            folder = Path(export(workspace, name, format, Path(scratch) / run.run).folder)
            partial = Path(scratch) / "partial.zip"
            # Weights do not get smaller by compression, they only take longer.
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as file:
                for each in sorted(folder.iterdir()):
                    file.write(each, f"{run.run}/{each.name}")
            for old in path.parent.glob(f"{run.run}-{format}-*.zip"):
                old.unlink()
            partial.rename(path)
    return path


def finished(workspace: Workspace, name: str) -> Run:
    """A run that left a model.

    Raises:
        NotFound: There is no such run.
        BadInput: It left none.
    """
    run = open_run(workspace, name)
    if run.state != "succeeded" or not run.files:
        raise BadInput(
            f"The run {name!r} ({run.state}) has no finished model to export; "
            f"`assay runs show {name}` says why."
        )
    return run


def _hub(workspace: Workspace, run: Run, folder: Path) -> None:
    for path in sorted((workspace.run(run.run) / "model").iterdir()):
        shutil.copy2(path, folder / path.name)
    changed = [
        name
        for name, digest in run.files.items()
        if not (folder / name).is_file() or record.hash_file(folder / name) != digest
    ]
    if changed:
        raise BadInput(
            f"{changed[0]} of the run {run.run!r} is not the file that its record names; it was "
            "changed after the training. Train again, or put the file back."
        )
    record.write_text(folder / CARD, card(workspace, run))


def _public(workspace: Workspace, run: Run) -> dict[str, Any]:
    """A run's record without what only concerns this machine: paths and the command line."""
    base, _ = origin(workspace, run)
    environment = {k: v for k, v in run.environment.items() if k != "command"}
    return {**run.to_json(), "base": base, "environment": environment}


def _check_target(target: Path) -> None:
    if not target.exists():
        return
    held = [p.name for p in target.iterdir()] if target.is_dir() else [target.name]
    if not held:
        return
    strange = held
    if target.is_dir() and RECORD in held:
        try:
            before = record.read(target / RECORD, "export")
            strange = sorted(set(held) - {row["name"] for row in before["files"]} - {RECORD})
        except (BadInput, KeyError, TypeError):
            strange = [RECORD]
    if strange:
        raise BadInput(
            f"{str(target)!r} holds {strange[0]!r}, which no export put there; name a folder that "
            "is new or empty with --to."
        )


def _listed(folder: Path) -> list[dict[str, Any]]:
    return [
        {"name": path.name, "bytes": path.stat().st_size, "sha256": record.hash_file(path)}
        for path in sorted(folder.iterdir())
    ]


@dataclass(frozen=True)
class Format:
    """A form in which a run can be taken away: its name, a line of help, and what writes it."""

    name: str
    help: str
    write: Callable[[Workspace, Run, Path], None]


FORMATS = (Format("hub", "a folder that Transformers and the Hugging Face Hub read", _hub),)
"""Every format of `assay export`, the first one the default."""
