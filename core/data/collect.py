"""The user's files become examples; every row that cannot is named, with its line and the reason.

Whatever stands in a file is data: a file's name is never used as a path, a cell never as markup.
"""

import errno
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core import chat
from core.data import languages
from core.data.columns import LONGEST_VALUE, Columns, further
from core.data.example import Example
from core.data.files import Reading
from core.data.opening import languages_of, open_sources
from core.data.preprocess import clean
from core.data.rows import Refused, Row, Table
from core.data.spool import Spool
from core.errors import BadInput, WorkFailed
from core.pipeline import TASKS

LONGEST_CHARACTERS = 20_000
FEWEST_ROWS = 2
LOOKED_AT_ROWS = 1_000
"""So many rows say which columns are worth keeping beside the parts."""
TOLD_ROWS = 10_000
"""Progress is told after each so many rows."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
SPLIT_NAMES = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation",
    "val": "validation", "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip
"""What people call splits, in small letters, to what they are called here."""


@dataclass(frozen=True)
class Source:
    """A file: where it is, and what the user calls it (a hostile name is only ever shown).

    `shards` are the files that are read instead, one after another, where `path` is a folder.
    """

    path: Path
    shown: str
    shards: "tuple[Source, ...]" = ()


@dataclass(frozen=True)
class Options:
    """How to read the files; None = find out.

    Attributes:
        task: One of `core.pipeline.TASKS`.
        input, target, context, id: Columns of the parts; numbers, from 1, in a file without header;
            "" for an id says that there is none.
        split_column: Column that holds "train", "validation" or "test".
        group_column: Column whose rows of one value stay in one split.
        source_language, target_language: Code or English name.
        prefix: What a model reads before each input.
        reading: Encoding, delimiter and header of the files.
        label_separator: For classification, the sign between the labels of a row with several.
    """

    task: str
    input: str | None = None
    target: str | None = None
    context: str | None = None
    id: str | None = None
    split_column: str | None = None
    group_column: str | None = None
    source_language: str | None = None
    target_language: str | None = None
    prefix: str | None = None
    reading: Reading = field(default_factory=Reading)
    label_separator: str | None = None

    def named(self) -> dict[str, str | None]:
        """Part to the column the user named."""
        return {
            "input": self.input, "target": self.target, "context": self.context,
            "id": self.id, "split": self.split_column, "group": self.group_column,
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

    examples: dict[str | None, Spool]
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


def collect(
    options: Options,
    files: Files,
    most_rows: int | None = None,
    scratch: Path | None = None,
    tell: Callable[[int], None] | None = None,
) -> Collected:
    """Read files into examples.

    Args:
        options: How to read them.
        files: Which.
        most_rows: Stop after so many rows of each file (a preview).
        scratch: Folder for what does not fit into memory; None = the system's.
        tell: Told now and then how many rows were read; what it raises ends the work.

    Raises:
        NotFound: There is no such file.
        BadInput: A file cannot be used, a column is missing, fewer than two rows are usable.
        WorkFailed: There is no room on the disk.
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
    reader = _Reader(options, most_rows, scratch, tell)
    columns = _patiently(reader, files.main, None)
    for split, sources in (("validation", files.validation), ("test", files.test)):
        if sources:
            _patiently(reader, sources, split)
    _enough(files.main[0].shown, reader)
    source, target = languages_of(options, files, columns)
    prefix = options.prefix
    if prefix is None:
        prefix = {
            "translation": languages.translation_prefix(source, target),
            "summarization": "summarize: ",
        }.get(options.task, "")
    return Collected(
        reader.examples, reader.refused, columns, tuple(reader.tables), source, target, prefix
    )


def _patiently(reader: "_Reader", sources: Sequence[Source], split: str | None) -> Columns:
    """Read files, and say what happened to one that goes away meanwhile, or to the disk."""
    try:
        return reader.read(sources, split)
    except OSError as error:
        shown = " + ".join(source.shown for source in sources)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise WorkFailed(
                f"There is no room on the disk to read {shown!r}; make some, then import again."
            ) from None
        raise BadInput(
            f"{shown!r} could not be read to its end ({error.strerror or error}); see that it "
            "stays where it is, then import it again. Nothing was kept."
        ) from None


class _Reader:
    """Reads one file after another; ids are unique over all of them."""

    def __init__(
        self,
        options: Options,
        most_rows: int | None,
        scratch: Path | None,
        tell: Callable[[int], None] | None,
    ) -> None:
        self._tell, self._read = tell, 0
        self.options = options
        self.most_rows = most_rows
        self.scratch = scratch
        self.examples: dict[str | None, Spool] = {}
        self.refused: list[Refused] = []
        self.tables: list[Table] = []
        self._ids: set[str] = set()
        self._further: tuple[str, ...] | None = None

    def read(self, sources: Sequence[Source], split: str | None) -> Columns:
        # A file that is a split needs no column for it.
        options = self.options
        if split:
            options = replace(options, split_column=None, group_column=None)
        table, columns = open_sources(options, sources)
        self.tables.append(table)
        if columns.id and "id" in columns.guessed and not self._unique(table, columns.id):
            columns = replace(
                columns, id=None, guessed=tuple(part for part in columns.guessed if part != "id")
            )
        columns = replace(columns, further=self._kept(table, columns))
        prefix = f"{split}-" if split and not columns.id else ""
        if split and columns.id and self._collides(table, columns.id):
            prefix = f"{split}-"
        seen: set[str] = set()
        rows = itertools.islice(table.rows(), self.most_rows)
        for number, row in enumerate(rows, 1):
            self._read += 1
            if self._tell and self._read % TOLD_ROWS == 0:
                self._tell(self._read)
            made = row if isinstance(row, Refused) else self._example(row, columns, table, number)
            if isinstance(made, Refused):
                self.refused.append(made)
                continue
            example = replace(made, id=prefix + made.id)
            own = split or self._split_of(row, columns)
            if own == "unknown":
                self._refuse(table, row, f"the split is {_cell(row, columns.split)[:60]!r}, "
                             "expected train, validation or test")  # fmt: skip
            elif example.id in seen:
                self._refuse(table, row, f"the id {example.id[:60]!r} occurs twice")
            else:
                seen.add(example.id)
                if own not in self.examples:
                    self.examples[own] = Spool(self.scratch)
                self.examples[own].append(example)
        self._ids |= seen
        return columns

    def _kept(self, table: Table, columns: Columns) -> tuple[str, ...]:
        """The further columns: the first file says which; the others give what they have."""
        if self._further is None:
            rows = itertools.islice(table.rows(), LOOKED_AT_ROWS)
            cells = (row.cells for row in rows if isinstance(row, Row))
            self._further = tuple(further(columns, table.columns, cells))
        return tuple(name for name in self._further if name in table.columns)

    def _refuse(self, table: Table, row: Row | Refused, reason: str) -> None:
        self.refused.append(Refused(row.line, reason, row.file or table.file))

    def _unique(self, table: Table, column: str) -> bool:
        seen: set[str] = set()
        for cell in self._column(table, column):
            if not cell or cell in seen:
                return False
            seen.add(cell)
        return True

    def _collides(self, table: Table, column: str) -> bool:
        return any(cell in self._ids for cell in self._column(table, column))

    def _column(self, table: Table, column: str) -> Iterator[str]:
        rows = itertools.islice(table.rows(), self.most_rows)
        return (clean(row.cells.get(column, "")) for row in rows if isinstance(row, Row))

    def _split_of(self, row: Row | Refused, columns: Columns) -> str | None:
        if columns.split is None:
            return None
        return SPLIT_NAMES.get(_cell(row, columns.split).strip().casefold(), "unknown")

    def _example(self, row: Row, columns: Columns, table: Table, number: int) -> Example | Refused:
        """One row as an example, or why it cannot be one."""
        parts = columns.by_part()
        cells = {part: row.cells.get(column, "") for part, column in parts.items()}
        if columns.messages:
            said = chat.parts(cells.pop("messages"))
            if isinstance(said, str):
                return Refused(row.line, said, row.file or table.file)
            cells, parts = {**cells, **said}, {**parts, "context": columns.messages}
        for part in ("split", "group"):
            cells.pop(part, None)
        text = {part: clean(cell) for part, cell in cells.items()}
        reason = _fault(cells, text, parts)
        if reason:
            return Refused(row.line, reason, row.file or table.file)
        context = text.get("context")
        if self.options.task == "question-answering" and text["target"] not in (context or ""):
            reason = "the answer does not stand in the context"
            return Refused(row.line, reason, row.file or table.file)
        group = clean(row.cells.get(columns.group, "")) if columns.group else None
        return Example(
            text.get("id", str(number)), text["input"], text["target"], context, group or None,
            _beside(row, columns.further),
        )  # fmt: skip


def _beside(row: Row, names: Sequence[str]) -> dict[str, str] | None:
    """The cells of the further columns that hold something short."""
    cells = {name: clean(row.cells.get(name, "")) for name in names}
    kept = {
        name: cell for name, cell in cells.items()
        if 0 < len(cell) <= LONGEST_VALUE and not _LONE_SURROGATE.search(name + cell)
    }  # fmt: skip
    return kept or None


def _fault(cells: dict[str, str], text: dict[str, str], names: dict[str, str]) -> str | None:
    """Why the cells of a row cannot be used, or None."""
    for part, cell in cells.items():
        if not cell.isascii() and _LONE_SURROGATE.search(cell):
            return f"{part} ({names[part]}) holds bytes that are no text in this encoding"
        if len(cell) > LONGEST_CHARACTERS:
            return (
                f"{part} ({names[part]}) is too long: {len(cell):,} characters, "
                f"at most {LONGEST_CHARACTERS:,}"
            )
        if not text[part]:
            return f"empty {part} ({names[part]})"
    return None


def _cell(row: Row | Refused, column: str | None) -> str:
    return row.cells.get(column, "") if isinstance(row, Row) and column else ""


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
