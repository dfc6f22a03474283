import json
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
    status, out, _ = run(capsys, "plan", file, "--json", "--workspace", tmp_path / "ws")
    result = json.loads(out)
    assert status == 0 and result["plan"] == "mine"
    workspace = Workspace.open(tmp_path / "ws")
    assert workspace.plan("mine").is_file()
    kept = store.latest(workspace)
    assert kept is not None and {key: kept[key] for key in result} == result
    assert store.open_scenario(workspace, "mine").title == result["title"]


def test_text_names_the_options_and_the_break_even(file, capsys, tmp_path):
    status, out, _ = run(capsys, "plan", file, "--workspace", tmp_path / "ws")
    assert status == 0
    assert "→ Rent" in out and "Break-even" in out and "What would change it" in out


def test_a_wrong_value_is_one_sentence_and_exit_2(file, capsys, tmp_path):
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("cash_usd = 560_000", "cash_usd = -5"), encoding="utf-8")
    status, out, err = run(capsys, "plan", file, "--json", "--workspace", tmp_path / "ws")
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
    assert {**result, "created_at": None} == {**direct, "created_at": None}
