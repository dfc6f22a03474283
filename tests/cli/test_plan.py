import json
import re
import tomllib

import pytest

from core.cli.main import main
from core.jobs.context import Context
from core.jobs.store import JobStore
from core.strategy import store
from core.work import plan as work
from core.workspace import Workspace


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    out = capsys.readouterr()
    return ended.value.code, out.out, out.err


@pytest.fixture
def file(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    status, out, _ = run(capsys, "plan", "--init", path, "--workspace", tmp_path / "ws")
    assert status == 0 and "mine.toml" in out
    return path


def test_init_writes_a_commented_example_and_overwrites_nothing(file, capsys, tmp_path):
    text = file.read_text(encoding="utf-8")
    assert tomllib.loads(text)["company"]["cash_usd"] > 0
    assert "# Money in the bank today." in text
    status, _, err = run(capsys, "plan", "--init", file, "--workspace", tmp_path / "ws")
    assert status == 2 and "is there already" in err and err.count("\n") == 1
    assert file.read_text(encoding="utf-8") == text


def test_json_is_one_document_and_is_kept_in_the_workspace(file, capsys, tmp_path):
    status, out, _ = run(
        capsys, "plan", file, "--json", "--draws", 500, "--workspace", tmp_path / "ws"
    )
    result = json.loads(out)
    assert status == 0 and result["plan"] == "mine"
    workspace = Workspace.open(tmp_path / "ws")
    assert workspace.plan("mine").is_file()
    kept = store.latest(workspace)
    assert kept is not None and {key: kept[key] for key in result} == result
    assert store.open_scenario(workspace, "mine").title == result["title"]


def test_text_names_the_options_and_the_break_even(file, capsys, tmp_path):
    status, out, _ = run(capsys, "plan", file, "--draws", 500, "--workspace", tmp_path / "ws")
    assert status == 0
    assert "→ Rent" in out and "Break-even" in out and "What would change it" in out


def test_a_wrong_value_is_one_sentence_and_exit_2(file, capsys, tmp_path):
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"(?m)^cash_usd = \S+", "cash_usd = -5", text), encoding="utf-8")
    status, out, err = run(
        capsys, "plan", file, "--json", "--draws", 500, "--workspace", tmp_path / "ws"
    )
    assert status == 2 and out == ""
    assert "company.cash_usd is -5" in err and "at least 0" in err and err.count("\n") == 1
    assert store.latest(Workspace.open(tmp_path / "ws")) is None


def test_a_file_that_is_not_there(capsys, tmp_path):
    status, _, err = run(capsys, "plan", tmp_path / "no.toml", "--workspace", tmp_path / "ws")
    assert status == 2 and "--init" in err


def test_an_unknown_example(capsys, tmp_path):
    status, _, err = run(capsys, "plan", "--init", tmp_path / "x.toml", "--sample", "nope",
                         "--workspace", tmp_path / "ws")  # fmt: skip
    assert status == 2 and "translation-desk" in err


def test_the_job_gives_what_the_command_gives(file, tmp_path):
    workspace = Workspace.open(tmp_path / "ws")
    with JobStore(workspace) as jobs:
        result = work.run({"path": str(file)}, Context(workspace, "none", jobs))
    direct = store.rank(workspace, file)
    assert result == direct


def test_the_same_command_prints_the_same_document(file, capsys, tmp_path):
    words = ("plan", file, "--json", "--draws", 500, "--workspace", tmp_path / "ws")
    (_, first, _), (_, second, _) = run(capsys, *words), run(capsys, *words)
    assert first == second
    _, other, _ = run(capsys, *words, "--seed", 1)
    assert other != first


def test_the_contract_of_the_document(file, capsys, tmp_path):
    _, out, _ = run(capsys, "plan", file, "--json", "--draws", 500, "--workspace", tmp_path / "ws")
    result = json.loads(out)
    first = result["ranking"][0]
    assert {"option", "probability_best", "cost_total_usd", "cash_low_point_usd", "runway_months",
            "quality", "meets_floor"} <= first.keys()  # fmt: skip
    assert set(first["cost_total_usd"]) == {"p5", "p50", "p95"} == set(first["runway_months"])
    assert {"a", "b", "requests_per_day", "month"} <= result["break_even"][0].keys()
    assert {"option", "month", "revenue_usd", "cost_usd", "cash_usd"} <= result["monthly"][0].keys()
    assert {"input", "low", "high", "flips_at"} <= result["tornado"][0].keys()
    assert result["regret"] and result["warnings"] is not None
    assert set(result["summary"]) == {"en", "zh"}
    assert result["prices_as_of"] and result["seed"] == 0
    shares = sum(row["probability_best"] for row in result["ranking"]) + result["probability_none"]
    assert shares == pytest.approx(1.0)


def test_then_and_now_list_what_differs(file, capsys, tmp_path):
    words = ("plan", file, "--draws", 500, "--workspace", tmp_path / "ws")
    status, _, err = run(capsys, *words, "--as-of", "then")
    assert status == 2 and "no kept plan of 'mine'" in err and err.count("\n") == 1
    run(capsys, *words)
    status, out, _ = run(capsys, *words, "--as-of", "then", "--json")
    assert status == 0 and json.loads(out)["differences"] == []


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--draws", 0), "draws: 0 futures"),
        (("--seed", -1), "--seed is -1"),
        (("--as-of", "yesterday"), "--as-of is 'yesterday'"),
    ],
)
def test_flags_out_of_range_are_one_sentence(file, capsys, tmp_path, flags, said):
    status, out, err = run(capsys, "plan", file, *flags, "--workspace", tmp_path / "ws")
    assert status == 2 and out == "" and said in err and err.count("\n") == 1
