"""What the parts of the Cost page share: readings, caveats, the table behind a chart."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from core.cost import findings
from core.cost.candidates import Offer
from core.cost.choice import Paying
from core.cost.estimate import Estimate
from core.cost.hardware import Gpu
from core.cost.prices import DAYS_OLD, Price
from core.text.format import round_up
from core.units import GIB
from dashboard import state, ui

t = ui.t


def runs(estimate: Estimate) -> str:
    """What an interval is a share of."""
    return t("cost.reading.runs", n=estimate.n)


def needle(found: Estimate, reference: float | None = None, name: str = "") -> ui.Needle:
    """A needle from 0 to a round end."""
    most = max(found.high, reference or 0.0)
    return ui.Needle(found.value, found.low, found.high, 0, round_up(most), reference, name)


def about(words: str) -> str:
    """An estimate in words: "≈ US$ 5.0"."""
    return t("common.approximately", value=words)


def span(found: Estimate) -> str:
    """The range of an estimate; in words where both its ends are the same."""
    # As many replicas at either end, for one.
    return t("cost_page.reading.no_spread") if found.low == found.high else findings.span(found)


def memory_reading(value: float, found: Estimate | None, card: Gpu) -> ui.Reading:
    """Memory of the fullest GPU, with the card as the named tick; `value` in bytes."""
    capacity = card.memory_bytes / GIB
    tick = t("cost.reading.card", n=f"{capacity:.3g}")
    words = about(findings.gib(value, ui.lang()))
    label, help_text = t("cost.reading.memory"), t("cost.reading.memory_help")
    if found is None:
        return ui.Reading(label, words, "estimated", help=help_text)
    size = found.times(1 / GIB, "GiB")
    end = max(2 * capacity, round_up(size.high))
    return ui.Reading(
        label, words, "estimated", findings.span(size), runs(found),
        ui.Needle(size.value, size.low, size.high, 0, end, capacity, tick), help_text,
    )  # fmt: skip


def caveat(words: str) -> None:
    """A sentence that changes the reading, with the brass badge."""
    st.markdown(f"{ui.mark('risk')} {words}")


def price_caveats(price: Price | None, paying: Paying, card: Gpu) -> None:
    """What must be known about a price and a card before the figures are believed."""
    if paying.own:
        key = "own_hour" if paying.usd_per_gpu_hour is not None else "own_rows"
        caveat(t(f"cost_page.caveat.{key}", n=len(paying.overrides)))
    if price is None:
        caveat(t("cost_page.caveat.no_price", gpu=card.title))
    elif price.old(date.today()):
        caveat(t("cost_page.caveat.old_price", days=price.days_old(date.today()), most=DAYS_OLD))
    if not card.backtested:
        caveat(t("cost_page.caveat.untested", gpu=card.title))


def price_chip(price: Price | None) -> str:
    """A price with its source and date, for the provenance chip."""
    if price is None:
        return t("cost_page.no_price")
    usd = f"US$ {price.usd_per_gpu_hour:,.2f}"
    if price.pricing == "stated":
        return t("cost_page.chips.own", usd=usd)
    return t("cost_page.chips.price", usd=usd, source=price.source, date=price.as_of)


def behind(rows: Sequence[dict[str, Any]], *, key: str) -> None:
    """The table behind a chart, one click away; not for a room."""
    if ui.presenting():
        return
    with st.expander(t("cost_page.table")):
        ui.table(rows, key=f"table-{key}", height=ui.height(len(rows)))


def offer_cells(found: Offer) -> dict[str, str]:
    """Whose card it is, how it is paid, and of when the price is."""
    paid = found.usd_per_gpu_hour is not None
    age = t("cost_page.own") if found.own else dated(found.as_of, found.old(date.today()))
    return {
        t("cost_page.head.card"): found.gpu.title
        + ("" if found.gpu.backtested else f" ({t('cost_page.untested')})"),
        t("cost_page.head.provider"): _provider(found),
        t("cost.control.pricing"): t(f"cost.pricing.{found.pricing}")
        if found.pricing and found.pricing != "own" else t("cost_page.dash"),
        t("cost_page.head.hourly"): f"{found.usd_per_gpu_hour:.2f}"
        if found.usd_per_gpu_hour is not None else t("cost_page.no_price"),
        t("cost_page.head.date"): age if paid else t("cost_page.dash"),
    }  # fmt: skip


def dated(as_of: str, old: bool) -> str:
    """The date of a price, with a mark where it is old."""
    words = t("cost_page.age.undated") if as_of == "undated" else as_of
    return t("cost_page.age.old", date=words) if old else words


def _provider(found: Offer) -> str:
    if found.provider == "median":
        return t("cost.control.median")
    return found.provider or (t("cost_page.own") if found.own else t("cost_page.dash"))


def to_judged(kind: str, words: str) -> None:
    """How wrong estimates of this kind are, one click away."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{ui.mark('measured')} {words}")
        if not ui.presenting():
            st.button(
                t("cost_page.judge", kind=t(f"cost.kind.{kind}")), key="cost-to-judged",
                icon=":material/arrow_forward:", on_click=state.set_all,
                args=({"part": "judged", "kind": kind},),
            )  # fmt: skip
