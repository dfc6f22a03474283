"""Strategy: rent, host, tune or build; when does it break even; how long do we live?"""

from typing import Any

import streamlit as st

from core.charts import strategy as charts
from core.errors import AssayError
from core.strategy import findings
from core.strategy.answer import answer, deciding_pair, option_of
from core.strategy.document import as_json
from core.strategy.plan import Plan, make
from core.strategy.say import requests
from core.strategy.scenario import load
from core.text.format import number, usd
from dashboard import plan_tables, state, ui
from dashboard import scenario_editor as editor

t = ui.t

Document = dict[str, Any]


def render() -> None:
    """Draw the page."""
    source = editor.chosen()
    head = st.container(gap="small")
    try:
        base = load(source.path)
        now = base if ui.presenting() else editor.draw(base)
        plan = make(now, state.workspace())
    except AssayError as error:
        with head:
            ui.header("common.section.decide", t("strategy.question"), t("strategy.failed.title"))
            ui.empty(t("strategy.failed.title"), t("strategy.failed.words"), kind="failed")
            st.text(str(error))
        return
    document = as_json(plan)
    with head:
        ui.header("common.section.decide", t("strategy.question"),
                  answer(document, ui.lang(), ui.literal))  # fmt: skip
        ui.readings(_readings(plan, document))
        _provenance(document, source, changed=now != base)
    _evidence(plan, document)


def _readings(plan: Plan, document: Document) -> list[ui.Reading]:
    chosen = document["recommended_option"]
    found = [_even(plan, document)]
    if chosen is not None:
        row = option_of(document, chosen)
        found = [_month(plan, document, row), *found, _runway(document, row)]
        if document["second_option"] is not None:
            found.append(_gain(document))
    return found


def _covers(plan: Plan, ranged: str | None, *names: str) -> str:
    """What the range of these options' costs is a share of, or why there is none."""
    fleets = [o.priced.fleet for o in plan.outcomes if o.name in names and o.priced.fleet]
    bears = [fleet.requests_per_day for fleet in fleets if fleet.requests_per_day]
    if not bears:
        return t("strategy.reading.list_price")
    if ranged is None:
        return t("strategy.reading.same_ends")
    return t("strategy.reading.published", n=min(estimate.n for estimate in bears))


def _month(plan: Plan, document: Document, row: dict[str, Any]) -> ui.Reading:
    low, high = row["monthly_usd_low"], row["monthly_usd_high"]
    ranged = plan_tables.dollars(low, high)
    return ui.Reading(
        t("strategy.reading.month"), plan_tables.money(row["monthly_usd"]), "estimated", ranged,
        _covers(plan, ranged, row["name"]),
        ui.Needle(row["monthly_usd"], low, high, 0, _round(1.5 * high)) if ranged else None,
        t("strategy.reading.month_help", option=ui.literal(row["name"]),
          n=number(row["one_time_usd"])),
    )  # fmt: skip


def _even(plan: Plan, document: Document) -> ui.Reading:
    pair = deciding_pair(document)
    label = t("strategy.reading.even")
    if pair is None or not pair["requests_per_day"]:
        word = "always" if pair and pair["requests_per_day"] == 0 else "never"
        about = findings.volume(document, ui.lang(), ui.literal)
        return ui.Reading(label, t(f"strategy.reading.{word}"), "estimated", help=about)
    value, low, high = pair["requests_per_day"], pair["low"], pair["high"]
    today = document["demand"]["requests_per_day"]
    ranged = plan_tables.volumes(low, high)
    needle = None
    if low is not None and high is not None and low < high:
        needle = ui.Needle(value, low, high, 0, _round(2 * max(high, today)), today,
                           t("strategy.reading.expected"))  # fmt: skip
    return ui.Reading(
        label, t("common.approximately", value=requests(value, ui.lang())), "estimated", ranged,
        _covers(plan, ranged, pair["a"], pair["b"]), needle,
        t("strategy.reading.even_help", a=ui.literal(pair["a"]), b=ui.literal(pair["b"])),
    )  # fmt: skip


def _round(volume: float) -> float:
    """One digit, so that the needle's end can be read."""
    return float(f"{volume:.1g}")


def _runway(document: Document, row: dict[str, Any]) -> ui.Reading:
    horizon = document["horizon_months"]
    value, low, high = (row[f"runway_months{end}"] for end in ("", "_low", "_high"))
    beyond = t("strategy.reading.runway_beyond", months=horizon)
    ends = (value or horizon, low or horizon, high or horizon)
    return ui.Reading(
        t("strategy.reading.runway"),
        beyond if value is None else t("strategy.reading.runway_value", months=number(value, 2)),
        "estimated",
        plan_tables.span(number(ends[1], 2), number(ends[2], 2)),
        None,
        ui.Needle(*ends, 0, horizon, document["company"]["raise_months"],
                  t("strategy.reading.raising")) if low is not None else None,
        t("strategy.reading.runway_help"),
    )  # fmt: skip


def _gain(document: Document) -> ui.Reading:
    gain = document["gain_usd_per_month"]
    low, high = gain["low"], gain["high"]
    ranged = plan_tables.span(usd(low), usd(high))
    reach = max(abs(low), abs(high))
    return ui.Reading(
        t("strategy.reading.gain"),
        plan_tables.money(gain["value"]), "estimated",
        ranged, None,
        ui.Needle(gain["value"], low, high, -_round(1.5 * reach), _round(1.5 * reach), 0,
                  t("strategy.reading.equal")) if ranged else None,
        t("strategy.reading.gain_help", months=document["horizon_months"],
          second=ui.literal(document["second_option"])),
    )  # fmt: skip


def _provenance(document: Document, source: editor.Source, *, changed: bool) -> None:
    chips = t("strategy.how.chip", plan=source.path.stem, **_dates(document),
              date=document["created_at"][:10])  # fmt: skip
    if changed:
        chips = f"{chips} · {t('strategy.how.changed')}"
    own = f"assay plan {source.path} --json"
    new = f"{source.path.stem}.toml"
    command = f"assay plan {new} --json" if changed else own
    ui.provenance(chips, command, t("strategy.how.detail"))


def _dates(document: Document) -> dict[str, str]:
    found = sorted(line["date"] for line in document["prices"] if line["date"])
    unknown = t("common.not_known")
    return {"first": found[0] if found else unknown, "last": found[-1] if found else unknown}


def _evidence(plan: Plan, document: Document) -> None:
    scheme, lang, present = ui.scheme(), ui.lang(), ui.presenting()
    source = t("strategy.how.source", **_dates(document))
    values = {
        "months": document["horizon_months"],
        "raise_months": document["company"]["raise_months"],
    }
    figures = {
        "volume": lambda: charts.by_volume(plan, document, scheme, lang, present=present),
        "parts": lambda: charts.parts(document, scheme, lang, present=present),
        "cash": lambda: charts.cash(document, scheme, lang, present=present),
    }
    left, right = st.columns(2, gap="large")
    for column, names in ((left, ("volume", "parts")), (right, ("cash",))):
        with column:
            for name in names:
                say = getattr(findings, name)
                ui.chart(
                    say(document, ui.lang(), ui.literal),
                    t(f"strategy.chart.{name}_plotted", **values), figures[name](),
                    alt=t(f"strategy.chart.{name}_alt", finding=say(document, ui.lang())),
                    source=source, key=name,
                )  # fmt: skip
    with right:
        plan_tables.flips(document)
        plan_tables.reasons(document)
    plan_tables.options(document)
    plan_tables.break_even(document)
    plan_tables.sources(document)
