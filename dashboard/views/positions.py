"""Positions: how does the model know word order, how long can the input be?"""

import shlex

import streamlit as st

from core.errors import AssayError
from core.interpret import context, loss_curve, own
from core.interpret import context_words as said
from core.interpret import position_words as words
from core.interpret.context import Advice
from core.interpret.own import Limit, Own
from core.interpret.schemes import scheme
from core.models.resolve import ModelRef, list_models, shape_of
from core.text.format import number
from dashboard import (
    inputs,
    positions_beside,
    positions_formula,
    positions_length,
    positions_order,
    positions_own,
    state,
    ui,
)
from dashboard import positions_panels as panels

t = ui.t

KINDS = ("run", "starter", "hub")
PARTS = ("order", "own", "length", "formula", "compare")
"""Parts of the evidence, in the order of the page; the URL names the open one (`?part=`)."""


def render() -> None:
    """Draw the page."""
    head = st.container(gap="small")
    model = _control()
    failure: AssayError | None = None
    found: tuple[str, Limit] | None = None
    read: Own | None = None
    try:
        found = own.known(model) if model else None
        read = own.newest(state.workspace(), model.name) if model and found else None
    except AssayError as error:
        failure = error
    advice = _advice(read)
    with head:
        ui.header("common.section.understand", t("positions.question"),
                  _answer(model, found, advice))  # fmt: skip
        if model and found:
            _readings(model, *found, read, advice)
            _provenance(model, found[0])
    if failure:
        ui.empty(t("positions.failed.title"), ui.literal(failure), kind="failed")
    part = _part()
    if part == "order":
        positions_order.section()
    elif part == "formula":
        positions_formula.section()
    elif part == "compare":
        positions_beside.section(read)
    elif model and found and part == "own":
        positions_own.section(model, found[0], read)
    elif model and found:
        positions_length.section(model, read, advice)
    elif not failure:
        _unread(model)


def _control() -> ModelRef | None:
    """The model, which all parts but the demonstration speak of."""
    known = [ref.name for ref in list_models(state.workspace()) if ref.kind in KINDS]
    panels.unknown("model", known)
    panels.unknown("part", PARTS)
    if ui.presenting():
        return inputs.first_model(KINDS)
    with ui.controls():
        return inputs.model("positions-model", label=t("positions.model"), kinds=KINDS)


def _part() -> str:
    """The part of the evidence that is open; the others are not computed."""
    if ui.presenting():
        return state.chosen("part", PARTS) or PARTS[0]
    return state.section(
        t("positions.parts"), "part", PARTS, key="positions-part",
        show=lambda name: t(f"positions.part.{name}"),
    )  # fmt: skip


def _advice(read: Own | None) -> Advice | None:
    """How long the input may be, with the newest measured loss."""
    if read is None:
        return None
    measured = loss_curve.curves(state.workspace(), read.model)
    return context.advise(read, measured[0] if measured else None)


def _answer(model: ModelRef | None, found: tuple[str, Limit] | None, advice: Advice | None) -> str:
    if model is None:
        return t("positions.answer.none")
    if found is None:
        return t("positions.answer.unknown", model=ui.literal(model.name))
    if advice is not None and advice.measured:
        return said.answer(ui.literal(model.name), advice, ui.lang())
    return words.answer(ui.literal(model.name), found[1], ui.lang())


def _readings(
    model: ModelRef, name: str, limit: Limit, read: Own | None, advice: Advice | None
) -> None:
    items = [
        ui.Reading(t("positions.reading.scheme"), t(f"positions.scheme.{name}"), "measured"),
        _end(limit),
    ]
    if read and read.facts.get("slow_pairs") is not None:
        pairs = t("positions.reading.pairs_value", slow=read.facts["slow_pairs"],
                  pairs=read.facts["pairs"])  # fmt: skip
        items.append(ui.Reading(t("positions.reading.pairs"), pairs, "measured"))
    if read and advice:
        items += positions_length.readings(advice, shape_of(model), read)
    ui.readings(items[:4])


def _end(limit: Limit) -> ui.Reading:
    """Where the input ends, or what blurs with distance where it does not."""
    if limit.kind == "saturation":
        far = t("positions.reading.length_value", n=limit.values["both"])
        n = t("positions.reading.alike_n", n=limit.values["back"])
        return ui.Reading(t("positions.reading.alike"), far, "measured", n=n)
    if limit.kind == "decay":
        half = t("positions.reading.length_value", n=number(limit.values["longest"]))
        return ui.Reading(t("positions.reading.half"), half, "measured")
    length = t("positions.reading.open")
    if limit.tokens is not None:
        length = t("positions.reading.length_value", n=f"{limit.tokens:,}")
    notes = {"trained": "trained", "built": "built"}
    note = t(f"positions.reading.{notes.get(limit.kind, 'table')}")
    return ui.Reading(t("positions.reading.length"), length, "measured", n=note)


def _provenance(model: ModelRef, name: str) -> None:
    chips = t(
        "positions.how.chips", model=model.name, scheme=t(f"positions.scheme.{name}"),
        source=scheme(name).source,
    )  # fmt: skip
    ui.provenance(
        chips, f"assay positions --model {shlex.quote(model.name)}", t("positions.how.detail")
    )


def _unread(model: ModelRef | None) -> None:
    """Nothing is known of the model before it is fetched."""
    if model is None:
        ui.empty(t("positions.answer.none"), "")
    else:
        positions_own.begin(model)
