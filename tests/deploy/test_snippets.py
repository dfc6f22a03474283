"""The examples of how to call a server: they run as they are, and no name becomes code."""

import os
import shutil
import subprocess
import sys

import pytest

from core.deploy.keys import add
from core.deploy.load import served_load
from core.deploy.snippets import KEY_VARIABLE, LANGUAGES, snippet, way_of
from core.deploy.traffic import Row, Traffic
from core.workspace import Workspace
from tests.deploy.fakes import running

RUN = {
    "curl": ["bash", "-c"],
    "python": [sys.executable, "-c"],
    "javascript": ["node", "--input-type=module", "-e"],
}
HOSTILE = 'it\'s "x" $(touch /tmp/owned) `id` ${y} </script>'


def done(language, code, key=None):
    if shutil.which(RUN[language][0]) is None:
        pytest.skip(f"{RUN[language][0]} is not installed")
    if language == "python":
        pytest.importorskip("openai")
    environment = {**os.environ, **({KEY_VARIABLE: key} if key else {})}
    return subprocess.run([*RUN[language], code], capture_output=True, text=True, timeout=60,
                          env=environment)  # fmt: skip


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_runs_as_it_is(language, guarded, tmp_path):
    workspace = Workspace.open(tmp_path)
    key = add(workspace, "shop") if guarded else None
    with running(workspace=workspace) as up:
        code = snippet(language, way_of("translation"), up.url, "shout-1", guarded=guarded)
        found = done(language, code, key)
    assert found.returncode == 0, found.stderr
    assert "GOOD MORNING." in found.stdout
    assert key is None or key not in code


@pytest.mark.parametrize("task", ["text-generation", "text-classification", None])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_stays_a_name(language, task):
    with running() as up:
        code = snippet(language, way_of(task), up.url, HOSTILE, guarded=False)
        found = done(language, code)
    said = found.stdout + found.stderr
    told = ("There is no model called", "undefined", "NotFoundError")
    assert any(words in said for words in told), said


def test_load_is_of_the_model_since_its_server_began(tmp_path):
    workspace = Workspace.open(tmp_path)
    keeper = Traffic(workspace)
    rows = [(100, 200), (950, 200), (980, 200), (985, 429), (990, 500), (995, 499)]
    for n, (at, status) in enumerate(rows):
        keeper.add(Row(f"r{n}", 0, at, "m", "translation", "/v1/predict", status, 3, 0.25))
    keeper.add(Row("r1", 1, 950, "m", "translation", "/v1/predict", 200, 3, 9.0))
    keeper.add(Row("o", 0, 990, "other", "translation", "/v1/predict", 200, 3, 9.0))
    keeper.close()
    found = served_load(workspace, "m", since=200, now=1_015)
    assert (found.answered, found.per_minute, found.refused, found.errors) == (2, 1, 1, 1)
    assert found.latency.p50 == 250.0 and found.latency.n == 2
    assert served_load(workspace, "nobody", since=0).latency is None
