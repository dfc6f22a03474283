"""Attention: what does each head look at, and is that picture true?"""

import shlex

import pandas as pd
import streamlit as st

from core.charts import attention as charts
from core.errors import AssayError
from core.interpret import example, offline, store, words
from core.interpret.attention import CELL, matrix, sharpest, tile
from core.interpret.measures import PLACES, Head
from core.interpret.store import Asked, Capture
from core.models.resolve import list_models, resolve
from dashboard import cache, state, ui

t = ui.t

FORMULA = (
    r"\mathrm{Attention}(Q, K, V) = "
    r"\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V"
)
WIDE_TOKENS = 30
"""More tokens than this and the large picture takes the whole width."""


def render() -> None:
    """Draw the page."""
    head = st.container(gap="small")
    captures = store.list_captures(state.workspace())
    failure: AssayError | None = None
    key = captures[0].key if captures else None
    try:
        if not ui.presenting():
            key = _controls(captures)
        capture = store.open_capture(state.workspace(), key) if key else None
    except AssayError as error:
        failure, capture = error, None
    heads = capture.summary() if capture else []
    with head:
        answer = words.answer(capture, heads, ui.lang()) if capture else t("attention.answer.empty")
        checked = ["parity"] if capture else []
        ui.header("common.section.understand", t("attention.question"), answer, marks=checked)
        if capture:
            _readings(capture, heads)
            _provenance(capture)
    if failure:
        ui.empty(t("attention.failed.title"), ui.literal(failure), kind="failed")
    elif capture is None:
        ui.empty(t("attention.empty.title"), t("attention.empty.words"))
    elif key:
        _evidence(key, capture, heads)


def _controls(captures: list[Asked]) -> str | None:
    """Model, text and target; the key of what is to be shown, or None.

    Raises:
        AssayError: The capture that was asked for failed.
    """
    workspace = state.workspace()
    known = [ref for ref in list_models(workspace) if ref.kind in ("run", "starter")]
    known.sort(key=lambda ref: ref.kind == "starter" and not example.crosses(ref))
    # The newest capture's model comes first, so that the page opens with it.
    names = list(dict.fromkeys([a.model for a in captures] + [ref.name for ref in known]))
    with ui.controls():
        model = state.choose(t("attention.model"), "model", names, key="attention-model")
        if model is None:
            return None
        last = next((asked for asked in captures if asked.model == model), None)
        handed = state.given("text") if model == state.given("model") else None
        first, then = (last.text, last.target) if last else (None, None)
        if handed:
            first, then = handed, state.given("target")
        first = first or example.sentence(workspace, resolve(workspace, model))
        mark = f"{model}-{handed or ''}"
        text = st.text_input(t("attention.text"), first, key=f"attention-text-{mark}", width=360)
        target = st.text_input(
            t("attention.target"), then or "", key=f"attention-target-{mark}",
            help=t("attention.target_help"), width=260,
        ) or None  # fmt: skip
        clicked = ui.action(t("attention.show"), key="attention", icon=":material/visibility:")
    # What another page hands over is shown at once: its click was the wish.
    arrived = handed == text and store.find(captures, model, text, target) is None
    if clicked or (arrived and state.kept("attention-handed") != [model, text, target]):
        state.keep("attention-handed", [model, text, target])
        request = {"workspace": str(workspace.root), "model": model, "text": text, "target": target}
        with st.spinner(t("attention.working")):
            answer = cache.warm(workspace).call("core.work.attention:compute", request)
        return str(answer["key"])
    found = store.find(captures, model, text, target)
    if found is None and last is not None:
        st.markdown(f"{ui.mark('risk')} {t('attention.stale', text=ui.literal(last.text))}")
    shown = found or last
    return shown.key if shown else None


def _readings(capture: Capture, heads: list[Head]) -> None:
    parity = capture.parity
    limit = t("attention.reading.limit", limit=words.scientific(parity.attention_tolerance))
    weights = sum(w.size for w in capture.weights.values())
    rows = sum(w.size // w.shape[-1] for w in capture.weights.values())
    sink = [100 * head.sink_mass for head in heads]
    mean = sum(sink) / len(sink)
    placed = sum(head.pattern in PLACES for head in heads)
    layers, per_layer = capture.weights[capture.kinds[0]].shape[:2]
    ui.readings(
        [
            ui.Reading(
                t("attention.reading.attention_error"),
                words.scientific(parity.attention_max_abs_error), "measured", limit,
                t("attention.reading.weights", n=f"{weights:,}"),
                help=t("attention.reading.attention_help"),
            ),
            ui.Reading(
                t("attention.reading.row_error"),
                words.scientific(parity.row_sum_error), "measured", limit,
                t("attention.reading.rows", n=f"{rows:,}"),
                help=t("attention.reading.row_help"),
            ),
            ui.Reading(
                t("attention.reading.placed"),
                t("attention.reading.placed_value", n=placed, total=len(heads)), "measured",
                n=t("attention.reading.counted", layers=layers, heads=per_layer),
                help=t("attention.reading.placed_help"),
            ),
            ui.Reading(
                t("attention.reading.sink"), f"{mean:.0f} %", "measured",
                f"{min(sink):.0f}–{max(sink):.0f} %", t("attention.reading.range", n=len(heads)),
                ui.Needle(mean, min(sink), max(sink), 0, 100),
                help=t("attention.reading.sink_help"),
            ),
        ]
    )  # fmt: skip


def _provenance(capture: Capture) -> None:
    target = f" --target {shlex.quote(capture.target)}" if capture.target else ""
    command = f"assay attention {shlex.quote(capture.model)} {shlex.quote(capture.text)}{target}"
    parity = capture.parity
    detail = t(
        "attention.how.detail",
        attention_error=words.scientific(parity.attention_max_abs_error),
        attention_limit=words.scientific(parity.attention_tolerance),
        row_error=words.scientific(parity.row_sum_error),
        output_error=words.scientific(parity.output_max_abs_error),
        output_limit=words.scientific(parity.output_tolerance),
    )
    chips = t(
        "attention.how.chips", model=capture.model, dtype=parity.dtype,
        kinds=offline.parity(capture, ui.lang()), date=capture.created_at[:10],
    )  # fmt: skip
    ui.provenance(chips, command, f"{detail}\n\n{t('attention.how.npz')}")


def _evidence(key: str, capture: Capture, heads: list[Head]) -> None:
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
