"""A model in CTranslate2's form: converted once, kept in the workspace by the hash of its files."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ctranslate2

from core import record
from core.errors import RequestError, WorkFailed
from core.workspace import Workspace, require_space

RECORD = "converted.json"
MODEL = "model.bin"
METHOD = 2
"""Raise it when models are converted in another way."""


def converted(
    workspace: Workspace, folder: Path, name: str, convert: Callable[[Path], None]
) -> Path:  # fmt: skip
    """The folder with the converted model; made if it is not there, or not whole.

    Args:
        workspace: Where it is kept.
        folder: Model and tokenizer, as Transformers saves them.
        name: The model's name, for messages.
        convert: Writes the model into a new folder, in float32.

    Raises:
        BadInput: CTranslate2 cannot convert a model of this kind.
        DiskFull: There is no room for it.
    """
    files = [path for path in folder.iterdir() if path.is_file()]
    key = record.hash_json([record.hash_files(files), ctranslate2.__version__, METHOD])[:16]
    place = workspace.converted(key)
    if _whole(place):
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    require_space(place.parent, 2 * sum(path.stat().st_size for path in files), "Converted weights")
    made = Path(tempfile.mkdtemp(dir=place.parent, prefix="."))
    try:
        convert(made)
        record.write(made / RECORD, "converted", {
            "model": name, "ctranslate2": ctranslate2.__version__,
            "sha256": record.hash_file(made / MODEL), "made_at": record.now(),
        })  # fmt: skip
        shutil.rmtree(place, ignore_errors=True)
        made.rename(place)
    except OSError as error:
        if _whole(place):  # another process was quicker
            return place
        raise WorkFailed(f"{name} could not be converted ({error.strerror}).") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return place


def _whole(place: Path) -> bool:
    """Whether a converted model is there, as it was written."""
    try:
        known: dict[str, Any] = record.read(place / RECORD, "converted")
        return bool(known["sha256"] == record.hash_file(place / MODEL))
    except (RequestError, KeyError, OSError):
        return False
