"""What the server did, a line of JSON each, on standard error: a job's log keeps it.

Texts are in it only where --log-texts asks for them. Standard library only.
"""

import json
import sys
import time
from typing import Any, TextIO


class Log:
    """Writes lines.

    Args:
        texts: Whether what was asked and answered is written too.
        to: Where; None = standard error.
    """

    def __init__(self, *, texts: bool = False, to: TextIO | None = None) -> None:
        self.texts = texts
        self._to = to

    def say(self, event: str, **values: Any) -> None:
        """Write a line; what is None is left out."""
        known = {name: value for name, value in values.items() if value is not None}
        line = {"at": round(time.time(), 3), "event": event, **known}
        # JSON escapes control characters: no text can forge a line.
        (self._to or sys.stderr).write(json.dumps(line, ensure_ascii=True) + "\n")
