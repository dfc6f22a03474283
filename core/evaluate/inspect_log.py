"""An eval log of Inspect as JSON.

eval {task, model, packages}, results {scores [{name, metrics {name: {value}}}]}, samples [{id,
epoch, target, output {choices}}].
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.evaluate.foreign import Foreign, Import, Sample, interval, is_number, whole, word

TOOL = "inspect"


def log(path: Path, document: Mapping[str, Any]) -> Import:
    """The scores of a log, and the first epoch's answers.

    Raises:
        BadInput: The evaluation did not end well.
    """
    about, results = document["eval"], document.get("results") or {}
    if document.get("status") not in (None, "success"):
        raise BadInput(f"{path.name} says that its evaluation ended with "
                       f"{str(document['status'])[:20]!r}; import one that succeeded.")  # fmt: skip
    packages = about.get("packages") or {}
    done = results.get("completed_samples")
    scores = [score for row in results.get("scores") or ()
              for score in _scores(str(about["task"]), row, done)]  # fmt: skip
    samples = {}
    for row in document.get("samples") or ():
        if row.get("epoch", 1) == 1 and not row.get("error"):
            samples[str(row["id"])] = Sample(
                str(row["id"]), _first(row["target"]), _content(row["output"])
            )
    return Import(TOOL, word(packages.get("inspect_ai")), str(about["model"]), tuple(scores),
                  tuple(samples.values()))  # fmt: skip


def _scores(task: str, row: Mapping[str, Any], done: Any) -> Iterator[Foreign]:
    metrics = {name: metric["value"] for name, metric in row["metrics"].items()}
    error = metrics.pop("stderr", None)
    scored = row.get("scored_samples")
    n = whole(done if scored is None else scored)
    for name, value in metrics.items():
        if is_number(value):
            # Inspect's stderr is that of the mean, which accuracy is too.
            mean = name.rpartition("/")[2] in ("accuracy", "mean")
            low, high = interval(value, error if mean else None)
            yield Foreign(task, f"{name} ({row['name']})", float(value), low, high, n, None)


def _first(target: Any) -> str:
    return str(target[0] if isinstance(target, list) else target)


def _content(output: Mapping[str, Any]) -> str:
    choices = output.get("choices") or ()
    content = choices[0]["message"]["content"] if choices else ""
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    return str(content)
