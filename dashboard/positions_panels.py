"""Pictures of positions on a page: chart, table behind it, and what a URL names wrongly."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.charts import positions as charts
from core.interpret import position_words as words
from core.interpret.offline_positions import MARK_SIGNS, positions_page
from core.interpret.panels import Panel
from core.interpret.picture_png import png
from core.interpret.picture_svg import svg
from core.interpret.position_picture import draw
from core.text.format import number
from dashboard import state, ui

t = ui.t

SIDE_BY_SIDE = 2
FILES = {"html": "text/html", "svg": "image/svg+xml", "png": "image/png"}
"""Endings of the files that can be taken along, and what they are."""


def show(panels: Sequence[Panel], source: str, *, wide: Sequence[str] = ()) -> None:
    """Draw pictures, two in a row.

    Args:
        panels: What to draw.
        source: Where the numbers come from; literal already.
        wide: Names of pictures that take a whole row.
    """
    rows: list[list[Panel]] = []
    for panel in panels:
        alone = panel.name in wide
        if alone or not rows or len(rows[-1]) == SIDE_BY_SIDE or rows[-1][0].name in wide:
            rows.append([panel])
        else:
            rows[-1].append(panel)
    for row in rows:
        columns = st.columns(1 if row[0].name in wide else SIDE_BY_SIDE, gap="large")
        for column, panel in zip(columns, row, strict=False):
            with column:
                one(panel, source)


def one(panel: Panel, source: str) -> None:
    """Draw one picture with its table behind it."""
    finding = words.finding(panel, ui.lang())
    ui.chart(
        finding,
        words.plotted(panel, ui.lang()),
        charts.panel(panel, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=finding,
        source=source,
        key=f"panel-{panel.name}",
    )
    with st.expander(t("common.table_behind")):
        ui.table(table(panel), key=f"table-{panel.name}")


def table(panel: Panel) -> pd.DataFrame:
    """The numbers of a picture."""
    x, y = words.axes(panel, ui.lang())
    if panel.matrix is None:
        lines = {words.line_name(n, ui.lang()) or y: line for n, line in panel.lines.items()}
        return pd.DataFrame({x: panel.x, **lines})
    rows = pd.DataFrame(panel.matrix.round(4), columns=[f"{value:g}" for value in panel.x])
    rows.insert(0, f"{y} \\ {x}", panel.y)
    return rows


def take(shown: Sequence[Panel], answer: str, facts: Sequence[tuple[str, str]], mark: str) -> None:
    """Buttons for the pictures of a part as files; made only when asked for.

    Args:
        shown: The pictures.
        answer: One plain sentence at the top of the page.
        facts: Names and values under it, plain.
        mark: Hash of the model and of all settings.
    """
    if ui.presenting() or not shown:
        return
    with st.container(horizontal=True, gap="small", key="positions-files"):
        for kind, mime in FILES.items():
            st.download_button(
                t(f"positions.file.{kind}"),
                partial(_file, kind, tuple(shown), answer, tuple(facts), mark, ui.lang()),
                f"positions-{mark[:8]}.{kind}", mime, key=f"positions-{kind}", on_click="ignore",
                icon=":material/download:",
            )  # fmt: skip


def _file(
    kind: str, shown: Sequence[Panel], answer: str, facts: Sequence[tuple[str, str]], mark: str,
    language: str,
) -> bytes:  # fmt: skip
    if kind == "html":
        page = positions_page(shown, answer, facts, charts.colours(), mark, language)
        return page.encode()
    notes = [*(f"{name} {value}" for name, value in facts), mark[:MARK_SIGNS]]
    picture = draw(shown, charts.colours()["light"], notes, language)
    return svg(picture).encode() if kind == "svg" else png(picture)


def slide(parameter: str, first: int, low: int, high: int, step: int = 1) -> int:
    """A slider in the URL; presenting keeps it where it stands. Its name is `formula.PARAMETER`."""
    if ui.presenting():
        return int(state.number(parameter, first, low, high))
    return state.slide(t(f"formula.{parameter}"), parameter, first, low, high, step=step, width=200)


def tex(value: float) -> str:
    """A number in a formula: four digits, commas that take no space, a plain minus."""
    return number(value, 4).replace("−", "-").replace(",", "{,}")


def unknown(parameter: str, known: Sequence[str]) -> None:
    """Say in one sentence that the URL names what is not there, and what is shown instead."""
    given = state.given(parameter)
    if given is not None and known and given not in known:
        said(parameter, given, known)


def said(parameter: str, given: str, known: Sequence[str]) -> None:
    """The sentence of `unknown`."""
    _said("positions.url.name", given, name=parameter, known=", ".join(known))


def outside(parameter: str, low: float, high: float) -> None:
    """The same for a number that is none, or out of range."""
    given = state.given(parameter)
    if given is None:
        return
    try:
        fits = low <= float(given) <= high
    except ValueError:
        fits = False
    if not fits:
        _said("positions.url.number", given, name=parameter, low=f"{low:,g}", high=f"{high:,g}")


def _said(key: str, given: str, **values: str) -> None:
    literal = {name: ui.literal(value) for name, value in values.items()}
    st.markdown(f"{ui.mark('risk')} {t(key, given=ui.literal(given), **literal)}")
