"""`assay data`: import a file or a sample, list what there is, show it, check it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.common import emit, json_option, rows, say, workspace_option
from core.data import dataset as store
from core.errors import BadInput
from core.pipeline import TASKS
from core.text.catalog import t
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.data.collect import Source
    from core.data.imports import Imported

REFUSED_SAID = 20


@click.group()
def data() -> None:
    """Import, list, show and check datasets."""


@data.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE [FILE2]")
@click.option("--task", help=f"What is to be learnt: {', '.join(TASKS)}.")
@click.option("--input", "input_", metavar="COL", help="Column of the input; from 1 by number "
              "where there is no header.")  # fmt: skip
@click.option("--target", metavar="COL", help="Column of the target.")
@click.option("--label", metavar="COL", help="Column of the label (text-classification).")
@click.option("--label-separator", metavar="SIGN", help="Sign between the labels of a row that may "
              "have several, such as ';' (text-classification).")  # fmt: skip
@click.option("--context", metavar="COL", help="Column of the passage (question-answering).")
@click.option("--id", "id_", metavar="COL", help="Column of the ids.")
@click.option("--split-column", metavar="COL", help="Column that says train, validation or test.")
@click.option("--validation", metavar="FILE", multiple=True,
              help="Official validation split; twice for parallel texts.")  # fmt: skip
@click.option("--test", metavar="FILE", multiple=True,
              help="Official test split; twice for parallel texts.")  # fmt: skip
@click.option("--name", metavar="D", help="Name of the dataset; default: after the file.")
@click.option("--source-language", metavar="LANG", help="Code or English name (translation).")
@click.option("--target-language", metavar="LANG", help="Code or English name (translation).")
@click.option("--prefix", help="What a model reads before each input.")
@workspace_option
@json_option
def import_(
    files: tuple[str, ...],
    task: str | None,
    target: str | None,
    label: str | None,
    validation: tuple[str, ...],
    test: tuple[str, ...],
    name: str | None,
    workspace: Workspace,
    as_json: bool,
    **more: str | None,
) -> None:
    """Import a file, two files with parallel lines, or a sample by its name.

    Files are CSV, TSV, JSON lines, JSON, Parquet or plain lines, packed with gzip or not. A row
    that cannot be used is named with its line and the reason; the rest is kept.
    """
    from core.data.collect import Files, Options
    from core.data.imports import import_files
    from core.data.samples import SAMPLES, import_sample

    if files[0] in [sample.name for sample in SAMPLES] and not Path(files[0]).is_file():
        dataset = import_sample(workspace, files[0], name)
        emit(_document(dataset, []), as_json, _kept(dataset))
        return
    if task is None:
        raise BadInput(f"Say what is to be learnt with --task: one of {', '.join(TASKS)}.")
    if target and label:
        raise BadInput("--target and --label name the same column; give one of them.")
    if len(files) > 2:
        raise BadInput("A dataset is one file, or two with parallel lines; more were given.")
    more["input"], more["id"] = more.pop("input_"), more.pop("id_")
    made = import_files(
        workspace,
        Options(task, target=target or label, **more),
        Files(_sources(files), _sources(validation), _sources(test)),
        name,
    )
    _tell(made)
    refused = [asdict(row) for row in made.collected.refused]
    emit(_document(made.dataset, refused), as_json, _kept(made.dataset))


def _sources(paths: tuple[str, ...]) -> "tuple[Source, ...]":
    from core.data.collect import Source

    return tuple(Source(Path(path), path) for path in paths)


def _tell(made: "Imported") -> None:
    """Say on standard error how the files were understood and what was left out."""
    from core.data.files import DELIMITERS

    read, report = made.collected, made.dataset.report
    for table in read.tables:
        encoding = t("data.cli.encoding", encoding=table.encoding) if table.encoding else ""
        sign = DELIMITERS[table.delimiter] if table.delimiter else None
        delimiter = t("data.cli.delimiter", delimiter=sign) if sign else ""
        say(t("data.cli.read", file=table.file, form=table.form, encoding=encoding,
              delimiter=delimiter))  # fmt: skip
    if read.tables[0].form != "lines":
        guessed = read.columns.guessed
        columns = (
            t(f"data.cli.{'guessed' if part in guessed else 'column'}", part=part, column=column)
            for part, column in read.columns.by_part().items()
        )
        say(t("data.cli.columns", columns=", ".join(columns)))
    if read.prefix:
        say(t("data.cli.prefix", prefix=read.prefix))
    if read.refused:
        say(t("data.cli.refused", n=f"{len(read.refused):,}", total=f"{report['rows_read']:,}"))
        for row in read.refused[:REFUSED_SAID]:
            say(t("data.cli.refused_row", file=row.file, line=row.line, reason=row.reason))
        if len(read.refused) > REFUSED_SAID:
            say("  " + t("data.more", n=f"{len(read.refused) - REFUSED_SAID:,}"))
    for kind in ("duplicates", "leaks"):
        if report[f"{kind}_removed"]:
            say(t(f"data.cli.{kind}", n=f"{report[f'{kind}_removed']:,}"))


def _kept(dataset: store.Dataset) -> str:
    counts = {split: f"{count:,}" for split, count in dataset.splits.items()}
    task = t(f"common.task.{dataset.task}")
    return t("data.cli.kept", title=dataset.title, rows=f"{dataset.rows:,}", task=task, **counts)


def _document(dataset: store.Dataset, refused: list[dict[str, Any]]) -> dict[str, Any]:
    """A dataset as JSON: what the contract promises first."""
    return {
        "name": dataset.name,
        "version": dataset.version,
        "rows": dataset.rows,
        "refused": refused,
        "splits": dataset.splits,
        "duplicates_removed": dataset.report.get("duplicates_removed", 0),
        "leaks_removed": dataset.report.get("leaks_removed", 0),
        **{
            key: value
            for key, value in asdict(dataset).items()
            if key not in ("name", "version", "splits", "report")
        },
    }


@data.command("list")
@workspace_option
@json_option
def list_(workspace: Workspace, as_json: bool) -> None:
    """List the datasets, newest first."""
    found = store.list_datasets(workspace)
    header = ("name", "version", "task", "training", "validation", "test", "source")
    lines: list[tuple[object, ...]] = [
        (d.name, d.version, d.task, *(f"{n:,}" for n in d.splits.values()), _printable(d.source))
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
    versions = [d.version for d in store.versions(workspace, found.name)]
    document = {**asdict(found), "rows": found.rows, "versions": versions,
                "examples": [asdict(example) for example in examples]}  # fmt: skip
    lines = [
        _kept(found),
        *(f"{key}: {_printable(str(value))}" for key, value in _told(found) if value),
        f"versions: {', '.join(versions)}",
        "",
        *(_printable(f"[{e.id}] {e.input}  →  {e.target}") for e in examples),
    ]
    emit(document, as_json, "\n".join(lines))


def _told(dataset: store.Dataset) -> list[tuple[str, object]]:
    return [
        ("source", dataset.source), ("created_at", dataset.created_at), ("notes", dataset.notes),
        ("prefix", dataset.prefix), ("labels", ", ".join(dataset.classes)),
    ]  # fmt: skip


def _printable(text: str) -> str:
    """A text on one line, without control characters that a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


@data.command()
@click.argument("dataset", metavar="D")
@workspace_option
@json_option
def check(dataset: str, workspace: Workspace, as_json: bool) -> None:
    """Check whether a dataset is fit to train on: leaks, duplicates, labels, lengths."""
    from core.data.findings import sentence
    from core.data.profile import profile

    found = store.open_dataset(workspace, dataset)
    made = profile(workspace, found)
    document = {
        "name": found.name, "version": found.version, "rows": found.rows, "splits": found.splits,
        "fit": made.fit, **asdict(made),
    }  # fmt: skip
    lines = [t(f"data.cli.{'fit' if made.fit else 'unfit'}", title=found.title)]
    for finding in made.findings:
        mark = t(f"data.findings.{'blocks' if finding.blocks else 'look'}")
        names = (_printable(row.get("id") or row["label"]) for row in finding.examples[:5])
        ids = f" ({', '.join(names)})"
        lines.append(f"- {mark}: {sentence(finding)}{ids if finding.examples else ''}")
    emit(document, as_json, "\n".join(lines))
