"""The report of the scenario as it stands on the Strategy page: made when somebody asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.errors import AssayError
from core.record import hash_json
from core.report import printing
from core.report.evidence import File, gather
from core.report.page import report_html
from core.text.format import size
from dashboard import state, ui
from dashboard.plan_made import whole_plan
from dashboard.plan_shown import Shown

t = ui.t

KINDS = {"html": "text/html", "pdf": "application/pdf"}
MADE = "plan-report-made"


@dataclass(frozen=True)
class Made:
    """A report that was made: of which text, in which language, and what it is to be called."""

    of: str
    name: str
    kind: str
    data: bytes


def draw(shown: Shown) -> None:
    """The button in the row of actions; nothing is made before it is asked for."""
    with st.popover(t("strategy_page.report.button"), icon=":material/description:",
                    width="content", key="plan-report", on_change="rerun") as opened:  # fmt: skip
        if opened.open:
            _inside(shown)


def _inside(shown: Shown) -> None:
    st.markdown(t("strategy_page.report.words"))
    if shown.problem is not None:
        st.markdown(t("strategy_page.report.refused"))
    elif shown.draft.changed:
        st.markdown(t("strategy_page.report.changed"))
    can_print = printing.browser() is not None
    with st.container(horizontal=True, gap="small"):
        asked = [kind for kind in KINDS if st.button(
            t(f"strategy_page.report.make_{kind}"), key=f"plan-report-{kind}",
            disabled=kind == "pdf" and not can_print,
        )]  # fmt: skip
    if not can_print:
        st.markdown(t("strategy_page.report.no_browser"))
    for kind in asked:
        _make(shown, kind)
    found: Made | None = state.kept(MADE)
    if found is not None and found.of == _of(shown):
        label = t("strategy_page.report.download", name=ui.literal(found.name),
                  size=size(len(found.data), ui.lang()))  # fmt: skip
        st.download_button(label, found.data, found.name, KINDS[found.kind],
                           key="plan-report-get", on_click="ignore",
                           icon=":material/download:")  # fmt: skip


def _of(shown: Shown) -> str:
    """Another one where the text, its name or the language is another."""
    return hash_json([shown.source.name, text_of(shown), ui.lang()])


def _make(shown: Shown, kind: str) -> None:
    """Make a report and keep it for its download; what went wrong is a sentence."""
    state.keep(MADE, None)
    with st.spinner(t("strategy_page.report.making")):
        try:
            data = FORMATS[kind](html(shown, ui.lang()))
        except AssayError as error:
            st.markdown(ui.mark("failed"))
            st.text(str(error))
            return
    name = f"{file_of(shown).name.removesuffix('.toml')}-report-{ui.lang()}.{kind}"
    state.keep(MADE, Made(_of(shown), name, kind, data))


FORMATS: dict[str, Callable[[str], bytes]] = {"html": str.encode, "pdf": printing.report_pdf}


def html(shown: Shown, language: str) -> str:
    """The report of what the page shows, with all futures.

    Raises:
        AssayError: An option names what is not known any more.
    """
    workspace = state.workspace()
    document = whole_plan(workspace, shown.scenario).document
    return report_html(document, gather(workspace, document, file_of(shown)), language)


def text_of(shown: Shown) -> str:
    """The text that gave the plan: what stands there, or the last that gave one."""
    broken = shown.problem is not None and shown.draft.good is not None
    return str(shown.draft.good) if broken else shown.draft.text


def file_of(shown: Shown) -> File:
    """The scenario's file; one that is not saved as it stands has a name of its own."""
    text = text_of(shown)
    changed = "-changed" if text != shown.draft.file else ""
    return File(f"{shown.source.path.stem}{changed}.toml", text.encode())
