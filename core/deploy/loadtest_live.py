"""How a load test goes while it runs: the last requests, read from another thread."""

from typing import Any

import numpy as np

from core.deploy.loadtest_drive import Drive
from core.deploy.loadtest_samples import BUSY, OK
from core.deploy.loadtest_summary import milliseconds

RECENT = 10_000
"""Requests that are looked at, at most."""


def now(drive: Drive, seconds: float) -> dict[str, Any]:
    """Counts so far, and times and rates of the last seconds.

    Slices of arrays are copies made in one step, so that the thread that appends to them is not
    disturbed.
    """
    samples = drive.firing.samples
    outcome = np.array(samples.outcome[:], np.uint8)
    due, ended = np.array(samples.due[-RECENT:]), np.array(samples.ended[-RECENT:])
    length = min(len(due), len(ended), len(outcome))
    due, ended, last = (column[len(column) - length :] for column in (due, ended, outcome))
    fresh = ended > ended.max(initial=0.0) - seconds
    times = (ended - due)[fresh & (last == OK)]
    stage = drive.stages[-1] if drive.stages else None
    ok, busy = int((outcome == OK).sum()), int((outcome == BUSY).sum())
    return {
        "sent": drive.firing.started,
        "ok": ok,
        "busy": busy,
        "errors": len(outcome) - ok - busy,
        "in_flight": drive.firing.in_flight,
        "rate": None if stage is None or stage.rate is None else round(stage.rate, 3),
        "clients": stage.clients if stage else None,
        "finished_per_second": round(float((last == OK)[fresh].sum()) / seconds, 3),
        "p50_ms": milliseconds(float(np.quantile(times, 0.5)) if len(times) else None),
        "p95_ms": milliseconds(float(np.quantile(times, 0.95)) if len(times) else None),
    }
