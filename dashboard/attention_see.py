"""See: what each head of one text looks at, in five pictures on one canvas."""

import numpy as np
import pandas as pd
import streamlit as st

from core.charts.attention import colours
from core.errors import AssayError, BadInput
from core.interpret import canvas, capture_words, offline, store, words
from core.interpret.attention import sharpest
from core.interpret.captured import Capture
from core.interpret.detail import Detail
from core.interpret.measures import Head
from core.interpret.place import STEPWISE, Place, read_place
from dashboard import cache, state, ui
from dashboard.components.attention.canvas import canvas as draw

t = ui.t

FORMULA = (
    r"\mathrm{Attention}(Q, K, V) = "
    r"\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V"
)
KEY = "attention-canvas"
PLACE = ("view", "kind", "layer", "head", "rows", "columns")
"""What the URL says about the place."""


@st.fragment
def render(key: str, capture: Capture) -> None:
    """Draw the section. It runs alone when the reader goes to another head.

    Args:
        key: Of the capture in the workspace.
        capture: What was read.
    """
    heads = capture.summary()
    try:
        place = _place(key, capture, sharpest(heads))
        detail = _detail(key, capture, place)
    except AssayError as error:
        ui.empty(t("attention.failed.title"), ui.literal(error), kind="failed")
        ui.action(t("see.text.reset"), key="attention-reset", on_click=lambda: _went_to(None))
        return
    of_kind = [head for head in heads if head.kind == place.kind]
    st.subheader(_finding(capture, of_kind, place, literal=True), anchor=False)
    blob = canvas.blob(
        capture, heads, place, colours(), mark=key, language=ui.lang(), detail=detail,
        present=ui.presenting(),
    )  # fmt: skip
    draw(blob, key=KEY, on_place=_went)
    if not ui.presenting():
        _page_file(key, capture, heads, place)
    written = capture_words.generated(capture, ui.lang())
    for said in (*capture_words.facts(capture, place.kind, ui.lang()), written):
        if said:
            st.caption(ui.literal(said))
    with st.expander(t("common.table_behind"), key="one-head-table", on_change="rerun") as opened:
        if opened.open:
            _numbers(capture, place)
    st.latex(FORMULA)
    st.markdown(words.formula(capture, ui.lang()))
    st.subheader(t("attention.table.title"), anchor=False)
    _table(heads)
    st.markdown(f"{ui.mark('risk')} {t('attention.caveat.words')}")


def _place(key: str, capture: Capture, start: Head) -> Place:
    """Where the URL says the reader is; where it says nothing, all heads, the sharpest chosen.

    Raises:
        BadInput: The URL names a layer or a head that the model does not have.
    """
    if state.changed("attention-key", key):
        _went_to(state.named("view") if canvas.stepwise(capture) else None)
    named = {name: state.named(name) for name in PLACE}
    return read_place(capture, start, **named, n=state.kept("attention-step") or 0)


def _went_to(view: str | None) -> None:
    """Forget the kind, layer and head of the URL, as they are another capture's."""
    for parameter in PLACE:
        state.set_choice(parameter, view if parameter == "view" else None)


def _went() -> None:
    """The reader went to another place: put it into the URL."""
    place = state.sent(KEY, "place")
    if not isinstance(place, dict):
        return
    state.keep("attention-step", place["n"])
    for parameter in ("view", "kind", "layer"):
        state.set_choice(parameter, str(place[parameter]))
    for parameter in ("rows", "columns"):
        state.set_choice(parameter, str(place[parameter]) if place[parameter] else None)
    state.set_choice("head", ",".join(map(str, place["heads"])))


def _detail(key: str, capture: Capture, place: Place) -> Detail | None:
    """Queries, keys and values of the layer, where the picture needs them.

    Raises:
        AssayError: They cannot be had.
    """
    if place.view not in STEPWISE:
        return None
    if not canvas.stepwise(capture):
        raise BadInput(t("see.text.no_formula", model=capture.model))
    workspace = state.workspace()
    if not store.detail_path(workspace, key, place.kind, place.layer).is_file():
        request = {"workspace": str(workspace.root), "key": key, "kind": place.kind,
                   "layer": place.layer}  # fmt: skip
        with st.spinner(t("attention.working")):
            cache.warm(workspace).call("core.work.attention:detail", request)
    return store.open_detail(workspace, key, place.kind, place.layer)


def _page_file(key: str, capture: Capture, heads: list[Head], place: Place) -> None:
    """One file with all that can be seen here, to send around; made when it is asked for."""
    workspace, warm, language = state.workspace(), cache.warm(state.workspace()), ui.lang()
    request = {"workspace": str(workspace.root), "key": key, "kind": place.kind,
               "layer": place.layer}  # fmt: skip

    def make() -> str:
        detail = None
        if canvas.stepwise(capture):
            warm.call("core.work.attention:detail", request)
            detail = store.open_detail(workspace, key, place.kind, place.layer)
        return offline.attention_page(
            capture, heads, place, colours(), mark=key, language=language, detail=detail
        )

    st.download_button(
        t("see.text.html"), make, f"attention-{key[:12]}.html", "text/html",
        key="attention-html", on_click="ignore", icon=":material/download:",
        help=t("see.text.html_help"),
    )  # fmt: skip


def _finding(capture: Capture, heads: list[Head], place: Place, *, literal: bool) -> str:
    """The sentence that stands over the picture."""
    if place.view == "grid":
        return words.all_heads(heads, ui.lang())
    head = place.heads[0] if len(place.heads) == 1 else place.heads
    return words.one_head(
        capture, place.kind, place.layer, head, ui.lang(),
        literal=ui.literal if literal else str,
    )  # fmt: skip


def _numbers(capture: Capture, place: Place) -> None:
    """The weights of the chosen head, or the mean of the chosen ones, as a table."""
    rows, columns = canvas.parts(capture, place)
    shown = np.mean([canvas.exactly(capture, place, head) for head in place.heads], axis=0)
    keys = capture.keys(place.kind)
    names = [f"{keys[i]} ({i})" for i in range(columns.start, columns.stop)]
    table = pd.DataFrame(shown.round(4), columns=names)
    table.insert(0, t("attention.table.query"), list(capture.queries(place.kind)[rows]))
    ui.table(table, key="one-head-numbers")


def _table(heads: list[Head]) -> None:
    column = {name: t(f"attention.table.{name}") for name in offline.COLUMNS}
    rows = [
        {
            column["kind"]: t(f"attention.kind_{head.kind}"),
            column["layer"]: head.layer,
            column["head"]: head.head,
            column["pattern"]: _pattern(head),
            column["entropy_nats"]: head.entropy_nats,
            column["mean_distance_tokens"]: head.mean_distance_tokens,
            column["sink_mass"]: 100 * head.sink_mass,
        }
        for head in heads
    ]
    formats = {"entropy_nats": "%.2f", "mean_distance_tokens": "%.1f", "sink_mass": "%.0f"}
    config = {
        column[name]: st.column_config.NumberColumn(format=form) for name, form in formats.items()
    }
    ui.table(rows, key="heads", column_config=config, height=ui.height(len(rows)))


def _pattern(head: Head) -> str:
    pattern = t(f"attention.pattern.{head.pattern}")
    if head.pattern_share is None:
        return pattern
    return t(
        "attention.table.pattern_share", pattern=pattern, share=f"{100 * head.pattern_share:.0f}"
    )
