"""Before and after: which heads look elsewhere since the fine-tune, beyond the noise floor."""

import shlex

import streamlit as st

from core.charts import moved as charts
from core.charts import moved_words as words
from core.data.dataset import Dataset
from core.errors import AssayError
from core.evaluate import notation
from core.evaluate.metrics import metric
from core.evaluate.pairs import of_models
from core.interpret.moved import STUDIES, Moved
from core.models.resolve import ModelRef, list_models, shape_of
from core.models.shape import Shape
from core.run import MovedRequest
from core.train.runs import open_run
from dashboard import attention_begin, state, ui

t = ui.t


def section(ref: ModelRef, data: Dataset, limit: int) -> None:
    """Draw the block for a model on a dataset."""
    st.header(t("moved.before.title"), anchor=False)
    before = _before(ref)
    if before is None:
        st.markdown(t("moved.before.alone", model=ui.literal(ref.name)))
        return
    request = MovedRequest(before, ref.name, data.title, "test", limit)
    wanted = (before, ref.name, data.name)
    made = next(
        (one for one in STUDIES.newest(state.workspace()) if (one.a, one.b, one.dataset) == wanted),
        None,
    )
    if made is None:
        ui.empty(
            t("moved.before.empty", a=ui.literal(before), b=ui.literal(ref.name)),
            t("moved.before.empty_words"),
        )
    else:
        _evidence(made)
    attention_begin.begin(
        request, t(f"moved.before.{'begin' if made is None else 'again'}", n=f"{limit:,}"),
        key="moved", icon=":material/difference:", again=made is not None,
    )  # fmt: skip


def _before(ref: ModelRef) -> str | None:
    """The model that this one is held against; a run's base unless the reader chose another."""
    own = _shape(ref)
    known = [other for other in list_models(state.workspace())
             if other.kind in ("run", "starter") and other.name != ref.name]  # fmt: skip
    names = [other.name for other in known if own and _heads(_shape(other)) == _heads(own)]
    if ref.kind == "run":
        base = open_run(state.workspace(), ref.name).base
        names = [base, *(name for name in names if name != base)]
    if not names:
        return None
    if ui.presenting() or len(names) == 1:
        return state.chosen("before", names)
    return state.choose(t("moved.before.which"), "before", names, key="compare-before")


def _shape(ref: ModelRef) -> Shape | None:
    try:
        return shape_of(ref)
    except AssayError:
        return None  # Its architecture is not known, so nothing can be held against it.


def _heads(shape: Shape | None) -> tuple[object, ...]:
    if shape is None:
        return ()
    return shape.family, shape.layers, shape.encoder_layers, shape.heads, shape.head_dim


def _evidence(made: Moved) -> None:
    pair = of_models(state.workspace(), made.a, made.b, made.dataset, made.data_version)
    scored = words.score_finding(pair[2] if pair else None, lambda name: metric(name).unit,
                                 ui.lang())  # fmt: skip
    source = t("moved.source", model=ui.literal(f"{made.a} → {made.b}"), n=f"{made.n:,}",
               dataset=ui.literal(made.dataset), split=t(f"evaluate.split.{made.split}"),
               date=made.created_at[:10])  # fmt: skip
    finding = words.moved_finding(made, ui.lang())
    st.markdown(scored)
    left, right = st.columns(2, gap="large")
    with left:
        ui.chart(
            words.moved_finding(made, ui.lang(), literal=ui.literal),
            t("moved.before.plotted", shade=t(f"moved.shade_{ui.scheme()}")),
            charts.moved_map(made, ui.scheme(), ui.lang(), present=ui.presenting()),
            alt=finding, source=source, key="moved-map",
        )  # fmt: skip
    with right:
        ui.chart(
            t("moved.before.heads", shown=min(len(made.heads), charts.LISTED),
              total=len(made.heads)),
            t("moved.before.heads_plotted"),
            charts.moved_heads(made, ui.scheme(), ui.lang(), present=ui.presenting()),
            alt=finding, source=source, key="moved-heads",
        )  # fmt: skip
    if made.moved and made.sentences:
        _sentences(made)
    with st.expander(t("common.table_behind")):
        ui.table([_cells(made, place) for place in range(len(made.heads))], key="moved-table",
                 height=320)  # fmt: skip
    ui.provenance(
        t("moved.chips", n=f"{made.n:,}", name=made.dataset, date=made.created_at[:10]),
        f"assay moved {shlex.quote(made.a)} {shlex.quote(made.b)} --dataset "
        f"{made.dataset}@{made.data_version} --split {made.split} "
        f"--limit {made.limit or made.n} --json",
        t("moved.before.how", dropout=f"{100 * made.dropout:.0f}"),
    )


def _sentences(made: Moved) -> None:
    """The examples that moved most; the one that is chosen, as its farthest head sees it."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("moved.before.sentences", n=len(made.sentences)), anchor=False)
        st.caption(t("moved.before.sentences_words"))
        chosen = ui.table(
            [{t("moved.column.distance"): round(one.distance_nats, 3),
              t("moved.column.input"): one.input, t("moved.column.target"): one.target,
              t("moved.column.farthest"): words.head((one.kind, one.layer, one.head), ui.lang())}
             for one in made.sentences],
            key="moved-sentences", on_select="rerun", selection_mode="single-row",
        )  # fmt: skip
    rows = chosen.selection.rows
    one = made.sentences[rows[0] if rows and rows[0] < len(made.sentences) else 0]
    with right:
        if one.change is None:
            st.markdown(words.change_finding(one, ui.lang(), literal=ui.literal))
            return
        ui.chart(
            words.change_finding(one, ui.lang(), literal=ui.literal),
            t("moved.before.change"),
            charts.change(one, ui.scheme(), ui.lang(), present=ui.presenting()),
            alt=words.change_finding(one, ui.lang()),
            source=t("attention.one.source", model=ui.literal(f"{made.a} → {made.b}"),
                     text=ui.literal(one.input)),
            key="moved-change",
        )  # fmt: skip
        with st.expander(t("common.table_behind")):
            change = one.change
            ui.table(
                [{t("attention.table.query"): query,
                  **{f"{key} ({i})": round(float(change[j, i]), 3)
                     for i, key in enumerate(one.keys)}}
                 for j, query in enumerate(one.queries)],
                key="moved-change-table",
            )  # fmt: skip


def _cells(made: Moved, place: int) -> dict[str, str]:
    head, language = made.farthest[place], ui.lang()
    cells = {
        "head": words.head(head.place, language),
        "moved": t(f"moved.cli.{'yes' if head.moved else 'no'}"),
        "distance": words.nats(head.distance_nats, language, sign=False),
        "interval": words.nats_interval(head.low_nats, head.high_nats, language, sign=False),
        "floor": words.nats(head.floor_nats, language, sign=False),
        "p": notation.p_value(head.p_corrected, language),
    }
    return {t(f"moved.column.{name}"): value for name, value in cells.items()}
