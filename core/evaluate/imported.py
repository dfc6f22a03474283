"""Results of other harnesses, as they stand in their files.

lm-evaluation-harness, results_*.json: results {task: {"acc,none": 0.5, "acc_stderr,none": 0.02}},
n-samples {task: {effective}}, higher_is_better, versions, lm_eval_version, model_name; beside it
samples_TASK_*.jsonl with {doc_id, doc, target, filtered_resps, filter} a line.
Inspect, an eval log as JSON: eval {task, model, packages}, results {scores [{name, metrics {name:
{value}}}]}, samples [{id, epoch, target, output {choices}}].

A standard error becomes a 95 % interval, value ± 1.96 · stderr: the normal approximation.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound
from core.units import MIB

Z = 1.959963984540054
"""97.5 % quantile of the standard normal."""
MOST_BYTES = 256 * MIB
_LM_EVAL, _INSPECT = "lm-eval", "inspect"


@dataclass(frozen=True)
class Foreign:
    """A score that another program computed.

    Attributes:
        task: What it calls the test.
        metric: What it calls the score, with the filter or scorer that made it.
        value: As it gives it.
        low, high: Ends of the 95 % interval; None where it gives no standard error.
        n: Examples scored; None where it does not say.
        higher_is_better: None where it does not say.
    """

    task: str
    metric: str
    value: float
    low: float | None
    high: float | None
    n: int | None
    higher_is_better: bool | None


@dataclass(frozen=True)
class Sample:
    """An example as another program kept it: its own id, what was wanted and what was answered."""

    id: str
    target: str
    answer: str


@dataclass(frozen=True)
class Import:
    """What a file holds.

    Attributes:
        tool: "lm-eval" or "inspect".
        version: The tool's; None where the file does not say.
        model: What the tool calls the model; "" where the file does not say.
        scores: None in a file of samples alone.
        samples: Those with an id of their own; none where the file holds no answers.
        unnamed: Samples whose only name is their place in an order, which is not matched.
    """

    tool: str
    version: str | None
    model: str
    scores: tuple[Foreign, ...]
    samples: tuple[Sample, ...] = ()
    unnamed: int = 0


def read_import(path: Path) -> Import:
    """Read results of lm-eval or Inspect.

    Raises:
        NotFound: There is no such file.
        BadInput: It is none of the two, damaged, or holds neither a score nor a sample.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {str(path)!r}; give results of lm-eval or Inspect.")
    if path.suffix.lower() == ".eval":
        raise BadInput(f"{path.name} is a packed Inspect log; `inspect log dump {path.name} > "
                       "log.json` unpacks it.")  # fmt: skip
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(f"{path.name} is larger than {MOST_BYTES // MIB} MiB, which is not read.")
    try:
        found = _samples_alone(path) if path.suffix.lower() == ".jsonl" else _document(path)
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not UTF-8 text.") from None
    except (LookupError, TypeError, AttributeError, RecursionError):
        raise BadInput(
            f"{path.name} is shaped like no version of lm-eval or Inspect that is known; give "
            "results_*.json, samples_*.jsonl, or an Inspect log in JSON."
        ) from None
    if not (found.scores or found.samples or found.unnamed):
        raise BadInput(f"{path.name} holds neither a score nor a sample.")
    return found


def _document(path: Path) -> Import:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BadInput(f"{path.name} is no JSON ({error}).") from None
    if "eval" in document:
        return _inspect(path, document)
    return Import(
        _LM_EVAL, _word(document.get("lm_eval_version")), _lm_eval_model(document),
        tuple(_lm_eval_scores(document)),
    )  # fmt: skip


def _lm_eval_scores(document: Mapping[str, Any]) -> Iterator[Foreign]:
    for task, row in document["results"].items():
        counted = (document.get("n-samples") or {}).get(task) or {}
        better = (document.get("higher_is_better") or {}).get(task) or {}
        for name, value in row.items():
            metric, _, made_by = name.partition(",")
            # Before version 0.4 a metric stood alone, without the filter that made it.
            end = f",{made_by}" if made_by else ""
            if metric.endswith("_stderr") or not _is_number(value):
                continue
            low, high = _interval(value, row.get(f"{metric}_stderr{end}"))
            shown = metric if made_by in ("", "none") else f"{metric} ({made_by})"
            n, known = _whole(counted.get("effective")), better.get(metric)
            yield Foreign(str(task), shown, float(value), low, high, n,
                          known if isinstance(known, bool) else None)  # fmt: skip


def _lm_eval_model(document: Mapping[str, Any]) -> str:
    named = document.get("model_name")
    return str(named or (document.get("config") or {}).get("model") or "")


def _samples_alone(path: Path) -> Import:
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
    return Import(_LM_EVAL, None, "", (), tuple(found.values()), len(unnamed))


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


def _inspect(path: Path, document: Mapping[str, Any]) -> Import:
    about, results = document["eval"], document.get("results") or {}
    if document.get("status") not in (None, "success"):
        raise BadInput(f"{path.name} says that its evaluation ended with "
                       f"{str(document['status'])[:20]!r}; import one that succeeded.")  # fmt: skip
    packages = about.get("packages") or {}
    done = results.get("completed_samples")
    scores = [score for row in results.get("scores") or ()
              for score in _inspect_scores(str(about["task"]), row, done)]  # fmt: skip
    samples = {}
    for row in document.get("samples") or ():
        if row.get("epoch", 1) == 1 and not row.get("error"):
            samples[str(row["id"])] = Sample(
                str(row["id"]), _first(row["target"]), _content(row["output"])
            )
    return Import(_INSPECT, _word(packages.get("inspect_ai")), str(about["model"]), tuple(scores),
                  tuple(samples.values()))  # fmt: skip


def _inspect_scores(task: str, row: Mapping[str, Any], done: Any) -> Iterator[Foreign]:
    metrics = {name: metric["value"] for name, metric in row["metrics"].items()}
    error = metrics.pop("stderr", None)
    scored = row.get("scored_samples")
    n = _whole(done if scored is None else scored)
    for name, value in metrics.items():
        if _is_number(value):
            # Inspect's stderr is that of the mean, which accuracy is too.
            mean = name.rpartition("/")[2] in ("accuracy", "mean")
            low, high = _interval(value, error if mean else None)
            yield Foreign(task, f"{name} ({row['name']})", float(value), low, high, n, None)


def _first(target: Any) -> str:
    return str(target[0] if isinstance(target, list) else target)


def _content(output: Mapping[str, Any]) -> str:
    choices = output.get("choices") or ()
    content = choices[0]["message"]["content"] if choices else ""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    return str(content)


def _interval(value: float, error: Any) -> tuple[float | None, float | None]:
    if not _is_number(error):  # None, "N/A"
        return None, None
    return value - Z * error, value + Z * error


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: Any) -> int | None:
    return value if type(value) is int else None


def _word(value: Any) -> str | None:
    return None if value is None else str(value)
