"""Deploy: how fast, how cheap, how do I call it?"""

import streamlit as st

from core.deploy.latency import milliseconds
from core.deploy.service import services
from dashboard import deploy_play, deploy_readings, deploy_serving, inputs, state, ui
from dashboard.compress import render_compress
from dashboard.deploy_found import KINDS, Found, find, pick, warn
from dashboard.loadtest import render_loadtest

t = ui.t

SECTIONS = ("serving", "playground", "compress", "loadtest")


def render() -> None:
    """Draw the page."""
    found = find(inputs.first_model(KINDS))
    ui.header("common.page.deploy", t("deploy.question"), _answer(found))
    if found.model:
        deploy_readings.readings(found.model, found.measured)
        deploy_readings.provenance(found.model, found.measured)
    if not ui.presenting():
        with ui.controls():
            inputs.model("deploy-model", label=t("deploy.control.model"), kinds=KINDS)
    _watch()
    _section(found)


def _section(found: Found) -> None:
    if ui.presenting():
        part = state.chosen("view", SECTIONS) or SECTIONS[0]
    else:
        part = state.section(
            t("deploy.section.label"), "view", SECTIONS, key="deploy-view",
            show=lambda one: t(f"deploy.section.{one}"),
        )  # fmt: skip
    if part == "serving":
        deploy_serving.section(found)
    elif part == "playground":
        deploy_play.section(found)
    elif part == "compress" and found.model:
        render_compress(found.model.name)
    elif part == "loadtest":
        _loadtest(found)


def _loadtest(found: Found) -> None:
    """Of a server that answers; where none does, it is said how one comes."""
    ready = [one for one in found.live if one.ready]
    one = pick(ready)
    if one is None:
        ui.empty(t("deploy.loadtest.title"), t("deploy.loadtest.words"))
        if not ui.presenting():
            st.button(t("deploy.loadtest.go"), icon=":material/arrow_forward:",
                      on_click=state.set_choice, args=("view", "serving"))  # fmt: skip
        return
    warn([one])
    render_loadtest(one.url, one.model)


def _answer(found: Found) -> str:
    if found.model is None:
        return t("deploy.answer.none")
    name, live = ui.literal(found.model.name), found.answering
    if live is None:
        busy = [one for one in found.live if one.ready]
        if busy:
            return t("deploy.answer.other", model=name, n=len(busy),
                     other=ui.literal(busy[0].model))  # fmt: skip
        return t("deploy.answer.idle", model=name)
    if live.latency is None:
        return t("deploy.answer.serving", model=name, url=ui.literal(live.url))
    return t("deploy.answer.serving_latency", model=name, url=ui.literal(live.url),
             p50=milliseconds(live.latency.p50, ui.lang()))  # fmt: skip


@st.fragment(run_every=2)
def _watch() -> None:
    """Servers that are being started, and how the newest failed; a full rerun when that changes."""
    servers = services(state.workspace())
    for one in servers:
        if one.job.active and not one.ready:
            ui.job_card(one.job)
    if servers and servers[0].job.state == "failed":
        ui.job_card(servers[0].job)
    marks = [(one.job.id, one.job.state, one.ready, len(one.milliseconds)) for one in servers]
    if state.changed("deploy-service", marks):
        st.rerun()
