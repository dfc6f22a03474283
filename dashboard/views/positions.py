"""Positions: how does the model know word order, how long can the input be?"""

import pandas as pd
import streamlit as st

from core.charts import positions as charts
from core.errors import AssayError
from core.interpret import own, positions
from core.interpret import position_words as words
from core.interpret.own import Limit
from core.interpret.panels import Panel
from core.interpret.schemes import encoding, likeness, scheme
from core.models.resolve import ModelRef
from core.text.format import number
from dashboard import cache, inputs, state, ui

t = ui.t

KINDS = ("run", "starter", "hub")
DIMENSIONS = (16, 32, 64, 128, 256, 512, 768, 1024)
START_DIMENSION, START_POSITIONS = 128, 64
SIDE_BY_SIDE = 2


def render() -> None:
    """Draw the page."""
    head = st.container(gap="small")
    model, dimension, length = _controls()
    failure: AssayError | None = None
    found: tuple[str, Limit] | None = None
    try:
        found = own.known(model) if model else None
    except AssayError as error:
        failure = error
    with head:
        ui.header("common.section.understand", t("positions.question"), _answer(model, found))
        if model and found:
            _readings(model, *found, dimension)
            _provenance(model, found[0])
    if failure:
        ui.empty(t("positions.failed.title"), ui.literal(failure), kind="failed")
    elif model and found:
        _own(model, found[0])
    _formula(dimension, length)


def _controls() -> tuple[ModelRef | None, int, int]:
    """The model, and the dimension and number of positions of the waves."""
    if ui.presenting():
        return inputs.first_model(KINDS), START_DIMENSION, START_POSITIONS
    with ui.controls():
        model = inputs.model("positions-model", label=t("positions.model"), kinds=KINDS)
        dimension = st.selectbox(
            t("positions.dimension"), DIMENSIONS, DIMENSIONS.index(START_DIMENSION), width=180,
            key="positions-dimension",
        )  # fmt: skip
        length = st.slider(
            t("positions.positions"), 16, 512, START_POSITIONS, step=16, width=240,
            key="positions-length",
        )  # fmt: skip
    return model, dimension, length


def _answer(model: ModelRef | None, found: tuple[str, Limit] | None) -> str:
    if model is None:
        return t("positions.answer.none")
    if found is None:
        return t("positions.answer.unknown", model=ui.literal(model.name))
    return words.answer(ui.literal(model.name), found[1], ui.lang())


def _readings(model: ModelRef, name: str, limit: Limit, dimension: int) -> None:
    length = t("positions.reading.open")
    if limit.tokens is not None:
        length = t("positions.reading.length_value", n=f"{limit.tokens:,}")
    notes = {"trained": "positions.reading.trained", "table": "positions.reading.table",
             "waves": "positions.reading.table"}  # fmt: skip
    note = t(notes[limit.kind]) if limit.kind in notes else None
    items = [
        ui.Reading(t("positions.reading.scheme"), t(f"positions.scheme.{name}"), "measured"),
        ui.Reading(t("positions.reading.length"), length, "measured", n=note),
    ]
    if limit.kind == "saturation":
        n = t("positions.reading.alike_n", n=limit.values["back"])
        far = t("positions.reading.length_value", n=limit.values["both"])
        items.append(ui.Reading(t("positions.reading.alike"), far, "measured", n=n))
    if limit.kind == "decay":
        half = t("positions.reading.length_value", n=number(limit.values["longest"]))
        items.append(ui.Reading(t("positions.reading.half"), half, "measured"))
    read = own.newest(state.workspace(), model.name) if name == "rope" else None
    if read and read.facts["slow_pairs"] is not None:
        pairs = t("positions.reading.pairs_value", slow=read.facts["slow_pairs"],
                  pairs=read.facts["pairs"])  # fmt: skip
        items.append(ui.Reading(t("positions.reading.pairs"), pairs, "measured"))
    longest = positions.wavelengths(positions.frequencies(dimension))[-1]
    items.append(
        ui.Reading(
            t("positions.reading.longest"),
            t("positions.reading.length_value", n=f"{longest:,.0f}"), "measured",
            n=t("positions.reading.longest_n", n=dimension),
        )
    )  # fmt: skip
    ui.readings(items)


def _provenance(model: ModelRef, name: str) -> None:
    chips = t(
        "positions.how.chips", model=model.name, scheme=t(f"positions.scheme.{name}"),
        source=scheme(name).source,
    )  # fmt: skip
    ui.provenance(chips, f"assay positions --model {model.name}", t("positions.how.detail"))


def _own(model: ModelRef, name: str) -> None:
    """The scheme of the model, out of its weights once they were read."""
    workspace = state.workspace()
    st.subheader(t("positions.own"), anchor=False)
    st.latex(scheme(name).formula)
    read = own.newest(workspace, model.name)
    if read is None:
        ui.empty(
            t("positions.empty.title", model=ui.literal(model.name)), t("positions.empty.words")
        )
        if not ui.action(t("positions.read"), key="positions", icon=":material/straighten:"):
            return
        try:
            with st.spinner(t("positions.reading_weights")):
                request = {"workspace": str(workspace.root), "model": model.name}
                cache.warm(workspace).call("core.work.positions:compute", request)
        except AssayError as error:
            ui.empty(t("positions.failed.title"), ui.literal(error), kind="failed")
            return
        st.rerun()
    else:
        _panels(own.panels(read), ui.literal(model.name))


def _formula(dimension: int, length: int) -> None:
    """The formula of the first Transformer, drawn."""
    waves = scheme("sinusoidal")
    st.subheader(t("positions.formula"), anchor=False)
    st.latex(waves.formula)
    omega = positions.frequencies(dimension)
    shown = (encoding(length, dimension), likeness("similarity", length, omega))
    _panels(shown, ui.literal(waves.source))


def _panels(panels: tuple[Panel, ...], source: str) -> None:
    columns = st.columns(min(SIDE_BY_SIDE, len(panels)), gap="large")
    for number_of, panel in enumerate(panels):
        with columns[number_of % len(columns)]:
            ui.chart(
                words.finding(panel, ui.lang()),
                words.plotted(panel, ui.lang()),
                charts.panel(panel, ui.scheme(), ui.lang(), present=ui.presenting()),
                alt=words.finding(panel, ui.lang()),
                source=source,
                key=f"panel-{panel.name}",
            )
            with st.expander(t("common.table_behind")):
                ui.table(_table(panel), key=f"table-{panel.name}")


def _table(panel: Panel) -> pd.DataFrame:
    x, y = words.axes(panel, ui.lang())
    if panel.matrix is None:
        lines = {words.line_name(n, ui.lang()) or y: line for n, line in panel.lines.items()}
        return pd.DataFrame({x: panel.x, **lines})
    rows = pd.DataFrame(panel.matrix.round(4), columns=[f"{value:g}" for value in panel.x])
    rows.insert(0, f"{y} \\ {x}", panel.y)
    return rows
