"""What the server did, a line of JSON each, on standard error: a job's log keeps it, the newest.

Texts are in it only where --log-texts asks for them. Standard library only.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from core.units import MIB

HELD_SECONDS = 0.2
"""Lines are written together: a write for each request would be a good part of what it costs."""
MOST_BYTES, KEPT_BYTES = 64 * MIB, 16 * MIB
"""A file that has grown to the first loses its beginning, and has the second left."""


class Log:
    """Writes lines.

    Args:
        texts: Whether what was asked and answered is written too.
        to: Where; None = standard error.
        file: What standard error is written to, and others append to as well; None = no file.
    """

    def __init__(
        self, *, texts: bool = False, to: TextIO | None = None, file: Path | None = None
    ) -> None:
        self.texts = texts
        self._to, self._file = to, file
        self._written = 0
        self._held: list[str] = []

    def say(self, event: str, **values: Any) -> None:
        """Write a line, in an event loop a little later; what is None is left out."""
        known = {name: value for name, value in values.items() if value is not None}
        line = {"at": round(time.time(), 3), "event": event, **known}
        # JSON escapes control characters: no text can forge a line.
        self._held.append(json.dumps(line, ensure_ascii=True) + "\n")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            if len(self._held) == 1:
                loop.call_later(HELD_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what is held."""
        held, self._held = self._held, []
        if not held:
            return
        lines = "".join(held)
        (self._to or sys.stderr).write(lines)
        self._written += len(lines)
        if self._file is not None and self._written >= MOST_BYTES - KEPT_BYTES:
            self._written = 0
            keep_end(self._file, MOST_BYTES, KEPT_BYTES)


def keep_end(path: Path, most: int, kept: int) -> None:
    """Let a log of more than `most` bytes begin with the first line of its last `kept`.

    Whoever appends to it goes on at its new end.
    """
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= most:
            return
        file.seek(size - kept)
        file.readline()
        rest = file.read()
        file.seek(0)
        file.write(rest)
        file.truncate()
