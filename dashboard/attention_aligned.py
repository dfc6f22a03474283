"""Alignment: which head finds the word that a word comes from, and what goes with a bad score."""

import shlex

import streamlit as st

from core.charts import moved as charts
from core.charts import moved_words as words
from core.data.dataset import Dataset
from core.evaluate import notation
from core.interpret.aligned import STUDIES, Alignment
from core.interpret.captured import Capture
from core.interpret.example import crosses
from core.interpret.sentence import sentence
from core.models.resolve import ModelRef
from core.run import AlignmentRequest
from dashboard import attention_begin, state, ui
from dashboard.attention_pick import Wish, pick

t = ui.t

WORST = 20
"""Sentences that are listed, the lowest score first."""
NAMED = 5
"""Source words without cover that a sentence names."""


def section(ref: ModelRef, data: Dataset, limit: int, capture: Capture) -> None:
    """Draw the block for a model on a dataset, and for the sentence that is open."""
    st.header(t("moved.align.title"), anchor=False)
    if not crosses(ref):
        st.markdown(t("moved.align.none", model=ui.literal(ref.name)))
        return
    if data.task == "text-classification":
        st.markdown(t("moved.align.labels", dataset=ui.literal(data.name)))
        return
    request = AlignmentRequest(ref.name, data.title, "own", "test", limit)
    made = next((one for one in STUDIES.newest(state.workspace())
                 if (one.model, one.dataset) == (ref.name, data.name)), None)  # fmt: skip
    if made is None:
        ui.empty(t("moved.align.empty", model=ui.literal(ref.name)), t("moved.align.empty_words"))
    else:
        _evidence(made, ref, capture)
    attention_begin.begin(
        request, t(f"moved.align.{'begin' if made is None else 'again'}", n=f"{limit:,}"),
        key="alignment", icon=":material/compare_arrows:", again=made is not None,
    )  # fmt: skip


def _evidence(made: Alignment, ref: ModelRef, capture: Capture) -> None:
    source = t("moved.source", model=ui.literal(made.model), n=f"{made.n:,}",
               dataset=ui.literal(made.dataset), split=t(f"evaluate.split.{made.split}"),
               date=made.created_at[:10])  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        finding = words.alignment_finding(made, ui.lang())
        ui.chart(
            finding, t("moved.align.plotted"),
            charts.alignment_heads(made, ui.scheme(), ui.lang(), present=ui.presenting()),
            alt=finding, source=source, key="alignment-heads",
        )  # fmt: skip
        if made.best.copied_share is not None:
            st.markdown(t("moved.align.copied", n=f"{made.copied_words:,}",
                          share=words.share(made.best.copied_share, ui.lang())))  # fmt: skip
    with right:
        _sentence(made, capture)
    finding = words.relation_finding(made, ui.lang())
    left, right = st.columns(2, gap="large")
    with left:
        if any(one.rank is not None for one in made.relations):
            ui.chart(
                finding, t("moved.align.relations", metric=notation.title(made.metric, ui.lang())),
                charts.relations(made, ui.scheme(), ui.lang(), present=ui.presenting()),
                alt=finding, source=source, key="alignment-relations",
            )  # fmt: skip
        else:
            st.markdown(finding)
        if any(one.decided and one.by_length for one in made.relations):
            st.caption(t("moved.align.by_length"))
    with right:
        _worst(made, ref)
    with st.expander(t("common.table_behind")):
        ui.table([_head(made, place) for place in range(len(made.heads))], key="alignment-table")
        ui.table([_relation(made, place) for place in range(len(made.relations))],
                 key="alignment-relations-table")  # fmt: skip
    ui.provenance(
        t("moved.chips", n=f"{made.n:,}", name=made.dataset, date=made.created_at[:10]),
        f"assay alignment {shlex.quote(made.model)} --dataset {made.dataset}@{made.data_version} "
        f"--split {made.split} --limit {made.limit or made.n} --target {made.target} --json",
        t("moved.align.how", pairs=f"{made.learnt_pairs:,}", links=f"{made.sure_links:,}"),
    )


def _sentence(made: Alignment, capture: Capture) -> None:
    """The sentence that is open on the page, as the best head sees it."""
    best = made.best
    view = sentence(capture, best.layer, best.head, best.rows)
    if view is None:
        st.markdown(t("moved.align.no_sentence"))
        return
    covered = len(view.source) - len(view.uncovered)
    values = {"covered": covered, "total": len(view.source)}
    missing = ", ".join(f"“{word}”" for word in view.uncovered[:NAMED])
    missing += ", …" if len(view.uncovered) > NAMED else ""
    case = "all" if not view.uncovered else "some"
    ui.chart(
        t(f"moved.align.covered_{case}", **values, missing=ui.literal(missing)),
        t("moved.align.sentence", head=words.head(("cross", best.layer, best.head), ui.lang()),
          entropy=f"{view.measures.entropy_nats:.2f}",
          sink=f"{100 * view.measures.sink_mass:.0f}",
          jumps=f"{100 * view.measures.jump_share:.0f}"),
        charts.sentence(view, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t(f"moved.align.covered_{case}", **values, missing=missing),
        source=t("attention.one.source", model=ui.literal(capture.model),
                 text=ui.literal(capture.text)),
        key="alignment-sentence",
    )  # fmt: skip
    with st.expander(t("common.table_behind")):
        rows = [
            {t("moved.column.word"): word,
             **{f"{target} ({j})": round(float(view.weights[j, i]), 3)
                for j, target in enumerate(view.target)},
             t("moved.measure.coverage"): round(float(view.coverage[i]), 3)}
            for i, word in enumerate(view.source)
        ]  # fmt: skip
        ui.table(rows, key="alignment-sentence-table")


def _worst(made: Alignment, ref: ModelRef) -> None:
    """The sentences with the lowest scores; one that is chosen can be opened in See."""
    shown = made.sentences[:WORST]
    st.subheader(t("moved.align.worst", n=len(shown)), anchor=False)
    st.caption(t("moved.align.worst_words"))
    names = {name: t(f"moved.measure.{name}") for name in ("coverage", "entropy_nats")}
    chosen = ui.table(
        [
            {t("moved.column.score"): None if one.score is None else round(one.score, 1),
             t("moved.column.input"): one.input, t("moved.column.answer"): one.answer,
             names["coverage"]: round(one.coverage, 2),
             names["entropy_nats"]: round(one.entropy_nats, 2)}
            for one in shown
        ],
        key="alignment-worst", on_select="rerun", selection_mode="single-row", height=300,
    )  # fmt: skip
    rows = chosen.selection.rows
    if ui.presenting() or not rows or rows[0] >= len(shown):
        return
    one = shown[rows[0]]
    st.text(f"{one.input}\n{one.answer}\n{one.reference}")
    st.button(t("moved.align.open"), key="alignment-open", icon=":material/visibility:",
              on_click=_open, args=(Wish(ref.name, one.input, one.target),))  # fmt: skip


def _open(wish: Wish) -> None:
    """Show a sentence in See, as if it had been picked there."""
    pick(wish)
    state.set_choice("tab", "see")


def _head(made: Alignment, place: int) -> dict[str, str]:
    one, language = made.heads[place], ui.lang()
    cells = {
        "head": words.head(("cross", one.layer, one.head), language),
        "error": words.share(one.error, language),
        "interval": words.share_interval(one.error_low, one.error_high, language),
        "copied": words.share(one.copied_share, language),
        "rows": t(f"moved.align.way_{one.rows}"),
    }
    return {t(f"moved.column.{name}"): value for name, value in cells.items()}


def _relation(made: Alignment, place: int) -> dict[str, str]:
    one, language = made.relations[place], ui.lang()
    cells = {
        "measure": t(f"moved.measure.{one.measure}"),
        "rank": words.correlation(one.rank, one.low, one.high, language),
        "given_length": words.correlation(one.given_length, None, None, language),
        "p": notation.p_value(one.p_corrected, language),
    }
    return {t(f"moved.column.{name}"): value for name, value in cells.items()}
