"""The versions of a model on a time line; who serves, what the gate says, who decided."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.charts import update as charts
from core.evaluate import notation
from core.text.format import day, duration, minute, number, usd
from core.train.retraining import RetrainingCost, retraining_cost
from core.update import champion as registry
from core.update.champion import Promotion
from core.update.standing import Standing
from core.update.story import Version
from dashboard import state, ui, update_gate
from dashboard.update_controls import settings

t = ui.t


def challenger(found: Sequence[Version], champion: str | None) -> str | None:
    """The newest version, unless it serves or served before: there is none to decide upon then."""
    if not found or found[-1].run == champion or found[-1].promoted:
        return None
    return found[-1].run


def section(dataset: str, found: Sequence[Version], challenger: str | None, now: Standing) -> None:
    """Time line, gate, table, feedback, cost and the list of decisions."""
    drawn = charts.drawn(found)
    if not drawn:
        ui.empty(t("update.versions.none"), t("update.versions.none_words"))
        return
    _timeline(dataset, found, drawn)
    if challenger:
        update_gate.section(challenger)
    elif not ui.presenting():
        st.caption(t("update.gate.none_open"))
    _table(found)
    _cost(retraining_cost(state.workspace(), dataset, settings(draw=False).usd_per_hour))
    _decisions(dataset)
    _liked(now)


def _timeline(dataset: str, found: Sequence[Version], drawn: Sequence[Version]) -> None:
    serving = next((one for one in found if one.champion), None)
    metric = str((drawn[-1].score or {})["metric"])
    ui.chart(
        t("update.versions.serves", run=ui.literal(serving.run), score=_score(serving),
          metric=notation.title(metric, ui.lang()), interval=_interval(serving))
        if serving else t("update.versions.unserved_one") if len(found) == 1
        else t("update.versions.unserved", n=len(found)),
        t("update.versions.plotted", metric=notation.title(metric, ui.lang())),
        charts.versions(drawn, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("update.versions.alt", values=", ".join(
            f"{one.run} {_score(one)} ({_interval(one)})" for one in drawn)),
        source=t("update.versions.source", dataset=ui.literal(dataset)),
        key="versions",
    )  # fmt: skip


def _score(one: Version) -> str:
    score = one.score or {}
    return notation.number(score.get("value"), score.get("unit", "points"), ui.lang())


def _interval(one: Version) -> str:
    score = one.score or {}
    return notation.interval(
        score.get("low"), score.get("high"), score.get("unit", "points"), ui.lang()
    )


def _table(found: Sequence[Version]) -> None:
    columns = ("run", "finished", "score", "interval", "gate", "requests", "liked", "rate",
               "seconds", "usd")  # fmt: skip
    ui.table(
        [_cells(one) for one in reversed(found)], key="versions-table",
        column_config={name: t(f"update.column.{name}") for name in columns},
        height=ui.height(len(found)), alt=t("update.versions.table"),
    )  # fmt: skip


def _cells(one: Version) -> dict[str, Any]:
    liked, unknown = one.liked, t("common.not_known")
    return {
        "run": f"{one.run} ({t('update.versions.serving')})" if one.champion else one.run,
        "finished": day(one.at),
        "score": _score(one),
        "interval": _interval(one),
        "gate": t(f"update.short.{one.gate or 'none'}"),
        "requests": f"{one.requests:,}" if one.requests else unknown,
        "liked": f"{100 * liked.value:.0f} % ({100 * liked.low:.0f}–{100 * liked.high:.0f}, "
        f"n = {liked.n:,})" if liked else unknown,
        "rate": unknown if one.feedback_share is None
        else f"{number(100 * one.feedback_share, 2)} %",
        "seconds": duration(one.seconds, ui.lang()),
        "usd": usd(one.usd, ui.lang()),
    }  # fmt: skip


def _cost(found: RetrainingCost | None) -> None:
    if found is None:
        return
    key = "cost" if len(found.rounds) > 1 else "cost_one"
    if found.usd is None:
        key += "_unpriced"
    values = {"time": duration(found.seconds, ui.lang()), "usd": usd(found.usd, ui.lang()),
              "device": ui.literal(found.device)}  # fmt: skip
    st.markdown(
        f"{ui.mark('measured')} "
        + t(f"update.versions.{key}", n=len(found.rounds), **values,
            low=duration(found.low_seconds, ui.lang()),
            high=duration(found.high_seconds, ui.lang()))
    )  # fmt: skip


def _decisions(dataset: str) -> None:
    decided = registry.history(state.workspace(), dataset)
    st.subheader(t("update.decisions.title"), anchor=False)
    if not decided:
        st.caption(t("update.decisions.none"))
        return
    columns = ("at", "kind", "run", "previous", "who", "why")
    ui.table(
        [_decision(one) for one in reversed(decided)], key="decisions",
        column_config={name: t(f"update.column.{name}") for name in columns},
        height=ui.height(len(decided)), alt=t("update.decisions.title"),
    )  # fmt: skip
    if not ui.presenting():
        update_gate.rollback(dataset)


def _decision(one: Promotion) -> dict[str, str]:
    kind = "forced" if one.forced else one.kind
    return {
        "at": minute(one.at), "kind": t(f"update.decisions.{kind}"), "run": one.run,
        "previous": one.previous or "–", "who": one.who, "why": one.why,
    }  # fmt: skip


def _liked(now: Standing) -> None:
    if not now.by_model:
        return
    ranked = sorted(now.by_model.items(), key=lambda item: -item[1].value)
    (best, top), *others = ranked
    values = {"model": ui.literal(best), "share": f"{100 * top.value:.0f} %"}
    tie = any(other.high >= top.low for _, other in others)
    key = "finding_tie" if tie else "finding_many" if others else "finding_one"
    ui.chart(
        t(f"update.chart.{key}", **({} if tie else values)),
        t("update.chart.plotted"),
        charts.liked(now.by_model, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("update.chart.alt", values=", ".join(
            f"{name} {number(100 * share.value)} %" for name, share in ranked)),
        source=t("update.chart.source"),
        key="liked",
    )  # fmt: skip
