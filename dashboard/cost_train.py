"""The Cost page's part on training: dollars, days and GPUs, and what they are made of."""

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import cost as charts
from core.charts import cost_grid
from core.cost import findings
from core.cost.backtest import score
from core.cost.candidates import TrainCandidate, train_candidates
from core.cost.choice import TrainChoice, train
from core.cost.gpu_map import Cell, by_gpus, grid
from core.cost.layout import zero_stage
from core.cost.training import TrainingEstimate
from core.models.shape import parameters
from core.text.format import count, number, usd
from core.units import GIB
from dashboard import cost_commands, state, ui
from dashboard import cost_controls as controls
from dashboard import cost_shared as shared

t = ui.t


def render(head: DeltaGenerator) -> None:
    """Draw the part.

    Raises:
        BadInput, NotFound: The URL asks for what cannot be.
    """
    if not ui.presenting():
        controls.draw_train()
    model, choice = controls.train_choice()
    found = train(choice)
    with head:
        name = ui.literal(controls.title(model))
        ui.header("common.section.decide", t("cost.question", model=name),
                  findings.answer(found, ui.lang()))  # fmt: skip
        ui.readings(_readings(found))
        _provenance(model, choice, found)
        shared.price_caveats(found.price, choice.paying, found.gpu)
        _unlike(found)
        _measured(found)
    _parts(choice, found)
    _grid(choice, found)
    _by_gpus(choice)
    _candidates(choice)
    _beyond(found)
    kind = found.hours.kind
    shared.to_judged(kind, findings.errors(score(kind), ui.lang()))


def _readings(found: TrainingEstimate) -> list[ui.Reading]:
    able = found.fit != "no"
    unit, scale = charts.time_unit([found])
    time = found.hours.times(scale, unit)
    words = t(f"common.{unit}", n=number(time.value, 2))
    cost = ui.Reading(t("cost.reading.cost"), t("cost_page.no_price"), "estimated",
                      help=t("cost.reading.cost_help"))  # fmt: skip
    no_fit = t("cost.reading.no_fit")
    if not able:
        cost = ui.Reading(t("cost.reading.cost"), no_fit, "estimated")
    elif found.usd is not None:
        cost = ui.Reading(
            t("cost.reading.cost"), shared.about(usd(found.usd.value)), "estimated",
            findings.span(found.usd), shared.runs(found.usd), shared.needle(found.usd),
            t("cost.reading.cost_help"),
        )  # fmt: skip
    clock = ui.Reading(t("cost.reading.time"), no_fit, "estimated")
    spent = found.gpu_hours
    gpus = ui.Reading(t("cost_page.reading.gpus"), no_fit, "estimated")
    if able:
        clock = ui.Reading(
            t("cost.reading.time"), shared.about(words), "estimated", findings.span(time),
            shared.runs(time), shared.needle(time), t("cost_page.reading.time_help"),
        )  # fmt: skip
        gpus = ui.Reading(
            t("cost_page.reading.gpus"),
            t(f"cost_page.reading.gpus_value{'_one' if found.gpus == 1 else ''}",
              n=f"{found.gpus:,}"),
            "estimated", t("cost_page.reading.gpu_hours", span=findings.span(spent)),
            shared.runs(spent), shared.needle(spent), t("cost_page.reading.gpus_help"),
        )  # fmt: skip
    return [
        cost, clock, gpus,
        shared.memory_reading(found.memory_bytes.value, found.memory_bytes, found.gpu),
    ]  # fmt: skip


def _provenance(model: str, choice: TrainChoice, found: TrainingEstimate) -> None:
    chips = t(
        "cost_page.chips.train",
        parameters=count(parameters(found.shape).total, ui.lang()),
        tokens=count(found.tokens, ui.lang()), price=shared.price_chip(found.price),
    )  # fmt: skip
    plan = found.plan
    layout = t(
        "cost_page.layout", tp=plan.tensor, pp=plan.pipeline, dp=f"{plan.data:,}",
        zero=zero_stage(plan), micro=plan.micro_batch, steps=plan.micro_steps,
        mfu=number(100 * found.mfu, 2), rate=f"{found.rate.value:,.3g}",
    )  # fmt: skip
    notes = "\n".join(f"- {ui.literal(note.say(ui.lang()))}" for note in found.assumptions)
    how = t("cost.how", kind=t(f"cost.kind.{found.hours.kind}"), n=found.hours.n)
    ui.provenance(chips, cost_commands.train(model, choice), f"{how}\n\n{layout}\n\n{notes}")


def _unlike(found: TrainingEstimate) -> None:
    """Why the range is wider than usual, where it is."""
    for note in found.assumptions:
        if note.key in ("extrapolated", "other_family") and found.gpu.backtested:
            shared.caveat(ui.literal(note.say(ui.lang())))
            return


def _measured(found: TrainingEstimate) -> None:
    """What was measured on this machine, and how far that narrows the range."""
    held = found.calibrated
    if held is not None:
        words = t("cost_page.measured_here", n=held.n, machine=ui.literal(held.machine),
                  date=held.date, ratio=f"{held.ratio:.2f}",
                  left=number(100 * held.left, 2))  # fmt: skip
        st.markdown(f"{ui.mark('measured')} {words}")


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


def _draw(choice: TrainChoice, name: str) -> go.Figure:
    return _figure(choice, name, ui.scheme(), ui.lang(), ui.presenting())


def _parts(choice: TrainChoice, found: TrainingEstimate) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        finding = findings.memory(found, ui.lang())
        ui.chart(
            finding, t("cost_page.plotted.memory"), _draw(choice, "memory"),
            alt=t("cost.alt.memory", memory=findings.gib(found.memory_bytes.value, ui.lang()),
                  card=findings.gib(found.gpu.memory_bytes, ui.lang())),
            source=t("cost.source.memory", n=found.memory_bytes.n), key="cost-memory",
        )  # fmt: skip
        shared.behind(
            [{t("cost_page.head.part"): t(f"cost_page.memory.{name}"),
              t("cost.chart.gib"): number(size / GIB, 3)}
             for name, size in found.memory.parts().items()],
            key="memory",
        )  # fmt: skip
    with right:
        if found.fit == "no":
            ui.empty(t("cost_page.empty.time"),
                     found.advice.say(ui.lang()) if found.advice else "", kind="risk")  # fmt: skip
            return
        finding = findings.time_parts(found, ui.lang())
        ui.chart(
            finding, t("cost_page.plotted.time"), _draw(choice, "time"),
            alt=t("cost_page.alt.time", finding=finding),
            source=t("cost_page.source.time", n=found.hours.n), key="cost-time",
        )  # fmt: skip
        unit, scale = charts.time_unit([found])
        shared.behind(
            [{t("cost_page.head.part"): t(f"cost_page.time.{name}"),
              t(f"cost.chart.{unit}"): number(scale * hours, 3)}
             for name, hours in found.time.parts().items()],
            key="time",
        )  # fmt: skip


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
            _draw(choice, f"map-{shown}"), alt=t("cost_page.alt.grid", finding=finding),
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
                finding, t("cost.plotted.gpus"), _draw(choice, quantity),
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


def _beyond(found: TrainingEstimate) -> None:
    """The machine around the GPUs, electricity."""
    if found.fit == "no":
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(findings.host(found, ui.lang()), anchor=False)
        st.caption(t("cost_page.plotted.host"))
    with right:
        st.subheader(findings.energy(found, ui.lang()), anchor=False)
        st.caption(t("cost.plotted.energy", kwh=findings.span(found.energy_kwh),
                     kg=findings.span(found.co2_kg)))  # fmt: skip
