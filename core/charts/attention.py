"""The colours that the attention canvas and its files draw with."""

from typing import Any

from core.charts import grammar

NAMES = ("sequential", "diverging", "categorical", "muted", "axis", "ground", "text")


def colours() -> dict[str, dict[str, Any]]:
    """By scheme, the tokens of the grammar that a picture of attention needs."""
    return {
        scheme: {name: getattr(grammar.tokens(scheme), name) for name in NAMES}
        for scheme in ("light", "dark")
    }
