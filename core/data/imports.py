"""From the user's files to a dataset in the workspace: collect, prepare, save."""

import re
import shlex
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.data import dataset as store
from core.data.collect import Collected, Files, Options, collect
from core.data.dataset import Dataset
from core.data.files import DELIMITERS
from core.data.preprocess import prepare
from core.data.rows import stem
from core.data.split import USUAL, Scheme
from core.workspace import Workspace, check_name

REFUSED_KEPT = 100
"""Refused rows that the dataset's record shows; the command line's JSON names them all."""


@dataclass(frozen=True)
class Imported:
    """A dataset made of files, and what was read for it."""

    dataset: Dataset
    collected: Collected


def slug(shown: str) -> str:
    """A name for a dataset from a file's name: letters, digits and hyphens only."""
    ascii_ = unicodedata.normalize("NFKD", stem(shown)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_.casefold()).strip("-")[:60].strip("-") or "dataset"


def import_files(
    workspace: Workspace,
    options: Options,
    files: Files,
    name: str | None = None,
    scheme: Scheme = USUAL,
    *,
    source: str | None = None,
    notes: str = "",
    tell: Callable[[int], None] | None = None,
) -> Imported:
    """Read files, clean and split their rows, and keep them as a dataset.

    Args:
        workspace: Where it is kept.
        options: How to read the files.
        files: Which.
        name: What to call it; None = after the first file.
        scheme: How rows without an official split are split; the group column is the options'.
        source: Where the files came from; None = their names say it.
        notes: A sentence for the record.
        tell: Told now and then how many rows were read.

    Raises:
        NotFound: There is no such file.
        BadInput: A file or the name cannot be used.
    """
    chosen = check_name(name, "dataset name") if name is not None else slug(files.main[0].shown)
    collected = collect(options, files, scratch=workspace.root, tell=tell)
    prepared = prepare(
        collected.examples,
        by_label=options.task == "text-classification",
        scheme=replace(scheme, group_column=collected.columns.group),
    )
    dataset = store.save(
        workspace,
        chosen,
        options.task,
        prepared.splits,
        columns={
            **collected.columns.by_part(),
            **({"label_separator": options.label_separator} if options.label_separator else {}),
        },
        source=source or _base(" + ".join(one.shown for one in files.main)),
        notes=notes,
        prefix=collected.prefix,
        source_language=collected.source_language,
        target_language=collected.target_language,
        report={**understood(collected), **_refused(collected), **prepared.report},
    )
    return Imported(dataset, collected)


def _base(shown: str) -> str:
    """Names of files without their folders: a record may be shown to others."""
    return " + ".join(Path(name).name for name in shown.split(" + "))


def command(options: Options, shown: Sequence[str], name: str) -> str:
    """The command that imports the same in the same way.

    Args:
        options: How the files are read.
        shown: What the user calls the files, the folder or the dataset; "-" for pasted rows.
        name: What the dataset is called.
    """
    reading, label = options.reading, options.task == "text-classification"
    flags = {
        "task": options.task, "input": options.input,
        "label" if label else "target": options.target, "context": options.context,
        "id": options.id, "split-column": options.split_column,
        "group-column": options.group_column, "source-language": options.source_language,
        "target-language": options.target_language, "encoding": reading.encoding,
        "delimiter": reading.delimiter and DELIMITERS.get(reading.delimiter, reading.delimiter),
        "name": name,
    }  # fmt: skip
    words = ["assay", "data", "import", *shown]
    for flag, value in flags.items():
        words += [f"--{flag}", value] if value or (flag == "id" and value == "") else []
    if options.prefix is not None:
        words += ["--prefix", options.prefix]
    return shlex.join([*words, "--no-header"] if reading.numbered else words)


def understood(collected: Collected) -> dict[str, object]:
    """How the files were read, as JSON."""
    return {
        "files": [
            {
                "file": _base(table.file),
                "form": table.form,
                "encoding": table.encoding,
                "delimiter": table.delimiter,
                "columns": list(table.columns),
            }
            for table in collected.tables
        ],
        "guessed": list(collected.columns.guessed),
        "further_columns": list(collected.columns.further),
        "rows_read": collected.usable + len(collected.refused),
    }


def _refused(collected: Collected) -> dict[str, object]:
    """Which rows were refused, as JSON."""
    return {
        "refused": len(collected.refused),
        "refused_examples": [
            {"line": row.line, "reason": row.reason, "file": _base(row.file)}
            for row in collected.refused[:REFUSED_KEPT]
        ],
    }
