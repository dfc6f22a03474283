import json
import sys

import pytest
from click.testing import CliRunner

from core import machine
from core.cli.doctor import doctor
from core.machine import Lack, examine


def test_it_says_what_the_machine_has(tmp_path):
    found = examine(str(tmp_path / "workspace"))
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.cpu_cores >= 1
    assert found.memory_bytes > found.memory_free_bytes > 0
    assert found.workspace_writable
    assert found.assets["models"] >= 1


def test_a_workspace_that_cannot_be_written_is_a_lack_not_a_crash(tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    found = examine(str(file / "workspace"))
    assert not found.workspace_writable
    [lack] = [lack for lack in found.lacks if lack.name == "workspace"]
    assert "cannot be made" in lack.why
    assert not found.as_json()["ok"]


def test_a_gpu_that_this_torch_cannot_use_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_gpus", lambda: (machine.Gpu("NVIDIA A100", 80 * 10**9),))
    monkeypatch.setattr(machine, "_version", lambda name: "2.13.0+cpu")
    found = examine(str(tmp_path))
    assert "torch with CUDA" in [lack.name for lack in found.lacks]


def test_a_missing_library_names_the_line_that_installs_it(tmp_path, monkeypatch):
    known = machine._version
    monkeypatch.setattr(machine, "_version", lambda n: None if n == "sacrebleu" else known(n))
    lack = Lack("sacrebleu", "This library is not installed.", "pip install sacrebleu", True)
    assert lack in examine(str(tmp_path)).lacks


@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_the_command_prints_and_imports_no_torch(tmp_path, flag):
    result = CliRunner().invoke(doctor, ["--workspace", str(tmp_path), *flag])
    assert "128" in result.stdout
    if flag:
        assert json.loads(result.stdout)["memory_bytes"] > 0
