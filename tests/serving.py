"""Start `assay` as a user does, on a free port, and end it as a user does."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSAY = [sys.executable, "-c", "from core.cli.main import main; main()"]


def spawn(*arguments, **environment):
    """`assay ARGUMENTS` in a process group of its own."""
    return subprocess.Popen(
        [*ASSAY, *arguments], cwd=ROOT, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip


def interrupt(process):
    """Ctrl-C: the signal goes to the whole group. Returns the exit status and standard error."""
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


@contextmanager
def dashboard(workspace, *arguments, **environment):
    """A dashboard that is up; gives its URL."""
    process = spawn(
        "dashboard", "--port", "0", "--no-browser", "--workspace", str(workspace.root),
        *arguments, **environment,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line.startswith("Assay is at http://"), line + process.stderr.read()
        yield line.split()[3].partition("/?")[0]
    finally:
        interrupt(process)
