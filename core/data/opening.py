"""The files of a split as one table, its columns with their parts, and the languages they tell."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.data import languages
from core.data.columns import Columns, choose
from core.data.files import Reading, open_parallel, open_table
from core.data.rows import Refused, Row, Table, suffix
from core.errors import BadInput

if TYPE_CHECKING:
    from core.data.collect import Files, Options, Source


def open_sources(options: "Options", sources: "Sequence[Source]") -> tuple[Table, Columns]:
    """Open one file, two with parallel lines, or the files of a folder.

    Raises:
        NotFound: There is no such file.
        BadInput: It is no table, or a column's part cannot be told.
    """
    if len(sources) > 2:
        raise BadInput("A split is one file, or two with parallel lines; more were given.")
    if len(sources) == 2:
        first, second = sources
        table = open_parallel(
            (first.path, second.path), (first.shown, second.shown), options.reading
        )
        return table, Columns("1", "2")
    (source,) = sources
    if source.shards:
        table = _joined(source, options.reading)
        return table, choose(options.task, source.shown, table.columns, options.named())
    table = open_table(source.path, source.shown, options.reading)
    named = options.named()
    given = [name for name in named.values() if name]
    if given and all(name.isdecimal() and name not in table.columns for name in given):
        reading = replace(options.reading, numbered=True)
        table = open_table(source.path, source.shown, reading)
    return table, choose(options.task, source.shown, table.columns, named)


def _joined(source: "Source", reading: Reading) -> Table:
    """The files of a folder as one table, with all their columns."""
    tables = [open_table(shard.path, shard.shown, reading) for shard in source.shards]
    columns = dict.fromkeys(column for table in tables for column in table.columns)

    def rows() -> Iterator[Row | Refused]:
        for table in tables:
            for row in table.rows():
                yield Row(row.line, row.cells, table.file) if isinstance(row, Row) else row

    first = tables[0]
    return Table(source.shown, first.form, first.encoding, first.delimiter, tuple(columns), rows)


def languages_of(
    options: "Options", files: "Files", columns: Columns
) -> tuple[str | None, str | None]:
    """Codes of source and target: as said, else by columns' names or files' suffixes."""
    labels = (columns.input, columns.target)
    if len(files.main) == 2:
        labels = (suffix(files.main[0].shown), suffix(files.main[1].shown))
    guessed: tuple[str | None, str | None] = (None, None)
    if options.task == "translation":
        guessed = (languages.guess(labels[0]), languages.guess(labels[1]))
        guessed = (None, None) if guessed[0] == guessed[1] else guessed
    given = (options.source_language, options.target_language)
    source, target = (
        languages.code_of(said) if said else found
        for said, found in zip(given, guessed, strict=True)
    )
    return source, target
