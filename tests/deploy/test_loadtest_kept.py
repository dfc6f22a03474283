"""What is kept of a load test, the estimate beside it, and its words."""

import json

import pytest

from core.cost.calibrate import ServedMeasurement
from core.deploy import loadtest_rows as tables
from core.deploy import loadtest_words as words
from core.deploy.loadtest import Plan
from core.deploy.loadtest_inputs import MOST_TEXTS, Inputs, texts
from core.deploy.loadtest_store import list_loadtests, open_loadtest, save
from core.errors import BadInput, NotFound
from core.workspace import Workspace
from tests.deploy.virtual import MACHINE, Queue, exponential, made

RAMP = Plan("ramp", seconds=3_000.0, step_seconds=20.0)
RATE = Plan("rate", rate=20.0, seconds=60.0)


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


@pytest.fixture(scope="module")
def ramp():
    return made(RAMP, Queue(exponential(0.02, 5)).send)


@pytest.mark.parametrize("plan", [RAMP, RATE, Plan("clients", clients=3, seconds=20.0)])
def test_it_comes_back_as_it_was(workspace, plan):
    before = save(workspace, made(plan, Queue(exponential(0.02)).send))
    assert before.name == "shop-1-1"
    assert open_loadtest(workspace, "shop-1-1") == before
    assert save(workspace, before).name == "shop-1-1-1"
    json.dumps(before.to_json(), allow_nan=False)


def test_names_are_safe_and_newest_first(workspace):
    test = made(RATE, Queue(lambda: 0.01).send, model="../../a b/ü")
    assert save(workspace, test).name == "a-b-1"
    assert save(workspace, test).name == "a-b-2"
    assert [one.name for one in list_loadtests(workspace)] == ["a-b-2", "a-b-1"]
    assert list_loadtests(workspace, "http://127.0.0.1:9") == []
    (workspace.loadtests() / "c-1.json").touch()  # somebody is writing it
    assert len(list_loadtests(workspace)) == 2


def test_unknown_and_damaged_ones(workspace):
    with pytest.raises(NotFound, match="no load test called 'x'"):
        open_loadtest(workspace, "x")
    with pytest.raises(BadInput):
        open_loadtest(workspace, "../x")
    save(workspace, made(RATE, Queue(lambda: 0.01).send))
    path = workspace.loadtest("shop-1-1")
    path.write_text(path.read_text().replace('"throughput"', '"through"'))
    with pytest.raises(BadInput, match="damaged"):
        open_loadtest(workspace, "shop-1-1")


def test_a_ramp_is_compared_alone_and_full(ramp):
    alone, full = ramp.predicted.compared
    assert (alone.regime, full.regime) == ("alone", "full")
    assert alone.measured == pytest.approx(0.02, rel=0.3)
    past = [s.throughput for s in ramp.loaded if s.offered >= ramp.knee.beyond]
    assert full.measured == max(past)
    assert full.error == full.predicted.value / full.measured - 1
    assert ramp.predicted.here
    assert len(ramp.predicted.rates) == len(ramp.predicted.seconds) == len(ramp.loaded)


def test_the_estimate_uses_earlier_tests_and_keeps_the_plain_one():
    plan = Plan("clients", clients=1, seconds=20.0)
    plain = made(plan, Queue(lambda: 0.05).send).predicted.compared[0]
    assert plain.plain == pytest.approx(plain.predicted.value)
    learnt = MACHINE
    for number in range(6):
        learnt = learnt.with_served(ServedMeasurement(
            f"t-{number}", "transformers", "alone", 1 / plain.measured, 1 / plain.plain, 100,
            "2026-11-24T00:00:00+00:00",
        ))  # fmt: skip
    again = made(plan, Queue(lambda: 0.05).send, machine=learnt)
    better = again.predicted.compared[0]
    assert better.plain == pytest.approx(plain.plain)
    assert abs(better.error) < 0.2 < abs(plain.error)
    assert again.predicted.earlier == {"alone": 6}
    assert "n = 6" in " ".join(words.predicted_lines(again))


def test_a_stranger_is_set_beside_an_a100_and_says_so():
    test = made(RAMP, Queue(exponential(0.02)).send, machine=None)
    assert not test.predicted.here
    said = words.predicted_lines(test)
    assert "A100" in said[0]
    assert "not known" in said[0]
    assert "do not learn" in said[-1]


def test_a_moderate_rate_says_nothing_of_either_regime():
    test = made(RATE, Queue(lambda: 0.03).send)
    assert test.predicted.compared == ()
    assert any("too little to compare" in line for line in words.predicted_lines(test))
    assert words.compared_finding(test) is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_has_its_sentence(ramp, language):
    slow = made(Plan("rate", rate=20.0, seconds=60.0, timeout_seconds=2.0),
                Queue(lambda: 0.2, patience=2.0).send)  # fmt: skip
    clients = made(Plan("clients", clients=2, seconds=20.0), Queue(lambda: 0.05).send, shape=None)
    for test in (ramp, slow, clients):
        assert "{" not in words.answer(test, language)
        assert "shop-1" in words.answer(test, language)
        assert tables.stage_rows(test, language)
        assert words.predicted_lines(test, language)
        assert words.rates_finding(test, language)
        for stage in test.stages:
            assert words.spread_finding(test, stage, language)
    assert tables.error_rows(slow, language)
    assert words.beyond(slow, language) in words.rates_finding(slow, language)
    assert words.compared_finding(ramp, language)
    assert words.knee_sure(ramp, language)


def test_what_the_answer_says_is_what_was_measured(ramp):
    from core.text.format import number

    said = words.answer(ramp)
    assert number(ramp.knee.rate) in said
    assert number(ramp.knee.beyond) in said


def test_inputs(workspace, tmp_path):
    file = tmp_path / "lines.txt"
    file.write_text("one\n\n  \ntwo\n" + "x\n" * (2 * MOST_TEXTS))
    found = texts(workspace, Inputs(file=str(file)))
    assert [text.input for text in found[:2]] == ["one", "two"]
    assert len(found) == MOST_TEXTS
    assert texts(workspace, Inputs(text="hello"))[0].input == "hello"
    assert texts(workspace, Inputs())[0].input
    file.write_bytes(b"\xff\xfe\x00")
    for inputs, said in (
        (Inputs(file=str(file)), "not UTF-8"),
        (Inputs(file=str(tmp_path / "none")), "cannot be read"),
        (Inputs(text=" "), "holds no text"),
        (Inputs(text="x", file="y"), "give one of"),
        (Inputs(text="x" * 300_000), "at most 200,000"),
    ):
        with pytest.raises(BadInput, match=said):
            texts(workspace, inputs)
    with pytest.raises(NotFound, match="nothing"):
        texts(workspace, Inputs(dataset="nothing"))
