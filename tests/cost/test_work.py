import shutil
from types import SimpleNamespace

import pytest

from core.cost.training import estimate_training
from core.errors import BadInput, NotFound
from core.models.catalog import STARTERS
from core.train.runs import Run, write_run
from core.work.cost import price_run, run
from core.workspace import Workspace, assets


@pytest.fixture
def finished(tmp_path):
    """A run of a starter: 100 steps of 16 sequences, 96,000 tokens."""
    workspace = Workspace.open(tmp_path)
    starter = next(row for row in STARTERS if row.shape.family == "encoder-decoder")
    model = workspace.run("mine-1") / "model"
    model.mkdir(parents=True)
    shutil.copy(assets() / "models" / starter.name / "config.json", model)
    write_run(workspace, _run(training={"tokens": 96_000}))
    return workspace, starter


def _run(**more):
    return Run(
        run="mine-1", state="succeeded", base="starter-translate", base_hash=None, method="full",
        preset="quick", task="translation", dataset="d", data_version="v",
        config={"batch_size": 16}, seed=0, job="j", created_at="2026-11-23T00:00:00+00:00",
        steps=100, **more,
    )  # fmt: skip


def test_a_run_is_priced_at_its_own_tokens(finished):
    workspace, starter = finished
    found = price_run(workspace, "mine-1")
    # 96,000 tokens in 100 steps of 16 pairs: 60 a pair, half of them input.
    same = estimate_training(starter.shape, 96_000, sequence_length=30, batch_per_gpu=16)
    assert found["run"] == "mine-1"
    assert found["usd"]["p50"] == same.usd.value
    assert found["sequence_length_tokens"] == 30
    assert found["extrapolated"]
    assert found["gpus"] == 1


def test_the_job_says_what_it_does(finished):
    workspace, _ = finished
    said = []
    context = SimpleNamespace(workspace=workspace, report=lambda *words, **_: said.append(words))
    assert run({"run": "mine-1"}, context)["usd"]["p5"] > 0
    assert said == [(None, "cost.working")]


def test_a_run_without_tokens_is_refused(finished):
    workspace, _ = finished
    write_run(workspace, _run(training={}))
    with pytest.raises(BadInput, match="recorded no tokens"):
        price_run(workspace, "mine-1")


def test_an_unknown_run_is_refused(finished):
    with pytest.raises(NotFound, match="mine-1"):
        price_run(finished[0], "other")
