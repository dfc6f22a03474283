"""Edit, add and delete rows of a dataset by hand: every save is a new version, with its parent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.data.dataset import SPLITS, Dataset, Example
from core.data.derive import derive, read_all
from core.data.files import open_table
from core.data.preprocess import clean
from core.data.rows import Refused, Row
from core.errors import BadInput
from core.workspace import Workspace

ADDED_TO = "train"
_YES = ("1", "true", "yes", "y", "x", "delete", "是")
_NO = ("", "0", "false", "no", "n", "否")
_PARTS = ("input", "target", "context")


@dataclass(frozen=True)
class Edit:
    """What becomes of one row.

    Attributes:
        id: Of the row; one that is not there yet is added. "" = a new row, whose id is made.
        texts: Part ("input", "target", "context") to its new text; what is not named stays.
        delete: Take the row away.
        split: Where a new row goes.
        where: What the user calls the place it was asked for ("line 3").
    """

    id: str
    texts: Mapping[str, str]
    delete: bool = False
    split: str = ADDED_TO
    where: str = ""


def edit(
    workspace: Workspace, dataset: Dataset, edits: Sequence[Edit], unlock: str | None = None
) -> Dataset:
    """Make a new version with rows edited, added or deleted.

    Args:
        workspace: Where the dataset is.
        dataset: The version that is edited; it stays as it is.
        edits: At most one for each id.
        unlock: Why test rows may change; None = they may not.

    Raises:
        BadInput: A text would be empty, an id stands there twice or is not there, a test row
            would change, or nothing would; nothing is kept then.
    """
    splits = read_all(workspace, dataset)
    wanted = _by_id(edits)
    kept = {split: [_edited(row, wanted.pop(row.id, None)) for row in rows]
            for split, rows in splits.items()}  # fmt: skip
    before = {row.id: row for rows in splits.values() for row in rows}
    made = {split: [row for row in rows if row] for split, rows in kept.items()}
    taken = set(before)
    new = [*wanted.values(), *(one for one in edits if not one.id)]
    for one in new:
        made[_split(one)].append(_added(dataset, one, taken))
    left = {row.id: row for rows in made.values() for row in rows}
    for row in left.values():
        if row is not before.get(row.id):
            _check(dataset, row)
    change = {
        "kind": "edit",
        "changed": sum(row != left[id_] for id_, row in before.items() if id_ in left),
        "added": len(new),
        "removed": sum(id_ not in left for id_ in before),
    }
    return derive(workspace, dataset, made, change, unlock=unlock)


def _by_id(edits: Sequence[Edit]) -> dict[str, Edit]:
    found: dict[str, Edit] = {}
    for one in edits:
        if one.id and found.setdefault(one.id, one) is not one:
            raise BadInput(
                f"The id {one.id!r} is edited twice ({found[one.id].where}, {one.where}); "
                "keep one of the two."
            )
    return found


def _edited(row: Example, one: Edit | None) -> Example | None:
    if one is None:
        return row
    return None if one.delete else replace(row, columns=row.columns, **_clean(one))


def _clean(one: Edit) -> dict[str, str]:
    return {part: clean(text) for part, text in one.texts.items()}


def _split(one: Edit) -> str:
    if one.split not in SPLITS:
        raise BadInput(
            f"{one.where}: {one.split[:60]!r} is not a split; expected {', '.join(SPLITS)}."
        )
    return one.split


def _added(dataset: Dataset, one: Edit, taken: set[str]) -> Example:
    if one.delete:
        raise BadInput(
            f"{one.where}: {dataset.title} has no row {one.id[:60]!r}, so it cannot be deleted."
        )
    number = len(taken) + 1
    while not one.id and f"new-{number}" in taken:
        number += 1
    id_ = one.id or f"new-{number}"
    taken.add(id_)
    texts = {"input": "", "target": "", **_clean(one)}
    return Example(id_, columns=None, **texts)


def _check(dataset: Dataset, row: Example) -> None:
    """See that a row can be learnt from.

    Raises:
        BadInput: A text is empty, or the answer does not stand in its passage.
    """
    asking = dataset.task == "question-answering"
    for part in _PARTS if asking else _PARTS[:2]:
        if not getattr(row, part):
            raise BadInput(
                f"The row {row.id!r} would have no {part}; write one, or delete the row."
            )
    if asking and row.target not in (row.context or ""):
        raise BadInput(
            f"The row {row.id!r}: the answer {row.target[:60]!r} does not stand in the passage "
            "word for word; correct one of the two."
        )


def read_edits(path: Path) -> list[Edit]:
    """Edits from a table with columns id, input, target, context, delete and split.

    An empty cell leaves that text as it is; a row with an empty id is a new one.

    Raises:
        NotFound: There is no such file.
        BadInput: It cannot be read, or lacks the column id.
    """
    table = open_table(path, str(path))
    columns = {column.casefold(): column for column in table.columns}
    if "id" not in columns:
        raise BadInput(
            f"{str(path)!r} has no column id; expected id, and some of input, target, context, "
            "delete, split."
        )
    return [_of_row(row, columns) for row in table.rows()]


def _of_row(row: Row | Refused, columns: Mapping[str, str]) -> Edit:
    where = f"line {row.line}"
    if isinstance(row, Refused):
        raise BadInput(f"{row.file} {where}: {row.reason}; nothing was changed.")
    cells = {name: row.cells.get(column, "").strip() for name, column in columns.items()}
    said = cells.get("delete", "").casefold()
    if said not in (*_YES, *_NO):
        raise BadInput(f"{where}: delete is {said[:60]!r}; expected yes, or nothing.")
    texts = {part: cells[part] for part in _PARTS if cells.get(part)}
    split = cells.get("split") or ADDED_TO
    return Edit(clean(cells["id"]), texts, said in _YES, split, where)
