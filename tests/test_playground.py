"""Asking one model or two, what an answer costs, and what is kept of a judgement."""

import pytest

from core.deploy.traffic import Traffic
from core.errors import WorkFailed
from core.models.resolve import ModelRef, resolve
from core.playground.ask import Answer, answer_usd, ask_served, ask_warm, task_of
from core.playground.round import Said, judge, play
from core.update import feedback
from core.workspace import Workspace
from tests.deploy.fakes import running
from tests.variants import classification, translation

STARTER = "starter-translate"


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def test_tasks_are_those_that_models_were_made_for(workspace):
    translation(workspace)
    classification(workspace)
    names = ("shop-1", "tickets-1", STARTER, "starter-encode")
    assert [task_of(workspace, resolve(workspace, name)) for name in names] == [
        "translation", "text-classification", "translation", "embedding",
    ]  # fmt: skip


def test_the_warm_process_answers_and_the_answer_has_a_price(workspace):
    def warm(target, request):
        assert target == "core.work.answer:compute" and request["inputs"] == ["a"]
        return {"outputs": ["b"], "seconds": 0.5, "tokens": [[3, 4]]}

    found = ask_warm(workspace, warm, resolve(workspace, STARTER), "a", None)
    assert (found.output, found.seconds, found.served) == ("b", 0.5, False)
    assert 0 < found.usd.low < found.usd.value < found.usd.high
    longer = answer_usd(resolve(workspace, STARTER), 3, 400)
    assert longer.value > found.usd.value


def test_no_price_is_made_up(workspace):
    assert answer_usd(ModelRef("who/knows", "hub", None, "who/knows"), 3, 3) is None


def test_a_server_answers_and_its_request_is_linked(workspace):
    ref = resolve(workspace, STARTER)
    keeper = Traffic(workspace)
    with running(traffic=keeper, workspace=workspace, token="secret") as up:  # noqa: S106
        found = ask_served(workspace, up.url, ref, "good day", None, "secret")
        with pytest.raises(WorkFailed, match="KEY"):
            ask_served(workspace, up.url, ref, "good day", None, None)
    keeper.close()
    assert found.served and found.output == "GOOD DAY" and found.usd is not None
    made = play([lambda: found], "good day", None, blind=True)
    assert not made.blind, "one answer cannot be blind"
    judged = judge(workspace, made, [Said("up")])
    [kept] = feedback.entries(workspace)
    assert judged.judged and (kept.verdict, kept.request_id) == ("up", found.request_id)
    with pytest.raises(WorkFailed, match="Nothing answers"):
        ask_served(workspace, up.url, ref, "good day", None, None)


def test_the_order_of_blind_answers_is_drawn_and_names_come_after_the_judgement(workspace):
    asks = [lambda: Answer("a", "x", 0.1, False), lambda: Answer("b", "y", 0.1, False)]
    orders = {play(asks, "q", None, blind=True).answers[0].model for _ in range(64)}
    assert orders == {"a", "b"}
    assert {play(asks, "q", None, blind=False).answers[0].model for _ in range(64)} == {"a"}
    made = play(asks, "q", None, blind=True)
    assert made.hidden
    said = [Said(None, " ", None), Said(None, "z", "as I would say it")]
    assert not judge(workspace, made, said).hidden
    [kept] = feedback.entries(workspace)
    assert kept.model == made.answers[1].model
    assert (kept.verdict, kept.correction, kept.comment) == ("down", "z", "as I would say it")
