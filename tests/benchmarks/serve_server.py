"""The server of the serve benchmark: the serve job without the machinery of jobs.

    python -m tests.benchmarks.serve_server REQUEST

REQUEST is the JSON of a ServeRequest with `workspace`. The champion of a dataset is what the file
`champion.txt` in the workspace says, so that the benchmark can change it.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from core.jobs.context import Cancelled
from core.work import serve
from core.workspace import Workspace


class Told:
    """Stands for a job's context: prints events, and stops at SIGTERM."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.job_id = "benchmark"
        self.stopping = False
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_: object) -> None:
        """Somebody asked it to stop."""
        self.stopping = True

    def report(self, *_: object, **__: object) -> None:
        """Nobody is told."""

    def event(self, kind: str, **values: Any) -> None:
        """Say what happened, on standard output."""
        print(json.dumps([kind, values]), flush=True)

    def check(self) -> None:
        """End, if it was asked."""
        if self.stopping:
            raise Cancelled


def main() -> None:
    """Serve until SIGTERM."""
    request = json.loads(sys.argv[1])
    workspace = Workspace.open(request.pop("workspace"))
    serve.champion = lambda found, _: (found.root / "champion.txt").read_text().strip()
    # As the jobs' launcher has it: idle threads of a library must not spin.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.path.insert(0, str(Path(__file__).parents[2]))
    try:
        serve.run(request, Told(workspace))  # type: ignore[arg-type]
    except Cancelled:
        sys.exit(0)


if __name__ == "__main__":
    main()
