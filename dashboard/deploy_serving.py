"""What runs where and how busy it is; start, stop, logs, and how a program calls it."""

from pathlib import Path

import streamlit as st

from core.charts import deploy as charts
from core.deploy.bundle import read_bundle
from core.deploy.engine import CHOICES
from core.deploy.latency import milliseconds
from core.deploy.load import served_load
from core.deploy.serve import check_address
from core.deploy.service import Service, free_port
from core.errors import AssayError
from core.jobs import runner
from core.jobs.log import read_log
from core.run import ServeRequest, start
from core.text.format import minute
from core.update.champion import champion
from dashboard import deploy_call, inputs, state, ui
from dashboard.deploy_found import Found, find, pick, warn

t = ui.t

HOST = "127.0.0.1"
WHAT = (("model", ""), ("bundle", ""))
"""What can be served beside the champions of datasets: a kind, and the name of a dataset."""
LOG_LINES = 40
COLUMNS = ("model", "engine", "url", "state", "since", "answered", "per_minute", "p50", "p95",
           "refused", "errors")  # fmt: skip


def section(found: Found) -> None:
    """Draw the section."""
    if not ui.presenting():
        _start(found)
    st.subheader(t("deploy.serving_page.title"), anchor=False)
    _live()
    one = pick(found.live)
    if one is not None and not ui.presenting():
        _stop(one)
        _log(one.job.id)
    if found.measured:
        _latency(found.measured)
    elif not found.live:
        ui.empty(t("deploy.empty.title"), t("deploy.empty.words"))
    if not ui.presenting() and (one is not None or found.model is not None):
        deploy_call.section(one, found.model)


@st.fragment(run_every=3)
def _live() -> None:
    """All servers under way; a full rerun once one starts or ends, as the buttons depend on it."""
    found = find(None)
    if state.changed("deploy-live", [(one.job.id, one.ready) for one in found.live]):
        st.rerun()
    if not found.live:
        st.markdown(t("deploy.serving_page.none"))
        return
    ui.table(
        [_row(one) for one in found.live], key="deploy-live", height=ui.height(len(found.live))
    )
    warn(found.live)
    st.caption(t("deploy.serving_page.counted"))


def _row(one: Service) -> dict[str, str]:
    load = served_load(state.workspace(), one.model, one.since)
    latency = load.latency
    stage = "stopping" if one.job.cancelling else "answers" if one.ready else "loading"
    values = {
        "model": one.model if one.champion is None
        else t("deploy.serving_page.champion_of", model=one.model, dataset=one.champion),
        "engine": one.engine or one.asked_engine,
        "url": one.url,
        "state": t(f"deploy.serving_page.state.{stage}"),
        "since": minute(one.since),
        "answered": f"{load.answered:,}",
        "per_minute": f"{load.per_minute:,}",
        "p50": milliseconds(latency.p50 if latency else None, ui.lang()),
        "p95": milliseconds(latency.p95 if latency else None, ui.lang()),
        "refused": f"{load.refused:,}",
        "errors": f"{load.errors:,}",
    }  # fmt: skip
    return {t(f"deploy.serving_page.column.{name}"): values[name] for name in COLUMNS}


def _start(found: Found) -> None:
    """What to serve, with which engine, on which port."""
    champions = {
        name: run for name in inputs.datasets() if (run := champion(state.workspace(), name))
    }
    with ui.controls(key="deploy-start"):
        kind, follows = st.selectbox(
            t("deploy.control.what"), [*WHAT, *(("champion", name) for name in champions)],
            width=240, key="deploy-what",
            format_func=lambda one: t(f"deploy.control.what_{one[0]}", dataset=one[1]),
        )  # fmt: skip
        folder = ""
        if kind == "bundle":
            folder = st.text_input(t("deploy.control.folder"), key="deploy-folder",
                                   help=t("deploy.control.folder_help"))  # fmt: skip
        engine = st.selectbox(t("deploy.control.engine"), CHOICES, width=170, key="deploy-engine",
                              help=t("deploy.control.engine_help"))  # fmt: skip
        port = st.number_input(t("deploy.control.port"), 1024, 65_535,
                               free_port(found.servers), width=130)  # fmt: skip
        chosen = found.model.name if found.model else ""
        label = {"model": chosen, "bundle": Path(folder).name}.get(kind, champions.get(follows))
        if label and ui.action(t("deploy.control.start", model=ui.literal(label)),
                               key="serve", icon=":material/play_circle:"):  # fmt: skip
            _serve(folder or chosen, kind, follows, engine, int(port))
    refusal = state.kept("deploy-refusal")
    if refusal:
        st.text(refusal)


def _serve(name: str, kind: str, follows: str, engine: str, port: int) -> None:
    """Start it; what is refused is said under the button."""
    state.keep("deploy-refusal", None)
    try:
        check_address(HOST, port)
        if kind == "bundle":
            name = str(read_bundle(Path(name).expanduser()).folder.resolve())
        elif kind == "champion":
            name = f"champion of {follows}"
        start(state.workspace(),
              ServeRequest(name, HOST, port, engine, champion=follows or None))  # fmt: skip
    except AssayError as error:
        state.keep("deploy-refusal", str(error))
    st.rerun()


def _stop(one: Service) -> None:
    if st.button(t("deploy.serving_page.stop", url=ui.literal(one.url)), key="deploy-stop",
                 icon=":material/stop_circle:", disabled=one.job.cancelling):  # fmt: skip
        runner.cancel(state.workspace(), one.job.id)
        st.rerun()


def _log(job_id: str) -> None:
    """The last lines of a server, as it wrote them."""
    with st.expander(t("common.show_log"), key="deploy-log"):
        st.fragment(_lines, run_every=3)(job_id)


def _lines(job_id: str) -> None:
    lines = read_log(state.workspace(), job_id, last=LOG_LINES).lines
    if lines:
        st.code("\n".join(lines), language=None, wrap_lines=True)
    else:
        st.caption(t("deploy.serving_page.log_empty"))


def _latency(measured: Service) -> None:
    latency = measured.latency
    if latency is None:
        return
    p50, p95 = milliseconds(latency.p50, ui.lang()), milliseconds(latency.p95, ui.lang())
    key = "finding" if latency.p95 is None else "finding_tail"
    ui.chart(
        t(f"deploy.chart.{key}", n=latency.n, p50=p50, p95=p95),
        t("deploy.chart.plotted"),
        charts.latency(measured.milliseconds, latency, ui.scheme(), ui.lang(),
                       present=ui.presenting()),
        alt=t("deploy.chart.alt", n=latency.n, p50=p50, p95=p95),
        source=t("deploy.chart.source", n=latency.n, dataset=ui.literal(measured.dataset or "")),
        key="latency",
    )  # fmt: skip
