"""The form that starts a load test; what it starts is a job, which goes on without the page."""

import streamlit as st

from core.cost.traffic import FLAT, TRAFFIC
from core.data.dataset import list_datasets
from core.deploy.loadtest import (
    KINDS,
    MAX_TOKENS,
    MOST_CLIENTS,
    MOST_RATE,
    RAMP_SECONDS,
    SECONDS,
    Plan,
    minutes,
)
from core.deploy.loadtest_inputs import Inputs
from core.deploy.loadtest_target import check_allowed, check_url, is_own
from core.errors import AssayError
from core.run import LoadTestRequest, start
from dashboard import state, ui

t = ui.t

RATE, CLIENTS, PER_DAY, MINUTES = 2.0, 4, 100_000.0, 5.0
ORDER = ("ramp", *(kind for kind in KINDS if kind != "ramp"))


def form(url: str, model: str, *, again: bool) -> None:
    """Draw it; a start that is refused says why."""
    st.subheader(t("loadtest.form.again" if again else "loadtest.form.title"), anchor=False)
    st.caption(t("loadtest.form.words"))
    with ui.controls(key="loadtest-controls"):
        kind = st.selectbox(t("loadtest.form.kind"), ORDER, key="loadtest-kind", width=220,
                            format_func=lambda name: t(f"loadtest.kind.{name}"))  # fmt: skip
        shape = FLAT.name
        if kind == "shape":
            shape = st.selectbox(
                t("loadtest.form.shape"), [row.name for row in TRAFFIC], index=1,
                key="loadtest-shape", width=190,
                format_func=lambda name: t(f"cost_page.traffic.{name}"),
            )  # fmt: skip
        given = _numbers(kind)
        names = [None, *(data.name for data in list_datasets(state.workspace()))]
        dataset = st.selectbox(
            t("loadtest.form.inputs"), names, key="loadtest-inputs", width=220,
            format_func=lambda name: name or t("loadtest.form.inputs_sample"),
        )  # fmt: skip
        stream = st.checkbox(t("loadtest.form.stream"), key="loadtest-stream")
    yes = True
    if not is_own(url):
        yes = st.checkbox(
            t("loadtest.form.yes", n=f"{Plan('ramp').most_requests:,}",
              host=ui.literal(check_url(url).host)),
            key="loadtest-yes",
        )  # fmt: skip
    clicked = (
        st.button(t("loadtest.form.start"), key="loadtest-again", icon=":material/speed:") if again
        else ui.action(t("loadtest.form.start"), key="loadtest", icon=":material/speed:")
    )  # fmt: skip
    if clicked:
        try:
            plan = _plan(kind, shape, given)
            check_allowed(url, t("loadtest.some_requests"), yes=yes)
        except AssayError as error:
            st.text(str(error))
            return
        inputs = Inputs(dataset).to_json()
        start(state.workspace(), LoadTestRequest(
            url, plan.to_json(), inputs, None, model or None, stream, MAX_TOKENS, None, yes,
        ))  # fmt: skip
        st.rerun()


def _numbers(kind: str) -> dict[str, float]:
    """The numbers of a kind: at most two boxes."""
    found: dict[str, float] = {}
    if kind == "rate":
        found["rate"] = st.number_input(t("loadtest.form.rate"), 0.01, MOST_RATE, RATE,
                                        key="loadtest-rate", format="%g", width=170)  # fmt: skip
    if kind == "clients":
        found["clients"] = st.number_input(t("loadtest.form.clients"), 1, MOST_CLIENTS, CLIENTS,
                                           key="loadtest-clients", width=130)  # fmt: skip
    if kind == "shape":
        found["per_day"] = st.number_input(t("loadtest.form.per_day"), 1.0, 1e8, PER_DAY,
                                           key="loadtest-per-day", format="%g",
                                           width=170)  # fmt: skip
        found["minutes"] = st.number_input(t("loadtest.form.minutes"), 0.5, 240.0, MINUTES,
                                           key="loadtest-minutes", format="%g",
                                           width=130)  # fmt: skip
    else:
        first = RAMP_SECONDS if kind == "ramp" else SECONDS
        found["seconds"] = st.number_input(t("loadtest.form.seconds"), 5.0, 14_400.0, first,
                                           key=f"loadtest-seconds-{kind}", format="%g",
                                           width=130)  # fmt: skip
    return found


def _plan(kind: str, shape: str, given: dict[str, float]) -> Plan:
    seconds = minutes(given["minutes"]) if kind == "shape" else given["seconds"]
    clients = given.get("clients")
    return Plan(kind, given.get("rate"), shape if kind == "shape" else None, given.get("per_day"),
                None if clients is None else int(clients), seconds)  # fmt: skip
