"""The evidence on the Evaluate page: who leads, who got worse, where, what was forgotten."""

from collections.abc import Sequence

import streamlit as st

from core.charts import evaluation as charts
from core.evaluate import compare, notation
from core.evaluate import confusion as confusions
from core.evaluate.board import Entry
from core.evaluate.compare import Changes
from core.evaluate.metrics import metric
from core.train.runs import list_runs
from dashboard import cache, state, ui
from dashboard.contest import View
from dashboard.verdict import general_scores

t = ui.t

LABELS_SHOWN = 12


def board(view: View) -> None:
    """Every model scored on these examples, best first."""
    workspace, language, b = state.workspace(), ui.lang(), view.b
    entries = cache.ranked(workspace, view.group, view.metric)
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


def confusion(view: View) -> None:
    """Which labels are taken for which."""
    examples = cache.examples(state.workspace(), view.b)
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
    empty = _empty(view)
    if empty:
        said.append(t("evaluate.caveat.empty", n=f"{empty:,}", total=f"{view.b.n:,}",
                      model=ui.literal(view.b_name)))  # fmt: skip
    for sentence in said:
        st.markdown(f"{ui.mark('risk')} {sentence}")


def _empty(view: View) -> int:
    """Answers that are empty: from the score that says so, else from the examples."""
    share = view.b.score("empty")
    if share is not None and share.value is not None:
        return round(share.value * share.n)
    rows = cache.examples(state.workspace(), view.b)
    return sum(not row["prediction"].strip() for row in rows)
