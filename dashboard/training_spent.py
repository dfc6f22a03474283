"""What a training took so far, and what the same would take on an A100: four readings."""

from typing import Any

import streamlit as st

from core.text.format import duration, number, size, usd
from core.train.curve import Curve
from core.train.equivalent import so_far
from core.train.progress import USD_PER_HOUR, WATTS, Assumptions, Progress, progress
from core.train.runs import Run
from core.units import KILO, SECONDS_PER_HOUR
from dashboard import state, ui

t = ui.t
MOST_WATTS, MOST_USD = 100_000.0, 1_000.0


def assumed() -> Assumptions:
    """What the reader says of this machine, else what is usual; it lives in the URL."""
    return Assumptions(
        state.number("watts", WATTS, 0.0, MOST_WATTS),
        state.number("usd", USD_PER_HOUR, 0.0, MOST_USD),
    )


def readings(found: Curve, request: dict[str, Any], run: Run | None) -> None:
    """Memory, energy, dollars, and dollars on an A100; then what is assumed for them."""
    standing = progress(found, assumed())
    if standing is None or standing.spent is None:
        return  # a run of an older Assay, which told of no seconds
    st.subheader(t("train.spent.title", time=duration(standing.spent.seconds, ui.lang())),
                 anchor=False)  # fmt: skip
    items = [_memory(standing), *_energy_and_money(standing, found)]
    a100 = _a100(found, request, run)
    ui.readings([*items, a100] if a100 else items, key="spent")
    if not ui.presenting():
        _assumptions(measured=standing.spent.energy_measured)


def _memory(standing: Progress) -> ui.Reading:
    held, on_gpu = standing.step.memory_bytes, standing.step.gpu_memory_bytes
    gpu = t("train.spent.gpu", size=size(on_gpu, ui.lang())) if on_gpu is not None else None
    return ui.Reading(t("train.spent.memory"), size(held, ui.lang()), "measured", gpu,
                      t("train.spent.memory_n"))  # fmt: skip


def _energy_and_money(standing: Progress, found: Curve) -> list[ui.Reading]:
    spent = standing.spent
    if spent is None:
        return []
    now = assumed()
    energy = _energy(spent.energy_wh)
    if spent.energy_measured:
        source = str(found.start.get("energy_source") or "")
        energy_reading = ui.Reading(
            t("train.spent.energy"), energy, "measured", None,
            t("train.spent.energy_by", source=ui.literal(source.upper())),
        )  # fmt: skip
    else:
        energy_reading = ui.Reading(
            t("train.spent.energy"), t("common.approximately", value=energy), "estimated", None,
            t("train.spent.energy_at", watts=f"{now.watts:g}"),
        )  # fmt: skip
    return [
        energy_reading,
        ui.Reading(
            t("train.spent.usd"), t("common.approximately", value=usd(spent.usd, ui.lang())),
            "estimated", None, t("train.spent.usd_at", usd=f"{now.usd_per_hour:g}"),
        ),
    ]  # fmt: skip


def _energy(watt_hours: float) -> str:
    if watt_hours >= KILO:
        return f"{number(watt_hours / KILO, 2)} kWh"
    return f"{number(watt_hours, 2)} Wh"


def _a100(found: Curve, request: dict[str, Any], run: Run | None) -> ui.Reading | None:
    """The same tokens on one A100; None where the model's shape or the tokens are not known."""
    base = run.base if run else request.get("base")
    config = run.config if run else {"method": request.get("method")}
    estimate = so_far(state.workspace(), base, found, config) if base else None
    if estimate is None:
        return None
    if estimate.usd is None:
        return None
    low, high = usd(estimate.usd.low, ui.lang()), usd(estimate.usd.high, ui.lang())
    return ui.Reading(
        t("train.spent.a100"), t("common.approximately", value=usd(estimate.usd.value, ui.lang())),
        "estimated", f"{low}–{high.removeprefix('US$ ')}",
        t("train.spent.a100_n", n=estimate.usd.n),
        help=t("train.spent.a100_help",
               time=duration(estimate.hours.value * SECONDS_PER_HOUR, ui.lang())),
    )  # fmt: skip


def _assumptions(*, measured: bool) -> None:
    with (
        st.popover(t("train.spent.assumptions"), icon=":material/tune:"),
        st.container(horizontal=True, gap="medium"),
    ):
        state.set_number(t("train.spent.watts"), "watts", WATTS, 0.0, MOST_WATTS,
                         help=t("train.spent.watts_help"), disabled=measured)  # fmt: skip
        state.set_number(t("train.spent.price"), "usd", USD_PER_HOUR, 0.0, MOST_USD,
                         help=t("train.spent.price_help"))  # fmt: skip
