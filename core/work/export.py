"""A finished run, or a variant of one, as a folder to take away; and onto the Hugging Face Hub.

hub          model.safetensors, config.json, tokenizer…, README.md (the card), assay.json (record)
ctranslate2  model.bin and what goes with it, in place of the safetensors
bundle       either, with scores.json and bundle.json: how it is asked, its scores, every hash

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
from core.deploy.bundle import seal
from core.errors import BadInput
from core.jobs.warm import Warm
from core.models.bundled import MANIFEST
from core.models.resolve import HUB_ID
from core.train.runs import Run
from core.work.card import card, origin
from core.work.exported import Subject, asked, finished, scores_of, subject_of
from core.workspace import Workspace, require_space

RECORD, CARD, SCORES = "assay.json", "README.md", "scores.json"
CONVERTER = "core.work.convert:compute"
"""Runs in a process of its own: it needs torch, which no page may load."""
TOKEN = "HF_TOKEN"  # noqa: S105 - the variable's name


@dataclass(frozen=True)
class Export:
    """What an export wrote: the folder, and each file's name, size and SHA-256.

    `evaluated` = whether anybody scored it on its test rows.
    """

    run: str
    format: str
    folder: str
    files: list[dict[str, Any]]
    pushed: str | None = None
    evaluated: bool = True


def export(
    workspace: Workspace, name: str, format: str, to: Path, *, force: bool = False
) -> Export:
    """Write a run or a variant to a folder.

    Args:
        workspace: Where the run is.
        name: The run, or the variant.
        format: A name of FORMATS.
        to: The folder; new, empty, or made by an export before.
        force: Bundle it although nobody evaluated it; it says so for ever after.

    Raises:
        NotFound: There is no such run or format.
        BadInput: The run left no model, or the folder holds something else; or it is to be bundled
            and was not evaluated.
        DiskFull: There is no room for it.
    """
    made = table.find(FORMATS, format, "format of export")
    subject = subject_of(workspace, name)
    scores = scores_of(workspace, subject)
    if made.sealed and not scores and not force:
        raise BadInput(
            f"{name} was never evaluated, so nobody knows how good it is: `assay evaluate "
            f"{subject.run.dataset} --model {name}` first, or --force, and the bundle says so for "
            "ever after."
        )
    target = to.expanduser().absolute()
    _check_target(target)
    size = sum(p.stat().st_size for p in subject.folder.iterdir())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        require_space(target.parent, size, f"The files of {name}")
        partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise BadInput(
            f"{str(to)!r} cannot be written ({error.strerror}); name a folder that can with --to."
        ) from None
    try:
        made.write(subject, partial)
        text = card(workspace, subject.run, subject.variant, unevaluated=not scores)
        record.write_text(partial / CARD, text)
        if made.sealed:
            record.write(partial / SCORES, "scores", {"scores": scores, **_compared(subject)})
        files = _listed(partial)
        body = {"format": format, "files": files, "run": _public(workspace, subject.run)}
        if subject.variant:
            body["variant"] = _without_command(subject.variant.to_json())
        record.write(partial / RECORD, "export", body)
        if made.sealed:
            seal(partial, _about(workspace, subject, scores))
        partial.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Export(name, format, str(target), files, evaluated=bool(scores))


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


def _hub(subject: Subject, folder: Path) -> None:
    if subject.engine != "transformers":
        raise BadInput(
            f"{subject.name} is a {subject.engine} model, which the format hub does not hold; take "
            "--format ctranslate2 or bundle."
        )
    _copied(subject, folder)


def _ctranslate2(subject: Subject, folder: Path) -> None:
    if subject.engine == "ctranslate2":
        _copied(subject, folder)
        return
    subject.check(subject.folder)
    child = Warm(retry=False)
    try:
        child.call(CONVERTER, {"name": subject.name, "path": str(subject.folder),
                               "task": subject.run.task, "folder": str(folder)})  # fmt: skip
    finally:
        child.close()


def _copied(subject: Subject, folder: Path) -> None:
    for path in sorted(subject.folder.iterdir()):
        shutil.copy2(path, folder / path.name)
    subject.check(folder)


def _about(workspace: Workspace, subject: Subject, scores: list[dict[str, Any]]) -> dict[str, Any]:
    """What a manifest says besides the files."""
    run = subject.run
    return {
        "model": subject.name, "run": run.run, "form": subject.form, "engine": subject.engine,
        "task": run.task, "dataset": run.dataset, "data_version": run.data_version,
        "ask": asked(workspace, run), "scores": scores, "evaluated": bool(scores),
        "forced": not scores, "created_at": record.now(),
    }  # fmt: skip


def _compared(subject: Subject) -> dict[str, Any]:
    found = subject.variant.comparison if subject.variant else subject.run.comparison
    return {"against": "original" if subject.variant else "base", "comparison": found}


def _public(workspace: Workspace, run: Run) -> dict[str, Any]:
    """A run's record without what only concerns this machine: paths and the command line."""
    base, _ = origin(workspace, run)
    return _without_command({**run.to_json(), "base": base})


def _without_command(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "environment": {k: v for k, v in body["environment"].items()
                                    if k != "command"}}  # fmt: skip


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
            strange = sorted(
                set(held) - {row["name"] for row in before["files"]} - {RECORD, MANIFEST}
            )
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
    """A form in which a model can be taken away.

    `write` writes the model's files into a folder; `sealed` = with scores and a manifest.
    """

    name: str
    help: str
    write: Callable[[Subject, Path], None]
    sealed: bool = False


FORMATS = (
    Format("hub", "a folder that Transformers and the Hugging Face Hub read", _hub),
    Format("ctranslate2", "a folder that CTranslate2 reads", _ctranslate2),
    Format("bundle", "the model as it is, with its scores, its record and every hash, to be served",
           _copied, sealed=True),
)  # fmt: skip
"""Every format of `assay export`, the first one the default."""
