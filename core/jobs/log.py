"""A job's log, read and searched: bounded, and free of what a terminal or a page would obey.

Standard library only.
"""

import os
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.jobs.store import JobStore
from core.text.literal import printable
from core.units import KIB, MIB
from core.workspace import Workspace

TAIL_BYTES = MIB
"""Read from the end where nothing is searched for."""
SEARCHED_BYTES = 64 * MIB
"""Searched from the end; what stands before is said to have been left out."""
LINE_BYTES = 4 * KIB
"""Of a line this much is read, shown and searched; the rest is counted."""
LAST = 200

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
"""ANSI: control sequences (colour, cursor), operating system commands (title, links), others."""


@dataclass(frozen=True)
class Log:
    """The last lines of a log.

    Attributes:
        lines: Printable text, the oldest first.
        found: Lines with the words, all that were read counted; without words, all that were read.
        left_out_bytes: At the log's beginning, not read.
    """

    lines: tuple[str, ...]
    found: int
    left_out_bytes: int


def log_path(workspace: Workspace, job_id: str) -> Path:
    """Where all that a job's processes print is appended."""
    return workspace.job(job_id) / "log.txt"


def read_log(workspace: Workspace, job_id: str, last: int = LAST, words: str = "") -> Log:
    """The last lines of a job's log; with words, the last of those that hold every one of them.

    Args:
        workspace: Where it lives.
        job_id: The job.
        last: Lines at most.
        words: Literal, separated by spaces, in any order, upper or lower case.

    Raises:
        NotFound: There is no such job.
    """
    with JobStore(workspace) as store:
        store.get(job_id)
    path = log_path(workspace, job_id)
    if not path.exists():
        return Log((), 0, 0)
    wanted = words.casefold().split()
    kept: deque[str] = deque(maxlen=last)
    found = 0
    with path.open("rb") as file:
        start = max(0, file.seek(0, os.SEEK_END) - (SEARCHED_BYTES if wanted else TAIL_BYTES))
        file.seek(start)
        for line in _lines(file):
            folded = line.casefold()
            if all(word in folded for word in wanted):
                kept.append(line)
                found += 1
    return Log(tuple(kept), found, start)


def _lines(file: IO[bytes]) -> Iterator[str]:
    """Lines from where a file stands, each bounded, however long it is."""
    while piece := file.readline(LINE_BYTES):
        more = 0
        end = piece
        while not end.endswith(b"\n") and (end := file.readline(LINE_BYTES)):
            more += len(end)
        text = plain(piece.decode("utf-8", "replace"))
        yield f"{text}… ({more:,} more bytes)" if more else text


def plain(text: str) -> str:
    """A line as it looks: escape sequences gone, only what a progress bar drew last, printable."""
    seen = _ESCAPE.sub("", text).rstrip("\r\n").rpartition("\r")[2]
    return printable(seen)
