"""The Cost page's part on training: dollars, days and GPUs, and what they are made of."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import cost as charts
from core.cost import findings
from core.cost.choice import TrainChoice, train
from core.cost.layout import zero_stage
from core.cost.scores import score
from core.cost.training import TrainingEstimate
from core.models.shape import parameters
from core.text.format import count, number, usd
from core.units import GIB
from dashboard import cost_choice as asked
from dashboard import cost_commands, ui
from dashboard import cost_compare as compare
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
    model, choice = asked.train_choice()
    found = train(choice)
    with head:
        name = ui.literal(asked.title(model))
        ui.header("common.section.decide", t("cost.question", model=name),
                  findings.answer(found, ui.lang()))  # fmt: skip
        ui.readings(_readings(found))
        _provenance(model, choice, found)
        shared.price_caveats(found.price, choice.paying, found.gpu)
        _unlike(found)
        _measured(found)
    _parts(choice, found)
    compare.render(choice, found)
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


def _parts(choice: TrainChoice, found: TrainingEstimate) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        finding = findings.memory(found, ui.lang())
        ui.chart(
            finding, t("cost_page.plotted.memory"), compare.draw(choice, "memory"),
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
            finding, t("cost_page.plotted.time"), compare.draw(choice, "time"),
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
