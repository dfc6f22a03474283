"""The board as a table: ranks, scores, the distance to a pinned baseline, time and money."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.evaluate import cite, export, notation, store
from core.evaluate.board import TESTED, Delta, Entry
from core.evaluate.metrics import metric
from core.evaluate.score import Score
from dashboard import cache, state, ui
from dashboard.contest import View

t = ui.t

TAKES = ("latency_p50", "latency_p95", "usd_per_1000")


def section(view: View) -> None:
    """The table and what may be taken away."""
    entries = cache.ranked(state.workspace(), view.group, view.metric)
    if not entries:
        return
    with st.container(gap="xxsmall"):
        pinned = _chosen(view, entries)
        deltas = cache.beside(state.workspace(), entries, pinned)
        st.subheader(_finding(entries, pinned, deltas), anchor=False)
        st.caption(t("board.table.words", tested=TESTED))
        if len(entries) > 1 and not ui.presenting():
            state.choose(t("board.table.pin"), "pin", _known(view, entries), key="evaluate-pin")
        ui.table(
            _columns(entries, deltas, pinned), key="leaderboard",
            height=ui.height(len(entries)), column_config=_formats(entries[0].score),
        )  # fmt: skip
    if not ui.presenting():
        _take_away(view, entries, deltas)


def _known(view: View, entries: Sequence[Entry]) -> list[str]:
    """What may be the baseline: first of all what the page compares with."""
    names = [entry.name for entry in entries]
    first = [view.a_name] if view.a_name in names else []
    return [*first, *(name for name in names if name not in first)]


def _chosen(view: View, entries: Sequence[Entry]) -> str:
    known = _known(view, entries)
    return state.chosen("pin", known) or known[0]


def _finding(entries: Sequence[Entry], pinned: str, deltas: dict[str, Delta | None]) -> str:
    """How many beat the baseline."""
    name = ui.literal(pinned)
    if len(entries) == 1:
        return t("board.table.one", name=name)
    if not metric(entries[0].score.metric).compared:
        return t("board.table.no_direction",
                 metric=notation.title(entries[0].score.metric, ui.lang()))  # fmt: skip
    count = Counter(delta.verdict for delta in deltas.values() if delta)
    return t("board.table.finding", name=name, better=count["better"], n=len(deltas),
             worse=count["worse"], ties=count["tie"])  # fmt: skip


def _columns(
    entries: Sequence[Entry], deltas: dict[str, Delta | None], pinned: str
) -> dict[str, list[Any]]:
    language, unit = ui.lang(), entries[0].score.unit
    by = notation.factor(unit)
    columns: dict[str, list[Any]] = {
        t("board.table.rank"): [_rank(entry) for entry in entries],
        t("board.table.model"): [entry.name for entry in entries],
        notation.axis(entries[0].score.metric, unit, language): [
            by * entry.score.number for entry in entries
        ],
        t("board.table.interval"): [
            notation.interval(e.score.low, e.score.high, unit, language) for e in entries
        ],
        t("board.table.delta", name=pinned): [
            t("board.table.pinned") if entry.name == pinned
            else _delta(deltas.get(entry.name), unit)
            for entry in entries
        ],
    }  # fmt: skip
    for name in TAKES:
        found = [entry.evaluation.measured(name) for entry in entries]
        if any(found):
            columns[notation.title(name, language)] = [
                notation.number(score.value, score.unit, language) if score
                else t("common.not_known") for score in found
            ]  # fmt: skip
    return columns


def _rank(entry: Entry) -> str:
    return f"{entry.best}" if entry.best == entry.worst else f"{entry.best}–{entry.worst}"


def _delta(delta: Delta | None, unit: str) -> str:
    """The difference with its interval, and whether chance is ruled out."""
    if delta is None:
        return t("board.table.untested")
    row = delta.difference
    ends = notation.interval(row.low, row.high, unit, ui.lang(), sign=True)
    said = f"{notation.change(row.difference, unit, ui.lang())} ({ends})"
    return t(f"board.table.{delta.verdict}", said=said)


def _formats(score: Score) -> dict[str, Any]:
    name = notation.axis(score.metric, score.unit, ui.lang())
    decimals = notation.pattern(score.unit)
    return {name: st.column_config.NumberColumn(format=f"%{decimals}")}


def _take_away(view: View, entries: Sequence[Entry], deltas: dict[str, Delta | None]) -> None:
    """The board and the answers as files, and a line for a paper."""
    workspace, made = state.workspace(), view.b
    with st.popover(t("board.export.title"), icon=":material/download:"):
        st.download_button(
            t("board.export.board"), lambda: export.board_csv(entries, deltas).encode(),
            f"{made.dataset}-{view.metric}.csv", "text/csv", on_click="ignore",
            key="export-board", icon=":material/table:",
        )  # fmt: skip
        st.download_button(
            t("board.export.examples", model=ui.literal(view.b_name)),
            lambda: export.examples_jsonl(store.examples(workspace, made.evaluation)).encode(),
            f"{made.evaluation}.jsonl", "application/jsonl", on_click="ignore",
            key="export-examples", icon=":material/list:",
        )  # fmt: skip
        st.caption(t("board.export.citation"))
        st.code(cite.citation(made, view.score), language=None, wrap_lines=True)
        st.caption(t("board.export.command"))
        st.code(f"assay evaluations export {made.evaluation} --format csv", language=None,
                wrap_lines=True)  # fmt: skip
