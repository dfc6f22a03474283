"""What changed for whom: the rows that flipped between two versions, and the slices."""

from collections.abc import Sequence

import streamlit as st

from core.charts import where as charts
from core.errors import AssayError
from core.evaluate import notation
from core.evaluate.compare import Comparison
from core.evaluate.flips import Flips, flips
from core.evaluate.metrics import metric
from core.evaluate.store import open_evaluation
from core.text.format import number
from core.update import verdicts
from core.update.gate import Gate
from core.update.story import Version
from dashboard import cache, slices, state, ui

t = ui.t

MOST_ROWS = 50
MOST_SLICES = 10
ROWS = ("test", "new")


def section(found: Sequence[Version], challenger: str | None) -> None:
    """Flip table and slices of the newest version that the gate compared."""
    judged = [one.run for one in reversed(found) if one.gate]
    wanted = [challenger, *judged] if challenger else judged
    kept = (verdicts.known(state.workspace(), run) for run in dict.fromkeys(filter(None, wanted)))
    verdict = next((one for one in kept if one and one.locked), None)
    if verdict is None:
        st.markdown(t("update.changes.none"))
        return
    rows = ROWS[0]
    if verdict.new and not ui.presenting():
        rows = state.section(t("update.changes.where"), "rows", ROWS, key="changes-rows",
                             show=lambda one: t(f"update.gate.{one}"))  # fmt: skip
    side = verdict.new if rows == "new" and verdict.new else verdict.locked
    pair = side.evaluations if side else None
    if pair is None:
        return
    try:
        a, b = (open_evaluation(state.workspace(), name) for name in pair)
        made = cache.comparison(state.workspace(), a, b)
    except AssayError as error:
        st.text(str(error))  # an evaluation was deleted since
        return
    _flips(verdict, made, rows)
    if rows == "test":
        _slices(verdict, made)


def _flips(verdict: Gate, made: Comparison, rows: str) -> None:
    changes = made.changes(verdict.metric)
    found = flips(changes)
    names = {"a": ui.literal(verdict.rival or ""), "b": ui.literal(verdict.challenger)}
    st.subheader(
        t("update.changes.finding", n=f"{found.n:,}", better=f"{found.count('better'):,}",
          worse=f"{found.count('worse'):,}", **names),
        anchor=False,
    )  # fmt: skip
    st.caption(
        t("update.changes.words", rate=f"{100 * found.negative_rate:.1f} %",
          split=t(f"update.gate.{rows}"), metric=notation.title(changes.metric, ui.lang()))
    )  # fmt: skip
    kind = "worse"
    if not ui.presenting():
        kind = state.section(
            t("update.changes.gain"), "flips", ("worse", "better"), key="changes-flips",
            show=lambda one: f"{t(f'update.changes.{one}')} ({found.count(one):,})",
        )  # fmt: skip
    _table(verdict, made, found, kind, rows)


def _table(verdict: Gate, made: Comparison, found: Flips, kind: str, rows: str) -> None:
    ids = found.ids[kind][:MOST_ROWS]
    if not ids:
        st.markdown(t(f"update.changes.none_{kind}"))
        return
    before = {row["id"]: row for row in made.examples_a}
    after = {row["id"]: row for row in made.examples_b}
    changed = made.changes(verdict.metric)
    gains = {one.id: one.gain for one in (*changed.worse, *changed.better)}
    by = notation.factor(_unit(found.metric, made))
    ui.table(
        [
            {
                "input": before[id_]["input"], "reference": before[id_]["reference"],
                "before": before[id_]["prediction"], "after": after[id_]["prediction"],
                "gain": number(by * gains[id_], 3, sign=True),
            }
            for id_ in ids
        ],
        key=f"flips-{rows}-{kind}", height=ui.height(len(ids)),
        alt=t(f"update.changes.{kind}"),
        column_config={
            "input": t("update.changes.input"), "reference": t("update.changes.reference"),
            "before": t("update.changes.before", model=verdict.rival or ""),
            "after": t("update.changes.after", model=verdict.challenger),
            "gain": t("update.changes.gain"),
        },
    )  # fmt: skip


def _unit(name: str, made: Comparison) -> str:
    score = made.b.score(name)
    return score.unit if score else metric(name).unit


def _slices(verdict: Gate, made: Comparison) -> None:
    with st.spinner(t("where.slices.measuring")):
        found = cache.slices(state.workspace(), made.b, made.a, verdict.metric)
    drawn = [row for row in found.rows if row.p_value is not None and not row.by_answer]
    if not drawn:
        return
    worse = sum(row.verdict == "worse" for row in drawn)
    key = "slices_worse" if worse else "slices_none"
    values = {"n": worse} if worse else {}
    shown = drawn[:MOST_SLICES]
    ui.chart(
        t(f"update.changes.{key}", tested=len(drawn), **values),
        t("update.changes.slices_plotted", metric=notation.title(verdict.metric, ui.lang())),
        charts.slices(shown, slices.name, found.metric, found.unit, ui.scheme(), ui.lang(),
                      present=ui.presenting()),
        alt=t("update.changes.slices_alt", n=len(shown), first=slices.name(shown[0])),
        source=t("update.gate.source", data=ui.literal(verdict.dataset)),
        key="update-slices",
    )  # fmt: skip
