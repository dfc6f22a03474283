"""Results of lm-evaluation-harness.

results_*.json: results {task: {"acc,none": 0.5, "acc_stderr,none": 0.02}}, n-samples {task:
{effective}}, higher_is_better, lm_eval_version, model_name; beside it samples_TASK_*.jsonl with
{doc_id, doc, target, filtered_resps, filter} a line.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.evaluate.foreign import Foreign, Import, Sample, interval, is_number, whole, word

TOOL = "lm-eval"


def results(document: Mapping[str, Any]) -> Import:
    """The scores of a results_*.json; raises LookupError and the like where it is none."""
    named = document.get("model_name") or (document.get("config") or {}).get("model") or ""
    scores = tuple(_scores(document))
    return Import(TOOL, word(document.get("lm_eval_version")), str(named), scores)


def _scores(document: Mapping[str, Any]) -> Iterator[Foreign]:
    for task, row in document["results"].items():
        counted = (document.get("n-samples") or {}).get(task) or {}
        better = (document.get("higher_is_better") or {}).get(task) or {}
        for name, value in row.items():
            metric, _, made_by = name.partition(",")
            # Before version 0.4 a metric stood alone, without the filter that made it.
            end = f",{made_by}" if made_by else ""
            if metric.endswith("_stderr") or not is_number(value):
                continue
            low, high = interval(value, row.get(f"{metric}_stderr{end}"))
            shown = metric if made_by in ("", "none") else f"{metric} ({made_by})"
            n, known = whole(counted.get("effective")), better.get(metric)
            yield Foreign(str(task), shown, float(value), low, high, n,
                          known if isinstance(known, bool) else None)  # fmt: skip


def samples(path: Path) -> Import:
    """The samples of lm-eval; of the rows that further filters made of one, the first counts."""
    found: dict[str, Sample] = {}
    unnamed = set()
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                raise BadInput(f"{path.name}, line {number}: no JSON.") from None
            id_ = row["doc"].get("id")
            if id_ is None:
                # Its doc_id is a place in an order, which another file may have otherwise.
                unnamed.add(row["doc_id"])
            else:
                found.setdefault(str(id_), Sample(str(id_), str(row["target"]), _said(row)))
    return Import(TOOL, None, "", (), tuple(found.values()), len(unnamed))


def _said(row: Mapping[str, Any]) -> str:
    """The answer after the filter.

    Raises:
        BadInput: The example was scored by likelihood: pairs of a number and a yes or no.
    """
    answer = row["filtered_resps"]
    while isinstance(answer, list) and len(answer) == 1:
        (answer,) = answer
    if not isinstance(answer, str):
        raise BadInput(f"The sample {row['doc_id']!r} was scored by likelihood, so no answer was "
                       "written; import results_*.json alone.")  # fmt: skip
    return answer
