"""Controls of the Strategy page: the scenario, what is done with it, the inputs that matter."""

import streamlit as st

from core.errors import AssayError, BadInput
from core.strategy import store, text_edit
from core.strategy.knobs import Knob
from core.strategy.labels import amount, label
from dashboard import plan_fields, plan_report, plan_source, state, ui
from dashboard.plan_shown import Shown
from dashboard.plan_source import Source

t = ui.t

SAID = "plan-said"


def scenario(source: Source, shown: Shown | None) -> None:
    """Choose a scenario; save, copy, delete and take it away."""
    known = plan_source.sources()
    with ui.controls():
        state.choose(t("strategy_page.control.scenario"), "plan", list(known), key="plan",
                     show=lambda name: called(known[name]))  # fmt: skip
        _actions(source, shown)
    _said((source.name, shown.draft.text if shown else None))


def called(source: Source) -> str:
    """A scenario's name, and whether it is saved or a sample."""
    key = "saved" if source.saved else "sample"
    return t(f"strategy_page.control.{key}", name=source.path.stem)


def _actions(source: Source, shown: Shown | None) -> None:
    """What can be done with the scenario; the report's button stands at the end of this row."""
    draft = shown.draft if shown else None
    valid = shown is not None and shown.problem is None
    if source.saved and draft is not None and draft.changed:
        st.button(t("strategy_page.control.save"), key="plan-save", icon=":material/save:",
                  disabled=not valid, on_click=_save, args=(source, source.path.stem))  # fmt: skip
    if draft is not None and draft.changed:
        st.button(t("strategy_page.control.revert"), key="plan-revert", icon=":material/undo:",
                  help=t("strategy_page.control.revert_help"), on_click=plan_source.forget,
                  args=(source,))  # fmt: skip
    if shown is not None:
        with st.popover(t("strategy_page.control.save_as"), icon=":material/content_copy:",
                        width="content"):  # fmt: skip
            _save_as(source, valid)
        st.download_button(
            t("strategy_page.control.download"), shown.draft.text, f"{source.path.stem}.toml",
            "application/toml", key="plan-download", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
    if source.saved:
        with st.popover(t("strategy_page.control.delete"), icon=":material/delete:",
                        width="content"):  # fmt: skip
            name = ui.literal(source.path.stem)
            st.markdown(t("strategy_page.control.delete_words", name=name))
            st.button(t("strategy_page.control.delete_button", name=name), key="plan-delete",
                      on_click=_delete, args=(source,))  # fmt: skip
    if shown is not None:
        plan_report.draw(shown)


def _save_as(source: Source, valid: bool) -> None:
    key = f"plan-name-{source.name}"
    wanted = store.free_name(state.workspace(), source.path.stem)
    st.text_input(t("strategy_page.control.name"), wanted, key=key, max_chars=64)
    if not valid:
        st.caption(t("strategy_page.control.not_valid"))
    ui.action(t("strategy_page.control.save_button"), key="plan-save-as",
              icon=":material/save:", disabled=not valid,
              on_click=lambda: _save_copy(source, state.typed(key) or ""))  # fmt: skip


def _save_copy(source: Source, name: str) -> None:
    try:
        path = state.workspace().plan(name)
        if path.exists() and path != source.path:
            raise BadInput(t("strategy_page.control.taken", name=name))
    except AssayError as error:
        state.keep(SAID, ("failed", str(error)))
        return
    _save(source, name)


def _save(source: Source, name: str) -> None:
    """Save the text under a name, rank it for Overview, and show it from now on."""
    workspace = state.workspace()
    try:
        path = store.save_text(workspace, name, plan_source.draft(source).text)
        store.rank(workspace, path)
    except AssayError as error:
        state.keep(SAID, ("failed", str(error)))
        return
    plan_source.forget(source)
    state.set_choice("plan", name)
    state.keep(SAID, ("done", t("strategy_page.control.saved_as", name=ui.literal(name))))


def _delete(source: Source) -> None:
    try:
        store.delete(state.workspace(), source.path.stem)
    except AssayError as error:
        state.keep(SAID, ("failed", str(error)))
        return
    plan_source.forget(source)
    state.set_choice("plan", None)
    state.keep(SAID, ("done", t("strategy_page.control.deleted",
                                name=ui.literal(source.path.stem))))  # fmt: skip


def _said(now: tuple[str, str | None]) -> None:
    """What came of a button, until another scenario is shown or this one is another."""
    said = state.kept(SAID)
    if said is None:
        return
    kind, text, *then = said
    if then and then != [now]:
        state.keep(SAID, None)
        return
    state.keep(SAID, (kind, text, now))
    if kind == "failed":
        st.markdown(ui.mark("failed"))
        st.text(text)
    else:
        st.markdown(text)


def knobs(shown: Shown) -> None:
    """The inputs that move the answer most, then every field."""
    if shown.knobs:
        grid = st.grid(len(shown.knobs), min_column_width=220, gap="medium")
        for knob in shown.knobs:
            with grid.cell():
                _knob(shown, knob)
    plan_fields.draw(shown.source, shown.draft, shown.scenario)


def _knob(shown: Shown, knob: Knob) -> None:
    key = f"knob-{shown.source.name}-{knob.input}"
    now = text_edit.value_at(text_edit.raw(shown.draft.text) or {}, knob.paths[0])
    if not isinstance(now, int | float) or isinstance(now, bool):
        now = shown.scenario.value_of(knob.paths[0])
    value = float(now) if isinstance(now, int | float) else knob.base
    name = label(knob.input, knob.field, knob.of, ui.lang(), ui.literal)
    state.fill(key, value)
    st.select_slider(
        name[:1].upper() + name[1:], knob.with_stop(value), key=key, on_change=_turned,
        format_func=lambda stop: amount(knob.field, stop, ui.lang()),
        args=(shown.source, knob, key),
        help=t("strategy_page.control.knob_help", base=amount(knob.field, knob.base, ui.lang())),
    )  # fmt: skip


def _turned(source: Source, knob: Knob, key: str) -> None:
    plan_source.change(source, knob.changes(state.held(key)))
