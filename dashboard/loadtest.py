"""The load test of a server: start it, watch it, read it, set it beside the estimate."""

import streamlit as st

from core.charts import loadtest as charts
from core.deploy import loadtest_rows as tables
from core.deploy import loadtest_words as words
from core.deploy.loadtest_store import LoadTest, list_loadtests
from core.deploy.loadtest_target import check_url
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.text.format import duration, number
from dashboard import loadtest_form, state, ui
from dashboard.loadtest_readings import readings

t = ui.t


def render_loadtest(url: str, model: str) -> None:
    """Draw the panel of one server.

    Args:
        url: Where it answers.
        model: What answers there, for the estimate.

    Raises:
        BadInput: The URL is none that can be asked.
    """
    check_url(url)
    job = newest(url)
    found = list_loadtests(state.workspace(), url)
    st.subheader(t("loadtest.question"), anchor=False)
    made = _choose(found)
    st.markdown(_answer(url, job, made))
    _watched(url, job)
    if made is not None:
        _result(made)
    elif not (job and job.active):
        ui.empty(t("loadtest.empty.title"), t("loadtest.empty.words"))
    if not ui.presenting() and not (job and job.active):
        loadtest_form.form(url, model, again=made is not None)


def newest(url: str) -> Job | None:
    """The newest test of a server as a job, whatever became of it."""
    with JobStore(state.workspace()) as store:
        jobs = store.jobs(kind="loadtest")
    return next((job for job in jobs if job.request["url"].rstrip("/") == url.rstrip("/")), None)


def _answer(url: str, job: Job | None, made: LoadTest | None) -> str:
    if job and job.active:
        return t("loadtest.answer.running", url=ui.literal(url))
    if made is None:
        return t("loadtest.answer.none", url=ui.literal(url))
    return words.answer(made, ui.lang(), ui.literal(words.model_of(made)))


def _choose(found: list[LoadTest]) -> LoadTest | None:
    """The newest test, or the one that the reader chooses."""
    if not found:
        return None
    if ui.presenting() or len(found) == 1:
        return found[0]
    names = {made.name: made for made in found}
    chosen = state.choose(
        t("loadtest.how.which"), "loadtest", list(names), key="loadtest-which",
        show=lambda name: t("loadtest.how.option", name=name,
                            kind=t(f"loadtest.kind.{names[name].plan.kind}"),
                            date=names[name].created_at[:10]),
    )  # fmt: skip
    return names[chosen or found[0].name]


def _watched(url: str, job: Job | None) -> None:
    """The test under way, or how the last one failed; looked at every second while it runs."""
    if job is not None and job.state != "succeeded":
        st.fragment(_now, run_every=1 if job.active else None)(url)


def _now(url: str) -> None:
    job = newest(url)
    if state.ended("loadtest", job):
        st.rerun()
    if job is None or job.state in ("succeeded", "cancelled"):
        return
    ui.job_card(job)
    if job.active:
        _live(job)


def _live(job: Job) -> None:
    """The last seconds in numbers."""
    with JobStore(state.workspace()) as store:
        seen = [event.payload for event in store.events(job.id) if event.kind == "load"]
    if not seen:
        return
    last = seen[-1]
    ui.table(
        [{t("loadtest.table.rate"): _number(last["rate"]),
          t("loadtest.table.sent"): f"{last['sent']:,}",
          t("loadtest.table.throughput"): _number(last["finished_per_second"]),
          t("loadtest.table.p50"): _number(last["p50_ms"]),
          t("loadtest.table.p95"): _number(last["p95_ms"]),
          t("loadtest.table.busy"): f"{last['busy']:,}",
          t("loadtest.table.errors"): f"{last['errors']:,}"}],
        key="loadtest-live",
    )  # fmt: skip


def _number(value: float | None) -> str:
    return number(value, language=ui.lang())


def _result(made: LoadTest) -> None:
    readings(made)
    _provenance(made)
    if made.ended != "done":
        st.markdown(f"{ui.mark('risk')} {t(f'loadtest.ended.{made.ended}')}")
    for sentence in words.caveats(made, ui.lang()):
        st.markdown(f"{ui.mark('risk')} {sentence}")
    if any(stage.rate is not None for stage in made.loaded):
        _rates(made)
    _spread(made)
    _beside(made)
    _tables(made)


def _source(made: LoadTest) -> str:
    return t("loadtest.chart.source", n=f"{sum(s.sent for s in made.stages):,}",
             url=ui.literal(made.target["address"]),
             source=ui.literal(made.inputs["source"]))  # fmt: skip


def _rates(made: LoadTest) -> None:
    finding = words.rates_finding(made, ui.lang())
    ui.chart(
        finding, t("loadtest.chart.plotted"),
        charts.by_rate(made, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("loadtest.chart.alt", n=len(made.loaded), finding=finding),
        source=_source(made), key="loadtest-rates",
    )  # fmt: skip
    if made.knee is not None:
        why = t("loadtest.knee_why", why=t(f"loadtest.why.{made.knee.why}",
                multiple=f"{made.knee.multiple:g}")) if made.knee.why else ""  # fmt: skip
        st.caption(f"{why} {words.knee_sure(made, ui.lang())}".strip())


def _spread(made: LoadTest) -> None:
    places = charts.told(made)
    if not places:
        return
    told = made.stages[places[-2] if len(places) > 2 else places[-1]]
    finding = words.spread_finding(made, told, ui.lang())
    several = "plotted_spread_knee" if made.knee is not None else "plotted_spread"
    ui.chart(
        finding, t(f"loadtest.chart.{several}"),
        charts.spread(made, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("loadtest.chart.alt_spread", finding=finding), source=_source(made),
        key="loadtest-spread",
    )  # fmt: skip


def _beside(made: LoadTest) -> None:
    """Measured beside estimated."""
    finding = words.compared_finding(made, ui.lang())
    if finding is not None:
        st.subheader(finding, anchor=False)
        ui.table(tables.compared_rows(made, ui.lang()), key="loadtest-compared")
    st.caption(" ".join(ui.literal(line) for line in words.predicted_lines(made, ui.lang())))


def _tables(made: LoadTest) -> None:
    with st.expander(t("common.table_behind")):
        found = tables.stage_rows(made, ui.lang())
        ui.table(found, key="loadtest-stages", height=ui.height(len(found)))
    errors = tables.error_rows(made, ui.lang())
    if errors:
        st.subheader(t("loadtest.table.errors_title"), anchor=False)
        ui.table(errors, key="loadtest-errors")


def _provenance(made: LoadTest) -> None:
    lags = [stage.lag for stage in made.stages if stage.lag is not None]
    ui.provenance(
        t("loadtest.how.chips", n=f"{sum(s.sent for s in made.stages):,}",
          kind=t(f"loadtest.kind.{made.plan.kind}"), seed=made.plan.seed,
          date=made.created_at[:10]),
        f"assay loadtest show {made.name} --json",
        t("loadtest.how.detail", seed=made.plan.seed, warm=t("loadtest.how.warm"),
          lag=words.ms(max(lags), ui.lang()) if lags else duration(None, ui.lang())),
    )  # fmt: skip
