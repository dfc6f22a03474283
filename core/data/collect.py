"""The user's files become examples; every row that cannot is named, with its line and the reason.

Whatever stands in a file is data: a file's name is never used as a path, a cell never as markup.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.data import chat, languages
from core.data.columns import Columns, choose
from core.data.dataset import Example
from core.data.files import open_parallel, open_table
from core.data.preprocess import clean
from core.data.rows import Refused, Row, Table, suffix
from core.errors import BadInput
from core.pipeline import TASKS

LONGEST_CHARACTERS = 20_000
FEWEST_ROWS = 2
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SPLIT_NAMES = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation",
    "val": "validation", "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A file: where it is, and what the user calls it (a hostile name is only ever shown)."""

    path: Path
    shown: str


@dataclass(frozen=True)
class Options:
    """How to read the files; None = find out.

    Attributes:
        task: One of `core.pipeline.TASKS`.
        input, target, context, id: Columns of the parts; numbers, from 1, in a file without header.
        split_column: Column that holds "train", "validation" or "test".
        source_language, target_language: Code or English name.
        prefix: What a model reads before each input.
        label_separator: For classification, the sign between the labels of a row with several.
    """

    task: str
    input: str | None = None
    target: str | None = None
    context: str | None = None
    id: str | None = None
    split_column: str | None = None
    source_language: str | None = None
    target_language: str | None = None
    prefix: str | None = None
    label_separator: str | None = None

    def named(self) -> dict[str, str | None]:
        """Part to the column the user named."""
        return {
            "input": self.input, "target": self.target, "context": self.context,
            "id": self.id, "split": self.split_column,
        }  # fmt: skip


@dataclass(frozen=True)
class Files:
    """What to read: one table or two parallel texts, and the same for official splits."""

    main: tuple[Source, ...]
    validation: tuple[Source, ...] = ()
    test: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Collected:
    """What was read.

    Attributes:
        examples: By split; None for those that have none yet.
        refused: Rows that cannot be used.
        columns: Column of each part, in the main file.
        tables: How each file was understood.
        source_language, target_language: Codes, if known.
        prefix: What a model reads before each input.
    """

    examples: dict[str | None, list[Example]]
    refused: list[Refused]
    columns: Columns
    tables: tuple[Table, ...]
    source_language: str | None
    target_language: str | None
    prefix: str

    @property
    def usable(self) -> int:
        """Rows that can be used."""
        return sum(map(len, self.examples.values()))


def collect(options: Options, files: Files, most_rows: int | None = None) -> Collected:
    """Read files into examples.

    Args:
        options: How to read them.
        files: Which.
        most_rows: Stop after so many rows of each file (a preview).

    Raises:
        NotFound: There is no such file.
        BadInput: A file cannot be used, a column is missing, fewer than two rows are usable.
    """
    if options.task not in TASKS:
        raise BadInput(f"{options.task!r} is not a task; expected one of {', '.join(TASKS)}.")
    if options.context and options.task != "question-answering":
        raise BadInput(f"--context is for question-answering; a row of {options.task} has none.")
    if options.label_separator is not None and (
        options.task != "text-classification" or not options.label_separator.strip()
    ):
        raise BadInput(
            f"--label-separator {options.label_separator!r} cannot be used: expected a sign such "
            "as ';', for text-classification alone."
        )
    reader = _Reader(options, most_rows)
    columns = reader.read(files.main, None)
    for split, sources in (("validation", files.validation), ("test", files.test)):
        if sources:
            reader.read(sources, split)
    _enough(files.main[0].shown, reader)
    source, target = _languages(options, files, columns)
    prefix = options.prefix
    if prefix is None:
        prefix = {
            "translation": languages.translation_prefix(source, target),
            "summarization": "summarize: ",
        }.get(options.task, "")
    return Collected(
        reader.examples, reader.refused, columns, tuple(reader.tables), source, target, prefix
    )


class _Reader:
    """Reads one file after another; ids are unique over all of them."""

    def __init__(self, options: Options, most_rows: int | None) -> None:
        self.options = options
        self.most_rows = most_rows
        self.examples: dict[str | None, list[Example]] = {}
        self.refused: list[Refused] = []
        self.tables: list[Table] = []
        self._ids: set[str] = set()

    def read(self, sources: Sequence[Source], split: str | None) -> Columns:
        # A file that is a split needs no column for it.
        options = replace(self.options, split_column=None) if split else self.options
        table, columns = _open(options, sources)
        self.tables.append(table)
        if columns.id and "id" in columns.guessed and not _unique(table, columns.id):
            columns = replace(
                columns, id=None, guessed=tuple(part for part in columns.guessed if part != "id")
            )
        prefix = f"{split}-" if split and not columns.id else ""
        if split and columns.id and self._collides(table, columns.id):
            prefix = f"{split}-"
        seen: set[str] = set()
        rows = itertools.islice(table.rows(), self.most_rows)
        for number, row in enumerate(rows, 1):
            made = row if isinstance(row, Refused) else self._example(row, columns, table, number)
            if isinstance(made, Refused):
                self.refused.append(made)
                continue
            example = Example(prefix + made.id, made.input, made.target, made.context)
            own = split or self._split_of(row, columns)
            if own == "unknown":
                self._refuse(table, row, f"the split is {_cell(row, columns.split)[:60]!r}, "
                             "expected train, validation or test")  # fmt: skip
            elif example.id in seen:
                self._refuse(table, row, f"the id {example.id[:60]!r} occurs twice")
            else:
                seen.add(example.id)
                self.examples.setdefault(own, []).append(example)
        self._ids |= seen
        return columns

    def _refuse(self, table: Table, row: Row | Refused, reason: str) -> None:
        self.refused.append(Refused(row.line, reason, table.file))

    def _collides(self, table: Table, column: str) -> bool:
        return any(
            clean(row.cells.get(column, "")) in self._ids
            for row in table.rows()
            if isinstance(row, Row)
        )

    def _split_of(self, row: Row | Refused, columns: Columns) -> str | None:
        if columns.split is None:
            return None
        return _SPLIT_NAMES.get(_cell(row, columns.split).strip().casefold(), "unknown")

    def _example(self, row: Row, columns: Columns, table: Table, number: int) -> Example | Refused:
        """One row as an example, or why it cannot be one."""
        parts = columns.by_part()
        cells = {part: row.cells.get(column, "") for part, column in parts.items()}
        if columns.messages:
            said = chat.parts(cells.pop("messages"))
            if isinstance(said, str):
                return Refused(row.line, said, table.file)
            cells, parts = {**cells, **said}, {**parts, "context": columns.messages}
        reason = _fault({part: cells[part] for part in cells if part != "split"}, parts)
        if reason:
            return Refused(row.line, reason, table.file)
        text = {part: clean(cell) for part, cell in cells.items()}
        context = text.get("context")
        if self.options.task == "question-answering" and text["target"] not in (context or ""):
            return Refused(row.line, "the answer does not stand in the context", table.file)
        return Example(text.get("id", str(number)), text["input"], text["target"], context)


def _fault(cells: dict[str, str], names: dict[str, str]) -> str | None:
    """Why the cells of a row cannot be used, or None."""
    for part, cell in cells.items():
        if _LONE_SURROGATE.search(cell):
            return f"{part} ({names[part]}) holds bytes that are no text in this encoding"
        if len(cell) > LONGEST_CHARACTERS:
            return (
                f"{part} ({names[part]}) is too long: {len(cell):,} characters, "
                f"at most {LONGEST_CHARACTERS:,}"
            )
        if not clean(cell):
            return f"empty {part} ({names[part]})"
    return None


def _cell(row: Row | Refused, column: str | None) -> str:
    return row.cells.get(column, "") if isinstance(row, Row) and column else ""


def _open(options: Options, sources: Sequence[Source]) -> tuple[Table, Columns]:
    if len(sources) > 2:
        raise BadInput("A split is one file, or two with parallel lines; more were given.")
    if len(sources) == 2:
        first, second = sources
        table = open_parallel((first.path, second.path), (first.shown, second.shown))
        return table, Columns("1", "2")
    (source,) = sources
    table = open_table(source.path, source.shown)
    named = options.named()
    given = [name for name in named.values() if name]
    if given and all(name.isdecimal() and name not in table.columns for name in given):
        table = open_table(source.path, source.shown, numbered=True)
    return table, choose(options.task, source.shown, table.columns, named)


def _unique(table: Table, column: str) -> bool:
    seen: set[str] = set()
    for row in _rows(table):
        cell = clean(row.cells.get(column, ""))
        if not cell or cell in seen:
            return False
        seen.add(cell)
    return True


def _rows(table: Table) -> Iterator[Row]:
    return (row for row in table.rows() if isinstance(row, Row))


def _languages(options: Options, files: Files, columns: Columns) -> tuple[str | None, str | None]:
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


def _enough(shown: str, reader: _Reader) -> None:
    """See that something can be trained on and tested with.

    Raises:
        BadInput: Fewer than FEWEST_ROWS rows are usable, or none to train on.
    """
    usable = sum(map(len, reader.examples.values()))
    training = len(reader.examples.get(None, ())) + len(reader.examples.get("train", ()))
    if usable >= FEWEST_ROWS and training:
        return
    why = ""
    if reader.refused:
        first = reader.refused[0]
        why = f" {len(reader.refused):,} refused, the first on line {first.line}: {first.reason}."
    raise BadInput(
        f"{shown!r} has {training:,} row{'' if training == 1 else 's'} to train on; at least "
        f"{FEWEST_ROWS} rows are needed, to train and to test.{why}"
    )
