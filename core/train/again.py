"""A run as a request: what was asked for, so that it can be asked for again, and differences.

Standard library only.
"""

from collections.abc import Sequence
from typing import Any

from core.train.config import PRESETS, SETTINGS, TrainConfig, from_preset
from core.train.runs import Run

APART = ("method", "replay_share")
"""Settings that have an argument of their own."""


def request_of(run: Run) -> dict[str, Any]:
    """Fields of `core.run.TrainRequest`, apart from `run`, that make the same run.

    `settings` holds what differs from the preset as it is now, not as it was then.
    """
    name = run.preset if run.preset in PRESETS else TrainConfig().preset  # of another Assay
    preset = from_preset(name).to_json()
    trainer = run.config.get("trainer") or {}
    known = [row.name for row in SETTINGS if row.name not in APART]
    settings = {
        key: run.config[key]
        for key in known
        if key in run.config and run.config[key] != preset.get(key)
    }
    settings |= trainer
    return {
        "dataset": f"{run.dataset}@{run.data_version}",
        "base": run.base,
        "preset": name,
        "method": run.method,
        "settings": settings,
        "replay_share": float(run.config.get("replay_share") or 0.0),
        "general": run.general["dataset"] if run.general else None,
    }


def made_from(run: Run) -> dict[str, Any]:
    """Everything that a run's outcome depends on, flat."""
    environment = run.environment
    versions = {f"version.{k}": v for k, v in environment.get("libraries", {}).items()}
    machine = {k: environment.get(k) for k in ("python", "machine", "system", "cpu_count")}
    data = {"dataset": run.dataset, "data_version": run.data_version}
    base = {"base": run.base, "base_hash": run.base_hash}
    config = {**run.config, **(run.config.get("trainer") or {})}
    config.pop("trainer", None)
    return {**config, **base, **data, **versions, **machine}


def differences(runs: Sequence[Run]) -> dict[str, tuple[Any, ...]]:
    """What runs were made from where they are not all the same: name to one value a run."""
    made = [made_from(run) for run in runs]
    found = {}
    for name in dict.fromkeys(name for one in made for name in one):
        values = tuple(one.get(name) for one in made)
        if any(value != values[0] for value in values):
            found[name] = values
    return found
