"""Evaluations on disk: what was scored, on what, how well, and every answer.

evaluations/ID/record.json      the scores and where they came from
evaluations/ID/examples.jsonl   {id, input, reference, prediction, scores {metric: value}} a line,
                                and what else is known: context, columns, confidence, seconds,
                                input_tokens, output_tokens, dollars, error
evaluations/ID/counts.npz       what each example adds to each metric (`core.evaluate.kept`)
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core import record
from core.evaluate.answer import Answer
from core.evaluate.score import Score
from core.workspace import Workspace, newest_first, next_name, require

COPY_SOURCE = "copy-source"
"""Name of the baseline that answers with its input."""
MAJORITY_CLASS = "majority-class"
"""Name of the baseline that always says the commonest label of the training split."""
BASELINES = (COPY_SOURCE, MAJORITY_CLASS)
KINDS = ("model", "endpoint", "predictions", "imported", *BASELINES)
"""Where the answers of an evaluation may come from."""


@dataclass(frozen=True)
class Evaluation:
    """One model, or file of predictions, scored on one set of examples.

    Attributes:
        evaluation: Its name; "" until it is saved.
        dataset, data_version, task, split: What it was scored on; split "all" = of every split.
        language: Of the references; None where the dataset does not say.
        model: The model's name, or the name of the predictions' file.
        kind: One of KINDS.
        n: Examples scored.
        scores: One a metric, the headline first.
        created_at: UTC, ISO 8601.
        key: Hash of all that the result depends on; equal keys, equal results.
        seconds: Time spent predicting and scoring.
        settings: limit, seed, resamples; `example_set`, equal for the same examples;
            for predictions, how many of the dataset's ids were `missing` and how many of the
            file's were `unknown`.
    """

    evaluation: str
    dataset: str
    data_version: str
    task: str
    split: str
    language: str | None
    model: str
    kind: str
    n: int
    scores: tuple[Score, ...]
    created_at: str
    key: str
    seconds: float
    settings: dict[str, Any]

    def score(self, metric: str) -> Score | None:
        """The score of one metric; None if it was not computed."""
        return next((score for score in self.scores if score.metric == metric), None)

    def measured(self, metric: str) -> Score | None:
        """The score of one metric; None if it was not computed, or has no value."""
        found = self.score(metric)
        return found if found and found.value is not None else None

    @property
    def example_set(self) -> str:
        """Hash of the examples that were scored: equal for two evaluations that can be compared."""
        return str(self.settings.get("example_set", ""))

    @property
    def headline(self) -> Score:
        """The score that is named first."""
        return self.scores[0]


def save(
    workspace: Workspace,
    evaluation: Evaluation,
    examples: Sequence[dict[str, Any]],
    counts: bytes | None = None,
) -> Evaluation:
    """Write an evaluation under the next free name, and return it with that name.

    Args:
        workspace: Where.
        evaluation: Without a name.
        examples: In order.
        counts: As `core.evaluate.kept.pack` makes them; None = they are made again from the texts
            where they are wanted.
    """
    name = next_name(workspace.evaluations(), f"{evaluation.dataset}-{slug(evaluation.model)}")
    folder = workspace.evaluation(name)
    lines = [json.dumps(example, ensure_ascii=False, allow_nan=False) for example in examples]
    record.write_text(folder / "examples.jsonl", "".join(f"{line}\n" for line in lines))
    if counts is not None:
        record.write_bytes(folder / "counts.npz", counts)
    named = replace(evaluation, evaluation=name)
    # The record comes last: a folder without one is not an evaluation.
    body = asdict(named)
    body["model_kind"] = body.pop("kind")  # a record's own kind is "evaluation"
    record.write(folder / "record.json", "evaluation", body)
    return named


def slug(model: str) -> str:
    """A model's name as part of a folder's name: `org/name` and paths have signs that cannot be."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", model.rstrip("/").rsplit("/", 1)[-1]).strip("-")
    return words[:24].strip("-") or "model"


def open_evaluation(workspace: Workspace, name: str) -> Evaluation:
    """Return one evaluation.

    Raises:
        NotFound: There is none of that name; the message lists some that are.
        BadInput: Its record is not readable.
    """
    path = workspace.evaluation(name) / "record.json"
    known = [folder.name for folder in newest_first(workspace.evaluations())]
    return _evaluation(record.read(require(path, "evaluation", name, known), "evaluation"))


def example_set(rows: Iterable[dict[str, Any]]) -> str:
    """Hash of the ids, inputs and references of examples, whatever their order."""
    texts = sorted([row["id"], row["input"], row["reference"]] for row in rows)
    return record.hash_json(texts)[:16]


def list_evaluations(workspace: Workspace, dataset: str | None = None) -> list[Evaluation]:
    """All evaluations, or those on one dataset, newest first."""
    found = [
        _evaluation(record.read(folder / "record.json", "evaluation"))
        for folder in newest_first(workspace.evaluations())
    ]
    return [evaluation for evaluation in found if dataset in (None, evaluation.dataset)]


def find(workspace: Workspace, key: str) -> Evaluation | None:
    """The evaluation that was made from the same things, if there is one."""
    return next((e for e in list_evaluations(workspace) if e.key == key), None)


def examples(workspace: Workspace, name: str) -> list[dict[str, Any]]:
    """Every example of an evaluation: id, input, reference, prediction, scores {metric: value}.

    Raises:
        NotFound: There is no such evaluation.
    """
    open_evaluation(workspace, name)
    path = workspace.evaluation(name) / "examples.jsonl"
    # Only "\n" ends a line: texts may hold other signs that Python takes for line ends.
    with path.open(encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def answers(rows: Iterable[dict[str, Any]]) -> list[Answer]:
    """What the examples of an evaluation say of their answers."""
    known = ("seconds", "input_tokens", "output_tokens", "dollars", "error")
    return [Answer(row["prediction"], **{name: row.get(name) for name in known}) for row in rows]


def _evaluation(document: dict[str, Any]) -> Evaluation:
    fields = {name: document[name] for name in Evaluation.__dataclass_fields__}
    fields["kind"] = document["model_kind"]
    fields["scores"] = tuple(map(Score.from_json, document["scores"]))
    return Evaluation(**fields)
