"""The top of the Cost page's part on serving: readings, provenance, caveats."""

from core.cost import findings
from core.cost import findings_serving as said
from core.cost.choice import ServeChoice, Served
from core.cost.estimate import Estimate
from core.cost.served import ServingEstimate, kept_at_p95
from core.models.shape import parameters
from core.text.format import count, number, usd
from core.units import KILO
from dashboard import cost_commands, ui
from dashboard import cost_shared as shared

t = ui.t


def readings(served: Served) -> list[ui.Reading]:
    """Dollars, replicas, latency; where it does not fit, memory alone."""
    found = served.estimate
    if not found.fits:
        return [shared.memory_reading(found.memory.total_bytes, None, found.gpu)]
    million = found.usd_per_million_output_tokens or found.usd_per_million_input_tokens
    key = "output" if found.usd_per_million_output_tokens else "input"
    first = found.time_to_first_token or found.time_per_request
    return [
        _money(t("cost_page.reading.month"), found.usd_per_month, served.priced,
               t("cost_page.reading.month_help")),
        ui.Reading(
            t("cost_page.reading.replicas"), f"{found.replicas:,}", "estimated",
            t(f"cost_page.reading.{_each(found)}", n=found.gpus),
            t("cost_page.reading.busy", share=number(100 * (found.utilisation or 0.0), 2)),
            help=t("cost_page.reading.replicas_help"),
        ),
        _latency_reading(
            t("cost_page.reading.first" if found.time_to_first_token
              else "cost_page.reading.whole"),
            first, found.load.target.first_seconds),
        _money(t(f"cost_page.reading.million_{key}"), million, served.priced,
               t("cost_page.reading.million_help")),
    ]  # fmt: skip


def _each(found: ServingEstimate) -> str:
    """What a replica runs on, by the name of its words."""
    if found.gpu.form == "CPU":
        return "machine_each" if found.gpus == 1 else "machines_each"
    return "gpu_each" if found.gpus == 1 else "gpus_each"


def _money(label: str, found: Estimate | None, priced: bool, help_text: str) -> ui.Reading:
    if found is None or not priced:
        return ui.Reading(label, t("cost_page.no_price"), "estimated", help=help_text)
    needle = None if found.low == found.high else shared.needle(found)
    return ui.Reading(
        label, shared.about(usd(found.value)), "estimated", shared.span(found),
        shared.runs(found), needle, help_text,
    )  # fmt: skip


def _latency_reading(label: str, found: Estimate | None, target: float | None) -> ui.Reading:
    if found is None:
        return ui.Reading(label, t("common.not_known"), "estimated")
    short = found.times(KILO, "ms")
    tick = None if target is None else KILO * target
    return ui.Reading(
        label, shared.about(said.milliseconds(found.value, ui.lang())), "estimated",
        f"{findings.span(short)} ms", shared.runs(found),
        shared.needle(short, tick, t("cost_page.reading.target") if tick else ""),
        t("cost_page.reading.first_help"),
    )  # fmt: skip


def provenance(model: str, choice: ServeChoice, served: Served) -> None:
    """Where the figures come from, and the command that prints them."""
    found = served.estimate
    chips = t(
        "cost_page.chips.serve", parameters=count(parameters(found.shape).total, ui.lang()),
        rate=f"{choice.requests_per_second:,.4g}", into=f"{choice.input_tokens:,}",
        out=f"{found.replica.output_tokens:,}", engine=found.engine.name,
        price=shared.price_chip(found.price if served.priced else None),
    )  # fmt: skip
    skipped = ("price",) if not served.priced else ()
    notes = "\n".join(
        f"- {ui.literal(note.say(ui.lang()))}"
        for note in found.assumptions if note.key not in skipped
    )  # fmt: skip
    span = found.usd_per_request
    how = t("cost_page.how_serve", n=span.n if span else 0)
    ui.provenance(chips, cost_commands.serve(model, choice, found.gpus), f"{how}\n\n{notes}")


def unlike(found: ServingEstimate) -> None:
    """Targets that may be missed; why the range is wider, where the card is not the reason."""
    if found.fits and kept_at_p95(found) is False:
        shared.caveat(t("cost_page.caveat.slow_end"))
    for note in found.assumptions:
        if note.key in ("engine_untested", "extrapolated", "other_family"):
            shared.caveat(ui.literal(note.say(ui.lang())))
            return
