"""Work for the workers of these tests: real processes import `sample_work` by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs import runner
from core.jobs.store import JobStore
from core.workspace import Workspace
from tests.jobs.waiting import wait_for

HERE = str(Path(__file__).parent)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose workers can import this folder's modules; they are gone afterwards."""
    monkeypatch.setenv("PYTHONPATH", HERE)
    place = Workspace.open(tmp_path / "home")
    yield place
    with JobStore(place) as store:
        for job in store.jobs(active=True):
            runner.cancel(place, job.id)
            wait_for(lambda job=job: not runner.alive(place, job.id))
