"""The command line: grouped help, one sentence for an error, the contract's exit statuses."""

import importlib
import subprocess
import sys

import click
import pytest

from core.cli import main as cli
from core.errors import NotFound, WorkFailed


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "from core.cli.main import main; main()", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_help_groups_the_commands_by_stage_without_importing_them():
    found = run("--help")
    assert found.returncode == 0
    for command in cli.COMMANDS:
        assert f"{command.group}:" in found.stdout
        assert command.name in found.stdout


def test_every_command_is_there_and_says_what_it_does():
    for command in cli.COMMANDS:
        module = importlib.import_module(f"core.cli.{command.module}")
        found = getattr(module, command.name)
        assert isinstance(found, click.Command)
        assert found.help


def test_completion_names_commands_without_importing_them():
    group = cli.cli
    found = group.shell_complete(click.Context(group), "tr")
    assert [item.value for item in found] == ["train", "trust"]


def test_an_unknown_command_is_a_wrong_request():
    found = run("fly")
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.splitlines() == ["assay: No such command 'fly'."]


@pytest.mark.parametrize(("error", "status"), [(NotFound("No."), 2), (WorkFailed("Broke."), 1)])
def test_errors_are_one_line_and_a_status(monkeypatch, capsys, error, status):
    @click.command()
    def broken():
        raise error

    monkeypatch.setattr(cli.Assay, "get_command", lambda *_: broken)
    with pytest.raises(SystemExit) as end:
        cli.main(["broken"])
    assert end.value.code == status
    assert capsys.readouterr().err == f"assay: {error}\n"


def test_interruption_is_130(monkeypatch):
    @click.command()
    def slow():
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.Assay, "get_command", lambda *_: slow)
    with pytest.raises(SystemExit) as end:
        cli.main(["slow"])
    assert end.value.code == 130


@pytest.mark.parametrize("arguments", [["runs", "list"], ["jobs", "list"], ["--help"]])
def test_lists_load_neither_torch_nor_pandas(tmp_path, monkeypatch, arguments):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    code = (
        "import sys\nfrom core.cli.main import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "print([m for m in ('torch', 'transformers', 'pandas', 'streamlit') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert found.stdout.splitlines()[-1:] == ["[]"], found.stderr
