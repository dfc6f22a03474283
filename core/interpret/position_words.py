"""Sentences about positions, computed from the panels and limits they stand on."""

from collections.abc import Mapping

from core.interpret.own import Limit
from core.interpret.panels import Panel
from core.interpret.words import scientific
from core.text.catalog import t
from core.text.format import number, size


def shown(values: Mapping[str, float | str], language: str = "en") -> dict[str, str]:
    """Values as a person reads them.

    Whole numbers in full, others to three digits, bytes with their unit, names of lines by their
    text.
    """
    return {name: _shown(name, value, language) for name, value in values.items()}


def _shown(name: str, value: float | str, language: str) -> str:
    if name.endswith("_bytes") and not isinstance(value, str):
        return size(value, language)
    if name.endswith("_small") and not isinstance(value, str):
        return scientific(value)
    if isinstance(value, str):
        return line_name(value, language)
    return f"{value:,}".replace("-", "−") if isinstance(value, int) else number(value)


def finding(panel: Panel, language: str) -> str:
    """What a panel shows, as a sentence."""
    return t(
        f"positions.panel.{panel.name}.{panel.finding}", language, **shown(panel.values, language)
    )


def plotted(panel: Panel, language: str) -> str:
    """What is drawn."""
    return t(f"positions.panel.{panel.name}.plotted", language, **shown(panel.values, language))


def axes(panel: Panel, language: str) -> tuple[str, str]:
    """Names of the horizontal and the vertical axis; rows of a heat map of heads are heads."""
    x, y = (t(f"positions.panel.{panel.name}.{axis}", language) for axis in "xy")
    by_head = panel.matrix is not None and panel.name.startswith(("bias", "alibi"))
    return x, t("positions.line.heads", language) if by_head else y


def line_name(name: str, language: str) -> str:
    """Name of a line: of a head by its number, of a side by its text."""
    if name.isdigit():
        return t("positions.line.head", language, n=name)
    return t(f"positions.line.{name}", language) if name else ""


def mark_name(name: str, at: float, language: str) -> str:
    """Name of a vertical or horizontal line."""
    shown_at = at if name == "chosen" else abs(at)
    return t(f"positions.mark.{name}", language, n=f"{shown_at:,.0f}".replace("-", "−"))


def answer(model: str, limit: Limit, language: str) -> str:
    """How long the input of a model can be, as Markdown; `model` must be literal."""
    return t(f"positions.answer.{limit.kind}", language, model=model, **_values(limit, language))


def limit_sentence(scheme: str, limit: Limit | None, language: str) -> str:
    """The same without the model's name; without a limit, what the scheme's formula says."""
    if limit is None:
        ends = "formula_learned" if scheme == "learned" else "formula"
        return t(f"positions.limit.{ends}", language)
    return t(f"positions.limit.{limit.kind}", language, **_values(limit, language))


def _values(limit: Limit, language: str) -> dict[str, str]:
    tokens = t("common.not_known", language) if limit.tokens is None else f"{limit.tokens:,}"
    return {"tokens": tokens, **shown(limit.values)}
