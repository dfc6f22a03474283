"""Targets for test workers."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from core.errors import WorkFailed
from core.jobs.worker import Context


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
