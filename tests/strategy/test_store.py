import json
from dataclasses import replace

import pytest

from core.errors import BadInput, NotFound
from core.strategy import store
from core.strategy.scenario import dump, load
from core.workspace import Workspace
from tests.strategy.scene import DAY, HOST, RENT, TUNED, keep_run, run, scene

PILOT = replace(TUNED, run=None, quality=42.0, quality_source="pilot")


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "ws")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "desk.toml"
    path.write_text(dump(scene(RENT, HOST, TUNED)), encoding="utf-8")
    return path


def ranked(workspace, file, **more):
    return store.rank(workspace, file, draws=200, **({"as_of": DAY} | more))


def test_the_scenario_and_its_plan_are_kept(workspace, file):
    result = ranked(workspace, file)
    assert store.open_scenario(workspace, "desk") == load(file)
    kept = store.latest(workspace)
    assert {key: kept[key] for key in result} == json.loads(json.dumps(result))


def test_twice_the_same_is_the_same_to_the_last_digit(workspace, file):
    first, second = (json.dumps(ranked(workspace, file)) for _ in range(2))
    assert first == second


def test_as_of_then_uses_what_was_known_then(workspace, file):
    keep_run(workspace, run("first", value=42.0))
    then = ranked(workspace, file)
    keep_run(workspace, replace(run("second", value=50.0), created_at="2026-11-20T00:00:00+00:00"))
    again = ranked(workspace, file, again="then")
    assert {**again, "differences": 0} == {**then, "differences": 0}
    assert {"what": "quality", "option": "Tuned", "then": 42.0, "now": 50.0} in again["differences"]
    kept = store.latest(workspace)
    assert kept["ranking"] == json.loads(json.dumps(then["ranking"]))  # nothing was kept anew
    now = ranked(workspace, file, again="now")
    assert now["differences"] == again["differences"]
    assert next(row for row in now["ranking"] if row["option"] == "Tuned")["quality"] == 50.0


def test_prices_of_another_day_are_listed_among_the_differences(workspace, tmp_path):
    api = replace(RENT, name="Listed", provider="openai", model="gpt-4o", input_usd_per_mtok=None,
                  output_usd_per_mtok=None, cached_usd_per_mtok=None)  # fmt: skip
    path = tmp_path / "dated.toml"
    path.write_text(dump(scene(api, RENT)), encoding="utf-8")
    ranked(workspace, path, as_of=DAY.replace(year=2024, month=6))
    found = ranked(workspace, path, again="now")["differences"]
    assert {"what": "price: input", "option": "Listed", "then": 5.0, "now": 2.5} in found


def test_without_a_kept_plan_there_is_no_then(workspace, file):
    with pytest.raises(NotFound, match="no kept plan of 'desk'"):
        ranked(workspace, file, again="then")


def test_then_needs_the_same_options(workspace, file):
    ranked(workspace, file)
    file.write_text(dump(scene(RENT, HOST)), encoding="utf-8")
    with pytest.raises(BadInput, match="has the options Rent, Host, Tuned"):
        ranked(workspace, file, again="then")


def test_a_plan_that_an_earlier_assay_kept_is_passed_over(workspace):
    from core import record

    record.write(workspace.plan("old").with_suffix(".json"), "plan", {"options": []})
    assert store.latest(workspace) is None
