"""Schemes and ways to extend a context side by side."""

from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from core.errors import AssayError
from core.interpret.beside import SIDES, beside
from core.interpret.extension import EXTENSIONS, Stretch
from core.interpret.own import Own
from core.record import hash_json
from dashboard import positions_panels as panels
from dashboard import state, ui

t = ui.t

FIRST = ("rope", "linear", "dynamic", "yarn", "llama3")
FIRST_T5 = ("sinusoidal", "alibi", "t5")
DIMENSION, BASE, TRAINED, FACTOR = 128, 10_000.0, 4096.0, 4
MOST_FACTOR = 32
TRAINED_RANGE, BASE_RANGE = (16.0, 131_072.0), (2.0, 1e8)


def section(read: Own | None) -> None:
    """Draw what the URL or the boxes name; numbers of a rotary model stand in at first."""
    known = [row.name for row in SIDES]
    own = read if read and read.scheme == "rope" and read.facts["rotated_dim"] >= 4 else None
    trained = float((own and own.limit.tokens) or TRAINED)
    base = float(own.facts["base"]) if own else BASE
    dimension = int(own.facts["rotated_dim"]) if own else DIMENSION
    _refused(known)
    with ui.controls(key="beside-controls"):
        first = FIRST_T5 if read and "decoder_bias" in read.arrays else FIRST
        chosen = _chosen(known, first)
        if not ui.presenting():
            state.set_number(t("beside.trained"), "trained", trained, *TRAINED_RANGE)
            state.set_number(t("beside.base"), "base", base, *BASE_RANGE)
            state.slide(t("beside.factor"), "factor", FACTOR, 1, MOST_FACTOR, width=180)
    factor = state.number("factor", FACTOR, 1, MOST_FACTOR)
    what = Stretch(
        dimension, state.number("base", base, *BASE_RANGE),
        round(state.number("trained", trained, *TRAINED_RANGE)), round(factor),
    )  # fmt: skip
    bias = read.arrays.get("decoder_bias") if read else None
    farthest = int(read.facts["max_distance_tokens"]) if read and bias is not None else 128
    try:
        found = beside(chosen, what, bias, farthest)
    except AssayError as error:
        ui.empty(t("beside.failed"), ui.literal(error))
        return
    source = f"{ui.literal(own.model)} · {_words(what)}" if own else _words(what)
    panels.show(found, source, wide=("beside_scores",))
    _rows(chosen)
    facts = [(t(f"positions.line.{row.name}"), f"{row.plain} ({row.source})")
             for row in EXTENSIONS if row.name in chosen]  # fmt: skip
    settings = asdict(what)
    panels.take(found, _words(what), facts, hash_json([chosen, read.key if read else "", settings]))


def _refused(known: list[str]) -> None:
    for name in (state.given("compare") or "").split(","):
        if name and name not in known:
            panels.said("compare", name, known)
    panels.outside("factor", 1, MOST_FACTOR)
    panels.outside("trained", *TRAINED_RANGE)
    panels.outside("base", *BASE_RANGE)


def _chosen(known: list[str], first: Sequence[str]) -> list[str]:
    if ui.presenting():
        return state.several("compare", known) or list(first)
    return state.choose_several(
        t("beside.sides"), "compare", known, first, key="beside-sides",
        show=lambda name: t(f"positions.line.{name}"),
    )  # fmt: skip


def _words(what: Stretch) -> str:
    values = {"d": what.dimension, "base": f"{what.base:,g}", "trained": f"{what.trained:,}",
              "factor": f"{what.factor:g}", "read": f"{what.read:,}"}  # fmt: skip
    return t("beside.source", **values)


def _rows(chosen: list[str]) -> None:
    """The formulas of the ways to extend, and where each is written."""
    names = {row: "rope" if row.name == "default" else row.name for row in EXTENSIONS}
    rows = [
        {
            t("beside.name"): t(f"positions.line.{name}"),
            t("beside.formula"): row.plain,
            t("beside.where"): f"{row.source}, {row.url}",
        }
        for row, name in names.items()
        if name in chosen
    ]
    if rows:
        with st.expander(t("beside.formulas")):
            ui.table(rows, key="beside-formulas")
            st.caption(t("beside.letters"))
