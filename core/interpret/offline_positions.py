"""Panels of positions as one HTML file that needs nothing else: no network, no script.

What people and models wrote is escaped; pictures are SVG, for a light and for a dark page.
"""

from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

import numpy as np

from core.interpret import position_words as words
from core.interpret.panels import Panel
from core.interpret.picture_svg import svg
from core.interpret.position_picture import alone
from core.text.catalog import t

MARK_SIGNS = 12
"""Of a hash, as it is shown."""


def positions_page(
    panels: Sequence[Panel], answer: str, facts: Sequence[tuple[str, str]],
    colours: Mapping[str, Mapping[str, Any]], mark: str, language: str = "en",
) -> str:  # fmt: skip
    """The page of some pictures.

    Args:
        panels: The pictures.
        answer: How long the input can be, or what is shown.
        facts: Names and values: the scheme, its formula, whose positions they are.
        colours: For "light" and "dark", as `position_picture.draw` takes them.
        mark: Hash of the model and of all settings.
        language: Code.
    """
    told = [*facts, (t("positions.html.mark", language), mark[:MARK_SIGNS])]
    return _template().format_map({
        "language": "zh-CN" if language == "zh" else language,
        "question": escape(t("positions.question", language)),
        "answer": escape(answer.replace("**", "")),
        "facts": "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
                         for name, value in told),
        "panels": "\n".join(_panel(panel, colours, language) for panel in panels),
    })  # fmt: skip


def _template() -> str:
    """The page with {names} to fill; the braces of its styles are doubled here, not in the file."""
    text = resources.files("core.interpret").joinpath("positions.html").read_text(encoding="utf-8")
    before, _, rest = text.partition("<style>")
    styles, _, after = rest.partition("</style>")
    return f"{before}<style>{styles.replace('{', '{{').replace('}', '}}')}</style>{after}"


def _panel(panel: Panel, colours: Mapping[str, Mapping[str, Any]], language: str) -> str:
    finding = escape(words.finding(panel, language))
    drawn = "".join(
        f'<div class="scroll {scheme}" role="img" aria-label="{finding}">'
        f"{svg(alone(panel, inks, language))}</div>"
        for scheme, inks in colours.items()
    )
    return (
        f"<h2>{finding}</h2>\n<p class='muted'>{escape(words.plotted(panel, language))}</p>\n"
        f"{drawn}\n<details><summary>{escape(t('common.table_behind', language))}</summary>"
        f"<pre tabindex='0'>{escape(table(panel, language))}</pre></details>"
    )


def table(panel: Panel, language: str) -> str:
    """The numbers of a picture, tabs between them."""
    x, y = words.axes(panel, language)
    if panel.matrix is None:
        names = [words.line_name(name, language) or y for name in panel.lines]
        rows = zip(panel.x, *panel.lines.values(), strict=True)
        return "\n".join(["\t".join([x, *names]), *("\t".join(map(_cell, row)) for row in rows)])
    heads = panel.labels or [_cell(value) for value in np.asarray(panel.y)]
    first = "\t".join([f"{y} \\ {x}", *map(_cell, panel.x)])
    return "\n".join(
        [first, *("\t".join([head, *map(_cell, row)])
                  for head, row in zip(heads, panel.matrix, strict=True))]
    )  # fmt: skip


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4g}"
