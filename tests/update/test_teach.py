"""An example that went wrong goes into the next training set, unless it judges the model."""

import json

import pytest

from core.cli.main import main
from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput
from core.update import feedback
from core.update.learn import learn
from core.update.teach import learners, teach
from core.workspace import Workspace
from tests.scored import run

ROWS = {
    "train": [Example("1", "one", "eins")],
    "validation": [Example("2", "two", "zwei")],
    "test": [Example("3", "Three", "drei")],
}


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


@pytest.fixture
def data(workspace):
    made = datasets.save(workspace, "shop", "translation", ROWS)
    run(workspace, "shop-1", made, base="starter-translate")
    return made


def test_an_example_like_it_is_accepted_and_the_next_update_learns_it(workspace, data):
    made = teach(workspace, data, model="shop-1", input="four", answer="vier", said="fünf")
    assert (made.state, made.verdict, made.correction, made.source) == (
        "accepted", "down", "vier", "evaluation")  # fmt: skip
    learnt = learn(ROWS, feedback.entries(workspace, "accepted", ["shop-1"]))
    assert [(e.input, e.target) for e in learnt.splits["train"]] == [("one", "eins"),
                                                                     ("four", "vier")]  # fmt: skip
    assert learnt.withheld == []


@pytest.mark.parametrize(
    ("text", "split"), [("Three", "test"), (" three ", "test"), ("two", "validation")]
)
def test_what_judges_the_model_is_refused_and_nothing_is_kept(workspace, data, text, split):
    with pytest.raises(BadInput, match=f"row '.' of the {split} split, which judges"):
        teach(workspace, data, model="shop-1", input=text, answer="x")
    assert feedback.entries(workspace) == []


def test_a_training_example_can_be_corrected(workspace, data):
    teach(workspace, data, model="starter-translate", input="one", answer="EINS", said="EINS")
    [entry] = feedback.entries(workspace)
    assert entry.verdict == "up"
    assert [e.target for e in learn(ROWS, [entry]).splits["train"]] == ["EINS"]


def test_what_cannot_be_learnt_is_said(workspace, data):
    assert learners(workspace, "shop") == ["shop-1", "starter-translate"]
    for fields, message in (
        ({"model": "mine", "input": "x", "answer": "y"}, "learns from what 'mine' answered"),
        ({"model": "shop-1", "input": "x", "answer": " "}, "right answer is empty"),
        ({"model": "shop-1", "input": " ", "answer": "y"}, "has no input"),
        ({"model": "shop-1", "input": "x", "answer": "y", "context": "z"}, "stand in the passage"),
    ):
        with pytest.raises(BadInput, match=message):
            teach(workspace, data, **fields)
    assert feedback.entries(workspace) == []


def test_on_the_command_line(workspace, data, capsys):
    def call(text):
        with pytest.raises(SystemExit) as end:
            main(["feedback", "teach", "shop", "--model", "shop-1", "--input", text, "--answer",
                  "vier", "--json", "--workspace", str(workspace.root)])  # fmt: skip
        return end.value.code, capsys.readouterr()

    status, out = call("four")
    assert (status, json.loads(out.out)["state"]) == (0, "accepted")
    status, out = call("three")
    assert status == 2
    assert "row '3' of the test split" in out.err
