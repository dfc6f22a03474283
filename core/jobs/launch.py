"""Start workers and the dispatcher, each a process of its own that outlives whoever started it.

The parent takes a kernel lock on the job's lock file and hands the open file to the worker. The
lock lives as long as the worker does and falls with it, however it dies: "is it alive?" is a
question to the kernel, never to a process number that may have been used again.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from core.jobs import host
from core.jobs.job import Job
from core.jobs.log import log_path
from core.jobs.store import JobStore
from core.workspace import Workspace

DISPATCHER_LOCK = "dispatcher.lock"


def launch(workspace: Workspace, store: JobStore, job: Job) -> subprocess.Popen[bytes] | None:
    """Start the worker of a queued job; None if it cannot be started, which the job then says."""
    folder = workspace.job(job.id)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock.new").open("w") as lock, log_path(workspace, job.id).open("ab") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Locked before it has its name: whoever finds the file unlocked knows that the worker died.
        (folder / "lock.new").rename(folder / "lock")
        try:
            # A program of this package, an argument list, no shell: nothing of the user's is run.
            child = subprocess.Popen(
                [sys.executable, "-m", "core.jobs.worker", str(workspace.root), job.id],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock.fileno(),),
                start_new_session=True,
                env=environment(),
            )
        except OSError as error:
            words = f"The worker could not be started: {error}."
            store.finish(job.id, "failed", reason="not_started", error=words)
            return None
    store.launched(job.id)
    return child


def wake(workspace: Workspace) -> bool:
    """Start the dispatcher if jobs wait and there is none; whether it was started."""
    if held(workspace.root / "jobs" / DISPATCHER_LOCK):
        return False
    with JobStore(workspace) as store:
        if not store.waiting():
            return False
    folder = workspace.root / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "dispatcher.txt").open("ab") as log:
        # Two at once do no harm: the second finds the lock taken and ends.
        child = subprocess.Popen(
            [sys.executable, "-m", "core.jobs.dispatcher", str(workspace.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment(),
        )
    # A parent that lives long must take note of the end, or a zombie stays behind.
    threading.Thread(target=child.wait, daemon=True).start()
    return True


def dispatched(workspace: Workspace) -> bool:
    """Whether a dispatcher is at work, which sees how its workers end."""
    return held(workspace.root / "jobs" / DISPATCHER_LOCK)


def environment() -> dict[str, str]:
    """The parent's environment, with this code on the path and the Hub's chatter off."""
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        # With two threads libgomp spins and collapses when a neighbour uses a core.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }


def alive(workspace: Workspace, job_id: str) -> bool:
    """Whether the job's worker exists: it holds the lock."""
    return held(workspace.job(job_id) / "lock")


def held(path: Path) -> bool:
    """Whether a process holds the lock on a file."""
    try:
        file: IO[str] = path.open("r+")
    except FileNotFoundError:
        return False
    with file:
        try:
            # Shared, so that two who ask at once do not take each other for the holder.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def send(job: Job, number: signal.Signals) -> bool:
    """Signal the worker's whole group, which is a session of its own; False if it is gone.

    A stranger that has got the worker's process number since is left alone.
    """
    if job.pid is None or job.process is None or host.process_mark(job.pid) != job.process:
        return False
    try:
        os.killpg(job.pid, number)
    except ProcessLookupError:
        return False  # it ended by itself in the meantime, which is what was wanted
    return True
