"""The Cost page's part on prices: every dated row, and the reader's own for the session."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.cost import findings
from core.cost.hardware import DEFAULT_GPU, gpu
from core.cost.prices import DAYS_OLD, GpuPrice, gpu_prices, price_of
from core.text.format import number
from core.text.literal import printable
from dashboard import cost_choice as asked
from dashboard import cost_fields as fields
from dashboard import cost_shared as shared
from dashboard import state, ui

t = ui.t

ALL = "all"
MOST_USD = 10_000.0
LEAST_USD = 0.001


def render(head: DeltaGenerator) -> None:
    """Draw the part.

    Raises:
        NotFound: The URL names a card or a form that there is not.
    """
    rows = gpu_prices()
    memories = [ALL, *sorted({row.memory for row in rows})]
    forms = [ALL, *sorted({row.form for row in rows if row.form})]
    memory, form = fields.one_of("card", memories, ALL), fields.one_of("form", forms, ALL)
    if not ui.presenting():
        with ui.controls():
            _pick(t("cost_page.head.card"), "card", memories)
            _pick(t("cost_page.control.form"), "form", forms)
            own = dict(asked.own_prices())
            st.button(t("cost_page.reset"), key="cost-reset", disabled=not own,
                      icon=":material/undo:", on_click=state.keep,
                      args=(asked.OWN_PRICES, None))  # fmt: skip
    today = date.today()
    own = dict(asked.own_prices())
    with head:
        ui.header("common.section.decide", t("cost_page.question.prices"),
                  findings.prices(rows, len(own), today, ui.lang()))  # fmt: skip
        _provenance(rows)
        if own:
            shared.caveat(t("cost_page.caveat.own_rows", n=len(own)))
    shown = [
        row for row in rows
        if memory in (ALL, row.memory) and (form == ALL or row.form in (form, ""))
    ]  # fmt: skip
    _table(shown, own, today)


def _pick(label: str, name: str, known: list[str]) -> None:
    state.choose(label, name, known, key=f"cost-{name}",
                 show=lambda value: t("cost_page.all") if value == ALL else value)  # fmt: skip


def _provenance(rows: Sequence[GpuPrice]) -> None:
    dated = [row.dated for row in rows if row.dated is not None]
    chips = t("cost_page.chips.prices", n=len(rows), first=min(dated).isoformat(),
              last=max(dated).isoformat())  # fmt: skip
    middle = price_of(gpu(DEFAULT_GPU), overrides=asked.own_prices())
    rule = t("cost_page.how_prices", gpu=gpu(DEFAULT_GPU).title,
             usd=f"{middle.usd_per_gpu_hour:.2f}", source=middle.source, days=DAYS_OLD)  # fmt: skip
    own = "".join(f" --price-row {name}={usd:g}" for name, usd in asked.own_prices())
    command = f"assay cost train --model 7B --tokens 60000000 --json{own}"
    ui.provenance(chips, command, rule)


def _table(rows: Sequence[GpuPrice], own: dict[str, float], today: date) -> None:
    price, name = t("cost_page.head.hourly"), t("cost_page.head.row")
    st.subheader(_finding(rows, own), anchor=False)
    st.caption(t("cost_page.plotted.prices", days=DAYS_OLD))
    before = pd.DataFrame([_row(row, own, today) for row in rows])
    if ui.presenting() or before.empty:
        ui.table(before, key="cost-prices", height=ui.height(len(rows)))
        return
    edited = st.data_editor(
        before, hide_index=True, height=ui.height(len(rows)), num_rows="fixed",
        disabled=[column for column in before.columns if column != price],
        column_config={price: st.column_config.NumberColumn(
            price, min_value=LEAST_USD, max_value=MOST_USD, format="%.4g", required=True,
            help=t("cost_page.help.own_row"))},
        # Another table for each set of own prices: edits are never applied twice.
        key=f"cost-prices-{hash(tuple(sorted(own.items())))}",
    )  # fmt: skip
    said = {row.name: row.usd_per_gpu_hour for row in rows}
    changed = {
        row[name]: float(row[price])
        for row in edited.to_dict("records")
        if pd.notna(row[price]) and abs(float(row[price]) - said[row[name]]) > 1e-9
    }
    hidden = {key: usd for key, usd in own.items() if key not in said}
    if {**hidden, **changed} != own:
        state.keep(asked.OWN_PRICES, {**hidden, **changed})
        st.rerun()


def _finding(rows: Sequence[GpuPrice], own: dict[str, float]) -> str:
    demand = [own.get(row.name, row.usd_per_gpu_hour) for row in rows
              if row.pricing == "on-demand"]  # fmt: skip
    if not demand:
        return t("cost_page.finding.no_demand", n=len(rows))
    return t("cost_page.finding.prices", low=f"{min(demand):.2f}", high=f"{max(demand):.2f}",
             times=number(max(demand) / min(demand), 2), n=len(demand))  # fmt: skip


def _row(row: GpuPrice, own: dict[str, float], today: date) -> dict[str, object]:
    age = None if row.dated is None else (today - row.dated).days
    old = findings.old(row, today)
    words = t("common.not_known") if age is None else t("cost_page.age.days", n=f"{age:,}")
    return {
        t("cost_page.head.row"): row.name,
        t("cost_page.head.provider"): printable(row.provider),
        t("cost_page.head.card"): row.memory,
        t("cost_page.control.form"): row.form or t("cost_page.dash"),
        t("cost.control.pricing"): t(f"cost_page.paying.{row.pricing}"),
        t("cost_page.head.hourly"): own.get(row.name, row.usd_per_gpu_hour),
        t("cost_page.head.date"): shared.dated(row.as_of, old),
        t("cost_page.head.age"): words,
        t("cost_page.head.own"): t("cost_page.own_was", usd=f"{row.usd_per_gpu_hour:g}")
        if row.name in own else "",
        t("cost_page.head.source"): printable(row.source),
    }  # fmt: skip
