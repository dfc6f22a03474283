"""The review queue: accept, edit, reject; every step is kept with who and when."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.errors import RequestError
from core.text.format import minute
from core.update import masking
from core.update.feedback import STATES, Feedback
from core.update.review import LEARNT, edit, history, review
from core.update.standing import Standing
from dashboard import state, ui

t = ui.t

FILTERS = ("all", *STATES)
COLUMNS = ("at", "model", "verdict", "input", "output", "correction", "comment", "state",
           "reviewer")  # fmt: skip


def section(now: Standing) -> None:
    """The table of judgements, and what can be done with those that are selected."""
    if not now.feedback:
        ui.empty(t("update.empty.title"), t("update.empty.words"))
        return
    st.subheader(t("update.review.title"), anchor=False)
    st.caption(t("update.review.words"))
    found = _filtered(now.feedback)
    picked = ui.table(
        [_cells(entry) for entry in found], key=f"feedback-{state.chosen('state', FILTERS)}",
        on_select="rerun", selection_mode="multi-row", height=ui.height(len(found)),
        alt=t("update.review.title"),
        column_config={name: t(f"update.review.{name}") for name in COLUMNS},
    )  # fmt: skip
    chosen = [found[row] for row in picked.selection.rows if row < len(found)]
    st.text_input(t("update.control.who"), key="review-who", max_chars=80, width=220)
    with st.container(horizontal=True):
        for name, target in (("accept", "accepted"), ("reject", "rejected")):
            st.button(
                t(f"update.review.{name}"), key=name, disabled=not chosen,
                on_click=_reviewed, args=([entry.id for entry in chosen], target),
            )  # fmt: skip
    refusal = state.kept("review-refusal")
    if refusal:
        st.text(refusal)
    if len(chosen) == 1:
        _one(chosen[0])


def _filtered(feedback: Sequence[Feedback]) -> list[Feedback]:
    counts = {name: sum(one.state == name for one in feedback) for name in STATES}
    there = ["all", *(name for name in STATES if counts[name])]
    wanted = state.section(
        t("update.review.select"), "state", there, key="review-state",
        show=lambda one: t("update.control.show_all") if one == "all"
        else f"{t(f'update.state.{one}')} ({counts[one]:,})",
    )  # fmt: skip
    return [entry for entry in feedback if wanted in ("all", entry.state)]


def _cells(entry: Feedback) -> dict[str, str]:
    return {
        "at": minute(entry.at),
        "model": entry.model,
        "verdict": t(f"update.review.{entry.verdict}"),
        "input": entry.input,
        "output": entry.output,
        "correction": entry.correction or "",
        "comment": entry.comment or "",
        "state": t(f"update.state.{entry.state}"),
        "reviewer": entry.reviewer or "",
    }


def _one(entry: Feedback) -> None:
    """The selected judgement: edit its correction, and see what was done before."""
    if entry.masked:
        st.caption(t("update.review.masked", what=masking.words(entry.masked, ui.lang())))
    if entry.edited:
        st.text(t("update.review.given", text=entry.given or "–"))
    if entry.state not in LEARNT:
        st.text_area(t("update.review.edit_label"), entry.correction or "", key=f"edit-{entry.id}",
                     max_chars=20_000, height=90)  # fmt: skip
        st.button(t("update.review.edit"), key=f"edit-go-{entry.id}", icon=":material/edit:",
                  on_click=_edited, args=(entry.id,))  # fmt: skip
    steps = history(state.workspace(), entry.id)
    if steps:
        st.caption(t("update.review.history"))
        for step in steps:
            action = "update.review.edited" if step.action == "edited" else \
                f"update.state.{step.action}"  # fmt: skip
            st.text(t("update.review.step", when=minute(step.at), who=step.who, action=t(action)))


def _reviewed(ids: list[str], target: str) -> None:
    _do(lambda: review(state.workspace(), ids, target, state.typed("review-who")))


def _edited(feedback_id: str) -> None:
    text = state.typed(f"edit-{feedback_id}") or ""
    _do(lambda: edit(state.workspace(), feedback_id, text, state.typed("review-who")))


def _do(act: Callable[[], object]) -> None:
    said = None
    try:
        act()
    except RequestError as error:
        said = str(error)
    state.keep("review-refusal", said)
