"""The readings of a load test: knee or throughput, p95, first token, what was not answered."""

from core.deploy import loadtest_rows as tables
from core.deploy import loadtest_words as words
from core.deploy.loadtest_quantile import Quantile
from core.deploy.loadtest_store import LoadTest
from core.deploy.loadtest_summary import Summary
from core.text.format import number, round_up
from core.units import KILO
from dashboard import ui

t = ui.t


def readings(made: LoadTest) -> None:
    """Three or four of them in a row."""
    told = _told(made)
    if told is None:
        return
    items = [_knee(made) if made.knee is not None else _throughput(told), _tail(made, told)]
    if told.first is not None:
        items.append(_time(told.first.p50, "first"))
    if told.token is not None:
        items.append(_time(told.token.p50, "token"))
    ui.readings([*items[:3], _errors(made)], key="loadtest-readings")


def _told(made: LoadTest) -> Summary | None:
    """The stage that the readings are of: at the knee, else the one that answered most."""
    knee = made.knee.rate if made.knee else None
    at = [s for s in made.loaded if knee is not None and abs(s.offered - knee) < 1e-9 * knee]
    return at[0] if at else words.fullest(made)


def _knee(made: LoadTest) -> ui.Reading:
    knee = made.knee
    rate = knee.rate if knee else None
    help_ = t("loadtest.reading.knee_help", multiple=f"{knee.multiple:g}") if knee else None
    if knee is None or rate is None or knee.low is None or knee.high is None:
        return ui.Reading(t("loadtest.reading.knee"), t("common.not_known"), "measured", help=help_)
    return ui.Reading(
        t("loadtest.reading.knee"), t("loadtest.reading.per_second", value=number(rate)),
        "measured", f"{number(knee.low)}–{number(knee.high)}",
        t("loadtest.reading.n", n=f"{sum(s.sent for s in made.loaded):,}"),
        ui.Needle(rate, knee.low, knee.high, 0, round_up(1.2 * (knee.beyond or rate))), help_,
    )  # fmt: skip


def _throughput(told: Summary) -> ui.Reading:
    return ui.Reading(
        t("loadtest.reading.throughput"),
        t("loadtest.reading.per_second", value=number(told.throughput)), "measured", None,
        f"n = {told.answered:,}", help=t("loadtest.reading.throughput_help"),
    )  # fmt: skip


def _tail(made: LoadTest, told: Summary) -> ui.Reading:
    found = told.total.p95
    if found.beyond:
        return ui.Reading(t("loadtest.reading.p95"), words.beyond(made, ui.lang()), "measured",
                          None, _n(found), help=t("loadtest.reading.p95_help"))  # fmt: skip
    return _time(found, "p95")


def _time(found: Quantile, name: str) -> ui.Reading:
    low, high = found.low, found.high
    known = found.value is not None and low is not None and high is not None
    return ui.Reading(
        t(f"loadtest.reading.{name}"), words.ms(found.value, ui.lang()), "measured",
        f"{number(KILO * low)}–{number(KILO * high)} ms"
        if known and low is not None and high is not None else None,
        _n(found),
        ui.Needle(KILO * found.value, KILO * low, KILO * high, 0, round_up(1.2 * KILO * high))
        if found.value is not None and low is not None and high is not None else None,
        t(f"loadtest.reading.{name}_help"),
    )  # fmt: skip


def _n(found: Quantile) -> str:
    if found.effective < 0.9 * found.n:
        return t("loadtest.reading.n_effective", n=f"{found.n:,}",
                 effective=f"{found.effective:,.0f}")  # fmt: skip
    return t("loadtest.reading.n", n=f"{found.n:,}")


def _errors(made: LoadTest) -> ui.Reading:
    sent = sum(stage.sent for stage in made.stages)
    lost = sent - sum(stage.answered for stage in made.stages)
    rows = tables.error_rows(made, ui.lang())
    said = ", ".join(" ".join(list(row.values())[1::-1]) for row in rows)
    return ui.Reading(
        t("loadtest.reading.errors"),
        f"{number(100 * lost / sent, 2)} %" if sent else t("common.not_known"), "measured", None,
        f"{lost:,} / {sent:,}",
        help=t("loadtest.reading.errors_help", words=said or t("loadtest.reading.errors_none")),
    )  # fmt: skip
