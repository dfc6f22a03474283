"""The Compare tab: three studies, each found, drawn or begun; hostile text stays text."""

from dataclasses import replace

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.interpret import aligned, moved, prices, store
from core.jobs.store import JobStore
from core.workspace import Workspace
from dashboard import attention_begin
from tests.dashboard.test_pages import draw
from tests.interpret.captures import seq2seq
from tests.interpret.test_moved import study as moved_study
from tests.interpret.test_prices import study as price_study
from tests.interpret.test_studies import HOSTILE, alignment_study

MODEL, DATA = "starter-translate", "shop"


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    rows = [Example(str(n), f"in {n} days", f"in {n} Tagen") for n in range(9)]
    datasets.save(made, DATA, "translation", {"test": rows})
    return made


def capture(workspace, **changes):
    store.save(workspace, "c0ffee", replace(seq2seq(), model=MODEL, **changes))


def studies(workspace):
    prices.STUDIES.save(workspace, price_study(model=MODEL, dataset=DATA))
    aligned.STUDIES.save(workspace, alignment_study(key="b", model=MODEL, dataset=DATA))
    moved.STUDIES.save(workspace, moved_study(key="c", a="other", b=MODEL, dataset=DATA))


def page_of(workspace, monkeypatch, **query):
    page = draw("attention", workspace, monkeypatch, tab="compare", **query)
    assert [fault.value for fault in page.exception] == []
    return page


def said(page):
    found = [*page.markdown, *page.subheader, *page.caption, *page.header]
    return "\n".join(str(one.value) for one in found)


def test_without_a_dataset_it_says_what_to_do(tmp_path, monkeypatch):
    workspace = Workspace.open(tmp_path)
    capture(workspace)
    assert "No dataset to study heads on" in said(page_of(workspace, monkeypatch))


def test_without_studies_each_block_offers_its_own(workspace, monkeypatch):
    begun = []
    monkeypatch.setattr(attention_begin, "start", lambda _, request: begun.append(request))
    capture(workspace)
    page = page_of(workspace, monkeypatch, sentences="50")
    text = said(page)
    assert "There is no other model of the same shape as starter\\-translate here" in text
    assert "No alignment of starter\\-translate has been measured yet" in text
    assert "The heads of starter\\-translate have no price yet" in text
    for key in ("act-alignment", "act-prices"):
        page.button(key=key).click().run()
    assert [(type(one).__name__, one.model, one.limit) for one in begun] == [
        ("AlignmentRequest", MODEL, 50), ("HeadsRequest", MODEL, 50)]  # fmt: skip
    assert all(one.dataset.partition("@")[0] == DATA for one in begun)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_studies_are_found_and_drawn(workspace, monkeypatch, language):
    capture(workspace)
    studies(workspace)
    page = page_of(workspace, monkeypatch, lang=language)
    charts = [chart.proto.id for chart in page.get("plotly_chart")]
    assert len(charts) == 5  # Two for prices, three for alignment; nothing is held against it.
    text = said(page)
    if language == "en":
        assert "Head cross 1.0 aligns best: 15" in text
        assert "Without 1 of 3 heads no loss is distinguishable" in text
        assert "In the sentence above" in text
    worst = next(f.value for f in page.dataframe if HOSTILE in f.value.values)
    assert list(worst.iloc[:, 0]) == [3.1, 80.0]


def test_before_and_after_of_a_run(seeded, monkeypatch):
    run_name = "localise-de-1"
    version = datasets.open_dataset(seeded, "localise-de").version
    moved.STUDIES.save(seeded, moved_study(key="c", a="starter-translate", b=run_name,
                                   dataset="localise-de", data_version=version))  # fmt: skip
    page = page_of(seeded, monkeypatch, model=run_name)
    text = said(page)
    assert "1 of 2 heads moved beyond the noise floor: head encoder 0.0" in text
    assert "changed by" in text, "base and run were scored on the same examples"
    assert "</script>" in str([frame.value for frame in page.dataframe])


def test_a_model_without_cross_attention_has_one_sentence(workspace, monkeypatch):
    weights = {"encoder": seq2seq().weights["encoder"]}
    store.save(workspace, "c0ffee", replace(
        seq2seq(), model="starter-encode", weights=weights, target=None, target_tokens=(),
        target_labels=(), next_tokens=(), next_labels=(), target_special=()))  # fmt: skip
    assert "starter\\-encode has no cross-attention" in said(page_of(workspace, monkeypatch))


def test_a_job_under_way_is_shown_and_one_that_failed_says_why(workspace, monkeypatch):
    capture(workspace)
    with JobStore(workspace) as jobs:
        job, _ = jobs.add("heads", {"model": MODEL})
        jobs.claim(job.id, 1)
        jobs.say(job.id, 0.4, "moved.progress.pricing", {"done": 3, "total": 24})
    assert "switching off head 3 of 24" in said(page_of(workspace, monkeypatch))
    with JobStore(workspace) as jobs:
        jobs.finish(job.id, "failed", error=f"It computes attention {HOSTILE}")
    page = page_of(workspace, monkeypatch)
    assert any(HOSTILE in text.value for text in page.text)


def test_a_room_sees_no_controls(workspace, monkeypatch):
    capture(workspace)
    studies(workspace)
    page = page_of(workspace, monkeypatch, present="1")
    assert [button.key for button in page.button if "attention" not in str(button.key)] == []
    assert [box.key for box in page.selectbox] == []
