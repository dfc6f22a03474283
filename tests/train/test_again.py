"""A run can be asked for again in the words of the command line, and runs told apart."""

import shlex
from typing import Any

import pytest

from core.cli.train import train
from core.train.again import differences, request_of
from core.train.config import from_preset
from core.train.request import command_of
from core.train.runs import Run


def made(**fields: Any) -> Run:
    config = from_preset(fields.get("preset", "quick"), fields.pop("settings", {}))
    known = {
        "run": "shop-1", "state": "succeeded", "base": "starter-translate", "base_hash": "h",
        "method": config.method, "preset": "quick", "task": "translation", "dataset": "shop",
        "data_version": "0" * 12, "config": config.to_json(), "seed": config.seed, "job": "j",
        "created_at": "", "environment": {"libraries": {"torch": "2"}, "python": "3.11"},
    }  # fmt: skip
    return Run(**{**known, **fields})


def test_only_what_differs_from_the_preset_is_a_setting() -> None:
    run = made(settings={"seed": 7, "max_seconds": None, "replay_share": 0.2, "method": "frozen"},
               general={"dataset": "general-de"})  # fmt: skip
    asked = request_of(run)
    assert asked["settings"] == {"seed": 7, "max_seconds": None}
    assert (asked["method"], asked["replay_share"], asked["general"]) == (
        "frozen", 0.2, "general-de",
    )  # fmt: skip
    given = {"method": asked["method"], "replay_share": asked["replay_share"], **asked["settings"]}
    assert from_preset(asked["preset"], given).to_json() == run.config


def test_the_command_line_reads_its_own_words() -> None:
    run = made(
        base="it's; a folder",
        settings={"seed": 7, "max_seconds": None, "epochs": 2.5, "adam_beta2": 0.98},
    )
    words = shlex.split(command_of(request_of(run)))
    assert words[:3] == ["assay", "train", f"shop@{'0' * 12}"]
    read = train.make_context("train", words[2:]).params
    assert (read["base"], read["preset"], read["method"]) == ("it's; a folder", "quick", "full")
    pairs = dict(text.split("=") for text in read["settings"])
    assert pairs == {"seed": "7", "max_seconds": "none", "epochs": "2.5", "adam_beta2": "0.98"}
    assert from_preset("quick", pairs).to_json() == run.config
    assert " --general" not in command_of(request_of(run))


def test_a_preset_of_another_assay_is_spelled_out() -> None:
    run = made(settings={"epochs": 3.0})
    strange = Run(**{**run.to_json(), "preset": "gone"})
    asked = request_of(strange)
    assert asked["preset"] == "balanced"
    again = from_preset("balanced", asked["settings"]).to_json()
    assert {**again, "preset": "quick"} == run.config


@pytest.mark.parametrize("count", [2, 3])
def test_differences_name_a_value_for_each_run(count: int) -> None:
    runs = [made(settings={"seed": n}, data_version=f"{n}" * 12) for n in range(count)]
    found = differences(runs)
    assert found == {
        "seed": tuple(range(count)),
        "data_version": tuple(f"{n}" * 12 for n in range(count)),
    }
    assert differences([runs[0], runs[0]]) == {}


def test_a_setting_that_one_run_lacks_is_a_difference() -> None:
    old = made()
    del old.config["precision"]
    assert differences([old, made()]) == {"precision": (None, "float32")}
