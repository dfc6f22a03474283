"""The Train page with several runs: live beside finished, over each other, done again."""

import json

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.jobs.store import JobStore
from core.workspace import Workspace
from tests.dashboard.test_train import draw
from tests.training import HOSTILE, STEPS, finished, forgot, running, tell


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    place = Workspace.open(tmp_path)
    rows = [Example(f"e{n}", f"{n} days ago", f"vor {n} Tagen") for n in range(40)]
    datasets.save(place, "shop", "translation", {"train": rows[:30], "test": rows[30:]})
    return place


def figures(page):
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def subheads(page):
    return [text.value for text in page.subheader]


def table(page, column):
    return next(frame.value for frame in page.dataframe if column in frame.value.columns)


def test_a_live_run_shows_metric_pace_and_what_it_took(workspace):
    with running(workspace):
        page = draw()
        labels = {m.label.split(" :")[0]: m for m in page.metric}
        bleu = labels["BLEU, validation rows"]
        assert (bleu.value, bleu.delta) == ("38.0", "35.0–41.0")
        assert labels["Time left"].value == "≈ 90 s"
        assert labels["Memory"].value == "700 MB"
        assert labels["Energy"].label.endswith("estimated]")
        assert labels["Energy"].value == "≈ 0.54 Wh"  # 65 W for 30 s
        assert labels["Cost"].value == "≈ US$ 0.00083"
        assert labels["The same on one A100"].value.startswith("≈ US$ ")
        assert "BLEU went from 0.0 to 38.0: better, and the intervals are apart" in subheads(page)
        assert len(figures(page)) == 4  # losses, metric, rate, norm


def test_what_the_reader_says_of_the_machine_counts(workspace):
    with running(workspace):
        page = draw(watts="650", usd="12")
        values = {m.label.split(" :")[0]: m.value for m in page.metric}
        assert (values["Energy"], values["Cost"]) == ("≈ 5.4 Wh", "≈ US$ 0.10")
        for bad in ("nan", "-1", "x", "1e99"):
            values = {m.label.split(" :")[0]: m.value for m in draw(watts=bad).metric}
            assert values["Energy"] == "≈ 0.54 Wh"


def test_measured_energy_is_called_measured(workspace):
    run = finished(workspace)
    with JobStore(workspace) as store:
        last = store.events(run.job, "step")[-1].payload
        store.add_event(run.job, "start", {"energy_source": "rapl"})
        store.add_event(run.job, "step", {**last, "step": STEPS + 1, "energy_joules": 7200.0})
    energy = next(m for m in draw().metric if m.label.startswith("Energy"))
    assert energy.value == "2.0 Wh"
    assert "measured" in energy.label


def test_an_answer_is_followed_step_by_step_and_stays_text(workspace):
    with running(workspace):
        answers = table(draw(), "Answer")
    rows = answers[answers["Example"] == 1]
    assert list(rows["Step"]) == [0, 30]
    assert list(rows["Answer"]) == ["<s>", "vor 0"]
    assert list(rows["Input"]) == [f"{HOSTILE} 0"] * 2


def test_a_finished_run_can_be_opened_while_another_trains(workspace):
    finished(workspace)
    with running(workspace):
        assert draw().header[0].value.startswith("shop\\-9 is training")
        page = draw(run="shop-1")
        assert "shop\\-1 learnt, and BLEU rose" in page.header[0].value
        links = [link.proto.label for link in page.get("page_link")]
        assert "shop\\-9 is training: look at it" in links


def test_what_is_live_ends_in_its_result(workspace):
    with running(workspace) as job:
        page = draw()
        assert page.header[0].value.startswith("shop\\-9 is training")
        finished(workspace, "shop-9", job=False)
        with JobStore(workspace) as store:
            store.finish(job, "succeeded", result={})
        page.run()
    assert "Yes: shop\\-9 learnt" in page.header[0].value


def test_all_runs_are_listed_with_numbers_that_sort(workspace):
    finished(workspace)
    finished(workspace, "other-1", dataset="elsewhere", scores=[], base_scores=[], comparison={})
    page = draw()
    assert "2 runs, newest first" in subheads(page)
    runs = table(page, "Score").set_index("Run")
    assert set(runs.index) == {"shop-1", "other-1"}
    assert runs.loc["shop-1", "Score"] == 41.2
    assert runs["Score"].dtype.kind == runs["Seconds"].dtype.kind == "f"
    assert runs.loc["shop-1", "95 %"] == "38.2–44.2"


def test_runs_lie_over_each_other_and_differ(workspace):
    for number, settings in enumerate(({}, {"seed": 3}, {"max_steps": 9, "epochs": 2})):
        finished(workspace, f"shop-{number + 1}", settings=settings)
    page = draw(runs="shop-1,shop-3,nonsense")
    overlay = figures(page)[-1]
    names = [note["text"] for note in overlay["layout"]["annotations"]]
    assert {"shop-1", "shop-3"} <= set(names)
    assert "shop-2" not in names
    differ = table(page, "Setting").set_index("Setting")
    assert list(differ.columns) == ["shop-1", "shop-3"]
    assert list(differ.loc["max_steps"]) == ["none", "9"]
    assert "seed" not in differ.index
    page.segmented_control(key="overlay-what").set_value("bleu").run()
    page.segmented_control(key="overlay-by").set_value("tokens").run()
    drawn = figures(page)[-1]["data"]
    assert drawn[0]["x"][-1] == 900 * STEPS
    assert any(text.startswith("Not distinguishable at the end: BLEU") for text in subheads(page))
    assert any("--of bleu --by tokens" in code.value for code in page.code)


def test_at_most_five_lines_are_drawn(workspace):
    names = [f"shop-{number}" for number in range(1, 8)]
    for name in names:
        finished(workspace, name)
    page = draw(runs=",".join(names))
    assert len(figures(page)[-1]["data"]) == 5
    assert any("The first 5 of 7 runs" in text.value for text in page.caption)


def test_settings_are_used_again(workspace):
    finished(workspace, method="frozen", settings={"seed": 5, "max_steps": 9, "method": "frozen"})
    page = draw()
    page.button(key="again").click().run()
    assert page.number_input(key="train-seed").value == 5
    assert page.selectbox(key="train-method").value == "frozen"
    assert any("max\\_steps=9" in text.value for text in page.caption)
    assert any("at most 9 steps" in text.value for text in page.caption)
    page.button(key="again-drop").click().run()
    assert not any("max\\_steps=9" in text.value for text in page.caption)


def test_forgetting_is_shown_beside_replay(workspace):
    finished(workspace, general=forgot(20.1, 3.0))
    finished(workspace, "shop-2", general=forgot(20.1, 16.0), settings={"replay_share": 0.2})
    page = draw(run="shop-1")
    finding = "Replay held it: BLEU 3.0 without, 16.0 with 20 % general examples, 20.1 before"
    assert finding in subheads(page)
    finished(workspace, "shop-2", general=forgot(20.1, 4.0), settings={"replay_share": 0.2})
    assert any("not distinguishable here" in text for text in subheads(draw(run="shop-1")))


def test_the_log_is_searched_and_plain(workspace):
    with running(workspace):
        page = draw()
        assert not any("Line" in frame.value.columns for frame in page.dataframe)
        page.session_state["log"] = True
        page.run()
        page.text_input(key="log-words").set_value("DAYS b>7").run()
        assert list(table(page, "Line")["Line"]) == [HOSTILE.strip()]


def test_a_resumed_run_is_one_curve(workspace):
    run = finished(workspace)
    with JobStore(workspace) as store:
        tell(store, run.job, steps=20)
    losses = figures(draw())[0]["data"]
    assert max(losses[0]["x"]) == 20
