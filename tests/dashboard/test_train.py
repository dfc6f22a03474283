"""The Train page in its states: nothing, data, waiting, learning, done, failed."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.data import dataset as datasets
from core.data.dataset import Example
from core.data.profile import profile
from core.jobs.store import JobStore
from core.text.catalog import t
from core.train.config import TrainConfig
from core.train.runs import Run, write_run
from core.workspace import Workspace

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
HOSTILE = "<b>7</b> **days** ago $x$"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    place = Workspace.open(tmp_path)
    rows = [Example(f"e{n}", f"{n} days ago", f"vor {n} Tagen") for n in range(40)]
    splits = {"train": rows[:30], "validation": rows[30:34], "test": rows[34:]}
    datasets.save(place, "shop", "translation", splits)
    return place


def draw(**query):
    page = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in query.items():
        page.query_params[key] = value
    page._page_hash = calc_hash("train")
    page.run()
    assert not page.exception, page.exception[0].value
    return page


def job(workspace, *, claimed=True):
    """A job that looks alive: this process holds nothing, but it was added just now."""
    with JobStore(workspace) as store:
        made, _ = store.add("train", {"dataset": "shop@0", "run": "shop-1"})
        if claimed:
            store.claim(made.id, 1)
        return made.id


def learn(workspace, job_id, losses=(7.0, 5.0, 4.0, 3.0)):
    with JobStore(workspace) as store:
        for n, loss in enumerate(losses):
            store.add_event(job_id, "evaluation", {"step": 10 * n, "loss": loss})
            step = {"step": 10 * n + 1, "loss": loss, "tokens_per_second": 512.0}
            store.add_event(job_id, "step", step)
            sample = {"step": 10 * n, "input": HOSTILE, "reference": "vor 7", "prediction": "<s>"}
            store.add_event(job_id, "sample", sample)
        store.say(job_id, 0.5, "train.progress", {"step": 31, "loss": "3.000", "left_seconds": 30})


def record(job_id, **fields):
    score = {"metric": "bleu", "low": 1.0, "high": 2.0, "n": 6, "unit": "points", "signature": "s"}
    row = {
        "metric": "bleu",
        "a": 1.5,
        "b": 41.2,
        "difference": 39.7,
        "low": 37.0,
        "high": 42.0,
        "p_value": 0.0001,
        "test": "x",
        "examples_needed": None,
        "higher_is_better": True,
    }
    known = {
        "run": "shop-1", "state": "succeeded", "base": "starter-translate", "base_hash": None,
        "method": "full", "preset": "quick", "task": "translation", "dataset": "shop",
        "data_version": "0" * 12, "config": TrainConfig().to_json(), "seed": 0, "job": job_id,
        "created_at": "2026-11-23T00:00:00+00:00", "steps": 40, "train_seconds": 12.5,
        "tokens_per_second": 3500.0, "peak_memory_bytes": 700_000_000, "parameters": 2_000_000,
        "training": {"kept_step": 30, "cut_inputs": 3, "device": "cpu"},
        "scores": [{**score, "value": 41.2, "low": 39.0, "high": 43.0}],
        "base_scores": [{**score, "value": 1.5}],
        "comparison": {"n": 6, "metrics": [row]},
    }  # fmt: skip
    return Run(**{**known, **fields})


def test_with_data_alone_it_says_what_it_would_take(workspace):
    page = draw()
    assert "30 rows are ready" in page.header[0].value
    assert [metric.label.split(" :")[0] for metric in page.metric][:2] == ["Training rows", "Time"]
    assert page.metric[1].value == "≈ 45 s"
    assert page.button(key="act-train").label == "Train starter\\-translate on 30 rows"


def test_data_that_are_not_fit_are_trained_on_only_when_told(workspace):
    rows = [Example(f"e{n}", f"{n} days ago", f"vor {n} Tagen") for n in range(31)]
    profile(workspace, datasets.save(workspace, "one", "translation",
                                     {"train": rows[:30], "test": rows[30:]}))  # fmt: skip
    page = draw(dataset="one")
    assert "not fit to train on" in page.header[0].value
    assert any("There is one test example" in text.value for text in page.markdown)
    assert page.button(key="act-train").disabled
    box = next(box for box in page.checkbox if box.label.startswith("Train all the same"))
    box.set_value(True).run()
    assert not page.button(key="act-train").disabled
    assert any("--ignore-gate" in code.value for code in page.code)


def test_a_waiting_run_says_so(workspace):
    job(workspace, claimed=False)
    assert page_answer(draw()) == t("train.answer.waiting", run="shop\\-1")


def page_answer(page):
    return page.header[0].value


def test_a_learning_run_shows_its_loss_and_answers_literally(workspace):
    learn(workspace, job(workspace))
    page = draw()
    assert page_answer(page).startswith("shop\\-1 is training on 30 rows")
    # An event of an older Assay: no metric, no seconds; nothing is made up for them.
    values = [metric.value for metric in page.metric][:2]  # what it would take comes after
    assert values == ["3.00", "31"]
    assert any("fell from 7.00 to 3.00 and is still falling" in s.value for s in page.subheader)
    samples = page.dataframe[0].value
    assert list(samples.iloc[0]) == [1, 0, "<s>", "vor 7", HOSTILE]
    assert not any(HOSTILE in text.value for text in page.markdown)


def test_a_finished_run_answers_with_both_scores(workspace):
    made = job(workspace)
    learn(workspace, made, losses=(7.0, 5.0, 3.0, 4.0))
    with JobStore(workspace) as store:
        store.finish(made, "succeeded", result={})
    write_run(workspace, record(made))
    page = draw()
    assert "BLEU rose from 1.5 to **41.2** on 6 test rows" in page_answer(page)
    words = [text.value for text in page.markdown]
    assert any(t("train.caveat.by_heart") in text for text in words)
    assert any("3 inputs were longer than 256 tokens" in text for text in words)
    runs = page.dataframe[1].value
    assert list(runs["Score"]) == [41.2]
    assert list(runs["95 %"]) == ["39.0–43.0"]
    assert page.button(key="act-train").label == "Train again"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"low": -2.0, "high": 3.0, "p_value": 0.6}, "not distinguishable from its base"),
        ({"difference": -9.0, "low": -12.0, "high": -6.0}, "No: shop\\-1 got worse"),
    ],
)
def test_a_tie_and_a_loss_are_said(workspace, fields, words):
    made = job(workspace)
    done = record(made)
    row = {**done.comparison["metrics"][0], **fields}
    write_run(workspace, record(made, comparison={"n": 6, "metrics": [row]}))
    with JobStore(workspace) as store:
        store.finish(made, "succeeded", result={})
    assert words in page_answer(draw())


def test_a_failed_run_says_why_and_what_is_safe(workspace):
    made = job(workspace)
    with JobStore(workspace) as store:
        store.finish(made, "failed", error="The loss was no number any more at step 7.")
    write_run(workspace, record(made, state="failed", scores=[], comparison={}, steps=None))
    page = draw()
    assert "it failed. The data and earlier runs are as they were" in page_answer(page)
    assert any("no number any more at step 7" in text.value for text in page.text)


def test_a_wrong_wish_is_refused_before_it_is_queued(workspace):
    page = draw()
    page.number_input(key="train-replay").set_value(0.5).run()
    assert any("needs general examples" in text.value for text in page.text)
    assert page.button(key="act-train").disabled


def test_the_preflight_is_estimated_until_it_is_measured(workspace, monkeypatch):
    from core import ready

    class Child:
        def __init__(self, **_):
            pass

        def call(self, target, request):
            assert request["dataset"].startswith("shop@")
            return {"peak_memory_bytes": 600_000_000, "step_seconds": 0.25, "mean_tokens": [7, 7]}

        def close(self):
            pass

    monkeypatch.setattr(ready, "Warm", Child)
    page = draw()
    labels = [metric.label for metric in page.metric]
    assert any(label.startswith("Peak memory :violet-badge") for label in labels)
    page.segmented_control(key="train-preset").set_value("balanced").run()
    page.button(key="train-measure").click().run()
    assert not page.exception
    shown = {metric.label.split(" :")[0]: metric.value for metric in page.metric}
    assert shown["Peak memory"] == "600 MB"
    assert shown["Training time here"] == "≈ 40 s"  # 160 steps
    assert "US$" in shown["On a rented A100"]
    assert any("with room to spare" in text.value for text in page.markdown)
    # Another wish was not measured.
    page.segmented_control(key="train-preset").set_value("thorough").run()
    assert page.button(key="train-measure")


def test_the_command_and_the_file_are_shown_before_it_starts(workspace):
    page = draw()
    page.text_area(key="train-advanced").set_value("optim=sgd\nbatch_size=2").run()
    codes = [code.value for code in page.code]
    assert any(c.startswith("assay train shop@") and "--set optim=sgd" in c for c in codes)
    assert any('optim = "sgd"' in c and "batch_size = 2" in c for c in codes)
    assert any("Batches of 2 rows, as set" in text.value for text in page.markdown)


def test_a_setting_that_cannot_be_is_refused_on_the_page(workspace):
    page = draw()
    page.text_area(key="train-advanced").set_value("output_dir=/etc").run()
    assert any("output_dir cannot be set" in text.value for text in page.text)
    assert page.button(key="act-train").disabled


def test_what_does_not_fit_is_changed_at_a_click(workspace, monkeypatch):
    from core import ready
    from core.train.preflight import Room

    monkeypatch.setattr(ready, "room", lambda _: Room(11 * 2**30, 10**12, "cpu", 2))
    page = draw()
    page.selectbox(key="train-base-translation").set_value("t5-base").run()
    page.text_area(key="train-advanced").set_value("batch_size=64").run()
    assert any("It does not fit" in text.value for text in page.markdown)
    page.button(key="train-apply").click().run()
    assert not page.exception
    assert "accumulation_steps=" in page.text_area(key="train-advanced").value
    assert any("with room to spare" in text.value for text in page.markdown)


def test_every_method_is_offered_and_a_probe_is_refused_for_translation(workspace):
    page = draw()
    page.selectbox(key="train-method").set_value("probe").run()
    assert any("A linear probe trains a new head" in text.value for text in page.text)
