"""The evaluate job on a small dataset: models, files, the baseline, and what is not done twice."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sacrebleu

from core.data import dataset as datasets
from core.data import looks
from core.data.dataset import Dataset, Example
from core.errors import BadInput, NotFound
from core.evaluate import batches, predict, store
from core.evaluate.local import ROUND_TOKENS, LocalModel
from core.evaluate.prepare import limited
from core.evaluate.source import Batches, Tell
from core.jobs.context import Cancelled, Context
from core.jobs.store import JobStore
from core.models.resolve import resolve
from core.train.runs import write_run
from core.work import asked as asked_of
from core.work import evaluate as work
from core.workspace import Workspace, assets
from tests.training import finished

HOSTILE = "<b>Save</b> **now** $x$ </s> =1+1"
TRAIN = [Example(f"t{i}", f"Train {i}", f"Zug {i}") for i in range(4)]
TEST = [
    Example("1", "The cat sleeps.", "Die Katze schläft."),
    Example("2", "Where is the station?", "Wo ist der Bahnhof?"),
    Example("3", HOSTILE, "Speichern"),
    Example("4", "Save", "Speichern"),
]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


@pytest.fixture
def data(workspace: Workspace) -> Dataset:
    return datasets.save(
        workspace, "demo", "translation", {"train": TRAIN, "test": TEST},
        prefix="translate English to German: ", source_language="en", target_language="de",
    )  # fmt: skip


@pytest.fixture
def context(workspace: Workspace) -> Context:
    jobs = JobStore(workspace)
    job, _ = jobs.add("evaluate", {})
    return Context(workspace, job.id, jobs)


def progress(context: Context) -> tuple[float | None, str | None]:
    with JobStore(context.workspace) as jobs:
        job = jobs.get(context.job_id)
    return job.progress, job.message


def answers(path: Path, rows: dict[str, str]) -> str:
    lines = [json.dumps({"id": i, "prediction": p}) for i, p in rows.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_model_is_scored_and_every_answer_kept(
    workspace: Workspace, data: Dataset, context: Context
) -> None:
    made = work.evaluate(
        workspace, "demo", model="starter-translate", context=context.part(0.2, 0.6)
    )
    assert made.evaluation == "demo-starter-translate-1"
    assert (made.dataset, made.data_version, made.split, made.n) == (
        "demo",
        data.version,
        "test",
        4,
    )
    assert [s.metric for s in made.scores if s.value is not None] == [
        "bleu", "chrf", "chrf++", "ter", "perplexity", "bits_per_byte", "length_ratio",
        "repetition", "empty", "latency_p50", "latency_p95", "throughput"]  # fmt: skip
    assert store.open_evaluation(workspace, made.evaluation) == made
    rows = store.examples(workspace, made.evaluation)
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[2]["input"] == HOSTILE
    assert set(rows[0]["scores"]) == {
        "bleu", "chrf", "chrf++", "ter", "perplexity", "bits_per_byte", "length_ratio",
        "repetition", "empty", "throughput"}  # fmt: skip
    said = [row["prediction"] for row in rows]
    assert made.headline.value == sacrebleu.corpus_bleu(said, [[e.target for e in TEST]]).score
    share, message = progress(context)
    assert message == "evaluate.progress.scoring"
    assert share == pytest.approx(0.6)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many examples each call asked a local model for."""
    counts: list[int] = []
    answer = LocalModel.answer

    def counted(self: LocalModel, examples: Sequence[Example], tell: Tell) -> Batches:
        counts.append(len(examples))
        return answer(self, examples, tell)

    monkeypatch.setattr(LocalModel, "answer", counted)
    return counts


def test_the_same_work_is_done_once(
    workspace: Workspace, data: Dataset, context: Context, asked: list[int]
) -> None:
    every: list[dict[str, Any]] = [
        {}, {"split": "train"}, {"limit": 2}, {"metrics": ["chrf"]}, {"model": "starter-causal"},
    ]  # fmt: skip
    names = []
    for settings in every * 2:
        made = work.evaluate(
            workspace, "demo", context=context, **{"model": "starter-translate", **settings}
        )
        names.append(made.evaluation)
    assert names[:5] == names[5:]
    assert len(set(names)) == 5
    # A smaller limit and another metric generate nothing.
    assert asked == [4, 4, 4]
    # New data under the same name are scored anew; what is asked of them is known.
    datasets.save(
        workspace, "demo", "translation", {"train": TRAIN, "test": TEST[:3]},
        prefix=data.prefix, target_language="de",
    )  # fmt: skip
    made = work.evaluate(workspace, "demo", model="starter-translate", context=context)
    assert made.n == 3
    assert made.evaluation not in names
    assert asked == [4, 4, 4]
    assert progress(context) == (1.0, "evaluate.progress.scoring")
    work.evaluate(workspace, "demo", model="starter-translate", context=context)
    assert progress(context) == (1.0, "evaluate.progress.known")


def test_what_was_stopped_goes_on_where_it_was(
    workspace: Workspace, context: Context, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Example(str(n), f"The cat number {n} sleeps.", "Die Katze") for n in range(10)]
    data = datasets.save(workspace, "ten", "translation", {"test": rows}, target_language="de")
    monkeypatch.setattr(batches, "MOST_ROWS", 2)
    counted, told = LocalModel.answer, []

    def stopping(self: LocalModel, examples: Sequence[Example], tell: Tell) -> Batches:
        for number, batch in enumerate(counted(self, examples, tell), start=1):
            if number == 3:
                context.stop()
            told.append([examples[place].id for place, _ in batch])
            yield batch

    monkeypatch.setattr(LocalModel, "answer", stopping)
    with pytest.raises(Cancelled):
        work.evaluate(workspace, "ten", model="starter-translate", context=context)
    assert store.list_evaluations(workspace) == []
    assert progress(context) == (pytest.approx(0.4 * 0.85), "evaluate.progress.left")
    monkeypatch.setattr(LocalModel, "answer", counted)
    with JobStore(workspace) as jobs:
        again = Context(workspace, jobs.add("evaluate", {"again": 1})[0].id, jobs)
        said: list[tuple[float | None, dict[str, Any]]] = []
        monkeypatch.setattr(jobs, "say", lambda _, at, __, values: said.append((at, values)))
        made = work.evaluate(workspace, "ten", model="starter-translate", context=again)
    assert asked == [10, 4]
    assert made.n == 10
    # 60 % was done, so it begins there.
    first = next((at, values) for at, values in said if "done" in values)
    assert first == (pytest.approx(0.6 * 0.85), {"done": 6, "total": 10})
    kept = {row["id"]: row["prediction"] for row in store.examples(workspace, made.evaluation)}
    loaded = predict.load(resolve(workspace, "starter-translate"), data)
    texts = predict.answer(*loaded, data, rows, max_new_tokens=ROUND_TOKENS)
    assert kept == dict(zip(kept, texts, strict=True))


def test_changed_weights_are_another_model(workspace: Workspace, tmp_path: Path) -> None:
    from core.models.resolve import ModelRef

    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"one")
    ref = ModelRef("m", "folder", folder)
    first = asked_of.model_hash(ref)
    (folder / "README.md").write_text("not part of what it answers")
    assert asked_of.model_hash(ref) == first
    (folder / "model.safetensors").write_bytes(b"two")
    assert asked_of.model_hash(ref) != first
    with pytest.raises(BadInput, match="not been fetched"):
        asked_of.model_hash(ModelRef("h", "hub", None, "org/h"))


def test_a_file_is_scored_on_exactly_its_ids_of_all_splits(
    workspace: Workspace, data: Dataset, context: Context, tmp_path: Path
) -> None:
    path = answers(tmp_path / "mine.jsonl", {
        "2": "Wo ist der Bahnhof?", "t1": "Zug 1", "nobody": "x", "1": "Die Katze"})  # fmt: skip
    made = work.evaluate(workspace, "demo", predictions=path, context=context)
    assert (made.model, made.kind, made.split, made.n) == ("mine", "predictions", "all", 3)
    assert (made.settings["missing"], made.settings["unknown"]) == (5, 1)
    said = {row["id"]: row["prediction"] for row in store.examples(workspace, made.evaluation)}
    assert said == {"t1": "Zug 1", "1": "Die Katze", "2": "Wo ist der Bahnhof?"}
    references = {e.id: e.target for e in [*TRAIN, *TEST]}
    expected = sacrebleu.corpus_bleu(list(said.values()), [[references[i] for i in said]]).score
    assert made.headline.value == expected
    narrow = work.evaluate(workspace, "demo", predictions=path, split="test", context=context)
    assert (narrow.n, narrow.settings["missing"], narrow.settings["unknown"]) == (2, 2, 2)


def test_scoring_a_file_loads_no_model(
    workspace: Workspace, data: Dataset, context: Context, tmp_path: Path
) -> None:
    import subprocess
    import sys

    code = "import sys, core.work.evaluate; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_copy_source_is_the_baseline(workspace: Workspace, data: Dataset, context: Context) -> None:
    made = work.evaluate(workspace, "demo", model="copy-source", context=context)
    assert (made.kind, made.model, made.evaluation) == (
        "copy-source", "copy-source", "demo-copy-source-1")  # fmt: skip
    rows = store.examples(workspace, made.evaluation)
    assert [row["prediction"] for row in rows] == [e.input for e in TEST]


def test_further_columns_of_the_data_stand_beside_the_answers(
    workspace: Workspace, context: Context
) -> None:
    rows = [Example("1", "a", "b", columns={"channel": "mail"}), Example("2", "c", "d")]
    datasets.save(workspace, "with", "translation", {"train": TRAIN, "test": rows})
    made = work.evaluate(workspace, "with", model="copy-source", context=context)
    kept = store.examples(workspace, made.evaluation)
    assert [row.get("columns") for row in kept] == [{"channel": "mail"}, None]


def test_the_baseline_stands_beside_whatever_is_scored(
    workspace: Workspace, data: Dataset, context: Context, tmp_path: Path
) -> None:
    path = answers(tmp_path / "mine.jsonl", {"2": "Wo?", "4": "Speichern"})
    mine = work.evaluate(workspace, "demo", predictions=path, metrics=["chrf"], context=context)
    beside, scored = store.list_evaluations(workspace)
    assert scored == mine
    assert (beside.kind, beside.n, beside.example_set) == ("copy-source", 2, mine.example_set)
    assert [score.metric for score in beside.scores] == ["chrf"]
    # It is not scored again for the next model, and is no look of its own at the test split.
    other = answers(tmp_path / "other.jsonl", {"2": "Wo ist er?", "4": "Sichern"})
    work.evaluate(workspace, "demo", predictions=other, metrics=["chrf"], context=context)
    assert [row.model for row in store.list_evaluations(workspace)] == [
        "other", "copy-source", "mine"]  # fmt: skip
    work.evaluate(workspace, "demo", model="copy-source", limit=1, context=context)
    seen = looks.looks(workspace, datasets.open_dataset(workspace, "demo"))
    assert [look.by for look in seen.seen] == ["mine", "other"]


def test_the_commonest_label_is_the_baseline_of_labels(
    workspace: Workspace, context: Context, tmp_path: Path
) -> None:
    train = [Example(f"t{n}", "x", label) for n, label in enumerate("baabc")]
    test = [Example(f"e{n}", "x", label) for n, label in enumerate("abca")]
    datasets.save(workspace, "labels", "text-classification", {"train": train, "test": test})
    path = answers(tmp_path / "mine.jsonl", {e.id: "b" for e in test})
    work.evaluate(workspace, "labels", predictions=path, context=context)
    beside = store.list_evaluations(workspace)[0]
    assert (beside.kind, beside.model) == ("majority-class", "majority-class")
    assert {row["prediction"] for row in store.examples(workspace, beside.evaluation)} == {"a"}
    accuracy = beside.score("accuracy")
    assert accuracy is not None
    assert accuracy.value == 0.5
    with pytest.raises(BadInput, match="majority-class says a label, which is no text"):
        datasets.save(workspace, "demo", "translation", {"test": TEST})
        work.evaluate(workspace, "demo", model="majority-class", context=context)
    datasets.save(workspace, "untaught", "text-classification", {"test": test})
    with pytest.raises(BadInput, match="has no training split"):
        work.evaluate(workspace, "untaught", model="majority-class", context=context)
    untaught = work.evaluate(workspace, "untaught", predictions=path, context=context)
    assert store.list_evaluations(workspace)[0] == untaught


def test_a_run_is_scored_beside_its_base(
    workspace: Workspace, data: Dataset, context: Context
) -> None:
    run = finished(workspace, "demo-1", dataset="demo", base="starter-translate", job=False)
    shutil.copytree(assets() / "models" / "starter-translate", workspace.run(run.run) / "model")
    request = {"dataset": "demo", "model": "demo-1", "predictions": None, "metrics": ["chrf"],
               "split": "test", "limit": 2}  # fmt: skip
    assert work.run(request, context) == {"evaluation": "demo-demo-1-1", "n": 2}
    made = store.list_evaluations(workspace)
    assert {row.model for row in made} == {"demo-1", "starter-translate", "copy-source"}
    assert {row.example_set for row in made} == {made[0].example_set}
    write_run(workspace, replace(run, base="a-folder-that-is-gone"))
    found = work.run({**request, "limit": 3}, context)
    assert "no model called 'a-folder-that-is-gone'" in found["base_error"]
    assert found["n"] == 3


def test_references_that_are_empty_give_no_score_and_a_reason(
    workspace: Workspace, context: Context
) -> None:
    rows = [Example(str(n), f"Input {n}", "") for n in range(3)]
    datasets.save(workspace, "bare", "translation", {"test": rows}, target_language="de")
    made = work.evaluate(workspace, "bare", model="starter-translate", context=context)
    for name in ("bleu", "chrf", "perplexity"):
        score = made.score(name)
        assert score is not None
        assert score.value is None
        assert score.why
    assert made.measured("empty") is not None


def test_evaluations_of_the_same_examples_say_so(
    workspace: Workspace, data: Dataset, context: Context, tmp_path: Path
) -> None:
    path = answers(tmp_path / "mine.jsonl", {e.id: "x" for e in TEST[::-1]})
    base = work.evaluate(workspace, "demo", model="copy-source", context=context)
    mine = work.evaluate(workspace, "demo", predictions=path, context=context)
    part = work.evaluate(workspace, "demo", model="copy-source", limit=2, context=context)
    assert base.example_set == mine.example_set != part.example_set


def test_a_smaller_limit_gives_a_part_of_a_larger_one() -> None:
    rows = [Example(str(i), "a", "b") for i in range(50)]
    ten, twenty = limited(rows, 10), limited(rows, 20)
    assert len(ten) == 10
    assert set(ten) < set(twenty)
    assert list(ten) == sorted(ten, key=rows.index)
    assert list(ten) != rows[:10]
    assert list(limited(rows, None)) == rows
    with pytest.raises(BadInput, match="The limit is 0"):
        limited(rows, 0)


def test_what_cannot_be_done_is_said(
    workspace: Workspace, data: Dataset, context: Context, tmp_path: Path
) -> None:
    labelled = [Example("1", "in", "a"), Example("2", "on", "b")]
    datasets.save(workspace, "labels", "text-classification", {"test": labelled})
    strange = answers(tmp_path / "strange.jsonl", {"x": "y"})
    cases: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (BadInput, "one of the two", {"dataset_name": "demo"}),
        (BadInput, "one of the two", {"dataset_name": "demo", "model": "a", "predictions": "b"}),
        (NotFound, "no dataset called 'nope'", {"dataset_name": "nope", "model": "a"}),
        (NotFound, "no model called 'nope'", {"dataset_name": "demo", "model": "nope"}),
        (NotFound, "no metric called 'blue'",
         {"dataset_name": "demo", "model": "copy-source", "metrics": ["blue"]}),
        (BadInput, "not a split", {"dataset_name": "demo", "model": "copy-source", "split": "dev"}),
        (BadInput, "has no example",
         {"dataset_name": "demo", "model": "copy-source", "split": "validation"}),
        (BadInput, "which is no label", {"dataset_name": "labels", "model": "copy-source"}),
        (BadInput, "None of the 1 ids of 'strange'",
         {"dataset_name": "demo", "predictions": strange}),
        (BadInput, "encoder model and cannot write",
         {"dataset_name": "demo", "model": "starter-encode"}),
    ]  # fmt: skip
    for kind, words, arguments in cases:
        with pytest.raises(kind, match=words):
            work.evaluate(workspace, context=context, **arguments)
    assert store.list_evaluations(workspace) == []


def test_a_job_that_is_stopped_keeps_nothing(
    workspace: Workspace, data: Dataset, context: Context
) -> None:
    context.stop()
    with pytest.raises(Cancelled):
        work.evaluate(workspace, "demo", model="starter-translate", context=context)
    assert store.list_evaluations(workspace) == []


def test_the_job_answers_with_the_evaluation(
    workspace: Workspace, data: Dataset, context: Context
) -> None:
    request = {"dataset": "demo", "model": "copy-source", "predictions": None, "metrics": [],
               "split": "test", "limit": None}  # fmt: skip
    assert work.run(request, context) == {"evaluation": "demo-copy-source-1", "n": 4}
