"""From the user's files to a dataset in the workspace: collect, prepare, save."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from core.data import dataset as store
from core.data.collect import Collected, Files, Options, collect
from core.data.dataset import Dataset
from core.data.preprocess import prepare
from core.data.rows import stem
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
    workspace: Workspace, options: Options, files: Files, name: str | None = None
) -> Imported:
    """Read files, clean and split their rows, and keep them as a dataset.

    Args:
        workspace: Where it is kept.
        options: How to read the files.
        files: Which.
        name: What to call it; None = after the first file.

    Raises:
        NotFound: There is no such file.
        BadInput: A file or the name cannot be used.
    """
    chosen = check_name(name, "dataset name") if name is not None else slug(files.main[0].shown)
    collected = collect(options, files)
    prepared = prepare(collected.examples, by_label=options.task == "text-classification")
    dataset = store.save(
        workspace,
        chosen,
        options.task,
        prepared.splits,
        columns={
            **collected.columns.by_part(),
            **({"label_separator": options.label_separator} if options.label_separator else {}),
        },
        source=_base(" + ".join(source.shown for source in files.main)),
        prefix=collected.prefix,
        source_language=collected.source_language,
        target_language=collected.target_language,
        report={**_read(collected), **prepared.report},
    )
    return Imported(dataset, collected)


def _base(shown: str) -> str:
    """Names of files without their folders: a record may be shown to others."""
    return " + ".join(Path(name).name for name in shown.split(" + "))


def _read(collected: Collected) -> dict[str, object]:
    """What was read and refused, as JSON."""
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
        "rows_read": collected.usable + len(collected.refused),
        "refused": len(collected.refused),
        "refused_examples": [
            {"line": row.line, "reason": row.reason, "file": _base(row.file)}
            for row in collected.refused[:REFUSED_KEPT]
        ],
    }
