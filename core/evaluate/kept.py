"""The counts of an evaluation, kept beside its examples.

evaluations/ID/counts.npz   the ids of the examples, an array (n, k) for each way of counting, and
                            which metric is made of which
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluate import store
from core.evaluate.scorer import Array
from core.evaluate.store import Evaluation
from core.evaluate.tally import Counts, Tally
from core.workspace import Workspace


def pack(ids: Sequence[str], counts: Mapping[str, Counts]) -> bytes:
    """The file of an evaluation's counts; each table once, for as many metrics as share it."""
    arrays: dict[str, NDArray[Any]] = {}
    index: dict[str, dict[str, object]] = {}
    place: dict[int, str] = {}
    for name, each in counts.items():
        known = place.setdefault(id(each.table), f"counts{len(place)}")
        arrays[known] = _small(each.table)
        index[name] = {"array": known, "classes": each.classes}
    arrays |= {"ids": _bytes(list(ids)), "index": _bytes(index)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(path: Path) -> tuple[list[str], dict[str, Counts]]:
    """The ids, and the counts by metric, of a file that `pack` made."""
    with np.load(path, allow_pickle=False) as kept:
        index = json.loads(bytes(kept["index"]))
        ids: list[str] = json.loads(bytes(kept["ids"]))
        needed = {row["array"] for row in index.values()}
        tables = {name: kept[name].astype(np.float64) for name in needed}
    return ids, {
        name: Counts(tables[row["array"]], tuple(row["classes"]) if row["classes"] else None)
        for name, row in index.items()
    }


def counts_of(
    workspace: Workspace, evaluation: Evaluation, metrics: Sequence[str]
) -> tuple[list[str], dict[str, Counts]]:
    """Ids of the examples, and the counts of metrics that are made of sums.

    What an evaluation was saved without is counted again from its texts.
    """
    path = workspace.evaluation(evaluation.evaluation) / "counts.npz"
    ids, kept = unpack(path) if path.is_file() else ([], {})
    missing = [name for name in metrics if name not in kept]
    if not missing and ids:
        return ids, kept
    rows = store.examples(workspace, evaluation.evaluation)
    again = Tally(
        [row["reference"] for row in rows], store.answers(rows), language=evaluation.language,
        separator=separator_of(evaluation),
    )  # fmt: skip
    return [row["id"] for row in rows], kept | {name: again.of(name) for name in missing}


def counted(
    workspace: Workspace, left: Evaluation, right: Evaluation, names: Sequence[str]
) -> tuple[list[str], dict[str, Counts], dict[str, Counts]]:
    """The ids in the order of the left one, and counts of both by metric in that order."""
    (ids, a), (others, b) = (counts_of(workspace, each, names) for each in (left, right))
    if ids != others:
        place = {id_: number for number, id_ in enumerate(others)}
        order = [place[id_] for id_ in ids]
        b = {name: replace(each, table=each.table[order]) for name, each in b.items()}
    return ids, {name: a[name] for name in names}, {name: b[name] for name in names}


def separator_of(evaluation: Evaluation) -> str | None:
    """The sign between the labels of a row that may have several; None = it has one."""
    found: str | None = evaluation.settings.get("label_separator")
    return found


def _bytes(value: object) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _small(table: Array) -> NDArray[Any]:
    """The same numbers in as few bytes as they need."""
    if table.size and (np.mod(table, 1) == 0).all() and table.min() >= 0:
        return table.astype(np.min_scalar_type(int(table.max())))
    return table
