"""`assay heads`, `moved`, `alignment`: JSON and text from one study, refusals before any job."""

import json

import pytest
from click.testing import CliRunner

from core import run
from core.cli import heads as commands
from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput, WorkFailed
from core.interpret import aligned, moved, prices
from core.workspace import Workspace
from tests.interpret.test_moved import study as moved_study
from tests.interpret.test_prices import study as price_study
from tests.interpret.test_studies import alignment_study


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    rows = [Example(str(n), f"in {n} days", f"in {n} Tagen") for n in range(9)]
    datasets.save(made, "d", "translation", {"test": rows})
    return made


@pytest.fixture
def asked(workspace, monkeypatch):
    """The request that a command makes; the study lies in the workspace already."""
    requests = []
    prices.STUDIES.save(workspace, price_study())
    moved.STUDIES.save(workspace, moved_study(key="moved"))
    aligned.STUDIES.save(workspace, alignment_study(key="aligned"))
    keys = {run.HeadsRequest: "abc", run.MovedRequest: "moved", run.AlignmentRequest: "aligned"}

    def result(_workspace, request):
        requests.append(request)
        return {"study": keys[type(request)]}

    monkeypatch.setattr(commands, "result_of", result)
    return requests


def call(command, *words, workspace):
    return CliRunner().invoke(
        command, [*words, "--workspace", str(workspace.root)], catch_exceptions=False
    )


def test_heads(workspace, asked):
    said = call(commands.heads, "starter-translate", "--dataset", "d", "--drop", "0.1,.5",
                "--require", "self", "--json", workspace=workspace)  # fmt: skip
    found = json.loads(said.stdout)
    assert [(one["heads"], one["difference"]) for one in found["drops"]] == [(1, -0.2), (2, -9.0)]
    assert found["heads"][0]["pattern_sentence_share"] == 0.8
    assert found["order"][0] == ["encoder", 0, 1]
    assert "self: most often seen in 80 %" in said.stderr
    assert asked[0].drop == (0.1, 0.5)
    assert (asked[0].dataset.partition("@")[0], asked[0].limit) == ("d", 200)
    text = call(commands.heads, "starter-translate", "--dataset", "d", workspace=workspace).stdout
    assert "Without 1 of 3 heads no loss is distinguishable; without 2" in text
    assert "encoder 0.1" in text


def test_a_build_fails_where_a_pattern_is_gone(workspace, asked):
    with pytest.raises(WorkFailed, match="No head of run is 'diagonal' in most of the 9 examples"):
        call(commands.heads, "starter-translate", "--dataset", "d", "--require", "diagonal",
             workspace=workspace)  # fmt: skip
    with pytest.raises(BadInput, match="'zigzag' is no pattern; expected one of induction"):
        call(commands.heads, "starter-translate", "--dataset", "d", "--require", "zigzag",
             workspace=workspace)  # fmt: skip


def test_moved(workspace, asked):
    words = ("starter-translate", "starter-translate", "--dataset", "d")
    found = json.loads(call(commands.moved, *words, "--json", workspace=workspace).stdout)
    assert [head["moved"] for head in found["heads"]] == [True, False]
    assert found["score_changes"] is None
    text = call(commands.moved, *words, workspace=workspace).stdout
    assert "1 of 2 heads moved beyond the noise floor: head encoder 0.0, by 0.20 nats" in text
    assert "The change in score is not known" in text


def test_alignment(workspace, asked):
    words = ("starter-translate", "--dataset", "d", "--target", "reference")
    found = json.loads(call(commands.alignment, *words, "--json", workspace=workspace).stdout)
    assert found["heads"][0]["copied_share"] == 0.9
    assert asked[0].target == "reference"
    text = call(commands.alignment, *words, workspace=workspace).stdout
    assert "Head cross 1.0 aligns best: 15\u00a0% alignment error (14–17\u00a0%)" in text
    assert "Where fewer source words are covered, the score is lower" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("command", "words", "message"),
    [
        (commands.moved, ["starter-translate"], "is no run and has no base"),
        (commands.moved, ["starter-causal", "starter-translate"], "different shapes"),
        (commands.alignment, ["starter-causal"], "no cross-attention"),
        (commands.alignment, ["starter-encode"], "is an encoder model"),
    ],
)
def test_a_wrong_request_is_refused_before_a_job(workspace, asked, command, words, message):
    with pytest.raises(BadInput, match=message):
        call(command, *words, "--dataset", "d", workspace=workspace)
    assert asked == []


def test_shares_are_between_0_and_1(workspace):
    said = call(commands.heads, "starter-translate", "--dataset", "d", "--drop", "1.5",
                workspace=workspace)  # fmt: skip
    assert said.exit_code == 2
    assert "'1.5' is no list of shares" in said.stderr
