"""The Evaluate page by sections: examples, slices, robustness; and what an example leads to."""

import json

import pytest

from core.charts import where as charts
from core.data import dataset as datasets
from core.data import looks
from core.data.dataset import Example
from core.evaluate import robustness
from core.evaluate.robustness import Point, Robustness
from core.update import feedback
from core.workspace import Workspace
from dashboard import example
from tests.dashboard.test_pages import draw
from tests.scored import evaluation, run

HOSTILE = "**b** <img src=x> [l](http://a.example) $x$ :red[r]"
TEST = [
    Example(f"e{n}", f"Question {n} of Anna {HOSTILE}", f"Antwort {n} an Anna",
            columns={"channel": ["mail", "chat"][n % 2]})
    for n in range(120)
]  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    train = [Example("t", "Question 3 of Bob", "x")]
    data = datasets.save(made, "shop", "translation", {"train": train, "test": TEST},
                         target_language="de")  # fmt: skip
    run(made, "shop-1", data, base="base")
    evaluation(made, "shop", "base", {e.id: e.target for e in TEST})
    worse = {e.id: HOSTILE if e.columns == {"channel": "mail"} else e.target for e in TEST}
    evaluation(made, "shop", "shop-1", worse)
    return made


def page_of(workspace, monkeypatch, **query):
    page = draw("evaluate", workspace, monkeypatch, dataset="shop", **query)
    assert [fault.value for fault in page.exception] == []
    return page


def heads(page):
    return [text.value for text in page.subheader]


def table(page, column):
    return next(frame.value for frame in page.dataframe if column in frame.value.columns)


def test_examples_are_filtered_sorted_and_paged(workspace, monkeypatch):
    page = page_of(workspace, monkeypatch, show="examples")
    assert "From base to shop\\-1, 60 of 120 answers got worse and 0 got better" in heads(page)
    rows = table(page, "gain")
    assert len(rows) == 50
    assert (rows["gain"] < 0).all()
    assert rows["b"].iloc[0] == HOSTILE  # literal, in the table
    page.text_input(key="examples-text").set_value("question 7 ").run()
    assert list(table(page, "gain")["id"]) == ["e7"]
    page.text_input(key="examples-text").set_value("").run()
    [flag] = [box for box in page.selectbox if box.key.startswith("examples-flag")]
    flag.set_value("name_lost").run()
    assert len(table(page, "gain")) == 50
    assert any("1–50 of 60 found, 120 in all" in text.value for text in page.caption)
    page = page_of(workspace, monkeypatch, show="examples", flip="same")
    assert (table(page, "gain")["gain"] == 0).all()
    assert page_of(workspace, monkeypatch, show="examples", flip="better").markdown


def test_a_look_at_the_examples_is_counted_and_a_look_at_the_scores_is_not(workspace, monkeypatch):
    data = datasets.open_dataset(workspace, "shop")
    for section, shown in (("compare", 0), ("slices", 0), ("examples", 1)):
        page_of(workspace, monkeypatch, show=section)
        assert looks.looks(workspace, data).count("show") == shown, section


def test_one_example_shows_what_differs_in_literal_text(workspace, monkeypatch):
    page = page_of(workspace, monkeypatch, show="examples")
    assert any(head.startswith("Example e") for head in heads(page))
    marked = [text.value for text in page.markdown if "-background[" in text.value]
    assert any(":gray-background[−Antwort" in text for text in marked)
    for text in marked:
        assert "<img" not in text.replace("\\<", "")
        assert "](http" not in text
    assert page.get("page_link") == []  # neither model lies on this machine


@pytest.mark.parametrize("language", ["en", "zh"])
def test_slices_say_where_b_loses_and_lead_to_the_examples(workspace, monkeypatch, language):
    page = page_of(workspace, monkeypatch, show="slices", lang=language, metric="bleu")
    rows = table(page, "verdict")
    worst = rows.iloc[0]
    assert "mail" in worst["name"]
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert figure["data"]
    if language == "en":
        assert worst["verdict"] == "worse"
        assert any("the largest loss is" in head for head in heads(page))
        assert "None of 120 inputs overlaps the training split" in heads(page)
    page = page_of(workspace, monkeypatch, show="examples", slice="column/channel/mail")
    assert all(int(id_[1:]) % 2 == 0 for id_ in table(page, "gain")["id"])
    page = page_of(workspace, monkeypatch, show="examples", slice="nothing/known")
    assert len(table(page, "gain")) == 50


def test_without_a_second_model_the_sections_stand_alone(tmp_path, monkeypatch):
    workspace = Workspace.open(tmp_path)
    datasets.save(workspace, "shop", "translation", {"train": TEST[:1], "test": TEST[1:]})
    evaluation(workspace, "shop", "one", {e.id: e.target for e in TEST[1:]})
    page = page_of(workspace, monkeypatch, show="examples")
    assert "The 119 answers of one, one by one" in heads(page)
    assert "gain" not in table(page, "score").columns
    page = page_of(workspace, monkeypatch, show="slices")
    assert any(head.startswith("Weakest slice: ") for head in heads(page))
    page = page_of(workspace, monkeypatch, show="robustness")
    assert "one has not been tested under disturbances yet" in heads(page)


def test_what_judges_the_model_is_not_taught_and_an_example_like_it_is(workspace, monkeypatch):
    page = page_of(workspace, monkeypatch, show="examples")
    [button] = [one for one in page.button if one.key.startswith("teach-")]
    button.click().run()
    said = " ".join(text.value for text in page.markdown)
    assert "of the test split, which judges the next model" in said
    assert feedback.entries(workspace) == []
    [box] = [area for area in page.text_area if area.key.startswith("teach-in")]
    box.set_value("Another question of the kind").run()
    [button] = [one for one in page.button if one.key.startswith("teach-")]
    button.click().run()
    assert any("the next update learns it" in text.value for text in page.markdown)
    [entry] = feedback.entries(workspace, "accepted")
    assert (entry.model, entry.input) == ("shop-1", "Another question of the kind")


def curve_of(workspace):
    points = (
        Point("", 0, 0, 0.9, 0.85, 0.95),
        Point("typos", 0.1, 0.5, 0.8, 0.75, 0.85, -0.1, -0.12, -0.08, 0.001, 0.002),
        Point("typos", 0.4, 0.9, 0.5, 0.4, 0.6, -0.4, -0.5, -0.3, 0.001, 0.002),
        Point("paraphrase", 0.4, 0.0, 0.9, 0.85, 0.95, 0, 0, 0, 1.0, 1.0),
    )
    shown = ({"disturbance": "typos", "strength": 0.4, "before": "a", "after": HOSTILE,
              "clean_answer": "b", "answer": "c"},)  # fmt: skip
    return robustness.save(
        workspace,
        Robustness("", "shop-1", "shop", datasets.open_dataset(workspace, "shop").version, "test",
                   50, "accuracy", "share", "sig", "en", points, shown, "k", 1.0,
                   "2026-01-02T00:00:00+00:00"),
    )  # fmt: skip


def test_robustness_shows_the_curve_and_what_was_not_changed(workspace, monkeypatch):
    curve_of(workspace)
    page = page_of(workspace, monkeypatch, show="robustness")
    assert "Typing errors at 40 % costs 40.0 percentage points of accuracy" in heads(page)
    said = " ".join(text.value for text in page.markdown)
    assert "Nothing was changed by: Other words." in said
    assert table(page, "after")["after"].iloc[0] == HOSTILE
    points = table(page, "strength")
    assert list(points["difference"].dropna()) == ["−10.0", "−40.0", "+0.0"]
    values = {metric.label.split(" :")[0]: metric.value for metric in page.metric}
    assert values["Typing errors, 40 %"] == "−40.0"


def test_a_robustness_test_is_begun_as_a_job(workspace, monkeypatch):
    monkeypatch.setattr("core.jobs.runner.submit", lambda *args: asked.append(args) or (None, True))
    asked = []
    page = page_of(workspace, monkeypatch, show="robustness")
    page.button(key="act-robustness").click().run()
    [(_, kind, target, request)] = asked
    assert (kind, target) == ("robustness", "core.work.robustness:run")
    assert (request["model"], request["split"], request["limit"]) == ("shop-1", "test", None)


def test_presenting_shows_the_worst_without_controls(workspace, monkeypatch):
    page = page_of(workspace, monkeypatch, present="1", show="slices")
    assert len(table(page, "gain")) == 5
    assert not page.text_input


def test_an_example_is_handed_to_the_attention_page(workspace, monkeypatch, seeded):
    page = draw("evaluate", seeded, monkeypatch, dataset="localise-de", show="examples")
    links = [json.loads(json.dumps(str(link.proto))) for link in page.get("page_link")]
    assert any("localise-de-1" in link for link in links)
    page = draw("attention", seeded, monkeypatch, model="localise-de-1",
                text="Saturday, 3 March 2029", target="Samstag, 3. März 2029")  # fmt: skip
    assert [fault.value for fault in page.exception] == []
    values = [box.value for box in page.text_input]
    assert values[:2] == ["Saturday, 3 March 2029", "Samstag, 3. März 2029"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_draw_what_was_measured(workspace, scheme):
    figure = charts.robustness(curve_of(workspace), scheme)
    typos, other = figure.data
    assert list(typos.y) == [90.0, 80.0, 50.0]
    assert list(typos.text) == ["0%", "10%", "40%"]
    assert typos.error_y.array[2] == pytest.approx(10)
    assert typos.line.color != other.line.color
    words = [note.text for note in figure.layout.annotations]
    assert {"Typing errors", "Other words"} <= set(words)


def test_the_pieces_of_a_difference_keep_their_spaces():
    drawn = []
    real = example.st.markdown
    try:
        example.st.markdown = drawn.append
        example._diff("a b c", "a x c")
        example._diff("我爱你", "我恨你。")
    finally:
        example.st.markdown = real
    assert drawn == [
        "a :gray-background[−b]:blue-background[+x] c",
        "我:gray-background[−爱]:blue-background[+恨]你:blue-background[+。]",
    ]
