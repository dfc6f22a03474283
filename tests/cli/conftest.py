"""A command line without a process of its own."""

import pytest

from core.cli.main import main


@pytest.fixture
def assay(tmp_path, monkeypatch, capsys):
    """Run a command with a workspace of its own."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        output = capsys.readouterr()
        return ended.value.code, output.out, output.err

    return run
