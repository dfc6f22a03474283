"""Cost: what do training and serving cost on A100s, how wrong may that be?"""

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st

from core.charts import cost as charts
from core.cost import findings
from core.cost.backtest import checks
from core.cost.estimate import Estimate
from core.cost.prices import Price
from core.cost.sheet import Choice, Sheet, make
from core.cost.subject import shape_for
from core.models.shape import parameters
from core.text.format import count, number, usd
from core.units import GIB
from dashboard import cost_controls as controls
from dashboard import state, ui

t = ui.t


def render() -> None:
    """Draw the page."""
    head = st.container(gap="small")
    chosen = controls.chosen() if ui.presenting() else controls.draw()
    sheet = make(chosen.choice)
    with head:
        name = ui.literal(controls.title(chosen.model))
        ui.header("common.section.decide", t("cost.question", model=name),
                  findings.answer(sheet, ui.lang()))  # fmt: skip
        ui.readings(_readings(sheet))
        _provenance(sheet, chosen)
    _memory(sheet)
    _by_gpus(sheet)
    _beyond(sheet)


def _runs(estimate: Estimate) -> str:
    return t("cost.reading.runs", n=estimate.n)


def _round(value: float) -> float:
    """An end for a needle that can be read: 1, 2 or 5 times a power of ten."""
    steps = [digit * 10.0**power for power in range(-6, 9) for digit in (1, 2, 5)]
    return next(step for step in steps if step >= value)


def _readings(sheet: Sheet) -> list[ui.Reading]:
    found, error = sheet.training, sheet.error
    unit, scale = charts.time_unit([found])
    time = found.hours.times(scale, unit)
    capacity = found.gpu.memory_bytes / GIB
    memory = found.memory_bytes.times(1 / GIB, "GiB")
    wrong = (100 * error.median_abs_error, 100 * error.median_low, 100 * error.median_high)
    able = found.fit != "no"
    times = t(f"common.{unit}", n=number(time.value, 2))
    money = ui.Reading(
        t("cost.reading.cost"),
        _value(able, usd(found.usd.value)) if found.usd else t("cost.reading.no_price"),
        "estimated", *_span(able, found.usd), t("cost.reading.cost_help"),
    )  # fmt: skip
    hours = ui.Reading(
        t("cost.reading.time"), _value(able, times), "estimated", *_span(able, time),
        t("cost.reading.time_help"),
    )  # fmt: skip
    return [
        money,
        hours,
        ui.Reading(
            t("cost.reading.memory"),
            t("common.approximately", value=findings.gib(found.memory_bytes.value, ui.lang())),
            "estimated", findings.span(memory), _runs(found.memory_bytes),
            ui.Needle(memory.value, memory.low, memory.high, 0,
                      max(2 * capacity, _round(memory.high)), capacity,
                      t("cost.reading.card", n=number(capacity, 2))),
            t("cost.reading.memory_help"),
        ),
        ui.Reading(
            t("cost.reading.error"), f"{number(wrong[0], 2)} %", "measured",
            f"{number(wrong[1], 2)}–{number(wrong[2], 2)} %",
            t("cost.reading.error_runs", n=error.n),
            ui.Needle(*wrong, 0, _round(wrong[2])), t("cost.reading.error_help"),
        ),
    ]  # fmt: skip


def _value(able: bool, words: str) -> str:
    return t("common.approximately", value=words) if able else t("cost.reading.no_fit")


def _span(able: bool, found: Estimate | None) -> tuple[str | None, str | None, ui.Needle | None]:
    """Interval, what it is a share of, and needle; nothing where nothing fits or is known."""
    if not able or found is None:
        return None, None, None
    needle = ui.Needle(found.value, found.low, found.high, 0, _round(found.high))
    return findings.span(found), _runs(found), needle


def _price(paid: Price | None) -> dict[str, str]:
    """What a GPU-hour costs, by whom, as of when."""
    if paid is None:
        unknown = t("common.not_known")
        return {"usd": unknown, "source": t("cost.reading.no_price"), "date": unknown}
    usd_per_hour = f"US$ {paid.usd_per_gpu_hour:.2f}"
    return {"usd": usd_per_hour, "source": paid.source, "date": paid.as_of}


def _provenance(sheet: Sheet, chosen: controls.Chosen) -> None:
    found = sheet.training
    size = parameters(shape_for(state.workspace(), chosen.model)).total
    chips = t(
        "cost.chips", parameters=count(size, ui.lang()), tokens=count(found.tokens, ui.lang()),
        **_price(found.price),
    )  # fmt: skip
    notes = "\n".join(f"- {ui.literal(note.say(ui.lang()))}" for note in found.assumptions)
    how = t("cost.how", kind=t(f"cost.kind.{found.hours.kind}"), n=found.hours.n)
    ui.provenance(chips, controls.command(chosen), f"{how}\n\n{notes}")
    for note in found.assumptions:
        if note.key in ("extrapolated", "other_family"):
            st.markdown(f"{ui.mark('risk')} {ui.literal(note.say(ui.lang()))}")
            return


@lru_cache(maxsize=128)
def _drawn(choice: Choice, name: str, scheme: str, language: str, present: bool) -> go.Figure:
    """A figure of a choice; drawing takes longer than all estimates together."""
    sheet = make(choice)
    look = {"scheme": scheme, "language": language}
    if name in ("hours", "usd"):
        return charts.by_gpus(sheet.by_gpus, name, **look, present=present)
    if name == "errors":
        return charts.errors(checks(sheet.training.hours.kind), **look, present=present)
    if name == "serving":
        return charts.serving(sheet.serving, **look, present=present)
    draw = charts.memory if name == "memory" else charts.host
    return draw(sheet.training, **look, present=present)


def _figure(sheet: Sheet, name: str) -> go.Figure:
    return _drawn(sheet.choice, name, ui.scheme(), ui.lang(), ui.presenting())


def _memory(sheet: Sheet) -> None:
    found = sheet.training
    ui.chart(
        findings.memory(found, ui.lang()), t("cost.plotted.memory"),
        _figure(sheet, "memory"),
        alt=t("cost.alt.memory", memory=findings.gib(found.memory_bytes.value, ui.lang()),
              card=findings.gib(found.gpu.memory_bytes, ui.lang())),
        source=t("cost.source.memory", n=found.memory_bytes.n), key="cost-memory",
    )  # fmt: skip


def _by_gpus(sheet: Sheet) -> None:
    found = sheet.by_gpus
    kind = sheet.training.hours.kind
    left, middle, right = st.columns(3, gap="large")
    pairs = (
        (left, "hours", findings.time_by_gpus(found, ui.lang())),
        (middle, "usd", findings.money_by_gpus(found, ui.lang())),
    )
    for where, quantity, finding in pairs:
        with where:
            if not found:
                ui.empty(finding, t("cost.empty.gpus"), kind="risk")
                continue
            if quantity == "usd" and sheet.training.usd is None:
                ui.empty(finding, t("cost.empty.price"), kind="risk")
                continue
            ui.chart(
                finding, t("cost.plotted.gpus"),
                _figure(sheet, quantity),
                alt=t("cost.alt.gpus", finding=finding),
                source=t("cost.source.runs", n=sheet.training.hours.n), key=f"cost-{quantity}",
            )  # fmt: skip
    with right:
        ui.chart(
            findings.errors(sheet.error, ui.lang()),
            t("cost.plotted.errors", kind=t(f"cost.kind.{kind}")),
            _figure(sheet, "errors"),
            alt=t("cost.alt.errors", n=sheet.error.n,
                  error=number(100 * sheet.error.median_abs_error, 2)),
            source=t("cost.source.facts"), key="cost-errors",
        )  # fmt: skip


def _beyond(sheet: Sheet) -> None:
    """Serving, the machine around the GPUs, electricity."""
    found, choice = sheet.training, sheet.choice
    left, right = st.columns(2, gap="large")
    with left:
        finding = findings.serving(sheet.serving, ui.lang())
        if sheet.serving:
            key = "serving" if found.shape.generates else "serving_encoder"
            ui.chart(
                finding,
                t(f"cost.plotted.{key}", flying=choice.in_flight, into=f"{choice.input_tokens:,}",
                  out=f"{choice.output_tokens:,}"),
                _figure(sheet, "serving"),
                alt=t("cost.alt.serving", finding=finding), key="cost-serving",
                source=t("cost.source.serving", n=sheet.serving[0].usd_per_request.n
                         if sheet.serving[0].usd_per_request else 0),
            )  # fmt: skip
        else:
            ui.empty(finding, t("cost.empty.serving"), kind="risk")
    with right:
        finding = findings.host(found, ui.lang())
        ui.chart(
            finding, t("cost.plotted.host"), _figure(sheet, "host"),
            alt=finding, source=t("cost.source.host"), key="cost-host",
        )  # fmt: skip
        if found.fit == "no":
            return
        st.subheader(findings.energy(found, ui.lang()), anchor=False)
        st.caption(t("cost.plotted.energy", kwh=findings.span(found.energy_kwh),
                     kg=findings.span(found.co2_kg)))  # fmt: skip
