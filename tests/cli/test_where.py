"""`assay slices`, `flips`, `examples` and `robustness` as a person or a script calls them."""

import json

import pytest

from core.cli.main import main
from core.data import dataset as datasets
from core.data import looks
from core.data.dataset import Example
from core.workspace import Workspace
from tests.scored import evaluation

HOSTILE = "\x1b[31mred\x1b[0m <b>x</b>"
TEST = [
    Example(f"e{n}", f"question {n} about a card", ["card", "loan"][n % 2],
            columns={"channel": ["mail", "chat"][n % 2]})
    for n in range(40)
]  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    train = [Example("t", "question 3 about a card", "card")]
    datasets.save(made, "bank", "text-classification", {"train": train, "test": TEST})
    evaluation(made, "bank", "old", {e.id: "card" for e in TEST})
    evaluation(made, "bank", "new", {e.id: "loan" if int(e.id[1:]) > 3 else HOSTILE for e in TEST})
    return made


def call(workspace, capsys, *words, status=0):
    with pytest.raises(SystemExit) as end:
        main([*words, "--workspace", str(workspace.root)])
    out = capsys.readouterr()
    assert end.value.code == status, out.err
    return out.out if status == 0 else out.err


def as_json(workspace, capsys, *words):
    return json.loads(call(workspace, capsys, *words, "--json"))


def test_slices_of_one_and_of_two(workspace, capsys):
    alone = as_json(workspace, capsys, "slices", "bank-old-1")
    assert (alone["a"], alone["b"], alone["n"], alone["overlapping"]) == (None, "bank-old-1", 40, 1)
    both = as_json(workspace, capsys, "slices", "bank-old-1", "bank-new-1", "--metric", "accuracy")
    assert (both["a"], both["b"]) == ("bank-old-1", "bank-new-1")
    by_name = {row["values"].get("name"): row for row in both["slices"]}
    assert by_name["mail"]["difference"] == -1.0  # all cards came by mail
    assert by_name["mail"]["verdict"] == "worse"
    assert by_name["mail"]["p_corrected"] > by_name["mail"]["p_value"]
    assert both["slices"][0]["verdict"] == "worse"
    text = call(workspace, capsys, "slices", "bank-old-1", "bank-new-1", "--metric", "accuracy")
    assert "channel = “mail”" in text
    assert "under 10 examples" in text
    assert "1 of 40 inputs overlap the data set's training split" in text


def test_flips(workspace, capsys):
    found = as_json(workspace, capsys, "flips", "bank-old-1", "bank-new-1")
    assert found["counts"] == {"better": 18, "worse": 20, "both_right": 0, "both_wrong": 2}
    assert found["negative_flip_rate"] == 0.5
    assert set(found["ids"]["both_wrong"]) == {"e1", "e3"}
    assert "got worse" in call(workspace, capsys, "flips", "bank-old-1", "bank-new-1")


def test_examples_are_shown_harmlessly_and_counted(workspace, capsys):
    data = datasets.open_dataset(workspace, "bank")
    found = as_json(workspace, capsys, "examples", "bank-old-1", "bank-new-1", "--limit", "3")
    assert (found["found"], len(found["examples"])) == (40, 3)
    assert [row["gain"] for row in found["examples"]] == [-1, -1, -1]
    seen = looks.looks(workspace, data).seen
    assert [(look.kind, look.by, look.rows) for look in seen] == [("show", "command line", 3)]
    text = call(workspace, capsys, "examples", "bank-new-1", "--text", "RED")
    assert "4 found." in text
    assert "\x1b" not in text
    assert "<b>x</b>" in text
    assert "0 found." in call(workspace, capsys, "examples", "bank-new-1", "--flag", "empty")


def test_wrong_requests(workspace, capsys):
    for words, message in (
        (["examples", "bank-new-1", "--flag", "lost"], "no flag called 'lost'. Known: failed"),
        (["slices", "bank-new-1", "--metric", "bleu"], "no score called 'bleu'"),
        (["slices", "nobody"], "no evaluation and no run called 'nobody'"),
        (["flips", "bank-old-1", "bank-new-1", "--metric", "x"], "no score called 'x'; it has"),
        (["examples", "bank-old-1", "--metric", "bleu"], "no score called 'bleu'"),
        (["robustness", "bank", "--model", "nobody"], "no model called 'nobody'"),
        (["robustness", "bank", "--model", "starter-encode", "--disturbance", "typo"],
         "Did you mean typos"),
    ):  # fmt: skip
        assert message in call(workspace, capsys, *words, status=2), words
    assert not (workspace.root / "jobs").exists()


def test_robustness_of_a_model(tmp_path, capsys):
    workspace = Workspace.open(tmp_path)
    rows = [Example(str(n), f"in {n} days", f"in {n} Tagen") for n in range(2, 12)]
    datasets.save(workspace, "shop", "translation", {"train": rows[:1], "test": rows[1:]},
                  prefix="translate English to German: ", target_language="de")  # fmt: skip
    found = as_json(workspace, capsys, "robustness", "shop", "--model", "starter-translate",
                    "--disturbance", "case", "--limit", "5", "--metric", "chrf")  # fmt: skip
    assert (found["robustness"], found["n"], found["metric"]) == ("shop-1", 5, "chrf")
    assert [(p["disturbance"], p["strength"]) for p in found["points"]] == [
        ("", 0.0), ("case", 0.05), ("case", 0.1), ("case", 0.2), ("case", 0.4)]  # fmt: skip
    text = call(workspace, capsys, "robustness", "shop", "--model", "starter-translate",
                "--disturbance", "case", "--limit", "5", "--metric", "chrf")  # fmt: skip
    assert "Capital letters" in text
