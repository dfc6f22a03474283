"""Scores and answers as files for other programs: CSV that no spreadsheet runs, JSON lines."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.evaluate.board import Delta, Entry
from core.evaluate.metrics import METRICS
from core.text.literal import cell


def board_csv(entries: Sequence[Entry], deltas: Mapping[str, Delta | None]) -> str:
    """The board under one metric, best first, with every other score of each model.

    Args:
        entries: As `core.evaluate.board.rank` gives them.
        deltas: By name, each beside the baseline; a name that is not in it has none.
    """
    others = [row.name for row in METRICS
              if any(e.evaluation.measured(row.name) for e in entries)]  # fmt: skip
    return table(_board_row(entry, deltas.get(entry.name), others) for entry in entries)


def _board_row(entry: Entry, delta: Delta | None, others: Sequence[str]) -> dict[str, Any]:
    made, score, gap = entry.evaluation, entry.score, delta.difference if delta else None
    return {
        "model": entry.name, "rank_best": entry.best, "rank_worst": entry.worst,
        "tied_with_first": entry.tied, "p_value_holm": entry.p_value,
        "metric": score.metric, "value": score.value, "low": score.low, "high": score.high,
        "unit": score.unit, "n": score.n, "signature": score.signature,
        "difference_to_baseline": gap.difference if gap else None,
        "difference_low": gap.low if gap else None, "difference_high": gap.high if gap else None,
        "difference_p_value_holm": delta.p_value if delta else None,
        "evaluation": made.evaluation, "dataset": made.dataset, "data_version": made.data_version,
        "split": made.split, "created_at": made.created_at,
        **{f"score_{name}": found.value if (found := made.measured(name)) else None
           for name in others},
    }  # fmt: skip


def examples_csv(examples: Iterable[Mapping[str, Any]]) -> str:
    """Every answer a row, each score a column."""
    return table(
        {
            **{name: value for name, value in row.items() if name != "scores"},
            **{f"score_{name}": value for name, value in row["scores"].items()},
        }
        for row in examples
    )


def examples_jsonl(examples: Iterable[Mapping[str, Any]]) -> str:
    """Every answer a line, as it is kept."""
    return "".join(f"{json.dumps(row, ensure_ascii=False, allow_nan=False)}\n" for row in examples)


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV, with the columns of all of them; unknown is an empty cell.

    A text that a spreadsheet would take for a formula has an apostrophe before it; numbers stay
    numbers.
    """
    held = list(rows)
    columns = list(dict.fromkeys(name for row in held for name in row))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([cell(name) for name in columns])
    writer.writerows([_cell(row.get(name)) for name in columns] for row in held)
    return file.getvalue()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    return cell(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
