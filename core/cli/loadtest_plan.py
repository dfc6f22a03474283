"""How requests come, from the options of `assay loadtest`."""

from typing import Any

from core.deploy.loadtest import RAMP_SECONDS, SECONDS, Plan, minutes
from core.errors import BadInput
from core.units import KILO

OWNERS = (
    ("requests_per_day", "shape"),
    ("minutes", "shape"),
    ("step_seconds", "ramp"),
    ("multiple", "ramp"),
    ("max_p95_ms", "ramp"),
)
"""Options that belong to one way of loading."""


def plan_of(given: dict[str, Any]) -> Plan:
    """How requests come, from the options.

    Raises:
        BadInput: Two ways are asked for at once, or a number cannot be.
    """
    ways = [name for name in ("rate", "shape", "clients") if given[name] is not None]
    ways += ["ramp"] if given["ramp"] else []
    if len(ways) > 1:
        raise BadInput(f"--{ways[0]} and --{ways[1]} are two ways to load; give one of them.")
    kind = ways[0] if ways else "ramp"
    for name, owner in OWNERS:
        if given[name] is not None and kind != owner:
            raise BadInput(f"--{name.replace('_', '-')} is for --{owner}; leave it out.")
    if given["duration"] is not None and kind == "shape":
        raise BadInput("--duration is not for --shape; give the day's length with --minutes.")
    seconds = given["duration"] or (RAMP_SECONDS if kind == "ramp" else SECONDS)
    if given["duration"] == 0:
        seconds = 0.0
    if kind == "shape":
        seconds = minutes(5.0 if given["minutes"] is None else given["minutes"])
    more = {"step_seconds": given["step_seconds"], "multiple": given["multiple"],
            "most_requests": given["max_requests"], "most_in_flight": given["max_in_flight"],
            "timeout_seconds": given["timeout"]}  # fmt: skip
    return Plan(
        kind, given["rate"], given["shape"], given["requests_per_day"], given["clients"], seconds,
        max_p95_seconds=None if given["max_p95_ms"] is None else given["max_p95_ms"] / KILO,
        seed=given["seed"], **{name: value for name, value in more.items() if value is not None},
    )  # fmt: skip
