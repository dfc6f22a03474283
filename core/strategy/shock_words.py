"""What a shock does, in words, from its row of a plan's document."""

from typing import Any

from core.strategy.figures import percent, plain
from core.text.catalog import t

Document = dict[str, Any]
SHARES = ("churn_added_per_month", "floor_added_share")
"""Effects that are added as a share; the others are factors, or months."""


def effects(row: Document, language: str) -> list[str]:
    """Each effect with its size: "API prices × 0.55 (0.4–0.75)", "models are trained anew"."""
    found = []
    for name, effect in row["effects"].items():
        low, value, high = (_size(name, effect[end]) for end in ("low", "value", "high"))
        size = value if low == high else t("shocks.range", language, value=value, low=low,
                                           high=high)  # fmt: skip
        found.append(t(f"shocks.effect.{name}", language, by=size))
    if row["forces_retrain"]:
        found.append(t("shocks.effect.forces_retrain", language))
    return found


def _size(name: str, value: float) -> str:
    return percent(value) if name in SHARES else plain(round(value, 2))
