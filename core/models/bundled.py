"""The manifest of a bundle, and whether a folder is still what its manifest says.

    bundle.json   {kind: "bundle", format: 1, …, files {name: {bytes, sha256}}, digest}

`digest` is the SHA-256 of the manifest without it, so that a changed line is seen. Only what names
itself as data is let in: weights as safetensors or of CTranslate2, JSON, tokenizer files, Markdown;
no code, and nothing pickled, which could run code when it is read.
"""

import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

from core import record
from core.errors import BadInput

MANIFEST = "bundle.json"
FORMAT = 1
CT2_WEIGHTS = "model.bin"
SUFFIXES = (".safetensors", ".json", ".txt", ".model", ".spm", ".jinja", ".md")
ENGINES = ("transformers", "ctranslate2")
_HEAD = struct.Struct("<IH")
"""CTranslate2 begins its files with a version and the length of the name of a specification."""
_SPECIFICATION = b"Spec\0"


def allowed(name: str) -> bool:
    """Whether a file of that name may lie in a bundle."""
    return Path(name).name == name and (name == CT2_WEIGHTS or name.endswith(SUFFIXES))


def digest_of(manifest: dict[str, Any]) -> str:
    """SHA-256 of a manifest, its own digest left out."""
    return record.hash_json({name: value for name, value in manifest.items() if name != "digest"})


def check_ctranslate2(folder: Path) -> Path:
    """Return `folder` if its model.bin is of CTranslate2, which a pickle is not.

    Raises:
        BadInput: It is something else.
    """
    with (folder / CT2_WEIGHTS).open("rb") as file:
        head = file.read(_HEAD.size)
        length = _HEAD.unpack(head)[1] if len(head) == _HEAD.size else 0
        name = file.read(min(length, 64))
    if not name.endswith(_SPECIFICATION):
        raise BadInput(
            f"{CT2_WEIGHTS} in {str(folder)!r} was not written by CTranslate2; it is not read, as "
            "pickled weights can run code. Convert the model again."
        )
    return folder


def verify(folder: Path) -> dict[str, Any]:
    """The manifest of a bundle whose files are all there, all its own, and all unchanged.

    Hashing takes a second for a gigabyte, so what was seen to be whole is not hashed again while
    times and sizes of its files stay.

    Raises:
        NotFound: There is no manifest.
        BadInput: A file is missing, changed, not of the bundle or of a kind that it must not hold;
            the message names it.
    """
    stamps = tuple(sorted(
        (path.name, path.stat().st_size, path.stat().st_mtime_ns, _plain(path))
        for path in folder.iterdir()
    ))  # fmt: skip
    return dict(_verified(folder.resolve(), stamps))


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


@lru_cache(maxsize=64)
def _verified(folder: Path, stamps: tuple[tuple[str, int, int, bool], ...]) -> dict[str, Any]:
    manifest = record.read(folder / MANIFEST, "bundle")
    files = manifest.get("files")
    if manifest.get("digest") != digest_of(manifest) or not isinstance(files, dict):
        raise _broken(folder, MANIFEST, "was changed after the bundle was made")
    if manifest["format"] != FORMAT or manifest["engine"] not in ENGINES:
        raise _broken(folder, MANIFEST, f"is of a format that this Assay does not read ({FORMAT})")
    held = {name: plain for name, _, _, plain in stamps if name != MANIFEST}
    for name, plain in sorted(held.items()):
        if name not in files:
            raise _broken(folder, name, "is not in its manifest and was put there later")
        if not plain or not allowed(name):
            raise _broken(folder, name, "is of a kind that no bundle holds")
    for name, row in sorted(files.items()):
        if name not in held:
            raise _broken(folder, name, "is missing")
        path = folder / name
        if path.stat().st_size != row["bytes"] or record.hash_file(path) != row["sha256"]:
            raise _broken(folder, name, "is not the file that the manifest names: it is corrupt")
    if manifest["engine"] == "ctranslate2":
        check_ctranslate2(folder)
    return manifest


def _broken(folder: Path, name: str, how: str) -> BadInput:
    return BadInput(f"{name!r} of the bundle {str(folder)!r} {how}; export the bundle again.")
