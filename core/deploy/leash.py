"""Run a command that must not outlive its parent: `python -P leash.py COMMAND…`.

It watches its standard input, which the parent holds open: however the parent ends, the pipe ends
with it, and the command's whole group is stopped. Standard library only.
"""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

GRACE_SECONDS = 10.0


def main(command: list[str]) -> int:
    """Run a command; ends with it, or ends it with the pipe."""
    # An argument list, no shell, in a group of its own: what it starts is stopped with it.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def stop(number: int, _: FrameType | None = None) -> None:
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            return  # it has ended, which is what was wanted

    def watch() -> None:
        while os.read(0, 4096):
            pass
        stop(signal.SIGTERM)
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            stop(signal.SIGKILL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # meant for the parent, which ends the pipe in time
    threading.Thread(target=watch, daemon=True).start()
    status = child.wait()
    stop(signal.SIGKILL)  # what it left behind
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
