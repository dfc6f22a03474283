"""`assay data`: import a file or a sample, clean it, list what there is, show it."""

from dataclasses import asdict
from typing import Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.cli.data_clean import clean, steps
from core.cli.data_edit import edit, uncertain
from core.cli.data_gate import check, fix, look_lines, looks_of, split
from core.cli.data_import import import_, told
from core.data import dataset as store
from core.data import looks
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace


@click.group()
def data() -> None:
    """Import, clean, list, show, check, mend, split and edit datasets."""


@data.command("list")
@workspace_option
@json_option
def list_(workspace: Workspace, as_json: bool) -> None:
    """List the datasets, newest first."""
    found = store.list_datasets(workspace)
    header = ("name", "version", "task", "training", "validation", "test", "source")
    lines: list[tuple[object, ...]] = [
        (d.name, d.version, d.task, *(f"{n:,}" for n in d.splits.values()), printable(d.source))
        for d in found
    ]
    document = {"datasets": [_listed(d) for d in found]}
    emit(document, as_json, rows(header, lines) if found else t("data.cli.none"))


def _listed(dataset: store.Dataset) -> dict[str, Any]:
    row = asdict(dataset)
    del row["report"]
    return {**row, "rows": dataset.rows}


@data.command()
@click.argument("dataset", metavar="D")
@click.option("--split", default="train", show_default=True,
              type=click.Choice([*store.SPLITS, "all"]), help="Whose examples.")  # fmt: skip
@click.option("--examples", "count", default=5, show_default=True, type=click.IntRange(0),
              help="How many to show.")  # fmt: skip
@workspace_option
@json_option
def show(dataset: str, split: str, count: int, workspace: Workspace, as_json: bool) -> None:
    """Show a dataset: where it came from, its versions, its first examples."""
    found = store.open_dataset(workspace, dataset)
    examples = store.read(workspace, found, split)[:count]
    if split in ("test", "all"):
        looks.add_rows(workspace, found, "show", "command line", examples)
    versions = [d.version for d in store.versions(workspace, found.name)]
    document = {**asdict(found), "rows": found.rows, "versions": versions,
                "looks": looks_of(workspace, found),
                "examples": [asdict(example) for example in examples]}  # fmt: skip
    lines = [
        told(found),
        *(f"{key}: {printable(str(value))}" for key, value in _told(found) if value),
        f"versions: {', '.join(versions)}",
        *look_lines(workspace, found),
        "",
        *(printable(f"[{e.id}] {e.input}  →  {e.target}") for e in examples),
    ]
    emit(document, as_json, "\n".join(lines))


def _told(dataset: store.Dataset) -> list[tuple[str, object]]:
    return [
        ("source", dataset.source), ("created_at", dataset.created_at), ("notes", dataset.notes),
        ("prefix", dataset.prefix), ("labels", ", ".join(dataset.classes)),
    ]  # fmt: skip


for command in (import_, clean, steps, check, fix, split, edit, uncertain):
    data.add_command(command)
