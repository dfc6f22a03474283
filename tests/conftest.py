"""One workspace with small real data, made once by the jobs that users start."""

import os
import sys

# Before torch is read: models this small are fastest on one core, and two threads of two test
# processes wait for each other on a machine of two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from core import run
from core.evaluate.store import COPY_SOURCE
from core.jobs import runner
from core.update import feedback
from core.workspace import Workspace

DATASET = "localise-de"
RUN = "localise-de-1"
ROWS = 40


def _done(workspace, job):
    return runner.follow(workspace, job.id).result


@pytest.fixture(autouse=True)
def own_main():
    """Streamlit leaves a page that a test runs as `__main__`, and spawned children would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """A sample dataset, a twenty-step run, three evaluations, a capture, a plan, two judgements."""
    workspace = Workspace.open(tmp_path_factory.mktemp("seeded"))
    for sample in (DATASET, "general-de"):
        _done(workspace, run.start(workspace, run.ImportRequest(sample))[0])
    job, name, _ = run.start_training(
        workspace, DATASET, preset="quick", settings={"max_steps": 20, "batch_size": 16},
        test_limit=ROWS,
    )  # fmt: skip
    _done(workspace, job)
    assert name == RUN
    for request in (
        run.EvaluateRequest(DATASET, model=COPY_SOURCE, limit=ROWS),
        run.AttentionRequest(RUN, "Saturday, 3 March 2029", "Samstag, 3. März 2029"),
        run.PlanRequest(str(next(iter(_scenarios())))),
    ):
        _done(workspace, run.start(workspace, request)[0])
    for verdict, correction in (("up", None), ("down", "Samstag, 3. März 2029")):
        feedback.add(
            workspace, model=RUN, input="Saturday, 3 March 2029", output="3. März",
            verdict=verdict, correction=correction, source="page",
        )  # fmt: skip
    return workspace


def _scenarios():
    from core.strategy.scenario import load, samples

    return [path for path in samples() if load(path).quality.dataset == DATASET]
