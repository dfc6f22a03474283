"""A bundle: a model in one folder with all that whoever serves it must know, and its hashes.

bundle.json (`core.models.bundled`), the model and its tokenizer, assay.json (the record),
scores.json, README.md (the card). A model that nobody evaluated is bundled only by force, and its
manifest and card say so for ever after.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import record
from core.errors import BadInput
from core.models import bundled
from core.models.bundled import FORMAT, MANIFEST


@dataclass(frozen=True)
class Bundle:
    """What a manifest says.

    Attributes:
        folder: Where it lies.
        model: The name that it was exported under; run: the run behind it.
        form: Of a variant; None = the run itself.
        engine: What reads it: "transformers" or "ctranslate2".
        task, dataset, data_version: What it was made for.
        ask: How it is asked: prefix, labels, languages, whether in conversations.
        scores: On the test split, as JSON; empty = not evaluated.
        evaluated: Whether it was; forced: whether it was exported although it was not.
        digest: Of the manifest: two bundles of one digest are the same.
        files: {name: {bytes, sha256}}.
        created_at: UTC, ISO 8601.
    """

    folder: Path
    model: str
    run: str
    form: str | None
    engine: str
    task: str
    dataset: str
    data_version: str
    ask: dict[str, Any]
    scores: list[dict[str, Any]]
    evaluated: bool
    forced: bool
    digest: str
    files: dict[str, dict[str, Any]]
    created_at: str

    @property
    def unevaluated(self) -> bool:
        """Whether nobody knows how good it is; everybody who shows it says so."""
        return not self.evaluated


def read_bundle(folder: Path) -> Bundle:
    """The bundle in a folder, every file of it checked.

    Raises:
        NotFound: The folder holds no manifest.
        BadInput: There is no such folder; or a file is missing, changed, or not of the bundle, and
            the message names it.
    """
    if not folder.is_dir():
        raise BadInput(f"There is no folder {str(folder)!r}; name the one that an export wrote.")
    manifest = bundled.verify(folder)
    fields = {name: manifest[name] for name in Bundle.__dataclass_fields__ if name != "folder"}
    return Bundle(folder=folder, **fields)


def seal(folder: Path, about: dict[str, Any]) -> None:
    """Write the manifest over all that lies in a folder.

    Args:
        folder: The bundle's, finished but for this.
        about: The fields of Bundle that are not of files.

    Raises:
        BadInput: A file is of a kind that no bundle holds.
    """
    files = {}
    for path in sorted(folder.iterdir()):
        if not bundled.allowed(path.name):
            raise BadInput(
                f"{path.name!r} cannot go into a bundle: only weights as safetensors or of "
                "CTranslate2, JSON, tokenizer files and Markdown can."
            )
        files[path.name] = {"bytes": path.stat().st_size, "sha256": record.hash_file(path)}
    body = {"schema": record.SCHEMA, "kind": "bundle", "format": FORMAT, **about, "files": files}
    sealed = {"format": FORMAT, **about, "files": files, "digest": bundled.digest_of(body)}
    record.write(folder / MANIFEST, "bundle", sealed)
