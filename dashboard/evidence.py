"""The evidence on the Evaluate page: who leads, who got worse, where, what was forgotten."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.charts import evaluation as charts
from core.evaluate import compare, notation, store
from core.evaluate import confusion as confusions
from core.evaluate.board import Entry, rank
from core.evaluate.compare import Change, Changes, Comparison
from core.evaluate.metrics import metric
from core.train.runs import list_runs
from dashboard import state, ui
from dashboard.contest import View
from dashboard.verdict import general_scores

t = ui.t

ROWS_SHOWN, ROWS_PRESENTED, ROWS_WHOLE = 100, 5, 9
"""Rows in the table; in presenter mode; and up to which it has no scroll bar."""
LABELS_SHOWN = 12
TABLE_PIXELS = 360


def board(view: View) -> None:
    """Every model scored on these examples, best first."""
    workspace, language, b = state.workspace(), ui.lang(), view.b
    entries = rank(workspace, view.group, view.metric)
    if not entries:
        return
    tuned = frozenset(run.run for run in list_runs(workspace))
    title = notation.title(view.metric, language)
    tied = sum(entry.tied for entry in entries)
    key = "one" if len(entries) == 1 else "leads" if tied == 1 else "shared"
    plotted = {"one": "plotted_one", "leads": "plotted_alone", "shared": "plotted"}[key]
    ui.chart(
        t(f"evaluate.board.{key}", name=ui.literal(entries[0].name), n=tied),
        t(f"evaluate.board.{plotted}", metric=title),
        charts.board(entries, tuned, ui.scheme(), language, present=ui.presenting()),
        alt=t("evaluate.board.alt", metric=title, n=len(entries), rows=_listed(entries)),
        source=t("evaluate.board.source", dataset=ui.literal(b.dataset), n=f"{b.n:,}",
                 split=t(f"evaluate.split.{b.split}")),
        key="board",
    )  # fmt: skip


def _listed(entries: Sequence[Entry]) -> str:
    return "; ".join(
        f"{entry.name} {notation.number(entry.score.value, entry.score.unit, ui.lang())}"
        for entry in entries
    )


def changes(view: View, found: Changes) -> None:
    """Who got worse, who got better."""
    row = metric(found.metric)
    worse, same, better = (f"{len(part):,}" for part in (found.worse, found.same, found.better))
    key = "finding" if found.worse else "none_worse" if found.better else "unchanged"
    n = f"{view.b.n:,}"
    names = {"a": ui.literal(view.a_name), "b": ui.literal(view.b_name)}
    within = f"{notation.factor(row.unit) * found.same_within:g}"
    ui.chart(
        t(f"evaluate.change.{key}", worse=worse, better=better, n=n),
        t("evaluate.change.plotted", **names, within=within) if found.same_within
        else t("evaluate.change.plotted_binary", **names),
        charts.changes(found, row.unit, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("evaluate.change.alt", worse=worse, same=same, better=better),
        source=t("evaluate.change.source", dataset=ui.literal(view.b.dataset), n=n,
                 split=t(f"evaluate.split.{view.b.split}")),
        key="changes",
    )  # fmt: skip


def compared(view: View, comparison: Comparison, found: Changes) -> None:
    """The largest losses; where there is none, the largest gains."""
    row, most = metric(found.metric), _most()
    shown = (found.worse or found.better[::-1])[:most]
    counts = {"shown": f"{len(shown):,}", "worse": f"{len(found.worse):,}",
              "better": f"{len(found.better):,}"}  # fmt: skip
    if found.worse and not found.same_within:
        title = t("evaluate.examples.finding_binary", worse=counts["worse"])
    elif found.worse:
        size = notation.size(found.worse[0].gain, found.metric, row.unit, ui.lang())
        title = t("evaluate.examples.finding", size=size)
    else:
        title = t("evaluate.examples.none")
    words = t("evaluate.examples.words", shown=counts["shown"], worse=counts["worse"]) \
        if found.worse else t("evaluate.examples.words_gains", shown=counts["shown"],
                              better=counts["better"])  # fmt: skip
    if not shown:
        return
    with st.container(gap="xxsmall"):
        st.subheader(title, anchor=False)
        st.caption(words)
        names = {
            "a": t("evaluate.examples.said", model=view.a_name),
            "b": t("evaluate.examples.said", model=view.b_name),
            "value": t("evaluate.examples.change",
                       metric=notation.axis(found.metric, row.unit, ui.lang())),
        }  # fmt: skip
        rows = _paired_rows(comparison, shown, notation.factor(row.unit))
        if not found.same_within:  # right before, wrong now: a number would say no more
            rows = [{key: row[key] for key in row if key != "value"} for row in rows]
        _table(rows, names, signed=True)


def _most() -> int:
    return ROWS_PRESENTED if ui.presenting() else ROWS_SHOWN


def _paired_rows(
    comparison: Comparison, shown: Sequence[Change], by: float
) -> list[dict[str, Any]]:
    a = {row["id"]: row for row in comparison.examples_a}
    b = {row["id"]: row for row in comparison.examples_b}
    return [
        {**_texts(b[change.id]), "a": a[change.id]["prediction"], "b": b[change.id]["prediction"],
         "value": by * change.gain}
        for change in shown
    ]  # fmt: skip


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    context = {"context": row["context"]} if "context" in row else {}
    return {"id": row["id"], "input": row["input"], **context, "reference": row["reference"]}


def alone(view: View) -> None:
    """Without a second model: the answers that score lowest."""
    if view.score.value is None:
        return
    row = metric(metric(view.metric).example)
    by = notation.factor(row.unit)
    examples = store.examples(state.workspace(), view.b.evaluation)
    sign = 1 if row.higher_is_better else -1
    examples.sort(key=lambda example: sign * example["scores"][row.name])
    shown = examples[: _most()]
    title = notation.axis(row.name, row.unit, ui.lang())
    with st.container(gap="xxsmall"):
        st.subheader(t("evaluate.examples.lowest", metric=notation.title(row.name, ui.lang())),
                     anchor=False)  # fmt: skip
        st.caption(t("evaluate.examples.words_one", shown=len(shown), n=f"{len(examples):,}"))
        _table(
            [{**_texts(e), "b": e["prediction"], "value": by * e["scores"][row.name]}
             for e in shown],
            {"b": t("evaluate.examples.said", model=view.b_name),
             "value": t("evaluate.examples.value", metric=title)},
            signed=False,
        )  # fmt: skip


def _table(rows: list[dict[str, Any]], names: dict[str, str], *, signed: bool) -> None:
    """Examples as literal text."""
    column = st.column_config
    shown = {key: t(f"evaluate.examples.{key}") for key in ("id", "input", "context", "reference")}
    config: dict[str, Any] = {
        key: column.TextColumn(label, width="small" if key == "id" else None)
        for key, label in {**shown, **names}.items()
    }
    number_format = "%+.1f" if signed else "%.1f"
    config["value"] = column.NumberColumn(names["value"], format=number_format, width="small")
    ui.table(
        pd.DataFrame(rows), key="examples", column_config=config, alt=t("evaluate.examples.alt"),
        height="content" if len(rows) <= ROWS_WHOLE else TABLE_PIXELS,
    )  # fmt: skip


def confusion(view: View) -> None:
    """Which labels are taken for which."""
    examples = store.examples(state.workspace(), view.b.evaluation)
    names, table = confusions.confusion(
        [row["reference"] for row in examples], [row["prediction"] for row in examples]
    )
    kept, part, worst = confusions.most_confused(names, table, LABELS_SHOWN)
    model = ui.literal(view.b_name)
    plain = finding = t("evaluate.confusion.none", model=model)
    if worst:
        reference, said, n = worst
        plain = t("evaluate.confusion.finding", reference=reference, answer=said, n=n)
        finding = t("evaluate.confusion.finding", reference=ui.literal(reference),
                    answer=ui.literal(said), n=n)  # fmt: skip
    key = "plotted" if len(kept) < len(names) else "plotted_all"
    depth = t(f"evaluate.confusion.{'brighter' if ui.scheme() == 'dark' else 'darker'}")
    ui.chart(
        finding,
        t(f"evaluate.confusion.{key}", model=model, depth=depth, shown=len(kept),
          labels=len(names)),
        charts.confusion(kept, part, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("evaluate.confusion.alt", shown=len(kept), finding=plain),
        source=t("evaluate.board.source", dataset=ui.literal(view.b.dataset), n=f"{view.b.n:,}",
                 split=t(f"evaluate.split.{view.b.split}")),
        key="confusion",
    )  # fmt: skip


def forgetting(view: View) -> None:
    """The run's model on everyday text, before and after tuning."""
    pair, run, language = general_scores(view.run), view.run, ui.lang()
    if pair is None or run is None or not run.general:
        return
    before, after = pair
    names = [run.evaluations.get(key) for key in ("general_base", "general_tuned")]
    paired = None
    if names[0] and names[1]:
        paired = compare.compare(state.workspace(), names[0], names[1]).difference(after.metric)
    verdict = paired.verdict if paired else "tie"
    difference = paired.difference if paired else after.number - before.number
    dataset, title = ui.literal(run.general["dataset"]), notation.title(after.metric, language)
    ui.chart(
        t(f"evaluate.forgetting.{verdict}",
          size=notation.size(difference, after.metric, after.unit, language)),
        t("evaluate.forgetting.plotted", metric=title, dataset=dataset),
        charts.forgetting(before, after, ui.scheme(), language, present=ui.presenting()),
        alt=t("evaluate.forgetting.alt", metric=title,
              before=notation.number(before.value, before.unit, language),
              after=notation.number(after.value, after.unit, language)),
        source=t("evaluate.forgetting.source", dataset=dataset, n=f"{after.n:,}"),
        key="forgetting",
    )  # fmt: skip
    if paired:
        words = "tie_words" if verdict == "tie" else "decided_words"
        st.markdown(
            t(
                f"evaluate.forgetting.{words}", n=f"{after.n:,}",
                change=notation.change(difference, after.unit, language),
                interval=notation.interval(
                    paired.low, paired.high, after.unit, language, sign=True),
                p=notation.p_value(paired.p_value, language),
            )
        )  # fmt: skip


def caveats(view: View) -> None:
    """What changes the reading: examples that were left out, answers that are empty."""
    said = []
    missing = view.b.settings.get("missing")
    if missing:
        said.append(t("evaluate.caveat.missing", n=f"{missing:,}"))
    failed = view.b.settings.get("failed")
    if failed:
        said.append(t("asking.failed", n=f"{failed:,}", total=f"{view.b.n:,}",
                      model=ui.literal(view.b_name)))  # fmt: skip
    rows = store.examples(state.workspace(), view.b.evaluation)
    empty = sum(not row["prediction"].strip() for row in rows)
    if empty:
        said.append(t("evaluate.caveat.empty", n=f"{empty:,}", total=f"{len(rows):,}",
                      model=ui.literal(view.b_name)))  # fmt: skip
    for sentence in said:
        st.markdown(f"{ui.mark('risk')} {sentence}")
