"""Targets for test workers."""

import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

from core.errors import WorkFailed
from core.jobs.context import Context


def echo(request: dict[str, Any], context: Context) -> dict[str, Any]:
    print("hello from the worker")
    context.report(0.5, "job.running", part="half")
    context.event("step", step=1, loss=2.5)
    context.event("note", text="with signs \u2028 “ü”")
    context.event("step", step=2, loss=1.5)
    return {"got": request}


def wait(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Until it is stopped; leaves a mark where it was told to, so that starts can be counted."""
    if "mark" in request:
        with Path(request["mark"]).open("a") as file:
            file.write(f"{os.getpid()}\n")
    context.report(0.1, "job.running")
    while True:
        context.check()
        time.sleep(0.01)


def deaf(request: dict[str, Any], context: Context) -> dict[str, Any]:
    context.report(0.1, "job.running")
    time.sleep(600)
    return {}


def refuse(request: dict[str, Any], context: Context) -> dict[str, Any]:
    raise WorkFailed("The loss was no number any more; lower the learning rate.")


def crash(request: dict[str, Any], context: Context) -> dict[str, Any]:
    raise RuntimeError("wires crossed\nand a second line")


def vanish(request: dict[str, Any], context: Context) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def strange(request: dict[str, Any], context: Context) -> dict[str, Any]:
    return {"not json": object()}


def vanish_once(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Dies without a word at the first attempt."""
    mark = Path(request["mark"])
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"second": True}


def steps(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Counts, keeps its count in a file, and rests only where it is kept."""
    kept = Path(request["kept"])
    done = int(kept.read_text()) if kept.exists() else 0
    context.event("resumed", step=done)
    with context.saving():
        while done < request["steps"]:
            done += 1
            context.report(0.1, "job.running")
            time.sleep(0.01)
            if context.pausing:
                kept.write_text(str(done))
                context.rest()
    return {"done": done}


def fills(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Writes more than it may: the disk looks full to it alone."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    Path(request["path"]).write_bytes(b"x" * (2 << 20))
    return {}


def hungry(request: dict[str, Any], context: Context) -> dict[str, Any]:
    raise MemoryError("cannot allocate an array of shape (9, 9)")
