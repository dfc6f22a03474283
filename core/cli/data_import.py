"""`assay data import`: files, standard input or a sample become a dataset, or are looked at."""

import re
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.common import emit, json_option, rows, say, workspace_option
from core.cli.data_gate import scheme_of, scheme_options
from core.data import dataset as store
from core.errors import BadInput, NotFound
from core.pipeline import TASKS
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.data.collect import Collected, Files, Options, Source

REFUSED_SAID = 20
PREVIEWED = 1_000
"""Rows of each file that `--dry-run` reads."""
EXAMPLES_SHOWN = 5
STANDARD_INPUT = "standard input"


@click.command("import")
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
@click.option("--group-column", metavar="COL",
              help="Column whose rows of one value stay in one split (a customer).")  # fmt: skip
@scheme_options
@click.option("--validation", metavar="FILE", multiple=True,
              help="Official validation split; twice for parallel texts.")  # fmt: skip
@click.option("--test", metavar="FILE", multiple=True,
              help="Official test split; twice for parallel texts.")  # fmt: skip
@click.option("--name", metavar="D", help="Name of the dataset; default: after the file.")
@click.option("--config", metavar="NAME", help="Configuration of a dataset of the Hub or folder.")
@click.option("--source-language", metavar="LANG", help="Code or English name (translation).")
@click.option("--target-language", metavar="LANG", help="Code or English name (translation).")
@click.option("--prefix", help="What a model reads before each input.")
@click.option("--encoding", metavar="NAME", help="Encoding of the files; default: found, and told.")
@click.option("--delimiter", metavar="SIGN", help="Sign between cells, or comma, tab, semicolon, "
              "bar; default: found, and told.")  # fmt: skip
@click.option("--no-header", is_flag=True, help="The first row is an example, not a header.")
@click.option("--dry-run", is_flag=True,
              help=f"Show how the first {PREVIEWED:,} rows are read; keep nothing.")  # fmt: skip
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
    test_share: float | None,
    validation_share: float | None,
    seed: int | None,
    config: str | None,
    encoding: str | None,
    delimiter: str | None,
    no_header: bool,
    dry_run: bool,
    workspace: Workspace,
    as_json: bool,
    **more: str | None,
) -> None:
    """Import a file, two files with parallel lines, a folder, a dataset of the Hub, or a sample.

    Files are CSV, TSV, JSON lines, JSON, Parquet or plain lines, packed with gzip or not; "-" is
    standard input. A folder is one that Hugging Face `datasets` saved, or that holds such files;
    OWNER/NAME[@REVISION] is a dataset of the Hub. A row that cannot be used is named with its line
    and the reason; the rest is kept.
    """
    from core.data.collect import Options
    from core.data.files import Reading
    from core.data.imports import import_files, slug
    from core.data.samples import SAMPLES, import_sample
    from core.data.sources import find
    from core.data.split import USUAL

    samples = [sample.name for sample in SAMPLES]
    # A name without a point or a slash is no file's and no id of the Hub: a sample was meant.
    if re.fullmatch(r"[\w-]+", files[0]) and files[0] != "-" and not Path(files[0]).exists():
        if files[0] not in samples:
            raise NotFound(
                f"There is no file, folder or sample called {files[0]!r}; the samples are "
                f"{', '.join(samples)}."
            )
        dataset = import_sample(workspace, files[0], name)
        emit(_document(dataset, []), as_json, told(dataset))
        return
    if task is None:
        raise BadInput(f"Say what is to be learnt with --task: one of {', '.join(TASKS)}.")
    if target and label:
        raise BadInput("--target and --label name the same column; give one of them.")
    if len(files) > 2:
        raise BadInput("A dataset is one file, or two with parallel lines; more were given.")
    more["input"], more["id"] = more.pop("input_"), more.pop("id_")
    reading = Reading(encoding, _sign(delimiter), no_header)
    options = Options(task, target=target or label, reading=reading, **more)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=workspace.root) as folder:
        main, held, last = (_sources(paths, Path(folder)) for paths in (files, validation, test))
        found = find(main, held, last, config)
        for split in found.left_out:
            say(t("data.cli.left_out", split=printable(split)))
        if dry_run:
            _preview(options, found.files, as_json)
            return
        made = import_files(
            workspace, options, found.files, name or slug(found.name),
            scheme_of(USUAL, test_share, validation_share, seed), source=found.source,
            notes=found.notes,
        )  # fmt: skip
    _tell(made.collected, made.dataset.report["rows_read"])
    _tell_removed(made.dataset.report)
    refused = [asdict(row) for row in made.collected.refused]
    emit(_document(made.dataset, refused), as_json, told(made.dataset))


def _sign(said: str | None) -> str | None:
    """A delimiter by its sign or its name."""
    from core.data.files import DELIMITERS

    return {name: sign for sign, name in DELIMITERS.items()}.get(said or "", said)


def _sources(paths: tuple[str, ...], folder: Path) -> "tuple[Source, ...]":
    """Where the files are; standard input is first written into `folder`."""
    from core.data.collect import Source

    if paths.count("-") > 1:
        raise BadInput('Standard input ("-") can be read once; name a file for the other.')
    made = []
    for path in paths:
        if path != "-":
            made.append(Source(Path(path), path))
            continue
        with (folder / "input").open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        made.append(Source(folder / "input", STANDARD_INPUT))
    return tuple(made)


def _preview(options: "Options", files: "Files", as_json: bool) -> None:
    """Print how the files are understood and their first rows; keep nothing."""
    from core.data.collect import collect
    from core.data.imports import understood

    seen = collect(options, files, most_rows=PREVIEWED)
    first = [row for split in seen.examples.values() for row in split[:EXAMPLES_SHOWN]]
    document = {
        **understood(seen),
        "columns": seen.columns.by_part(),
        "prefix": seen.prefix,
        "source_language": seen.source_language,
        "target_language": seen.target_language,
        "usable": seen.usable,
        "refused": [asdict(row) for row in seen.refused],
        "examples": [asdict(row) for row in first],
    }
    _tell(seen, seen.usable + len(seen.refused))
    parts = ["id", "input", *(["context"] if seen.columns.context else []), "target"]
    table = rows(
        tuple(parts),
        [tuple(printable(getattr(row, part) or "")[:60] for part in parts) for row in first],
    )
    note = t("data.cli.previewed", usable=f"{seen.usable:,}", n=f"{document['rows_read']:,}")
    emit(document, as_json, f"{table}\n{note}")


def _tell(read: "Collected", total: int) -> None:
    """Say on standard error how the files were understood and which rows were refused."""
    from core.data.files import DELIMITERS

    for table in read.tables:
        encoding = t("data.cli.encoding", encoding=table.encoding) if table.encoding else ""
        sign = DELIMITERS.get(table.delimiter, repr(table.delimiter)) if table.delimiter else None
        delimiter = t("data.cli.delimiter", delimiter=sign) if sign else ""
        say(t("data.cli.read", file=printable(table.file), form=table.form, encoding=encoding,
              delimiter=delimiter))  # fmt: skip
    if read.tables[0].form != "lines":
        guessed = read.columns.guessed
        columns = (
            t(f"data.cli.{'guessed' if part in guessed else 'column'}", part=part,
              column=printable(column))
            for part, column in read.columns.by_part().items()
        )  # fmt: skip
        say(t("data.cli.columns", columns=", ".join(columns)))
    if read.columns.further:
        further = ", ".join(map(printable, read.columns.further))
        say(t("data.cli.further", columns=further))
    if read.prefix:
        say(t("data.cli.prefix", prefix=read.prefix))
    if read.refused:
        say(t("data.cli.refused", n=f"{len(read.refused):,}", total=f"{total:,}"))
        for row in read.refused[:REFUSED_SAID]:
            say(t("data.cli.refused_row", file=printable(row.file), line=row.line,
                  reason=printable(row.reason)))  # fmt: skip
        if len(read.refused) > REFUSED_SAID:
            say("  " + t("data.more", n=f"{len(read.refused) - REFUSED_SAID:,}"))


def _tell_removed(report: dict[str, Any]) -> None:
    for kind in ("duplicates", "leaks"):
        if report[f"{kind}_removed"]:
            say(t(f"data.cli.{kind}", n=f"{report[f'{kind}_removed']:,}"))


def told(dataset: store.Dataset) -> str:
    """A dataset in one line."""
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
        "further_columns": dataset.report.get("further_columns", []),
        **{
            key: value
            for key, value in asdict(dataset).items()
            if key not in ("name", "version", "splits", "report")
        },
    }
