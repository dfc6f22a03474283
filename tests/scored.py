"""Evaluations made by hand: what a workspace holds after models were scored."""

from core import record
from core.data import dataset as datasets
from core.evaluate import metrics, scoring, store
from core.evaluate.answer import of_texts
from core.evaluate.kept import pack
from core.evaluate.store import Evaluation
from core.evaluate.tally import Tally


def evaluation(workspace, dataset, model, answers, *, names=None, kind="model", split="test"):
    """Score `answers` (by id) on a split of a saved dataset, and keep the evaluation."""
    data = datasets.open_dataset(workspace, dataset)
    examples = [e for e in datasets.read(workspace, data, split) if e.id in answers]
    references, said = [e.target for e in examples], [answers[e.id] for e in examples]
    names = names or metrics.for_task(data.task)
    tally = Tally(references, of_texts(said), language=data.target_language)
    scores = scoring.score_tally(names, tally)
    alone = {name: scoring.per_example_tally(name, tally)
             for name in metrics.of_one_example(names)}  # fmt: skip
    rows = [
        {"id": e.id, "input": e.input, **({"context": e.context} if e.context else {}),
         "reference": e.target, "prediction": text, **({"columns": e.columns} if e.columns else {}),
         "scores": {name: values[place] for name, values in alone.items()}}
        for place, (e, text) in enumerate(zip(examples, said, strict=True))
    ]  # fmt: skip
    made = Evaluation(
        "", data.name, data.version, data.task, split, data.target_language, model, kind,
        len(rows), tuple(scores), record.now(), record.hash_json([model, answers]), 1.0,
        {"example_set": store.example_set(rows)},
    )  # fmt: skip
    counts = pack([e.id for e in examples], {
        score.metric: tally.of(score.metric) for score in scores
        if score.value is not None and metrics.metric(score.metric).scorer
    })  # fmt: skip
    return store.save(workspace, made, rows, counts)


def run(workspace, name, data, **more):
    """A finished run on a dataset, without its weights."""
    body = {
        "run": name, "state": "succeeded", "base": "starter-translate", "base_hash": None,
        "method": "full", "preset": "quick", "task": data.task, "dataset": data.name,
        "data_version": data.version, "config": {}, "seed": 0, "job": "j-0", "created_at": "",
        "evaluations": {},
    }  # fmt: skip
    record.write(workspace.run(name) / "record.json", "run", {**body, **more})
