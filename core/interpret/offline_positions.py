"""Panels of positions as one HTML file that needs nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.interpret import position_words as words
from core.interpret.offline import page
from core.interpret.panels import Panel
from core.interpret.schemes import Scheme
from core.text.catalog import t


def positions_page(
    row: Scheme, panels: Sequence[Panel], answer: str, model: str | None,
    colours: Mapping[str, Mapping[str, Sequence[str]]], language: str = "en",
) -> str:  # fmt: skip
    """The page of a scheme, or of a model's own.

    Args:
        row: The scheme.
        panels: Its pictures.
        answer: How long the input can be.
        model: Whose positions they are; None = the formula's.
        colours: For "light" and "dark": `lines`, and `diverging` from −1 to 1.
        language: Code.
    """
    facts = [
        (t("positions.reading.scheme", language), t(f"positions.scheme.{row.name}", language)),
        ("", row.plain),
        ("", f"{row.source}, {row.url}"),
    ]
    if model:
        facts.insert(0, (t("positions.model", language), model))
    document = {
        "question": t("positions.question", language),
        "answer": answer,
        "facts": facts,
        "colours": colours,
        "panels": [_panel(panel, language) for panel in panels],
    }
    return page("positions.html", document)


def _panel(panel: Panel, language: str) -> dict[str, Any]:
    return {
        **panel.document(),
        "finding": words.finding(panel, language),
        "plotted": words.plotted(panel, language),
        "axes": words.axes(panel, language),
        "logarithmic": panel.logarithmic,
        "lines": [
            {"name": words.line_name(name, language), "y": line.tolist()}
            for name, line in panel.lines.items()
        ],
        "marks": _named(panel.marks, language),
        "levels": _named(panel.levels, language),
    }


def _named(places: Mapping[str, float], language: str) -> list[dict[str, Any]]:
    return [{"name": words.mark_name(name, at, language), "at": at} for name, at in places.items()]
