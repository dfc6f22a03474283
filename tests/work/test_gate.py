"""The gate and drift jobs on real, tiny models: what is compared, what is refused, what is kept."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.data.derive import derive, read_all
from core.errors import BadInput, NotFound
from core.jobs.context import Context
from core.run import DriftRequest, GateRequest, TrainRequest, UpdateRequest
from core.train.runs import open_run
from core.update import feedback, verdicts
from core.update.champion import champion, promote
from core.update.learn import held_out, same_input
from core.update.review import review
from core.update.slice import slice_name
from core.update.traffic_read import Request
from core.work import drift, gate, train, update
from core.workspace import Workspace
from tests.update.traffic import write
from tests.work.claimed import claimed

SETTINGS = {"max_steps": 2, "batch_size": 8, "max_seconds": None}
MARCH = [f"{n} March {year}" for year in (2031, 2032) for n in range(1, 32)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace.open(tmp_path / "home")
    rows = [Example(f"e{n}", f"{n} May", f"{n}. Mai") for n in range(1, 25)]
    splits = {"train": rows[:12], "validation": [], "test": rows[12:]}
    datasets.save(place, "dates", "translation", splits, prefix="to German: ")
    return place


@pytest.fixture
def context(workspace: Workspace) -> Context:
    return claimed(workspace, "update")


@pytest.fixture
def first(workspace: Workspace, context: Context) -> str:
    train.run(asdict(TrainRequest("dates", "dates-1", preset="quick", settings=SETTINGS)), context)
    return "dates-1"


def correct(workspace: Workspace, model: str, texts: list[str]) -> None:
    made = [
        feedback.add(workspace, model=model, input=text, output="?", verdict="down",
                     correction=f"der {text}", source="import")
        for text in texts
    ]  # fmt: skip
    review(workspace, [one.id for one in made], "accepted", "Mei")


def asked(**changes: Any) -> dict[str, Any]:
    fields = {"base": "dates-1", "run": "dates-2", "preset": "quick", "settings": SETTINGS}
    return asdict(UpdateRequest("dates", **{**fields, **changes}))


def test_held_out_corrections_judge_and_are_not_learnt(
    workspace: Workspace, context: Context, first: str
) -> None:
    correct(workspace, first, MARCH)
    held = {text for text in MARCH if held_out(text, None)}
    result = update.run(asked(replay=0.1, margin=100.0), context)
    assert result["held"] == len(held)
    assert result["corrections"] == len(MARCH) - len(held)
    # A version was drawn for the replay; whoever opens the dataset finds all of its rows.
    assert result["trained_on"] != result["data_version"]
    whole = datasets.open_dataset(workspace, "dates")
    assert whole.version == result["data_version"]
    assert whole.splits["train"] == 12 + result["corrections"]
    drawn = datasets.open_dataset(workspace, f"dates@{result['trained_on']}")
    assert drawn.splits["train"] == result["corrections"] + result["old_rows"]
    assert result["old_rows"] == round(result["corrections"] / 9), "a tenth of all is old"
    for data in (whole, drawn):
        taught = {same_input(e.input, None) for e in datasets.read(workspace, data, "train")}
        assert not taught & {same_input(text, None) for text in held}
    verdict = result["gate"]
    assert (verdict["rival"], verdict["champion"], verdict["new"]["n"]) == (first, None, len(held))
    assert verdict["locked"]["n"] == 12
    slice_ = datasets.open_dataset(workspace, slice_name("dates"))
    assert {row.input for row in datasets.read(workspace, slice_, "test")} == held
    ids = {entry.id for entry in feedback.entries(workspace, "held")}
    assert {row.id for row in datasets.read(workspace, slice_, "test")} == ids
    kept = verdicts.known(workspace, "dates-2")
    assert kept is not None
    assert kept.to_json()["reason"] == verdict["reason"]


def test_a_run_is_held_against_the_champion(
    workspace: Workspace, context: Context, first: str
) -> None:
    alone = gate.run(asdict(GateRequest(first)), context)
    assert (alone["reason"], alone["passed"], alone["locked"]) == ("first", True, None)
    promote(workspace, "dates", first, who="Mei", why="x", verdict=alone)
    with pytest.raises(BadInput, match="serves 'dates' already"):
        gate.run(asdict(GateRequest(first)), context)
    train.run(asdict(TrainRequest("dates", "dates-2", preset="quick", settings=SETTINGS)), context)
    made = gate.run(asdict(GateRequest("dates-2", 100.0)), context)
    assert (made["champion"], made["reason"]) == (first, "few_new")
    assert made["not_worse"]
    assert champion(workspace, "dates") == first


def test_a_changed_test_split_is_refused(
    workspace: Workspace, context: Context, first: str
) -> None:
    promote(workspace, "dates", first, who="Mei", why="x",
            verdict=gate.run(asdict(GateRequest(first)), context))  # fmt: skip
    data = datasets.open_dataset(workspace, "dates")
    splits = read_all(workspace, data)
    derive(workspace, data, {**splits, "test": splits["test"][:11]}, {"kind": "other"},
           unlock="a wrong row")  # fmt: skip
    train.run(asdict(TrainRequest("dates", "dates-2", preset="quick", settings=SETTINGS)), context)
    with pytest.raises(BadInput, match=r"The test split changed between dates@.* one locked test"):
        gate.run(asdict(GateRequest("dates-2")), context)


def test_a_dataset_of_the_slices_name_is_not_overwritten(
    workspace: Workspace, context: Context, first: str
) -> None:
    rows = [Example("x", "x", "y")]
    mine = datasets.save(workspace, slice_name("dates"), "translation", {"train": rows})
    correct(workspace, first, MARCH)
    result = update.run(asked(), context)
    assert result["gate"] is None
    assert "holds something else" in result["gate_error"]
    assert datasets.open_dataset(workspace, slice_name("dates")) == mine
    assert open_run(workspace, "dates-2").state == "succeeded"


def test_an_update_refuses_a_share_before_any_work(
    workspace: Workspace, context: Context, first: str
) -> None:
    correct(workspace, first, MARCH[:5])
    with pytest.raises(BadInput, match="replay: 2 cannot be"):
        update.run(asked(replay=2.0), context)
    assert len(datasets.versions(workspace, "dates")) == 1


def test_drift_needs_traffic_and_counts_tokens_without_torch(
    workspace: Workspace, context: Context, first: str
) -> None:
    request = asdict(DriftRequest("dates", 36_500.0))
    with pytest.raises(BadInput, match="No request to a model of 'dates' was answered"):
        drift.run(request, context)
    write(workspace, [
        Request(f"r{n}", 1e9 + n, first, input_tokens=200, characters=900, status=200)
        for n in range(40)
    ])  # fmt: skip
    with pytest.raises(NotFound, match="no dataset called 'nothing'"):
        drift.run(asdict(DriftRequest("nothing")), context)
    found = {row["name"]: row for row in drift.run(request, context)["drifts"]}
    # The training split has twelve rows: too few to test anything, and it says so.
    assert found["characters"]["why_untested"] == "few"
    assert found["input_tokens"]["n_reference"] == 12
    assert found["input_tokens"]["n_live"] == 40
