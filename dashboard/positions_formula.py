"""A scheme's formula with every symbol tied to the number on the screen, and its pictures."""

import math
from collections.abc import Callable

import streamlit as st

from core.interpret import pictures, positions
from core.interpret.schemes import SCHEMES, scheme
from core.record import hash_json
from core.text.format import number
from dashboard import positions_panels as panels
from dashboard import positions_waves as waves
from dashboard import state, ui
from dashboard.positions_panels import tex
from dashboard.positions_waves import SHOWN_POSITIONS, Shown

t = ui.t

HEADS, MOST_HEADS = 8, 32
DISTANCE, MOST_DISTANCE = 20, 140


def section() -> None:
    """Draw the scheme that the URL or the box names; the paper's own where neither does."""
    names = [row.name for row in SCHEMES]
    panels.unknown("scheme", names)
    strip = ui.controls(key="formula-controls")
    with strip:
        if ui.presenting():
            name = state.chosen("scheme", names) or names[0]
        else:
            name = state.choose(
                t("positions.reading.scheme"), "scheme", names, key="positions-scheme",
                show=lambda one: t(f"positions.scheme.{one}"),
            ) or names[0]  # fmt: skip
        draw, values = PARTS[name], CONTROLS[name]()
    row = scheme(name)
    st.latex(row.formula)
    # Not a caption: a link in one is too pale.
    st.markdown(t("common.source", source=f"[{ui.literal(row.source)}]({row.url})"))
    shown = draw(ui.literal(row.source), *values)
    facts = [
        (t("positions.html.formula"), row.plain),
        (t("positions.html.source"), f"{row.source}, {row.url}"),
    ]
    title = t(f"positions.scheme.{name}")
    panels.take(shown, title, facts, hash_json([name, values, state.named("layout")]))


def _learned(source: str) -> Shown:
    st.markdown(t("formula.learned"))
    return ()


def _distance_controls() -> tuple[int]:
    return (panels.slide("distance", -DISTANCE, -MOST_DISTANCE, MOST_DISTANCE),)


def _t5(source: str, distance: int) -> Shown:
    panels.outside("distance", -MOST_DISTANCE, MOST_DISTANCE)
    both = int(positions.t5_bucket([distance], bidirectional=True)[0])
    back = int(positions.t5_bucket([distance], bidirectional=False)[0])
    st.latex(
        rf"\begin{{aligned}}\mathrm{{bucket}}_{{\leftrightarrow}}({distance}) &= {both}\\"
        rf"\mathrm{{bucket}}_{{\leftarrow}}({distance}) &= {back}\end{{aligned}}"
    )
    st.markdown(t("formula.t5", distance=distance, both=both, back=back).replace("-", "−"))
    stairs = pictures.buckets(chosen=distance)
    panels.one(stairs, source)
    return (stairs,)


def _alibi_controls() -> tuple[int, int, int]:
    heads = panels.slide("heads", HEADS, 2, MOST_HEADS)
    return (
        heads,
        panels.slide("head", 0, 0, heads - 1),
        panels.slide("back", DISTANCE, 0, MOST_DISTANCE),
    )


def _alibi(source: str, heads: int, head: int, back: int) -> Shown:
    panels.outside("heads", 2, MOST_HEADS)
    panels.outside("head", 0, heads - 1)
    panels.outside("back", 0, MOST_DISTANCE)
    found = positions.alibi_slopes(heads)
    slope = float(found[head])
    bias, power = -slope * back, math.log2(1 / slope)
    st.latex(
        rf"\begin{{aligned}}m_{{{head}}} &= 2^{{-{tex(power)}}} = {tex(slope)}\\"
        rf"-m_{{{head}}}\cdot{back} &= {tex(bias)}\\e^{{{tex(bias)}}} &= "
        rf"{tex(math.exp(bias))}\end{{aligned}}"
    )
    half = float(positions.half_life([slope])[0])
    st.markdown(t("formula.alibi", head=head, back=back, share=number(100 * math.exp(bias)),
                  half=number(half)))  # fmt: skip
    shown = (
        pictures.slopes(found, SHOWN_POSITIONS), pictures.half_lives(found),
        pictures.triangle(found, head),
    )  # fmt: skip
    panels.show(shown, source)
    return shown


PARTS: dict[str, Callable[..., Shown]] = {
    "sinusoidal": waves.sinusoidal, "learned": _learned, "t5": _t5, "rope": waves.rope,
    "alibi": _alibi,
}  # fmt: skip
CONTROLS: dict[str, Callable[[], tuple[int, ...]]] = {
    "sinusoidal": waves.controls, "learned": tuple, "t5": _distance_controls,
    "rope": waves.controls, "alibi": _alibi_controls,
}  # fmt: skip
"""What draws a scheme, and the sliders it takes its numbers from."""
