"""What a workspace holds for a plan: scores, answers, a comparison, a capture, where it came from.

Nothing is computed here that takes long, and no model is loaded: a page may ask.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import record
from core.evaluate import store as evaluations
from core.evaluate.metrics import metric
from core.evaluate.paired import Difference
from core.evaluate.store import Evaluation
from core.interpret import store as captures
from core.interpret.captured import Capture
from core.train.runs import Run, has_run, open_run
from core.workspace import Workspace

Document = dict[str, Any]
KINDS_OF_SAMPLE = ("best", "typical", "worst")
EACH = 2
"""Answers shown of each kind."""


@dataclass(frozen=True)
class Sample:
    """One answer: whether it is among the best, typical or worst, and its score."""

    kind: str
    id: str
    input: str
    reference: str
    output: str
    score: float


@dataclass(frozen=True)
class Comparison:
    """The run against its base on the same examples."""

    base: str
    tuned: str
    n: int
    rows: tuple[Difference, ...]


@dataclass(frozen=True)
class File:
    """A scenario's file: its name without its folder, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Evidence:
    """What there is beside a plan's document; None and () = not there.

    Attributes:
        made_at: When the report was made, UTC, ISO 8601.
        document_sha256: Of the document as canonical JSON.
        environment: Versions and machine (`core.record.environment`).
        file: The scenario's.
        run: The fine-tune that the plan rests on.
        evaluation: Its scores, else those of the evaluation that the recommended option names.
        sample_metric: What the samples are ordered by.
        samples: Answers of that evaluation.
        comparison: Of the run with its base.
        capture_key, capture: Its newest attention capture.
        ids: What is what in the workspace: a key of `report.id`, and the id.
    """

    made_at: str
    document_sha256: str
    environment: dict[str, Any]
    file: File | None = None
    run: Run | None = None
    evaluation: Evaluation | None = None
    sample_metric: str | None = None
    samples: tuple[Sample, ...] = ()
    comparison: Comparison | None = None
    capture_key: str | None = None
    capture: Capture | None = None
    ids: tuple[tuple[str, str], ...] = ()


def gather(workspace: Workspace | None, document: Document, file: File | None = None) -> Evidence:
    """Everything for a plan.

    Args:
        workspace: Where; None = only the document speaks.
        document: What `assay plan --json` prints.
        file: The scenario's file; None = the one that the workspace keeps.

    Raises:
        BadInput: A record of the workspace cannot be read.
    """
    alone = Evidence(record.now(), record.hash_json(document), record.environment(), file)
    if workspace is None:
        return alone
    kept = workspace.plan(document["plan"])
    if file is None and kept.is_file():
        file = File(kept.name, kept.read_bytes())
    run = _run(workspace, document)
    evaluation = _evaluation(workspace, document, file, run)
    by, samples = _samples(workspace, evaluation)
    key, capture = _capture(workspace, run, evaluation)
    return replace(
        alone, file=file, run=run, evaluation=evaluation,
        sample_metric=by, samples=samples, comparison=_comparison(run), capture_key=key,
        capture=capture, ids=_ids(document, run, evaluation, key),
    )  # fmt: skip


def _run(workspace: Workspace, document: Document) -> Run | None:
    """The run of the recommended option, else of the best one that has any."""
    rows = sorted(document["ranking"],
                  key=lambda row: row["option"] != document["recommended_option"])  # fmt: skip
    names = [row["run"] for row in rows if row["run"] is not None]
    name = next((name for name in names if has_run(workspace, name)), None)
    return None if name is None else open_run(workspace, name)


def _evaluation(
    workspace: Workspace, document: Document, file: File | None, run: Run | None
) -> Evaluation | None:
    """What was measured of the run, else the evaluation that an option of the scenario names."""
    known = {each.evaluation: each for each in evaluations.list_evaluations(workspace)}
    names = [run.evaluations.get("tuned")] if run else []
    if file is not None:
        options = tomllib.loads(file.content.decode("utf-8-sig")).get("option", [])
        options.sort(key=lambda row: row.get("name") != document["recommended_option"])
        names += [row.get("evaluation") for row in options]
    return next((known[name] for name in names if name in known), None)


def _samples(
    workspace: Workspace, evaluation: Evaluation | None
) -> tuple[str | None, tuple[Sample, ...]]:
    """The best, the middle and the worst answers, by the metric that speaks of one example."""
    if evaluation is None:
        return None, ()
    row = metric(metric(evaluation.headline.metric).example)
    scored = [
        example for example in evaluations.examples(workspace, evaluation.evaluation)
        if (example.get("scores") or {}).get(row.name) is not None
    ]  # fmt: skip
    ordered = sorted(scored, key=lambda e: (-e["scores"][row.name] if row.higher_is_better
                                            else e["scores"][row.name]))  # fmt: skip
    each = min(EACH, len(ordered) // len(KINDS_OF_SAMPLE))
    if not each:
        picked = [("typical", example) for example in ordered]
    else:
        middle = (len(ordered) - each) // 2
        groups = (ordered[:each], ordered[middle : middle + each], ordered[len(ordered) - each :])
        picked = [(kind, example) for kind, group in zip(KINDS_OF_SAMPLE, groups, strict=True)
                  for example in group]  # fmt: skip
    return row.name, tuple(
        Sample(kind, str(example["id"]), str(example["input"]), str(example["reference"]),
               str(example["prediction"]), float(example["scores"][row.name]))
        for kind, example in picked
    )  # fmt: skip


def _comparison(run: Run | None) -> Comparison | None:
    """The paired comparison that the run's record keeps."""
    if run is None or not run.comparison.get("metrics"):
        return None
    rows = tuple(Difference(**row) for row in run.comparison["metrics"])
    return Comparison(run.base, run.run, run.comparison["n"], rows)


def _capture(
    workspace: Workspace, run: Run | None, evaluation: Evaluation | None
) -> tuple[str | None, Capture | None]:
    """The newest capture of the model that is reported on."""
    names: Sequence[str] = [name for name in (run.run if run else None,
                            evaluation.model if evaluation else None) if name]  # fmt: skip
    found = next((c for c in captures.list_captures(workspace) if c.model in names), None)
    if found is None or not captures.exists(workspace, found.key):
        return None, None
    return found.key, captures.open_capture(workspace, found.key)


def _ids(
    document: Document, run: Run | None, evaluation: Evaluation | None, key: str | None
) -> tuple[tuple[str, str], ...]:
    """What is what in the workspace: a key of `report.id` and the id."""
    found = [("plan", document["plan"])]
    if run is not None:
        data = f"{run.dataset}@{run.data_version}"
        found += [("run", run.run), ("base", f"{run.base} ({run.base_hash})"), ("data", data)]
    if evaluation is not None:
        found.append(("evaluation", evaluation.evaluation))
    if key is not None:
        found.append(("capture", key))
    return tuple(found)
