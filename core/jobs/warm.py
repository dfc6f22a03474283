"""One warm process for work that a page waits for: it imports once and goes when idle.

The child is this file run as a program. Requests and answers are lines of JSON over pipes: nothing
is unpickled, and the child ends by itself when the parent's end of the pipe falls.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from typing import Any

from core import errors
from core.errors import AssayError, WorkFailed
from core.jobs.launch import environment as child_environment

IDLE_SECONDS = 600.0


class Warm:
    """A process that is started by the first call and freed after idle time.

    Safe to share between threads: calls wait for each other, so one model is in memory at a time.

    Args:
        environment: Added to the child's environment.
        idle_seconds: How long the child may wait for the next call.
        retry: Whether a call whose child died is made once more, in a fresh one.
    """

    def __init__(
        self,
        environment: dict[str, str] | None = None,
        idle_seconds: float = IDLE_SECONDS,
        *,
        retry: bool = True,
    ) -> None:
        self._retry = retry
        self._environment = environment or {}
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._timer: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """The child's process number; None while there is none."""
        return self._child.pid if self._child else None

    def call(self, target: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run a function in the child and return its answer.

        Args:
            target: "package.module:function"; it takes the request and returns a JSON object.
            request: JSON fields.

        Raises:
            AssayError: What the function raised, of the same class.
            WorkFailed: The function broke, or the child died and a fresh one died as well.
        """
        with self._lock:
            self._stop_timer()
            try:
                answer = self._ask(target, request)
                if answer is None and self._retry:
                    # It may have been killed while idle (memory, a person): once more, afresh.
                    answer = self._ask(target, request)
            finally:
                self._start_timer()
        if answer is None:
            raise WorkFailed(
                "The process that does this work ended without a word; the machine may be out of "
                "memory. Try a smaller model or a shorter text."
            )
        if "error" in answer:
            kind = getattr(errors, answer["error"], WorkFailed)
            raise kind(answer["message"])
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        """End the child, whatever it does."""
        with self._lock:
            self._stop_timer()
            self._end()

    def _ask(self, target: str, request: dict[str, Any]) -> dict[str, Any] | None:
        """The child's answer; None if it died."""
        child = self._child or self._start()
        assert child.stdin and child.stdout  # noqa: S101 - both are pipes, see _start
        try:
            child.stdin.write(json.dumps([target, request]) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._end()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _start(self) -> subprocess.Popen[str]:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "core.jobs.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**child_environment(), **self._environment},
        )
        return self._child

    def _end(self) -> None:
        if self._child:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _start_timer(self) -> None:
        self._timer = threading.Timer(self._idle_seconds, self.close)
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def answer(line: str) -> dict[str, Any]:
    """What the child says to one line: {"result": …} or {"error": class name, "message": …}."""
    target, request = json.loads(line)
    module, function = target.split(":")
    try:
        result = getattr(importlib.import_module(module), function)(request)
    except AssayError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except Exception as error:
        traceback.print_exc()
        return {
            "error": "WorkFailed",
            "message": f"The work stopped with an unexpected {type(error).__name__}: {error} "
            "The whole story is in the terminal that runs the dashboard.",
        }
    return {"result": result}


def main() -> int:
    """Answer lines of standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints goes to standard error: the pipe carries answers only.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            answers.write(json.dumps(answer(line), allow_nan=False) + "\n")
            answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
