"""The job that makes files a dataset."""

import shutil
from pathlib import Path
from typing import Any

from core.data.collect import Files, Options, Source
from core.data.files import Reading
from core.data.imports import import_files
from core.jobs.context import Context


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Import as a CollectRequest says.

    The copies that were made for the job go once the dataset is there: until then it can be tried
    again.

    Raises:
        AssayError: As `core.data.imports.import_files`.
    """

    def tell(rows: int) -> None:
        context.report(None, "data.collecting", n=f"{rows:,}")

    tell(0)
    made = import_files(
        context.workspace, options_of(request["options"]), files_of(request["files"]),
        request["dataset"], source=request["source"], notes=request["notes"], tell=tell,
    ).dataset  # fmt: skip
    if request["folder"]:
        shutil.rmtree(request["folder"], ignore_errors=True)
    return {"name": made.name, "version": made.version, "rows": made.rows, "splits": made.splits}


def options_of(kept: dict[str, Any]) -> Options:
    """Options as they stand in a request."""
    return Options(**{**kept, "reading": Reading(**kept["reading"])})


def files_of(kept: dict[str, Any]) -> Files:
    """Files as they stand in a request."""
    return Files(**{part: tuple(map(_source, sources)) for part, sources in kept.items()})


def _source(kept: dict[str, Any]) -> Source:
    return Source(Path(kept["path"]), kept["shown"], tuple(map(_source, kept["shards"])))
