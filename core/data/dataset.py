"""A dataset: versions of examples in splits, kept in the workspace as JSON lines.

The version is a hash of the content, so the same data have the same version on every machine.
Standard library only: pages and lists read it without pandas.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from core import chat, record
from core.data.example import Example as Example
from core.data.example import line, parse
from core.data.spool import Lines
from core.errors import BadInput, NotFound, WorkFailed
from core.pipeline import TASKS
from core.workspace import Workspace, newest_first

SPLITS = ("train", "validation", "test")
VERSION_CHARACTERS = 12
_VERSION = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Dataset:
    """One version of a dataset, without its examples.

    Attributes:
        name: The dataset's name.
        version: First 12 hex digits of the content's SHA-256.
        task: One of `core.pipeline.TASKS`.
        splits: Number of examples in "train", "validation" and "test".
        columns: Role ("input", "target", …) to the column it was read from; for rows with several
            labels each, `label_separator` to the sign between them.
        source: Where it came from: a file's name, or "sample" and the sample's name.
        prefix: What a model reads before each input ("translate English to German: ").
        source_language: Code of the input's language, if known.
        target_language: Code of the target's language, if known.
        labels: For classification, every target of the training split, sorted; `classes` are the
            labels that these are made of.
        synthetic: The text was generated or written for this project.
        created_at: UTC, ISO 8601.
        notes: One sentence for people, or "".
        report: What reading and cleaning did, in counts and examples (`core.data.preprocess`).
    """

    name: str
    version: str
    task: str
    splits: dict[str, int]
    columns: dict[str, str]
    source: str
    prefix: str
    source_language: str | None
    target_language: str | None
    labels: tuple[str, ...]
    synthetic: bool
    created_at: str
    notes: str
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """NAME@VERSION."""
        return f"{self.name}@{self.version}"

    @property
    def rows(self) -> int:
        """Examples in all splits together."""
        return sum(self.splits.values())

    @property
    def label_separator(self) -> str | None:
        """The sign between the labels of a row that may have several; None = each has one."""
        return self.columns.get("label_separator")

    @property
    def classes(self) -> tuple[str, ...]:
        """For classification, every class there is, sorted."""
        return tuple(sorted({name for target in self.labels for name in self.labels_of(target)}))

    def labels_of(self, target: str) -> tuple[str, ...]:
        """The labels of one row, in its order."""
        return split_labels(target, self.label_separator)

    @property
    def chat(self) -> bool:
        """Whether each row is a conversation; `core.chat` says how it is kept."""
        return "messages" in self.columns

    def model_input(self, example: Example) -> str:
        """What a sequence-to-sequence model reads for an example: T5's way of naming the task."""
        if self.chat:
            return self.prefix + chat.plain(chat.messages_of(example))
        if example.context is not None:
            return f"{self.prefix}question: {example.input} context: {example.context}"
        return self.prefix + example.input


def split_labels(target: str, separator: str | None) -> tuple[str, ...]:
    """The labels that a target names: itself, or what stands between the separators."""
    if separator is None:
        return (target,)
    parts = (part.strip() for part in target.split(separator))
    return tuple(dict.fromkeys(part for part in parts if part))


def save(
    workspace: Workspace,
    name: str,
    task: str,
    splits: Mapping[str, Sequence[Example]],
    *,
    columns: Mapping[str, str] | None = None,
    source: str = "",
    prefix: str = "",
    source_language: str | None = None,
    target_language: str | None = None,
    synthetic: bool = False,
    notes: str = "",
    report: Mapping[str, Any] | None = None,
) -> Dataset:
    """Keep examples as a version of the dataset `name`.

    The same content gives the same version, and is not written twice; it becomes the newest.

    Raises:
        BadInput: The name or task cannot be used, an id occurs twice, there is no example.
    """
    ordered = _ordered(name, task, splits)
    parent = workspace.dataset(name, "0" * VERSION_CHARACTERS).parent
    parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=parent, prefix="."))
    try:
        header: dict[str, Any] = {
            "task": task, "prefix": prefix, "languages": [source_language, target_language],
        }  # fmt: skip
        # The same rows, read as one label or as several, are other data.
        if separator := (columns or {}).get("label_separator"):
            header["label_separator"] = separator
        version, labels = _write(made, name, header, ordered)
        folder = parent / version
        if not (folder / "record.json").is_file():
            body = Dataset(
                name, version, task, {split: len(rows) for split, rows in ordered.items()},
                dict(columns or {}), source, prefix, source_language, target_language,
                labels, synthetic, record.now(), notes, dict(report or {}),
            )  # fmt: skip
            record.write(made / "record.json", "dataset", asdict(body))
            _put(made, folder)
    except OSError as error:
        raise WorkFailed(
            f"The dataset {name!r} could not be written ({error.strerror}): make room in "
            f"{str(workspace.root)!r}, then import it again. Nothing was changed."
        ) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    _stamp(folder)
    return _open(folder)


def renew(workspace: Workspace, dataset: Dataset) -> None:
    """Make a version that is there the newest of its dataset."""
    _stamp(workspace.dataset(dataset.name, dataset.version))


def _stamp(folder: Path) -> None:
    # The kernel's own stamp is a few milliseconds coarse: two versions could tie.
    os.utime(folder / "record.json", ns=(time.time_ns(), time.time_ns()))


def _ordered(
    name: str, task: str, splits: Mapping[str, Sequence[Example]]
) -> dict[str, Sequence[Example]]:
    if task not in TASKS:
        raise BadInput(f"{task!r} is not a task; expected one of {', '.join(TASKS)}.")
    unknown = set(splits) - set(SPLITS)
    if unknown:
        raise BadInput(f"{sorted(unknown)} are not splits; expected {', '.join(SPLITS)}.")
    ordered = {split: splits.get(split, ()) for split in SPLITS}
    if not any(map(len, ordered.values())):
        raise BadInput(f"There is no example to keep as {name!r}.")
    return ordered


def _write(
    folder: Path, name: str, header: dict[str, Any], splits: Mapping[str, Sequence[Example]]
) -> tuple[str, tuple[str, ...]]:
    """Write each split's lines, one by one; returns the version, and the labels there are.

    Raises:
        BadInput: An id occurs twice, or a text cannot be written.
    """
    digest = hashlib.sha256(record.canonical(header).encode())
    seen: set[str] = set()
    labels: set[str] = set()
    classify = header["task"] == "text-classification"
    for split in SPLITS:
        digest.update(f"\n{split}\n".encode())
        with (folder / f"{split}.jsonl").open("wb") as file:
            for example, text in _with_lines(splits[split]):
                if example.id in seen:
                    raise BadInput(
                        f"The id {example.id!r} occurs twice in {name!r}; ids must be unique."
                    )
                seen.add(example.id)
                if classify and split == "train":
                    labels.add(example.target)
                digest.update(text)
                file.write(text)
            file.flush()
            os.fsync(file.fileno())
    return digest.hexdigest()[:VERSION_CHARACTERS], tuple(sorted(labels))


def _with_lines(rows: Sequence[Example]) -> Iterator[tuple[Example, bytes]]:
    if isinstance(rows, Lines):
        yield from ((parse(text), text) for text in rows.lines())
        return
    for example in rows:
        try:
            yield example, line(example).encode()
        except UnicodeEncodeError:
            raise BadInput(
                f"The example {example.id!r} holds half a character (a lone surrogate); "
                "save the text as UTF-8."
            ) from None


def _put(made: Path, folder: Path) -> None:
    """Move a version to its place in one step: a reader sees all of it or none."""
    try:
        made.rename(folder)
    except OSError:
        # Somebody else may have put the same version there in the meantime.
        if not (folder / "record.json").is_file():
            raise


def _open(folder: Path) -> Dataset:
    body = record.read(folder / "record.json", "dataset")
    known = {key: body[key] for key in Dataset.__dataclass_fields__ if key in body}
    return Dataset(**{**known, "labels": tuple(body["labels"])})


def versions(workspace: Workspace, name: str) -> list[Dataset]:
    """All versions of a dataset, newest first; empty if there is none."""
    folder = workspace.dataset(name, "0" * VERSION_CHARACTERS).parent
    return [_open(path) for path in newest_first(folder) if _VERSION.fullmatch(path.name)]


def list_datasets(workspace: Workspace) -> list[Dataset]:
    """The newest version of each dataset, newest first."""
    folder = workspace.datasets()
    names = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    newest = [found[0] for name in names if (found := versions(workspace, name))]

    def kept_ns(dataset: Dataset) -> int:
        path = workspace.dataset(dataset.name, dataset.version) / "record.json"
        return path.stat().st_mtime_ns

    return sorted(newest, key=kept_ns, reverse=True)


def open_dataset(workspace: Workspace, title: str) -> Dataset:
    """Open NAME (its newest version) or NAME@VERSION.

    Raises:
        NotFound: There is no such dataset or version; the message lists what there is.
        BadInput: The name could not be a dataset's.
    """
    name, _, version = title.partition("@")
    found = versions(workspace, name)
    if not found:
        known = ", ".join(sorted(dataset.name for dataset in list_datasets(workspace)))
        listing = f"Known: {known}." if known else "This workspace has no dataset yet."
        raise NotFound(
            f"There is no dataset called {name!r}. {listing} "
            "Import a file or a sample with `assay data import`."
        )
    for dataset in found:
        if version in ("", dataset.version):
            return dataset
    raise NotFound(
        f"The dataset {name!r} has no version {version!r}. "
        f"Known: {', '.join(dataset.version for dataset in found)}."
    )


def read(
    workspace: Workspace, dataset: Dataset, split: str, most: int | None = None
) -> list[Example]:
    """The examples of a split ("train", "validation", "test"), or of "all" in that order.

    Args:
        workspace: Where it is.
        dataset: Its record.
        split: Whose examples.
        most: Read no more of each split than that.

    Raises:
        BadInput: There is no such split, or the file is damaged.
    """
    return list(each(workspace, dataset, split, most))


def each(
    workspace: Workspace, dataset: Dataset, split: str, most: int | None = None
) -> Iterator[Example]:
    """As `read`, one by one: for what need not hold them all."""
    if split not in (*SPLITS, "all"):
        raise BadInput(f"{split!r} is not a split; expected {', '.join(SPLITS)} or all.")
    folder = workspace.dataset(dataset.name, dataset.version)
    for name in SPLITS if split == "all" else (split,):
        try:
            with (folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
                yield from map(parse, islice(lines, most))
        except (OSError, ValueError, TypeError) as error:
            raise BadInput(
                f"The {name} split of {dataset.title} cannot be read ({error}); import it again."
            ) from None
