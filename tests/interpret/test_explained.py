"""Explanations and trust tests on disk."""

import dataclasses

import numpy as np
import pytest

from core.errors import BadInput, NotFound
from core.interpret import explained, trust_test
from core.interpret.trust_test import TrustTest
from core.workspace import Workspace
from tests.interpret.explained import made_up


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace.open(tmp_path)


def test_what_is_saved_is_read_again(workspace) -> None:
    made = explained.save(workspace, made_up())
    found = explained.open_explanation(workspace, "abc")
    assert found.to_json() == made.to_json()
    for name, scores in made.scores.items():
        assert np.array_equal(found.scores[name], scores)
    assert found.curves.gap("attention") == made.curves.gap("attention")
    assert np.array_equal(found.curves.random_gaps, made.curves.random_gaps)


def test_a_question_finds_its_newest_answer(workspace) -> None:
    made = made_up()
    assert explained.find(workspace, made.question) is None
    explained.save(workspace, made)
    assert explained.find(workspace, made.question) is None
    explained.answer(workspace, made.question, "abc")
    assert explained.find(workspace, made.question).key == "abc"
    for change in ({"position": 0}, {"target": None}, {"label": "x"}, {"text": "other"},
                   {"model": "b"}, {"scale": "logit"}):  # fmt: skip
        assert explained.find(workspace, dataclasses.replace(made.question, **change)) is None


def test_an_explanation_that_was_not_tested_is_not_found_for_a_page(workspace) -> None:
    made = dataclasses.replace(made_up(), verdicts=None)
    explained.save(workspace, made)
    explained.answer(workspace, made.question, "abc")
    assert explained.find(workspace, made.question) is None
    assert explained.open_explanation(workspace, "abc").curves is None


def test_a_broken_explanation_says_so_and_a_page_makes_it_again(workspace) -> None:
    made = explained.save(workspace, made_up())
    explained.answer(workspace, made.question, "abc")
    workspace.explanation("abc").write_bytes(b"broken")
    with pytest.raises(BadInput, match="not a readable"):
        explained.open_explanation(workspace, "abc")
    assert explained.find(workspace, made.question) is None
    with pytest.raises(NotFound):
        explained.open_explanation(workspace, "none")


def line(identity: str, shift: float = 0.0) -> trust_test.Line:
    curves = made_up().curves
    moved = dataclasses.replace(
        curves, insertion={name: values + shift for name, values in curves.insertion.items()}
    )
    return trust_test.line_of(identity, "</script>**x**", "</s>", moved)


def test_lines_survive_and_a_cut_one_is_left_out(workspace) -> None:
    for name in ("a", "b"):
        trust_test.append(workspace, "shop-tiny", line(name))
    path = workspace.trust_test("shop-tiny") / "examples.jsonl"
    with path.open("a") as file:
        file.write('{"id": "c", "te')
    assert [one["id"] for one in trust_test.lines(workspace, "shop-tiny")] == ["a", "b"]
    assert list(trust_test.lines(workspace, "none")) == []


def test_the_summary_is_the_mean_and_chance_keeps_its_pairs() -> None:
    lines = [line(str(n), 0.01 * n) for n in range(6)]
    found = trust_test.summary(lines)
    curves = made_up().curves
    assert (found["n"], found["orders"]) == (6, 60)
    first = found["verdicts"][0]
    assert first.method == "attention" and first.n == 6
    assert first.difference == pytest.approx(curves.gap("attention") + 0.025, abs=1e-5)
    assert found["full"] == pytest.approx(curves.full, abs=1e-6)
    middle = np.array(found["random"]["deletion.middle"])
    assert middle[0] == pytest.approx(curves.full, abs=1e-5)
    assert (np.array(found["random"]["deletion.low"]) <= middle + 1e-9).all()
    assert found["curves"]["insertion.rollout"][-1] == pytest.approx(curves.full + 0.025, abs=1e-5)


def test_one_text_has_no_interval() -> None:
    with pytest.raises(BadInput, match="1 of these texts could be tested"):
        trust_test.summary([line("a")])


def saved(workspace, name: str, model: str = "tiny") -> TrustTest:
    lines = [line(str(n), 0.01 * n) for n in range(4)]
    for one in lines:
        trust_test.append(workspace, name, one)
    return trust_test.save(workspace, TrustTest(
        name=name, model=model, dataset="shop", data_version="0" * 12, split="test", limit=4,
        skipped=1, missing={}, filler="<pad>", key="k", seconds=1.0,
        created_at="2026-11-26T10:00:00+00:00", **trust_test.summary(lines),
    ))  # fmt: skip


def test_tests_are_listed_by_model(workspace) -> None:
    made = saved(workspace, "shop-tiny")
    saved(workspace, "shop-other", "other")
    assert trust_test.open_test(workspace, "shop-tiny") == made
    assert [one.name for one in trust_test.list_tests(workspace, "tiny")] == ["shop-tiny"]
    assert len(trust_test.list_tests(workspace)) == 2
    with pytest.raises(NotFound, match="shop-tiny"):
        trust_test.open_test(workspace, "none")
