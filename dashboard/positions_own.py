"""A model's own positions, out of its weights once they were read."""

import streamlit as st

from core.errors import AssayError
from core.interpret import own_pictures
from core.interpret import position_words as words
from core.interpret.own import Own
from core.interpret.schemes import scheme
from core.models.resolve import ModelRef
from dashboard import cache, state, ui
from dashboard import positions_panels as panels

t = ui.t

WIDE = ("table",)


def section(model: ModelRef, name: str, read: Own | None) -> None:
    """Draw what was read of a model; or the button that reads it."""
    st.latex(scheme(name).formula)
    if read is None:
        begin(model)
        return
    if read.facts.get("layout"):
        st.caption(t(f"positions.layout.{read.facts['layout']}"))
    if read.facts.get("module"):
        st.caption(t("positions.module.read", module=ui.literal(read.facts["module"])))
    shown = own_pictures.panels(read)
    panels.show(shown, ui.literal(model.name), wide=WIDE)
    row = scheme(name)
    facts = [
        (t("positions.model"), model.name),
        (t("positions.reading.scheme"), t(f"positions.scheme.{name}")),
        (t("positions.html.formula"), row.plain),
        (t("positions.html.source"), f"{row.source}, {row.url}"),
    ]
    sentence = words.limit_sentence(name, read.limit, ui.lang())
    panels.take(shown, sentence, facts, read.key)


def begin(model: ModelRef) -> None:
    """Say that nothing was read yet, and read it when asked."""
    ui.empty(t("positions.empty.title", model=ui.literal(model.name)), t("positions.empty.words"))
    if ui.presenting() or not ui.action(
        t("positions.read"), key="positions", icon=":material/straighten:"
    ):
        return
    workspace = state.workspace()
    try:
        with st.spinner(t("positions.reading_weights")):
            request = {"workspace": str(workspace.root), "model": model.name}
            cache.warm(workspace).call("core.work.positions:compute", request)
    except AssayError as error:
        ui.empty(t("positions.failed.title"), ui.literal(error), kind="failed")
        return
    st.rerun()
