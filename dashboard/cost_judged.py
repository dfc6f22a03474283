"""The Cost page's part on how wrong it is: every estimator against published runs."""

from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import cost_judged as charts
from core.cost import findings
from core.cost import findings_judged as said
from core.cost.backtest import KINDS, Check, checks
from core.cost.fits import published_out_of_memory
from core.cost.scores import Score, score
from core.text.format import MINUS, number, round_up
from core.text.literal import printable
from core.units import GIGA
from dashboard import cost_fields as fields
from dashboard import cost_shared as shared
from dashboard import state, ui

t = ui.t

NAMES = [kind.name for kind in KINDS]
FIRST = "adapters"


def render(head: DeltaGenerator) -> None:
    """Draw the part.

    Raises:
        NotFound: The URL names a kind that there is not.
    """
    name = fields.one_of("kind", NAMES, FIRST)
    if not ui.presenting():
        with ui.controls():
            state.choose(
                t("cost_page.control.kind"), "kind", [FIRST, *(n for n in NAMES if n != FIRST)],
                key="cost-kind", show=lambda kind: t(f"cost.kind.{kind}"),
            )  # fmt: skip
    found = score(name)
    with head:
        ui.header("common.section.decide", t("cost_page.question.judged"),
                  said.answer(found, ui.lang()))  # fmt: skip
        ui.readings(_readings(found))
        chips = t("cost_page.chips.judged", n=found.n, groups=found.groups)
        ui.provenance(chips, "assay cost backtest", t("cost_page.how_judged"))
    left, right = st.columns([3, 2], gap="large")
    with left:
        _scatter(found)
    with right:
        _memory_calls()
    _worst(name)
    _scores()


def _readings(found: Score) -> list[ui.Reading]:
    median = [100 * part for part in
              (found.median_abs_error, found.median_low, found.median_high)]  # fmt: skip
    outside = [100 * (1 - 1 / found.high_factor), 100 * (1 / found.low_factor - 1)]
    covered = found.coverage_90
    signed = 100 * found.median_signed_error
    return [
        ui.Reading(
            t("cost_page.reading.median"), f"{number(median[0], 2)} %", "measured",
            f"{number(median[1], 2)}–{number(median[2], 2)} %",
            t("cost.reading.error_runs", n=found.n),
            ui.Needle(median[0], median[1], median[2], 0, round_up(median[2])),
            t("cost.reading.error_help"),
        ),
        ui.Reading(
            t("cost_page.reading.p90"), f"{number(100 * found.p90_abs_error, 2)} %", "measured",
            None, t("cost_page.reading.runs", n=found.n),
            help=t("cost_page.reading.p90_help", low=number(outside[0], 2),
                   high=number(outside[1], 2)),
        ),
        ui.Reading(
            t("cost_page.reading.signed"),
            f"{'+' if signed > 0 else MINUS if signed < 0 else ''}{number(abs(signed), 2)} %",
            "measured", None, t("cost_page.reading.runs", n=found.n),
            help=t("cost_page.reading.signed_help"),
        ),
        ui.Reading(
            t("cost_page.reading.coverage"),
            t("cost_page.few") if covered is None else f"{number(100 * covered, 2)} %", "measured",
            None, t("cost_page.reading.runs", n=found.n),
            help=t("cost_page.reading.coverage_help"),
        ),
    ]  # fmt: skip


@lru_cache(maxsize=64)
def _figure(name: str, scheme: str, language: str, present: bool) -> go.Figure:
    return charts.errors(checks(name), scheme, language, present=present)


def _scatter(found: Score) -> None:
    ui.chart(
        findings.errors(found, ui.lang()),
        t("cost.plotted.errors", kind=t(f"cost.kind.{found.kind}")),
        _figure(found.kind, ui.scheme(), ui.lang(), ui.presenting()),
        alt=t("cost.alt.errors", n=found.n, error=number(100 * found.median_abs_error, 2)),
        source=t("cost.source.facts"), key="cost-errors",
    )  # fmt: skip
    shared.behind([_check(check) for check in checks(found.kind)], key="errors")


def _check(check: Check, reason: str | None = None) -> dict[str, str]:
    memory = check.kind.endswith("memory")
    scale = 1 / GIGA if memory else 1.0
    unit = t(f"cost_page.unit.{check.kind}")
    return {
        t("cost_page.head.row"): printable(check.name),
        t("cost.control.model"): printable(check.model),
        t("cost_page.head.gpus"): f"{check.gpus:,}",
        t("cost.chart.measured", unit=unit): number(scale * check.measured, 3),
        t("cost.chart.estimated", unit=unit): f"≈ {number(scale * check.predicted, 3)}",
        t("cost_page.head.error"): charts.signed(check.error),
        **({} if reason is None else {t("cost_page.head.reason"): printable(reason)}),
        t("cost_page.head.source"): printable(check.source),
    }


def _scores() -> None:
    found = said.all_scores()
    st.subheader(said.table(found, ui.lang()), anchor=False)
    st.caption(t("cost_page.plotted.scores"))
    ui.table([_score(one) for one in found], key="cost-scores", height="content")
    st.caption(t("common.source", source=t("cost.source.facts")))


def _score(one: Score) -> dict[str, str]:
    def percent(share: float) -> str:
        return f"{number(100 * share, 2)} %"

    return {
        t("cost_page.control.kind"): t(f"cost.kind.{one.kind}"),
        "n": f"{one.n:,}",
        t("cost_page.reading.median"): percent(one.median_abs_error),
        t("cost_page.reading.p90"): percent(one.p90_abs_error),
        t("cost_page.reading.signed"): charts.signed(one.median_signed_error),
        t("cost_page.reading.coverage"): t("cost_page.few") if one.coverage_90 is None
        else percent(one.coverage_90),
        t("cost_page.head.source_median"): percent(one.elsewhere_median_abs_error),
        t("cost_page.head.source_p90"): percent(one.elsewhere_p90_abs_error),
    }  # fmt: skip


def _memory_calls() -> None:
    found, flagged = published_out_of_memory(), said.flagged()
    st.subheader(said.memory_calls(found, ui.lang()), anchor=False)
    st.caption(t("cost_page.plotted.oom"))
    st.subheader(said.physics(flagged, len(said.published()), ui.lang()), anchor=False)
    st.caption(t("cost_page.plotted.physics"))
    if flagged:
        ui.table(
            [{t("cost_page.head.row"): printable(flag.name),
              t("cost_page.head.reason"): printable(flag.reason)} for flag in flagged],
            key="cost-flags",
        )  # fmt: skip


def _worst(name: str) -> None:
    found = said.worst_of(name)
    st.subheader(said.furthest(found, ui.lang()), anchor=False)
    st.caption(t("cost_page.plotted.worst", kind=t(f"cost.kind.{name}"), n=len(found)))
    ui.table(
        [_check(check, said.reason(check, ui.lang())) for check in found], key="cost-worst",
    )  # fmt: skip
