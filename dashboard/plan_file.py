"""The scenario as a file: its text, editable; what is wrong with it, and on which line; uploads."""

import streamlit as st

from core.strategy import lines, store
from core.strategy.scenario import MOST_BYTES
from core.text.format import size
from dashboard import plan_controls, plan_source, state, ui
from dashboard.plan_source import Draft, Source

t = ui.t

PIXELS = 560
REFUSED = "plan-upload-refused"


def render(source: Source, draft: Draft, problem: str | None) -> None:
    """Draw the editor. `problem`: why the text gives no plan."""
    st.subheader(t("strategy_page.file.title"), anchor=False)
    st.caption(t("strategy_page.file.words"))
    if problem is not None:
        key = "wrong_first" if draft.good in (None, draft.text) else "wrong"
        st.markdown(f"{ui.mark('failed')} {t(f'strategy_page.file.{key}')}")
        _problem(draft.text, problem)
    key = f"plan-text-{source.name}"
    state.fill(key, draft.text)
    st.text_area(t("strategy_page.file.label"), key=key, height=PIXELS, on_change=_typed,
                 args=(source, key))  # fmt: skip
    st.file_uploader(
        t("strategy_page.file.upload"), type="toml", key="plan-upload", on_change=_uploaded,
        help=t("strategy_page.file.upload_help"),
    )  # fmt: skip
    refused = state.kept(REFUSED)
    if refused:
        st.markdown(ui.mark("failed"))
        st.text(refused)


def _problem(text: str, problem: str) -> None:
    """The sentence, and the lines that it speaks of, as they were typed."""
    st.text(problem)
    for line in lines.marked(text, problem):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(t("strategy_page.file.line", n=line.number), width="content")
            st.code(line.text or " ", language=None, wrap_lines=True)


def elsewhere(problem: str | None) -> None:
    """On the other parts of the page: that the text gives no plan, and where it is."""
    if problem is None:
        return
    st.markdown(f"{ui.mark('failed')} {t('strategy_page.file.elsewhere')}")
    st.text(problem)
    st.button(t("strategy_page.file.show"), key="plan-show-text", icon=":material/edit_note:",
              on_click=state.set_choice, args=("view", "file"))  # fmt: skip


def _typed(source: Source, key: str) -> None:
    plan_source.set_text(source, str(state.held(key) or ""))


def _uploaded() -> None:
    """Save an uploaded file as it is, and open it: in the editor, so that nothing of it is lost."""
    state.keep(REFUSED, None)
    file = state.held("plan-upload")
    if file is None:
        return
    if file.size > MOST_BYTES:
        state.keep(REFUSED, t("strategy_page.file.too_large", name=file.name,
                              size=size(file.size, ui.lang())))  # fmt: skip
        return
    try:
        text = file.getvalue().decode("utf-8-sig")
    except UnicodeDecodeError:
        state.keep(REFUSED, t("strategy_page.file.not_text", name=file.name))
        return
    name = store.free_name(state.workspace(), file.name.removesuffix(".toml"))
    store.save_text(state.workspace(), name, text)
    state.set_choice("plan", name)
    words = t("strategy_page.file.uploaded", name=ui.literal(name))
    state.keep(plan_controls.SAID, ("done", words))
