"""Start waiting jobs in turn, with no page open: `python -m core.jobs.dispatcher WORKSPACE`.

One small process a workspace, there while jobs compute or wait. It is the parent of the workers
and so sees how they end. Killed, it takes nothing with it: they go on, and the next look at the
jobs starts another one.
"""

import fcntl
import importlib
import subprocess
import sys
import time
import traceback
from pathlib import Path

from core.jobs.launch import DISPATCHER_LOCK, alive, launch
from core.jobs.runner import reconcile
from core.jobs.store import JobStore
from core.workspace import Workspace

SLOTS = 1
"""Jobs that may compute at once: a machine's memory and cores are not divided well by chance."""
LOOK_SECONDS = 0.1
SCHEDULES = "core.scheduled:look"
"""What starts work that is due; by name, for jobs know nothing of what they do."""
SCHEDULE_SECONDS = 60.0


def main(root: str) -> int:
    """Dispatch until nothing waits or computes."""
    workspace = Workspace.open(root)
    while True:
        with (workspace.root / "jobs" / DISPATCHER_LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0  # there is one
            dispatch(workspace)
        # Whoever queued a job while the lock was still held relied on it: look once more.
        with JobStore(workspace) as store:
            if not store.waiting():
                return 0


def dispatch(workspace: Workspace) -> None:
    """Start one job after the other; returns when none computes and none waits."""
    children: dict[str, subprocess.Popen[bytes]] = {}
    looked = time.monotonic()
    with JobStore(workspace) as store:
        while True:
            if time.monotonic() - looked > SCHEDULE_SECONDS:
                _look_at_schedules(workspace)
                looked = time.monotonic()
            for job_id, child in list(children.items()):
                status = child.poll()
                if status is not None:
                    store.exited(job_id, status)
                    del children[job_id]
            reconcile(workspace, dispatching=True)
            active = [job for job in store.jobs(active=True) if job.slotted]
            if not active:
                return
            computing = [job for job in active if alive(workspace, job.id)]
            if len(computing) < SLOTS:
                for job in store.waiting():
                    if not job.launched and not alive(workspace, job.id):
                        started = launch(workspace, store, job)
                        if started:
                            children[job.id] = started
                        break
            time.sleep(LOOK_SECONDS)


def _look_at_schedules(workspace: Workspace) -> None:
    module, function = SCHEDULES.split(":")
    try:
        getattr(importlib.import_module(module), function)(workspace)
    except Exception:
        # A schedule that cannot be carried out must not end the work that is under way.
        traceback.print_exc()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.exit(main(sys.argv[1]))
