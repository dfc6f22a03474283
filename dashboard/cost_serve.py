"""The Cost page's part on serving: dollars a month, replicas, latency against throughput."""

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import cost as charts
from core.charts import cost_serve as drawn
from core.cost import findings
from core.cost import findings_serving as said
from core.cost.batches import Point, batches
from core.cost.candidates import ServeCandidate, serve_candidates
from core.cost.choice import ServeChoice, serve
from core.cost.scores import score
from core.cost.served import ServingEstimate
from core.text.format import number
from core.units import GIB, KILO
from dashboard import cost_choice as asked
from dashboard import cost_controls as controls
from dashboard import cost_serve_top as top
from dashboard import cost_shared as shared
from dashboard import ui

t = ui.t

MOST_POINTS = 24


def render(head: DeltaGenerator) -> None:
    """Draw the part.

    Raises:
        BadInput, NotFound: The URL asks for what cannot be.
    """
    if not ui.presenting():
        controls.draw_serve()
    model, choice = asked.serve_choice()
    served = serve(choice)
    found = served.estimate
    with head:
        name = ui.literal(asked.title(model))
        ui.header("common.section.decide", t("cost_page.question.serve", model=name),
                  said.answer(found, served.priced, ui.lang()))  # fmt: skip
        ui.readings(top.readings(served))
        top.provenance(model, choice, served)
        shared.price_caveats(found.price if served.priced else None, choice.paying, found.gpu)
        top.unlike(found)
    if found.fits:
        _latency(choice, found)
        _day(choice, found)
    _memory(choice, found)
    _offers(choice)
    kind = found.usd_per_request.kind if found.usd_per_request else "serving"
    shared.to_judged(kind, findings.errors(score(kind), ui.lang()))


@lru_cache(maxsize=128)
def _figure(choice: ServeChoice, name: str, scheme: str, language: str, present: bool) -> go.Figure:
    """A figure of a choice; drawing takes longer than the estimate."""
    found = serve(choice).estimate
    if name == "memory":
        return charts.memory(found.memory.parts(), None, found.gpu, scheme, language,
                             present=present)  # fmt: skip
    if name == "day":
        return drawn.day(found, scheme, language, present=present)
    if name == "card":
        return drawn.by_card(_candidates(choice), scheme, language, present=present)
    points = _measured(found) if name == "token" else ()
    return drawn.pareto(found, name, points, scheme, language, present=present)


def _draw(choice: ServeChoice, name: str) -> go.Figure:
    return _figure(choice, name, ui.scheme(), ui.lang(), ui.presenting())


@lru_cache(maxsize=64)
def _candidates(choice: ServeChoice) -> tuple[ServeCandidate, ...]:
    return serve_candidates(choice)


def _measured(found: ServingEstimate) -> tuple[Point, ...]:
    copy = found.replica
    if copy.precision.name != "fp16" or not copy.output_tokens:
        return ()
    return batches(found.shape, found.gpu.name, found.gpus, copy.input_tokens, copy.output_tokens)


def _latency(choice: ServeChoice, found: ServingEstimate) -> None:
    writes = found.time_per_output_token is not None
    columns = st.columns(2 if writes else 1, gap="large")
    n = len(_measured(found))
    for where, name in zip(columns, ("token", "first") if writes else ("first",), strict=True):
        with where:
            words = said.next_token if name == "token" else said.first_token
            finding = words(found, ui.lang())
            key = "token_measured" if name == "token" and n else "pareto"
            ui.chart(
                finding, t(f"cost_page.plotted.{key}", n=n), _draw(choice, name),
                alt=t("cost_page.alt.pareto", finding=finding),
                source=t("cost_page.source.pareto", n=score("batch").n), key=f"cost-{name}",
            )  # fmt: skip
    if found.points is not None:
        last = len(found.points.running) - 1
        step = max(1, last // MOST_POINTS)
        shared.behind([_point(found, at) for at in range(0, last + 1, step)], key="pareto")


def _point(found: ServingEstimate, at: int) -> dict[str, str]:
    pace = found.points
    if pace is None:
        return {}
    rate = float(pace.requests_per_second[at])
    return {
        t("cost_page.head.running"): number(float(pace.running[at]), 3),
        t("cost_page.chart.requests_a_second"): number(rate, 3),
        t("cost_page.chart.tokens_a_second"): number(rate * found.replica.output_tokens, 3),
        t("cost_page.chart.first_ms"): number(KILO * float(pace.first[at]), 3),
        t("cost_page.chart.token_ms"): number(KILO * float(pace.token[at]), 3),
    }


def _day(choice: ServeChoice, found: ServingEstimate) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        finding = said.day(found, ui.lang())
        ui.chart(
            finding,
            t("cost_page.plotted.day", shape=t(f"cost_page.traffic.{choice.traffic.name}")),
            _draw(choice, "day"), alt=t("cost_page.alt.day", finding=finding),
            source=t("cost_page.source.day"), key="cost-day",
        )  # fmt: skip
        if found.day is not None and found.crew is not None:
            shared.behind(
                [{t("cost_page.chart.hour"): str(hour),
                  t("cost_page.chart.requests_a_second"): number(float(rate), 3),
                  t("cost_page.head.replicas"): f"{int(found.day.needed[hour]):,}",
                  t("cost_page.head.paid"): number(float(found.day.paid[hour]), 3)}
                 for hour, rate in enumerate(found.day.requests_per_second)],
                key="day",
            )  # fmt: skip
    with right:
        offers = _candidates(choice)
        finding = said.by_card(offers, ui.lang())
        if all(one.usd_per_million is None for one in offers):
            ui.empty(finding, t("cost.empty.serving"), kind="risk")
            return
        ui.chart(
            finding, t("cost_page.plotted.card"), _draw(choice, "card"),
            alt=t("cost.alt.serving", finding=finding),
            source=t("cost.source.serving",
                     n=found.usd_per_request.n if found.usd_per_request else 0),
            key="cost-card",
        )  # fmt: skip


def _memory(choice: ServeChoice, found: ServingEstimate) -> None:
    ui.chart(
        said.memory(found, ui.lang()), t("cost_page.plotted.memory_serve"),
        _draw(choice, "memory"),
        alt=t("cost.alt.memory", memory=findings.gib(found.memory.total_bytes, ui.lang()),
              card=findings.gib(found.gpu.memory_bytes, ui.lang())),
        source=t("cost_page.source.memory_serve"), key="cost-memory",
    )  # fmt: skip
    shared.behind(
        [{t("cost_page.head.part"): t(f"cost_page.memory.{name}"),
          t("cost.chart.gib"): number(size / GIB, 3)}
         for name, size in found.memory.parts().items()],
        key="memory",
    )  # fmt: skip


def _offers(choice: ServeChoice) -> None:
    found = _candidates(choice)
    st.subheader(said.candidates(found, ui.lang()), anchor=False)
    st.caption(t("cost_page.plotted.offers_serve"))
    ui.table([_row(one) for one in found], key="cost-offers", height=ui.height(len(found)))
    st.caption(t("common.source", source=t("cost_page.source.offers")))


def _row(one: ServeCandidate) -> dict[str, str]:
    month, estimate, million = one.usd_per_month, one.estimate, one.usd_per_million
    dash = t("cost_page.dash")
    why = "memory" if one.why_not == "memory" else "target"
    missing = t("cost_page.no_price") if estimate else t(f"cost_page.not.{why}")
    first = (estimate.time_to_first_token or estimate.time_per_request) if estimate else None
    return {
        "": "●" if one.offer.chosen else "",
        **shared.offer_cells(one.offer),
        t("cost_page.head.gpus"): f"{estimate.replicas} × {estimate.gpus}" if estimate else dash,
        t("cost_page.head.month"): missing if month is None else f"≈ {number(month.value, 3)}",
        t("cost_page.head.range"): dash if month is None else shared.span(month),
        t("cost_page.head.million"): dash if million is None else f"≈ {number(million.value, 2)}",
        t("cost_page.reading.first" if estimate is None or estimate.time_to_first_token
          else "cost_page.reading.whole"):
        f"≈ {said.milliseconds(first.value, ui.lang())}" if first else dash,
        t("cost_page.head.fit"): t("cost_page.fit.fits") if estimate
        else t(f"cost_page.not.{why}"),
    }  # fmt: skip
