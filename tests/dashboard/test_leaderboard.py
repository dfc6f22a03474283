"""The board as a table, quality against its price, calibration, labels and trust, on the page."""

import csv
import random
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate import export, labels, scoring, store
from core.evaluate.answer import Answer
from core.evaluate.board import groups, rank
from core.evaluate.metrics import choose
from core.evaluate.store import Evaluation
from core.text.catalog import t
from core.workspace import Workspace

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
HOSTILE = "=cmd <b>x</b> ![i](http://x/i.png)"
LABELS = ("refund", "invoice", HOSTILE)
ROWS = [Example(str(i), f"text {i % 150}", LABELS[i % 3]) for i in range(160)]


def add(workspace, model, right, seed, *, seconds=None, dollars=None, sure=None, rows=ROWS):
    """Keep an evaluation of a model that is right so often, and maybe timed, priced, sure."""
    rng = random.Random(seed)
    answers = []
    for row in rows:
        said = row.target if rng.random() < right else rng.choice(LABELS)
        p = None if sure is None else {n: sure if n == said else (1 - sure) / 2 for n in LABELS}
        time = None if seconds is None else seconds * rng.uniform(0.8, 1.2)
        answers.append(Answer(said, p, seconds=time, dollars=dollars))
    names = choose((), "text-classification")
    references = [row.target for row in rows]
    scores = scoring.score(names, references, answers, language="en", resamples=100)
    kept = [
        {"id": row.id, "input": row.input, "reference": row.target, "prediction": a.text,
         "scores": {"accuracy": float(a.text == row.target)},
         **({} if sure is None else {"confidence": sure})}
        for row, a in zip(rows, answers, strict=True)
    ]  # fmt: skip
    made = Evaluation(
        "", "tickets", "0" * 12, "text-classification", "test", "en", model, "endpoint", len(rows),
        tuple(scores), "2026-01-01T00:00:00+00:00", f"{model}{seed}", 1.0,
        {"seed": 0, "resamples": 100, "example_set": store.example_set(kept)},
    )  # fmt: skip
    return store.save(workspace, made, kept)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    made = Workspace.open(tmp_path)
    datasets.save(made, "tickets", "text-classification", {"test": ROWS})
    add(made, HOSTILE, 0.4, 1)
    add(made, "quick", 0.7, 2, seconds=0.2, dollars=0.0004, sure=0.99)
    add(made, "dear", 0.7, 3, seconds=1.0, dollars=0.004)
    add(made, "best", 0.95, 4, seconds=2.0, dollars=0.002, sure=0.7)
    return made


def draw(**query):
    """The page; `show` names the section."""
    page = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in {"dataset": "tickets", "run": "best", "against": "quick", **query}.items():
        page.query_params[key] = value
    page._page_hash = calc_hash("evaluate")
    page.run()
    assert not page.exception, page.exception[0].value
    return page


def table(page, column):
    return next(frame.value for frame in page.dataframe if column in frame.value.columns)


def headings(page):
    return [heading.value.replace("\\", "") for heading in page.subheader]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_board_ranks_and_measures_from_the_baseline(workspace, language):
    page = draw(lang=language)
    board = table(page, t("board.table.rank", language))
    models = list(board[t("board.table.model", language)])
    assert (models[0], set(models[1:3]), models[3]) == ("best", {"quick", "dear"}, HOSTILE)
    assert list(board[t("board.table.rank", language)])[:3] == ["1", "2–3", "2–3"]
    beside = board[t("board.table.delta", language, name="quick")]
    deltas = dict(zip(models, beside, strict=True))
    assert deltas["quick"] == t("board.table.pinned", language)
    assert deltas["best"].endswith(t("board.table.better", language, said=""))
    assert deltas["dear"].endswith(t("board.table.tie", language, said=""))
    assert deltas[HOSTILE].endswith(t("board.table.worse", language, said=""))
    assert not any("<b>" in text.value.replace("\\<", "") for text in page.markdown)


def test_another_baseline_is_pinned_in_the_url(workspace):
    board = table(draw(pin="dear"), "Rank")
    assert "Beside dear" in board.columns


def test_quality_stands_against_time_and_money(workspace):
    page = draw(show="front")
    found = next(text for text in headings(page) if "worth a look" in text)
    assert found.startswith("2 models are worth a look by quality and latency p50: quick, best")
    assert any("1 more have no latency p50" in text.value for text in page.caption)
    board = table(draw(), "Rank").set_index("Model")
    assert board.loc[HOSTILE, "latency p50"] == "not known"
    assert board.loc["dear", "dollars per 1,000 requests"] == "US$ 4.00"


def test_a_model_that_is_too_sure_is_said_to_be(workspace):
    assert any("best is less sure than it is right: 70.0 % sure" in text
               for text in headings(draw(show="labels")))  # fmt: skip
    quick, dear = (headings(draw(run=name, show="labels")) for name in ("quick", "dear"))
    assert any("quick is surer than it is right: 99.0 % sure" in text for text in quick)
    assert not any("sure than" in text or "surer" in text for text in dear)


def test_every_label_has_its_scores(workspace):
    labels = table(draw(show="labels"), "Label")
    assert set(labels["Label"]) == set(LABELS)
    assert labels["Examples"].sum() == len(ROWS)


def test_what_speaks_against_the_scores_is_said(workspace):
    page = draw(run="dear", against="best", show="trust")
    said = "\n".join(text.value for text in page.markdown)
    assert "10 examples repeat an earlier one" in said
    trust = table(page, "Signature").set_index("Metric")
    assert trust.loc["ECE", "Score"] == "not applicable: no answer came with probabilities"
    assert trust.loc["accuracy", "n"] == 160
    assert "strip:yes" in trust.loc["accuracy", "Signature"]


def test_a_metric_that_failed_is_shown_and_the_others_stand(workspace, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("<b>zero</b>")

    with monkeypatch.context() as patch:
        patch.setitem(labels._KINDS, "mcc", broken)
        add(workspace, "broken", 0.9, 9)
    page = draw(run="broken", against="best", show="trust")
    said = "\n".join(text.value.replace("\\", "") for text in page.markdown)
    assert "MCC failed: ZeroDivisionError: <b>zero</b>" in said
    assert len(table(draw(run="broken", against="best"), "Rank")) == 5


def test_presenting_shows_the_board_without_controls(workspace):
    page = draw(present="1")
    assert len(table(page, "Rank")) == 4
    assert [box.key for box in page.selectbox] == []


def test_one_model_alone_is_on_the_board(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    made = Workspace.open(tmp_path)
    datasets.save(made, "tickets", "text-classification", {"test": ROWS})
    add(made, "only", 0.9, 1, rows=ROWS[:1])
    page = draw(run="only")
    assert "only is alone on the board" in headings(page)
    assert "too few for an interval" in page.header[0].value


def test_without_references_nothing_is_a_number(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    made = Workspace.open(tmp_path)
    rows = [Example(str(i), f"text {i}", "") for i in range(5)]
    datasets.save(made, "tickets", "text-classification", {"test": ROWS})
    add(made, "asked", 0.5, 1, rows=rows)
    page = draw(run="asked", show="trust")
    trust = table(page, "Signature").set_index("Metric")
    assert trust.loc["accuracy", "Score"] == "not applicable: no example has a reference"


def test_the_board_leaves_as_a_file_that_runs_no_formula(workspace):
    (group,) = groups(workspace)
    text = export.board_csv(rank(workspace, group, "accuracy"), {})
    rows = list(csv.DictReader(text.splitlines()))
    assert rows[-1]["model"] == f"'{HOSTILE}"
    assert rows[0]["rank_best"] == rows[0]["rank_worst"] == "1"
    assert rows[0]["p_value_holm"] == ""
    assert float(rows[1]["score_latency_p50"]) > 0
    assert float(rows[0]["low"]) < float(rows[0]["value"]) < float(rows[0]["high"])
