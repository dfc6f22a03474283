"""Strategy: rent, host, tune or build; when does it break even; how long do we live?"""

from typing import Any

import streamlit as st

from core.errors import AssayError
from core.strategy.answer import answer
from core.strategy.say import say
from core.strategy.sections import Scenario
from dashboard import plan_compare as compare
from dashboard import plan_controls as controls
from dashboard import plan_evidence as evidence
from dashboard import plan_file as file
from dashboard import plan_readings as readings
from dashboard import plan_shown, plan_source, state, ui
from dashboard.plan_made import whole_plan
from dashboard.plan_shown import Refused, Shown
from dashboard.plan_source import Source

t = ui.t

Document = dict[str, Any]

VIEWS = ("decision", "money", "risk", "basis", "compare", "file")
"""Names in the URL (`?view=`); only the one that is chosen is computed and drawn."""
NOT_SHOWN = ("file",)
"""Not for a room."""


def render() -> None:
    """Draw the page: with few futures at once, then with all of them."""
    unknown, source = plan_source.unknown(), plan_source.chosen()
    try:
        shown = plan_shown.look(source)
    except AssayError as error:
        _failed(source, error, unknown)
        return
    _head(shown, unknown)
    few = [] if shown.plan.whole else [shown.scenario]
    if not ui.presenting():
        controls.scenario(source, shown)
        controls.knobs(shown)
    few += _view(shown)
    if few:
        # What can be seen is drawn; now the rest of the futures, and once more from the top.
        for scenario in few:
            whole_plan(state.workspace(), scenario)
        st.rerun()


def _head(shown: Shown, unknown: str | None) -> None:
    ui.header("common.section.decide", t("strategy.question"),
              answer(shown.document, ui.lang(), ui.literal))  # fmt: skip
    _unknown(shown.source, unknown)
    ui.readings(readings.items(shown.document))
    readings.provenance(shown)


def _unknown(source: Source, unknown: str | None) -> None:
    """That the URL names a scenario that is not here, and what there is."""
    if unknown is None:
        return
    words = t("strategy_page.unknown_plan", name=ui.literal(unknown),
              shown=ui.literal(source.path.stem), n=len(plan_source.sources()))  # fmt: skip
    st.markdown(f"{ui.mark('risk')} {words}")


def _view(shown: Shown) -> list[Scenario]:
    """The part of the page that the URL names.

    Returns:
        Scenarios beside the shown one of which only few futures were drawn yet.
    """
    if ui.presenting():
        known = [name for name in VIEWS if name not in NOT_SHOWN]
        view = state.chosen("view", known) or known[0]
    else:
        view = state.section(
            t("strategy_page.view.label"), "view", VIEWS, key="plan-view",
            show=lambda name: t(f"strategy_page.view.{name}"),
        )  # fmt: skip
    if view == "file":
        file.render(shown.source, shown.draft, shown.problem)
        return []
    if not ui.presenting():
        file.elsewhere(shown.problem)
    if view == "compare":
        return compare.render(shown)
    getattr(evidence, view)(shown)
    _caveats(shown.document)
    return []


def _caveats(document: Document) -> None:
    """Warnings: on the recommended option in the open, the others one click away."""
    chosen = document["recommended_option"]
    own = [row for row in document["warnings"] if row.get("option") == chosen]
    others = [row for row in document["warnings"] if row not in own]
    for row in own:
        _caveat(row)
    if others and not ui.presenting():
        with st.expander(t("strategy_page.caveat.others", n=len(others)), key="plan-caveats"):
            for row in others:
                _caveat(row)


def _caveat(row: Document) -> None:
    st.markdown(f"{ui.mark('risk')} {say(row, ui.lang(), ui.literal)}")


def _failed(source: Source, error: AssayError, unknown: str | None) -> None:
    """No plan, and none before: the text with what is wrong, and everything else to choose."""
    ui.header("common.section.decide", t("strategy.question"), t("strategy_page.failed.title"))
    _unknown(source, unknown)
    st.markdown(f"{ui.mark('failed')} {t('strategy_page.failed.words')}")
    if ui.presenting():
        st.text(str(error))
        return
    controls.scenario(source, None)
    if isinstance(error, Refused):
        file.render(source, error.draft, str(error))
    else:
        st.text(str(error))
