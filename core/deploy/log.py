"""What the server did, a line of JSON each, on standard error: a job's log keeps it.

Texts are in it only where --log-texts asks for them. Standard library only.
"""

import asyncio
import json
import sys
import time
from typing import Any, TextIO

HELD_SECONDS = 0.2
"""Lines are written together: a write for each request would be a good part of what it costs."""


class Log:
    """Writes lines.

    Args:
        texts: Whether what was asked and answered is written too.
        to: Where; None = standard error.
    """

    def __init__(self, *, texts: bool = False, to: TextIO | None = None) -> None:
        self.texts = texts
        self._to = to
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
        if held:
            (self._to or sys.stderr).write("".join(held))
