"""The Cost page's part on training: other numbers of GPUs, other batches, other offers."""

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st

from core.charts import cost as charts
from core.charts import cost_grid
from core.cost import findings
from core.cost.candidates import TrainCandidate, train_candidates
from core.cost.choice import TrainChoice, train
from core.cost.gpu_map import Cell, by_gpus, grid
from core.cost.training import TrainingEstimate
from core.text.format import number
from dashboard import cost_shared as shared
from dashboard import state, ui

t = ui.t


def render(choice: TrainChoice, found: TrainingEstimate) -> None:
    """Draw the map, the lines by number of GPUs, and the table of offers."""
    _grid(choice, found)
    _by_gpus(choice)
    _candidates(choice)


@lru_cache(maxsize=128)
def _figure(choice: TrainChoice, name: str, scheme: str, language: str, present: bool) -> go.Figure:
    """A figure of a choice; drawing takes longer than all estimates together."""
    found = train(choice)
    if name == "memory":
        return charts.memory(found.memory.parts(), found.memory_bytes, found.gpu, scheme, language,
                             present=present)  # fmt: skip
    if name == "time":
        return charts.time(found, scheme, language, present=present)
    if name in ("map-hours", "map-usd"):
        return cost_grid.grid(grid(choice), name[4:], scheme, language, present=present)
    return charts.by_gpus(findings.fitting(by_gpus(choice)), name, scheme, language,
                          present=present)  # fmt: skip


def draw(choice: TrainChoice, name: str) -> go.Figure:
    """A figure of a choice, for this reader; each is drawn once."""
    return _figure(choice, name, ui.scheme(), ui.lang(), ui.presenting())


def _grid(choice: TrainChoice, found: TrainingEstimate) -> None:
    cells = grid(choice)
    if all(cell.hours is None for cell in cells):
        ui.empty(findings.grid(cells, ui.lang()),
                 found.advice.say(ui.lang()) if found.advice else "", kind="risk")  # fmt: skip
        return
    shows = ["hours", "usd"] if found.usd is not None else ["hours"]
    shown = state.chosen("map", shows) or "hours"
    place = st.container(gap="small")
    if len(shows) > 1 and not ui.presenting():
        shown = state.section(t("cost_page.map.label"), "map", shows, key="cost-map",
                              show=lambda name: t(f"cost_page.map.{name}"))  # fmt: skip
    unit = t("cost.chart.usd") if shown == "usd" else t(f"cost.chart.{cost_grid.unit_of(cells)[0]}")
    darker = t(f"cost_page.more.{ui.scheme()}")
    finding = findings.grid(cells, ui.lang())
    with place:
        ui.chart(
            finding, t("cost_page.plotted.grid", unit=unit, darker=darker),
            draw(choice, f"map-{shown}"), alt=t("cost_page.alt.grid", finding=finding),
            source=t("cost_page.source.grid", n=found.hours.n), key="cost-map-figure",
        )  # fmt: skip
    shared.behind([_cell(cell) for cell in cells], key="grid")


def _cell(cell: Cell) -> dict[str, str]:
    crossed = t("cost.reading.no_fit")
    money = t("cost_page.no_price") if cell.usd is None else number(cell.usd, 3)
    return {
        t("cost_page.chart.gpus"): f"{cell.gpus:,}",
        t("cost_page.chart.batch"): f"{cell.batch:,}",
        t("cost.chart.hours"): crossed if cell.hours is None else number(cell.hours, 3),
        t("cost.chart.usd"): crossed if cell.hours is None else money,
    }


def _by_gpus(choice: TrainChoice) -> None:
    found = findings.fitting(by_gpus(choice))
    left, right = st.columns(2, gap="large")
    for where, quantity, finding in (
        (left, "hours", findings.time_by_gpus(found, ui.lang())),
        (right, "usd", findings.money_by_gpus(found, ui.lang())),
    ):
        with where:
            if not found or (quantity == "usd" and found[0].usd is None):
                ui.empty(finding, t("cost.empty.gpus" if not found else "cost_page.empty.price"),
                         kind="risk")  # fmt: skip
                continue
            ui.chart(
                finding, t("cost.plotted.gpus"), draw(choice, quantity),
                alt=t("cost.alt.gpus", finding=finding),
                source=t("cost.source.runs", n=found[0].hours.n), key=f"cost-{quantity}",
            )  # fmt: skip
    if found:
        shared.behind([_counted(one) for one in found], key="gpus")


def _counted(one: TrainingEstimate) -> dict[str, str]:
    return {
        t("cost_page.chart.gpus"): f"{one.gpus:,}",
        t("cost.chart.hours"): f"≈ {number(one.hours.value, 3)} ({findings.span(one.hours)})",
        t("cost.chart.usd"): t("cost_page.no_price") if one.usd is None
        else f"≈ {number(one.usd.value, 3)} ({findings.span(one.usd)})",
    }  # fmt: skip


def _candidates(choice: TrainChoice) -> None:
    found = train_candidates(choice)
    st.subheader(findings.candidates(found, ui.lang()), anchor=False)
    st.caption(t("cost_page.plotted.offers"))
    ui.table([_row(one) for one in found], key="cost-offers", height=ui.height(len(found)))
    st.caption(t("common.source", source=t("cost_page.source.offers")))


def _row(one: TrainCandidate) -> dict[str, str]:
    bill, estimate = one.usd, one.estimate
    time = findings.hours(estimate.hours.value, ui.lang()) if estimate else t("cost_page.dash")
    missing = t("cost.reading.no_fit") if estimate is None else t("cost_page.no_price")
    return {
        "": "●" if one.offer.chosen else "",
        **shared.offer_cells(one.offer),
        t("cost_page.head.gpus"): f"{one.gpus:,}",
        t("cost_page.head.bill"): missing if bill is None else f"≈ {number(bill.value, 3)}",
        t("cost_page.head.range"): t("cost_page.dash") if bill is None else findings.span(bill),
        t("cost_page.head.time"): f"≈ {time}" if estimate else time,
        t("cost_page.head.fit"): t(f"cost_page.fit.{estimate.fit if estimate else 'no'}"),
    }  # fmt: skip
