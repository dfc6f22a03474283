"""See: what each head of one text looks at, every head at once and one head large."""

import pandas as pd
import streamlit as st

from core.charts import attention as charts
from core.interpret import offline, words
from core.interpret.attention import CELL, matrix, sharpest, tile
from core.interpret.measures import Head
from core.interpret.store import Capture
from dashboard import ui

t = ui.t

FORMULA = (
    r"\mathrm{Attention}(Q, K, V) = "
    r"\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V"
)
WIDE_TOKENS = 30
"""More tokens than this and the large picture takes the whole width."""


def render(key: str, capture: Capture) -> None:
    """Draw the section.

    Args:
        key: Of the capture in the workspace.
        capture: What was read.
    """
    heads = capture.summary()
    kind, layer, head = _choose(key, capture, sharpest(heads))
    wide = max(capture.weights[kind].shape[2:]) > WIDE_TOKENS
    left, right = st.columns(2, gap="large")
    with left:
        _all_heads(capture, [h for h in heads if h.kind == kind], (layer, head))
    with right if wide else left:
        st.latex(FORMULA)
        st.markdown(words.formula(capture, ui.lang()))
    with st.container() if wide else right:
        _one_head(capture, kind, layer, head)
    st.subheader(t("attention.table.title"), anchor=False)
    _table(heads)
    st.markdown(f"{ui.mark('risk')} {t('attention.caveat.words')}")


def _choose(key: str, capture: Capture, start: Head) -> tuple[str, int, int | None]:
    """Kind, layer and head (None = the mean); where nothing is chosen, the sharpest head."""
    if ui.presenting():
        return start.kind, start.layer, start.head
    kinds = {kind: t(f"attention.{kind}") for kind in capture.kinds}
    if "encoder" not in kinds:
        kinds["decoder"] = t("attention.decoder_alone")
    mean = t("attention.mean")
    with st.container(horizontal=True, gap="medium"):
        kind = st.selectbox(
            t("attention.kind"), capture.kinds, capture.kinds.index(start.kind),
            format_func=kinds.__getitem__, width=280, key=f"attention-kind-{key}",
        )  # fmt: skip
        layers, heads = capture.weights[kind].shape[:2]
        here = (start.layer, start.head) if kind == start.kind else (0, 0)
        layer = st.selectbox(
            t("attention.layer"), range(layers), here[0], width=110, key=f"layer-{key}-{kind}"
        )
        head = st.selectbox(
            t("attention.head"), [*range(heads), None], here[1], width=160,
            format_func=lambda number: mean if number is None else str(number),
            key=f"head-{key}-{kind}",
        )  # fmt: skip
    return kind, layer, head


def _all_heads(capture: Capture, heads: list[Head], chosen: tuple[int, int | None]) -> None:
    weights = capture.weights[heads[0].kind]
    layers, count = weights.shape[:2]
    finding = words.all_heads(heads, ui.lang())
    pooled = max(weights.shape[2:]) > CELL
    ui.chart(
        finding,
        t(f"attention.tile.{'pooled' if pooled else 'plotted'}",
          shade=t(f"attention.tile.shade_{ui.scheme()}")),
        charts.all_heads(tile(weights), layers, count, chosen, ui.scheme(), ui.lang(),
                         present=ui.presenting()),
        alt=finding,
        source=t("attention.tile.source", model=ui.literal(capture.model),
                 date=capture.created_at[:10]),
        key="all-heads",
    )  # fmt: skip


def _one_head(capture: Capture, kind: str, layer: int, head: int | None) -> None:
    queries, keys = capture.queries(kind), capture.keys(kind)
    shown = matrix(capture, kind, layer, head)
    printed = t("attention.one.printed" if charts.prints(keys) else "attention.one.hover")
    plotted = "attention.one.plotted" + ("_target" if capture.own_texts(kind) else "")
    ui.chart(
        words.one_head(capture, kind, layer, head, ui.lang(), literal=ui.literal),
        t(plotted, printed=printed),
        charts.one_head(shown, queries, keys, ui.scheme(), ui.lang(), causal=kind == "decoder",
                        present=ui.presenting()),
        alt=words.one_head(capture, kind, layer, head, ui.lang()),
        source=t("attention.one.source", model=ui.literal(capture.model),
                 text=ui.literal(capture.prefix + capture.text)),
        key="one-head",
    )  # fmt: skip
    if capture.generated is not None:
        st.caption(t("attention.one.generated", text=ui.literal(capture.generated)))
    with st.expander(t("common.table_behind")):
        table = pd.DataFrame(shown.round(3), columns=[f"{k} ({i})" for i, k in enumerate(keys)])
        table.insert(0, t("attention.table.query"), list(queries))
        ui.table(table, key="one-head-table")


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
    ui.table(rows, key="heads", column_config=config, height=320)


def _pattern(head: Head) -> str:
    pattern = t(f"attention.pattern.{head.pattern}")
    if head.pattern_share is None:
        return pattern
    return t(
        "attention.table.pattern_share", pattern=pattern, share=f"{100 * head.pattern_share:.0f}"
    )
