"""Where a shock's numbers come from, in words, and the price changes behind them."""

from collections.abc import Callable

from core.cost.gpu_price_history import gpu_changes
from core.cost.price_history import api_changes
from core.cost.price_steps import PriceChange
from core.strategy.shocks import RANGES, Shock
from core.text.catalog import t

CHANGES: dict[str, Callable[[], tuple[PriceChange, ...]]] = {
    "api_price_factor": api_changes,
    "gpu_price_factor": gpu_changes,
}
OWN_WORDS = ("history", "assumption", "stated")
"""What `source` says where nobody wrote a source."""


def changes_behind(shock: Shock) -> tuple[PriceChange, ...]:
    """Dated price changes that its words stand for; a spread of prices has none."""
    return tuple(
        step
        for field, changes in CHANGES.items()
        for step in changes()
        if getattr(shock, field) == ("history-cut" if step.factor < 1 else "history-rise")
    )


def source_text(shock: Shock, language: str = "en") -> str:
    """Its source in sentences; what a scenario wrote as `source` is shown as it is."""
    if shock.source not in OWN_WORDS:
        return shock.source
    said = [_history(shock, field, language) for field in CHANGES if _is_word(shock, field)]
    known = {shock.how(field) for field in ("probability", *shock.changed())}
    if "assumption" in known:
        rest = "rest" if said else "assumption"
        said.append(t(f"shocks.source.{rest}", language))
    if "stated" in known:
        partly = "partly" if said else "stated"
        said.append(t(f"shocks.source.{partly}", language))
    return ("" if language == "zh" else " ").join(said)


def _is_word(shock: Shock, field: str) -> bool:
    return isinstance(getattr(shock, field), str)


def _history(shock: Shock, field: str, language: str) -> str:
    word = getattr(shock, field)
    _, _, count = RANGES[field][word]()
    kind = f"{field.partition('_')[0]}_{word.rpartition('-')[2]}"
    days = [step.day for step in changes_behind(shock) if step in CHANGES[field]()]
    if not days:
        return t(f"shocks.source.{kind}", language, n=count)
    return t(f"shocks.source.{kind}", language, n=count, last=max(days))
