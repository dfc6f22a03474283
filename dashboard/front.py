"""Quality against what an answer takes: which models are worth a look."""

import streamlit as st

from core.charts import front as charts
from core.evaluate import front, notation
from core.evaluate.metrics import metric
from core.train.runs import list_runs
from dashboard import cache, state, ui
from dashboard.contest import View

t = ui.t

PRICES = ("latency_p50", "usd_per_1000")


def prices(view: View) -> list[str]:
    """What was measured of any model on the board, for a score that has a better and a worse."""
    if metric(view.metric).higher_is_better is None:
        return []
    scored = [e for e in view.group.evaluations.values() if e.measured(view.metric)]
    return [price for price in PRICES if any(e.measured(price) for e in scored)]


def section(view: View) -> None:
    """Every model of which it was measured, and the front; nothing where none was."""
    known, language = prices(view), ui.lang()
    if not known:
        return
    entries = cache.ranked(state.workspace(), view.group, view.metric)
    price = known[0]
    if len(known) > 1 and not ui.presenting():
        price = st.segmented_control(
            t("board.front.price"), known, default=price, required=True, key="evaluate-price",
            format_func=lambda name: notation.title(name, language),
        ) or price  # fmt: skip
    shown = [entry for entry in entries if entry.evaluation.measured(price)]
    best = front.front(shown, price)
    names = ", ".join(entry.name for entry in best)
    title, lacking = notation.title(price, language), len(entries) - len(shown)
    values = {"metric": notation.title(entries[0].score.metric, language), "price": title}
    plotted = t("board.front.plotted_lacking", **values, n=lacking) if lacking \
        else t("board.front.plotted", **values)  # fmt: skip
    one = entries[0].evaluation
    ui.chart(
        t("board.front.one" if len(best) == 1 else "board.front.several", n=len(best),
          names=ui.literal(names), price=title),
        plotted,
        charts.front(shown, price, frozenset(run.run for run in list_runs(state.workspace())),
                     ui.scheme(), language, present=ui.presenting()),
        alt=t("board.front.alt", n=len(shown), names=names, price=title),
        source=t("evaluate.board.source", dataset=ui.literal(one.dataset), n=f"{one.n:,}",
                 split=t(f"evaluate.split.{one.split}")),
        key="front",
    )  # fmt: skip
