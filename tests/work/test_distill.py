"""Distillation: a student learns what its teacher says, whatever the references say."""

from dataclasses import replace

import pytest
import torch

from core.data import dataset as datasets
from core.data.dataset import Example
from core.deploy.forms import Settings
from core.evaluate import predict
from core.jobs.context import Context
from core.jobs.store import JobStore
from core.models.load import load_model, load_tokenizer
from core.models.resolve import ModelRef
from core.train.config import from_preset
from core.work import distill, lessons
from core.work.distill import distilled, scores, written
from core.work.variant_source import origin_of
from core.workspace import Workspace
from tests.variants import classification, translation


@pytest.fixture
def context(tmp_path):
    workspace = Workspace.open(tmp_path / "home")
    jobs = JobStore(workspace)
    job, _ = jobs.add("compress", {})
    return Context(workspace, job.id, jobs)


def steps(monkeypatch, count):
    """Let students learn for so many steps, however busy the machine is."""
    asked = {"max_steps": count, "max_seconds": None, "batch_size": 8, "max_target_tokens": 32}
    monkeypatch.setattr(lessons, "fitted", lambda *_: (from_preset("quick", asked), ()))


def agreement(ref, data, rows, wanted):
    """The share of rows for which a model says what is wanted."""
    model, tokenizer = predict.load(ref, data)
    said = predict.answer(model, tokenizer, data, rows)
    return sum(a == b for a, b in zip(said, wanted, strict=True)) / len(rows)


def test_the_teachers_scores_come_in_the_order_of_the_classes(context):
    place = context.workspace
    classification(place)
    origin = origin_of(place, "tickets-1")
    rows = datasets.read(place, origin.dataset, "train")
    teacher, tokenizer = predict.load(origin.ref, origin.dataset)
    # A model that numbers its labels in another way than the dataset sorts them.
    teacher.config.id2label = {0: "c", 1: "a", 2: "b"}
    told = scores(origin, teacher, tokenizer, rows, context)
    said = predict.answer(teacher, tokenizer, origin.dataset, rows)
    assert [origin.dataset.classes[row.index(max(row))] for row in told] == said


def test_a_classifier_learns_its_teachers_scores_and_not_the_labels(context, tmp_path, monkeypatch):
    place = context.workspace
    classification(place, train=60)
    origin = origin_of(place, "tickets-1")
    rows = datasets.read(place, origin.dataset, "train")
    # The teacher is sure of another label than the one that the row has.
    other = {"a": "b", "b": "c", "c": "a"}
    wanted = [other[row.target] for row in rows]
    told = [[6.0 * (name == want) for name in "abc"] for want in wanted]
    monkeypatch.setattr(distill, "scores", lambda *_: told)

    steps(monkeypatch, 200)
    found = distilled(origin, Settings(student="half", tune_seconds=6.0), tmp_path, context)
    student = ModelRef("s", "folder", tmp_path / "model")
    assert found["temperature"] == 2.0
    assert found["parameters"] < load_model(origin.ref, "classification").num_parameters()
    assert found["layers_kept"] == {"bert.encoder.layer": [0, 3]}
    assert found["training"]["steps"] == 200
    assert agreement(student, origin.dataset, rows, wanted) > 0.8
    assert agreement(student, origin.dataset, rows, [row.target for row in rows]) < 0.2
    assert not (tmp_path / "student").exists()


def test_a_writer_learns_the_texts_that_its_teacher_finds(context, tmp_path, monkeypatch):
    place = context.workspace
    translation(place, train=24)
    origin = origin_of(place, "shop-1")
    rows = datasets.read(place, origin.dataset, "train")
    teacher, tokenizer = predict.load(origin.ref, origin.dataset)
    told = written(origin, teacher, tokenizer, rows, context)
    assert [row.input for row in told] == [row.input for row in rows]
    assert [row.target for row in told] != [row.target for row in rows]
    best = teacher.generate(
        **tokenizer(origin.dataset.prefix + rows[0].input, return_tensors="pt"), num_beams=4,
        max_new_tokens=40,
    )  # fmt: skip
    assert told[0].target == tokenizer.decode(best[0], skip_special_tokens=True).strip()

    # What was written is kept: a second student of the same teacher does not wait for it.
    monkeypatch.setattr(distill, "_beams", None)
    assert written(origin, teacher, tokenizer, rows, context) == told

    steps(monkeypatch, 120)
    found = distilled(origin, Settings(student="half", tune_seconds=12.0), tmp_path, context)
    assert found["beams"] == 4
    assert found["rows"] == len(told)
    first, _ = distill._student(origin, "half", tmp_path / "again", context)
    student = ModelRef("s", "folder", tmp_path / "model")
    before, after = (loss(one, origin, told) for one in (first, student))
    assert after < 0.5 * before


def loss(ref, origin, rows):
    """Mean nats a token of the texts that the teacher wrote."""
    from core.work.forced import Forced

    model, tokenizer = predict.load(ref, origin.dataset)
    forced = Forced(model, tokenizer, origin.dataset, rows, name="s")
    with torch.inference_mode():
        return float(torch.cat([forced.loss(batch) for batch in forced.batches()]).mean())


def test_rows_for_which_the_teacher_writes_nothing_are_left_out(context, monkeypatch):
    place = context.workspace
    translation(place)
    origin = origin_of(place, "shop-1")
    rows = [Example("a", "2 days", "x"), Example("b", "3 days", "y")]
    from core.evaluate.answer import Answer

    monkeypatch.setattr(
        distill, "_beams", lambda *_: iter([[(0, Answer("  ")), (1, Answer("zwei"))]])
    )
    told = written(origin, None, load_tokenizer(origin.ref), rows, context)
    assert told == [replace(rows[1], target="zwei")]
