"""Blind rating on the page: no names before the vote, nothing lost, hostile answers are text."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate.ratings import CHOICES, open_rating, vote
from core.text.catalog import t
from core.workspace import Workspace
from tests.endpoints import IMAGE
from tests.evaluate.test_judge import longer
from tests.evaluate.test_ratings import saved

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@pytest.fixture
def two(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    workspace = Workspace.open(tmp_path)
    rows = [Example(str(n), f"in {n}", f"ref {n}") for n in range(6)]
    datasets.save(workspace, "demo", "translation", {"test": rows})
    a = saved(workspace, "model-zed", [f"z {IMAGE} {n}" for n in range(5)] + ["same"])
    b = saved(workspace, "model-abe", [f"a {IMAGE} {n}" for n in range(5)] + ["same"])
    return workspace, a, b


def draw(**query):
    page = AppTest.from_file(str(APP), default_timeout=60)
    for key, value in query.items():
        page.query_params[key] = value
    page._page_hash = calc_hash("evaluate")
    page.run()
    assert not page.exception, page.exception[0].value
    return page


def rating_page(**query):
    return draw(dataset="demo", run="model-abe", against="model-zed", rate="1", **query)


def words(page):
    """What stands in the page's main part, apart from the boxes that choose models."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "code", "text")
    return "\n".join(str(part.value) for kind in kinds for part in page.get(kind)).replace(
        "\\-", "-"
    )


def press(page, choice):
    page.button(key=f"rating-{choice}").click().run()
    assert not page.exception, page.exception[0].value


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_pair_is_shown_without_names_and_as_it_was_written(two, language):
    page = rating_page(lang=language)
    assert page.title[0].value == t("rating.question", language)
    assert "model-abe" not in words(page)
    assert "model-zed" not in words(page)
    shown = [code.value for code in page.code]
    assert sum(IMAGE in code for code in shown) == 2
    assert all(IMAGE not in str(part.value) for part in page.markdown), "never as Markdown"
    assert [page.button(key=f"rating-{choice}").label for choice in CHOICES] == [
        t(f"rating.choice.{choice}", language) for choice in CHOICES
    ]


def test_votes_are_kept_one_by_one_and_the_result_comes_after(two):
    workspace, a, b = two
    page = rating_page()
    assert "rating-show" not in [toggle.key for toggle in page.toggle]
    press(page, "left")
    first = open_rating(workspace, a, b)
    assert [choice for choice, _ in first.votes.values()] == ["left"]
    assert "**1 of 5**" in page.header[0].value
    # Another tab, or a reload, goes on where this one was.
    again = rating_page()
    shown = [code.value for code in again.code]
    assert first.next.left in shown
    assert first.next.right in shown
    for _ in range(4):
        press(again, "both_bad")
    assert t("rating.finished") in words(again)
    assert "Not distinguishable" in words(again)
    assert "model-abe" in words(again)
    assert open_rating(workspace, a, b).both_bad == 4


def test_the_last_vote_can_be_changed(two):
    workspace, a, b = two
    page = rating_page()
    pair = open_rating(workspace, a, b).next
    press(page, "left")
    page.button(key="rating-back").click().run()
    assert pair.left in [code.value for code in page.code]
    press(page, "right")
    assert open_rating(workspace, a, b).votes == {pair.id: ("right", pair.right_is)}


def test_what_a_judge_said_stands_beside_the_votes(two):
    from core.evaluate.endpoint import Endpoint
    from core.evaluate.judge import judge
    from tests.endpoints import serving

    workspace, a, b = two
    for _ in range(5):
        rating = open_rating(workspace, a, b)
        pair = rating.next
        vote(workspace, rating, pair, "left" if pair.left_is == b else "right")
    with serving(longer) as server:
        judge(workspace, a, b, Endpoint(server.url, "**bold**"), lambda *_: None)
    shown = words(rating_page())
    assert r"\*\*bold\*\*" in shown
    assert "5 pairs" in shown


def test_the_scores_lead_to_the_rating_and_back(two):
    page = draw(dataset="demo", run="model-abe", against="model-zed")
    page.button(key="rating-begin").click().run()
    assert page.title[0].value == t("rating.question")
    page.button(key="rating-end").click().run()
    assert page.title[0].value == t("evaluate.question.title")


def test_two_who_answer_the_same_leave_nothing_to_rate(two):
    workspace = two[0]
    saved(workspace, "model-twin", [f"z {IMAGE} {n}" for n in range(5)] + ["same"])
    page = draw(dataset="demo", run="model-twin", against="model-zed", rate="1")
    assert t("rating.same_all", n=6) in words(page)


def test_presenting_shows_the_scores(two):
    page = rating_page(present="1")
    assert page.title[0].value == t("evaluate.question.title")
