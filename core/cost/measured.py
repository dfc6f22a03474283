"""What was measured of machines: kept in the workspace, shown beside what was predicted."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core import record
from core.cost.calibrate import Machine, Measurement, ServedMeasurement, shrink
from core.cost.calibrate_serving import shrink_served
from core.cost.estimate import Shrunk
from core.cost.hardware import Gpu
from core.workspace import Workspace


def load(workspace: Workspace, name: str) -> Machine | None:
    """What was measured of a machine; None = nothing."""
    path = workspace.calibrations / f"{record.hash_json(name)[:16]}.json"
    if not path.is_file():
        return None
    body = record.read(path, "calibration")
    return Machine(
        body["name"], Gpu(**body["card"]), body["known"],
        tuple(Measurement(**one) for one in body["measured"]),
        # Files of before load tests calibrated anything have none.
        tuple(ServedMeasurement(**one) for one in body.get("served", ())),
    )  # fmt: skip


def save(workspace: Workspace, machine: Machine) -> None:
    """Keep what was measured of a machine."""
    path = workspace.calibrations / f"{record.hash_json(machine.name)[:16]}.json"
    record.write(path, "calibration", asdict(machine))


def document(machine: Machine, kinds: Sequence[str] = ("finetuning", "adapters")) -> dict[str, Any]:
    """Measured beside predicted, and what it does to the ranges, as JSON."""
    return {
        "machine": machine.name,
        "gpu": machine.card.name,
        "known_card": machine.known,
        "peak_flops_per_second": machine.card.peak_flops_per_second,
        "bandwidth_bytes_per_second": machine.card.bandwidth_bytes_per_second,
        "date": machine.date or None,
        "n": len(machine.measured),
        "measurements": [{**asdict(one), "ratio": one.ratio} for one in machine.measured],
        "kinds": [
            {"regime": regime, **_shrunk_document(found)}
            for kind in kinds
            for regime, launched in REGIMES.items()
            if (found := shrink(machine, kind, _METHODS[kind], launched)).n
        ],
        "served": [{**asdict(one), "ratio": one.ratio} for one in machine.served],
        "serving": [
            {"engine": engine, "regime": regime,
             **_shrunk_document(shrink_served(machine, engine, regime))}
            for engine, regime in sorted({(one.engine, one.regime) for one in machine.served})
        ],
    }  # fmt: skip


REGIMES = {"computes": 0.0, "waits for launches": 1.0}
"""What a step spends its time with -> the share of it that is launches."""
_METHODS = {"finetuning": "full", "adapters": "lora"}


def _shrunk_document(found: Shrunk) -> dict[str, Any]:
    return {
        "kind": found.before.kind,
        "n": found.n,
        "measured_over_predicted": found.ratio,
        "range_before": {"p5": found.before.low, "p50": 1.0, "p95": found.before.high},
        "range_after": {
            "p5": found.ratio * found.after.low, "p50": found.ratio,
            "p95": found.ratio * found.after.high,
        },
        "width_after_over_before": found.left,
    }  # fmt: skip
