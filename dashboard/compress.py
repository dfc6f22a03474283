"""A run made smaller or faster: what there is of it, what it costs in quality, what to serve where.

A section for the page on which models are served: `render_compress(model)`.
"""

import shlex

import streamlit as st

from core.charts import compress as charts
from core.charts import compress_words as words
from core.cost.probe import WATTS_PER_CORE
from core.deploy.forms import FORMS, Form, Settings, fitted
from core.deploy.measured import PRICE_SOURCE, USD_PER_CORE_HOUR, Measured
from core.deploy.recommend import MARGIN, Limits, recommend
from core.deploy.variants import Variant, has_variant, list_variants, newest_of_each, open_variant
from core.errors import RequestError
from core.evaluate import notation
from core.jobs.store import JobStore
from core.run import CompressRequest, start
from core.train.runs import has_run
from core.work.variant_source import Origin, origin_of
from dashboard import state, ui

t = ui.t

WARM_UP = 3
"""Requests before the clock, as `core.work.weigh` has it."""


def render_compress(model: str) -> None:
    """Draw the section for a model: a run, or a variant of one; for others it says what is needed.

    Args:
        model: Its name, as `core.models.resolve` takes it.
    """
    workspace = state.workspace()
    st.header(t("compress.page.title"), anchor=False)
    name = open_variant(workspace, model).run if has_variant(workspace, model) else model
    if not has_run(workspace, name):
        st.markdown(t("compress.page.only_runs", model=ui.literal(model)))
        return
    try:
        origin = origin_of(workspace, name)
    except RequestError as error:
        # The reason is shown as it is: it may hold a name that somebody wrote.
        st.text(str(error))
        return
    found = newest_of_each(list_variants(workspace, name))
    limits = _limits() if found and not ui.presenting() else Limits()
    if found:
        _evidence(name, found, limits)
    else:
        ui.empty(t("compress.page.empty", run=ui.literal(name)), t("compress.page.empty_words"))
    _watch(name)
    if not ui.presenting():
        _start(origin)


def _limits() -> Limits:
    """What the reader sets: of the edge device, the server's price, the margin."""
    with ui.controls(key="compress-limits"):
        memory = st.number_input(t("compress.page.edge_memory"), 1.0, 1_000_000.0, None, width=160,
                                 key="compress-memory")  # fmt: skip
        latency = st.number_input(t("compress.page.edge_latency"), 0.1, 600_000.0, None, width=160,
                                  key="compress-latency")  # fmt: skip
        price = st.number_input(t("compress.page.price"), 0.001, 1_000.0, None, width=180,
                                key="compress-price", format="%.3f")  # fmt: skip
        margin = st.number_input(t("compress.page.margin"), 0.0, 100.0, MARGIN, width=220,
                                 key="compress-margin")  # fmt: skip
    return Limits(memory, latency, price, MARGIN if margin is None else margin)


def _evidence(run: str, found: list[Variant], limits: Limits) -> None:
    st.subheader(t("compress.page.recommend"), anchor=False)
    for choice in recommend(found, limits):
        kind = "estimated" if choice.target == "a100" else "measured"
        said = words.recommendation(choice, limits, run, ui.lang())
        st.markdown(f"{ui.mark(kind)} {ui.literal(said)}")
    _picture(found)
    ui.table(
        [
            {t(f"compress.column.{name}"): line[name] for name in words.COLUMNS}
            for line in words.table(found, limits, ui.lang())
        ],
        key="compress-table", height=ui.height(len(found) + 1),
    )  # fmt: skip
    for made in found:
        st.markdown(ui.literal(words.verdict(made, ui.lang())))
    warning = words.disturbance(found, ui.lang())
    if warning:
        st.markdown(f"{ui.mark('risk')} {ui.literal(warning)}")
    _provenance(run, found, limits)


def _picture(found: list[Variant]) -> None:
    price = charts.PRICES[0]
    if not ui.presenting():
        price = st.segmented_control(
            t("compress.page.choose"), charts.PRICES, default=price, required=True,
            key="compress-price-axis", format_func=lambda name: t(f"compress.axis.{name}"),
        ) or price  # fmt: skip
    dots = charts.dots(found, price, ui.lang())
    if len(dots) < 2:
        return
    first, best = found[0], charts.front(dots)
    axis = t(f"compress.axis.{price}")
    device = first.measured.device if first.measured else ""
    ui.chart(
        words.finding(found, ui.lang()),
        t("compress.chart.plotted", price=axis,
          metric=notation.title(str(first.scores[0]["metric"]), ui.lang())),
        charts.pareto(found, price, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("compress.chart.alt", n=len(dots), price=axis,
              names=", ".join(dot.name for dot in best)),
        source=t("compress.chart.source", device=ui.literal(device), rows=f"{first.n:,}",
                 n=first.measured.n if first.measured else 0, dataset=ui.literal(first.dataset)),
        key="compress-pareto",
    )  # fmt: skip


def _provenance(run: str, found: list[Variant], limits: Limits) -> None:
    first = found[0]
    if first.measured is None:
        return
    how = first.measured
    price = t("compress.page.price_stated", usd=f"{limits.usd_per_hour:g}") \
        if limits.usd_per_hour is not None \
        else t("compress.page.price_default", usd=f"{USD_PER_CORE_HOUR:g}",
               source=ui.literal(PRICE_SOURCE))  # fmt: skip
    ui.provenance(
        t("compress.page.chips", n=f"{first.n:,}", device=how.device, date=how.at[:10]),
        _command(run, limits),
        t("compress.page.how", requests=how.n, warm=WARM_UP, batch=how.batch, n=f"{first.n:,}",
          energy=_energy(how), price=price, margin=f"{limits.margin:g}"),
    )  # fmt: skip


def _energy(how: Measured) -> str:
    return t(f"compress.page.energy_{how.joules_from}", watts=f"{WATTS_PER_CORE:g}")


def _command(run: str, limits: Limits) -> str:
    """What prints the same numbers."""
    options = {
        "--edge-memory-mb": limits.edge_memory_mb, "--edge-latency-ms": limits.edge_latency_ms,
        "--usd-per-hour": limits.usd_per_hour, "--margin": limits.margin,
    }  # fmt: skip
    said = [f"{name} {value:g}" for name, value in options.items() if value is not None]
    return " ".join(["assay compress", shlex.quote(run), *said, "--json"])


@st.fragment(run_every=2)
def _watch(run: str) -> None:
    """The newest job that makes a variant of the run; a full rerun when it ends."""
    with JobStore(state.workspace()) as store:
        newest = next((job for job in store.jobs(kind="compress")
                       if job.request["model"] == run), None)  # fmt: skip
    if newest and newest.state != "succeeded":
        ui.job_card(newest)
    mark = (newest.id, newest.state) if newest else None
    if state.changed("compress-job", mark):
        st.rerun()


def _start(origin: Origin) -> None:
    """A button for each form that fits the model, each with what it is."""
    if not origin.dataset.splits.get("test"):
        st.markdown(t("compress.page.no_rows", run=ui.literal(origin.run.run)))
        return
    st.subheader(t("compress.page.make"), anchor=False)
    for form in FORMS:
        if origin.shape.family not in form.families:
            continue
        why = refusal(form, origin)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            label = t("compress.page.start", form=form.name)
            clicked = st.button(label, disabled=bool(why), key=f"compress-{form.name}",
                                icon=":material/compress:")  # fmt: skip
            st.caption(t(f"compress.help.{form.name}"))
            if why:
                st.text(why)
        if clicked:
            start(state.workspace(), CompressRequest(origin.run.run, form.name))
            st.rerun()


def refusal(form: Form, origin: Origin) -> str | None:
    """Why a form cannot be made of a run with its default settings; None = it can."""
    try:
        fitted(form, Settings(), origin.shape, origin.ref.name)
    except RequestError as error:
        return str(error)
    return None
