"""The gate on the page: its verdict in words and numbers, and the buttons that decide."""

from typing import Any

import streamlit as st

from core.charts import update as charts
from core.errors import RequestError
from core.run import GateRequest, start
from core.train.runs import open_run
from core.update import champion as registry
from core.update import verdicts
from core.update.gate import Gate
from dashboard import state, ui
from dashboard.update_controls import settings

t = ui.t


def section(challenger: str) -> None:
    """What the gate says of the newest version, and what can be done."""
    verdict = verdicts.known(state.workspace(), challenger)
    dataset = open_run(state.workspace(), challenger).dataset
    if verdict and verdict.champion != registry.champion(state.workspace(), dataset):
        verdict = None  # another serves since: it says nothing of that one
    if verdict is None:
        st.subheader(t("update.gate.title", run=ui.literal(challenger)), anchor=False)
        st.markdown(t("update.gate.unknown", run=ui.literal(challenger)))
    elif verdict.locked:
        _chart(verdict)
    else:
        st.subheader(_literal(verdict, "headline"), anchor=False)
    if not ui.presenting():
        _decide(challenger, verdict)


def _literal(verdict: Gate, part: str) -> str:
    """A sentence of the verdict, in which names and metrics are literal."""
    if part == "headline":
        return t(f"update.gate.{verdict.reason}", challenger=ui.literal(verdict.challenger),
                 rival=ui.literal(verdict.rival or ""))  # fmt: skip
    found: str = getattr(verdicts, part)(verdict, ui.lang())
    return ui.literal(found)


def _chart(verdict: Gate) -> None:
    values = [_literal(verdict, part) for part in ("locked", "new")]
    names = {"challenger": ui.literal(verdict.challenger), "rival": ui.literal(verdict.rival or "")}
    ui.chart(
        _literal(verdict, "headline"),
        t("update.gate.plotted", **names),
        charts.gate(verdict, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("update.gate.alt", values=" ".join(verdicts.words(verdict, ui.lang())[1:])),
        source=t("update.gate.source", data=ui.literal(verdict.dataset)),
        key="gate",
    )  # fmt: skip
    for words in values:
        st.markdown(words)


def _decide(challenger: str, verdict: Gate | None) -> None:
    """Promote with a reason; ask the gate anew; or promote all the same."""
    _reason("promote")
    passed = bool(verdict and verdict.passed)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if passed:
            ui.action(
                t("update.gate.promote", run=ui.literal(challenger)), key="promote",
                icon=":material/verified:", on_click=_promote_passed(challenger, verdict),
            )  # fmt: skip
        st.button(t("update.gate.ask"), key="ask-gate", icon=":material/balance:", on_click=_ask,
                  args=(challenger,))  # fmt: skip
        if verdict and not passed:
            st.button(
                t("update.gate.force", run=ui.literal(challenger)), key="force",
                help=t("update.gate.force_help"), on_click=_promote,
                args=(challenger, verdict, True),
            )  # fmt: skip
    _refused("promote")


def _reason(what: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(t("update.control.who"), key=f"{what}-who", max_chars=80, width=200)
        st.text_input(t("update.control.why"), key=f"{what}-why", max_chars=2_000, width=420,
                      placeholder=t("update.control.why_hint"))  # fmt: skip


def _refused(what: str) -> None:
    refusal = state.kept(f"{what}-refusal")
    if refusal:
        st.markdown(ui.mark("failed"))
        st.text(refusal)


def _promote_passed(challenger: str, verdict: Gate | None) -> Any:
    return lambda: _promote(challenger, verdict, False)


def _promote(challenger: str, verdict: Gate | None, forced: bool) -> None:
    said = None
    try:
        registry.promote(
            state.workspace(), open_run(state.workspace(), challenger).dataset, challenger,
            who=state.typed("promote-who"), why=state.typed("promote-why") or "",
            verdict=verdict.to_json() if verdict else None, forced=forced,
        )  # fmt: skip
    except RequestError as error:
        said = str(error)
    state.keep("promote-refusal", said)


def _ask(challenger: str) -> None:
    said = None
    try:
        start(state.workspace(), GateRequest(challenger, settings(draw=False).margin))
    except RequestError as error:
        said = str(error)
    state.keep("promote-refusal", said)


def rollback(dataset: str) -> None:
    """The button that brings back the version before, with a reason."""
    earlier = registry.before(state.workspace(), dataset)
    if earlier is None:
        st.caption(t("update.gate.nothing_before"))
    else:
        with st.expander(t("update.gate.rollback", run=ui.literal(earlier))):
            _reason("rollback")
            st.button(
                t("update.gate.rollback", run=ui.literal(earlier)), key="rollback",
                icon=":material/undo:", on_click=_roll, args=(dataset,),
            )  # fmt: skip
    _refused("rollback")


def _roll(dataset: str) -> None:
    said = None
    try:
        registry.rollback(state.workspace(), dataset, state.typed("rollback-who"),
                          state.typed("rollback-why") or "")  # fmt: skip
    except RequestError as error:
        said = str(error)
    state.keep("rollback-refusal", said)
