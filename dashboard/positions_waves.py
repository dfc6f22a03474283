"""Schemes whose pairs turn: the formula with its numbers, the heat map, the dials."""

import pandas as pd
import streamlit as st

from core.charts import clock as charts
from core.charts import grammar
from core.interpret import clock, pictures, positions
from core.interpret.clock import Hand
from core.interpret.panels import Panel
from core.text.format import number
from dashboard import positions_panels as panels
from dashboard import state, ui
from dashboard.positions_panels import tex

t = ui.t

Shown = tuple[Panel, ...]

DIMENSION, POSITION, PAIR = 64, 17, 3
"""Where the sliders stand at first."""
MOST_DIMENSION, MOST_POSITION, SHOWN_POSITIONS = 256, 511, 64
FACTOR_DIGITS = 4
PAIRED = {"interleaved": "2i, 2i + 1", "halves": "i, i + d/2"}
DIALS = 2
"""Of a figure."""


def controls() -> tuple[int, int, int]:
    """Sliders for dimension, position and pair."""
    dimension = panels.slide("d", DIMENSION, 4, MOST_DIMENSION, 4)
    position = panels.slide("pos", POSITION, 0, MOST_POSITION)
    last = dimension // 2 - 1
    return dimension, position, panels.slide("pair", min(PAIR, last), 0, last)


def _layout(first: str) -> str:
    """Which two numbers make a pair: the scheme's own way, or the other."""
    known = [first, *(name for name in clock.LAYOUTS if name != first)]
    panels.unknown("layout", known)
    if ui.presenting():
        return state.chosen("layout", known) or first
    return state.section(
        t("formula.layout"), "layout", known, key="formula-layout",
        show=lambda name: t(f"formula.pairing.{name}"),
    )  # fmt: skip


def _check_waves(dimension: int) -> None:
    panels.outside("d", 4, MOST_DIMENSION)
    panels.outside("pos", 0, MOST_POSITION)
    panels.outside("pair", 0, dimension // 2 - 1)


def sinusoidal(source: str, dimension: int, position: int, pair: int) -> Shown:
    """The encoding of the first Transformer at a position, in one pair."""
    _check_waves(dimension)
    layout = _layout("interleaved")
    hand = clock.hand(position, pair, dimension, layout=layout)
    sine, cosine = hand.columns
    st.latex(
        rf"\begin{{aligned}}\omega_{{{pair}}} &= \frac{{1}}{{10000^{{2\cdot{pair}/{dimension}}}}}"
        rf" = {tex(hand.frequency)}\\{position}\cdot\omega_{{{pair}}} &= {tex(hand.angle)}\\"
        rf"PE_{{({position},\,{sine})}} &= \sin({tex(hand.angle)}) = {hand.sin:.{FACTOR_DIGITS}f}"
        rf"\\PE_{{({position},\,{cosine})}} &= \cos({tex(hand.angle)})"
        rf" = {hand.cos:.{FACTOR_DIGITS}f}\end{{aligned}}"
    )
    _symbols(
        hand, dimension, layout, "result", ("PE(pos, 2i)", hand.sin), ("PE(pos, 2i + 1)", hand.cos)
    )
    length = max(SHOWN_POSITIONS, position + 1)
    st.caption(t("formula.precision"))
    table = pictures.encoding(length, dimension, layout=layout, chosen=hand)
    panels.one(table, source)
    _dials(hand, dimension, layout, source)
    return table, *_curves("similarity", dimension, source)


def rope(source: str, dimension: int, position: int, pair: int) -> Shown:
    """The rotation of one pair at a position."""
    _check_waves(dimension)
    layout = _layout("halves")
    hand = clock.hand(position, pair, dimension, layout=layout)
    first, second = hand.columns
    st.latex(
        rf"\begin{{aligned}}\omega_{{{pair}}} &= 10000^{{-2\cdot{pair}/{dimension}}}"
        rf" = {tex(hand.frequency)}\\{position}\cdot\omega_{{{pair}}} &= {tex(hand.angle)}\\"
        rf"\begin{{pmatrix}}x'_{{{first}}}\\x'_{{{second}}}\end{{pmatrix}} &="
        rf"\begin{{pmatrix}}{hand.cos:.3f} & {-hand.sin:.3f}\\{hand.sin:.3f} & {hand.cos:.3f}"
        rf"\end{{pmatrix}}\begin{{pmatrix}}x_{{{first}}}\\x_{{{second}}}\end{{pmatrix}}"
        r"\end{aligned}"
    )
    _symbols(hand, dimension, layout, "turned", ("cos", hand.cos), ("sin", hand.sin))
    _dials(hand, dimension, layout, source)
    return _curves("score", dimension, source)


def _curves(name: str, dimension: int, source: str) -> Shown:
    omega = positions.frequencies(dimension)
    shown = (pictures.likeness(name, SHOWN_POSITIONS, omega), pictures.waves(omega))
    panels.show(shown, source)
    return shown


def _symbols(
    hand: Hand, dimension: int, layout: str, kind: str, *results: tuple[str, float]
) -> None:
    """Every symbol, what it is, and its number now."""
    rows: list[tuple[str, str, str]] = [
        ("pos", t("formula.symbol.pos"), f"{hand.position:,.0f}"),
        ("d", t("formula.symbol.d"), f"{dimension}"),
        ("i", t("formula.symbol.i", last=dimension // 2 - 1), f"{hand.pair}"),
        (PAIRED[layout], t("formula.symbol.columns"), f"{hand.columns[0]}, {hand.columns[1]}"),
        ("ω", t("formula.symbol.omega"), number(hand.frequency, 4)),
        ("λ = 2π/ω", t("formula.symbol.lambda"), number(hand.wavelength, 4)),
        ("pos·ω", t("formula.symbol.angle", turns=number(hand.turns)), number(hand.angle, 4)),
        *((name, t(f"formula.symbol.{kind}"), f"{value:.{FACTOR_DIGITS}f}")
          for name, value in results),
    ]  # fmt: skip
    names = ("symbol", "meaning", "value")
    frame = pd.DataFrame(rows, columns=[t(f"formula.table.{name}") for name in names])
    ui.table(frame, key="formula-symbols")


def _dials(hand: Hand, dimension: int, layout: str, source: str) -> None:
    frequency = positions.frequencies(dimension)
    pairs = clock.some_pairs(len(frequency), hand.pair)
    hands = clock.clock(hand.position, frequency, pairs, layout)
    words = t(
        "formula.dial.finding", position=f"{hand.position:,.0f}", pair=hand.pair,
        turns=number(hand.turns), slow=hands[-1].pair, slow_turns=number(hands[-1].turns),
    )  # fmt: skip
    st.subheader(words, anchor=False)
    st.caption(t(f"formula.dial.{layout}", half=dimension // 2))
    # Small figures, so that a phone has them one below the other, in order.
    parts = [hands[place : place + DIALS] for place in range(0, len(hands), DIALS)]
    for row in range(0, len(parts), 2):
        for place, column in enumerate(st.columns(2), start=row):
            if place < len(parts):
                column.plotly_chart(
                    charts.dials(
                        parts[place], hand.pair, ui.scheme(), ui.lang(), present=ui.presenting()
                    ),
                    theme=None, config=grammar.CONFIG, alt=words, key=f"dials-{place}",
                )  # fmt: skip
    st.caption(t("common.source", source=source))
    with st.expander(t("common.table_behind")):
        names = ("pair", "columns", "wavelength", "angle", "turns", "cos", "sin")
        rows = [(one.pair, f"{one.columns[0]}, {one.columns[1]}", round(one.wavelength, 2),
                 round(one.angle, 4), round(one.turns, 4), round(one.cos, 4), round(one.sin, 4))
                for one in hands]  # fmt: skip
        frame = pd.DataFrame(rows, columns=[t(f"formula.table.{name}") for name in names])
        ui.table(frame, key="dials-table")
