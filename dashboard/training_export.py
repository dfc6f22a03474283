"""A finished run to take away: a zip of what the Hub reads, and the commands that do the same."""

import streamlit as st

from core.train.runs import Run
from core.work.export import FORMATS, packed
from dashboard import state, ui

t = ui.t


def button(run: Run) -> None:
    """The button of a run that succeeded; nothing for another, or in front of a room."""
    if run.state != "succeeded" or not run.files or ui.presenting():
        return
    workspace, name = state.workspace(), FORMATS[0].name
    with st.popover(t("train.export.title"), icon=":material/download:"):
        st.markdown(t("train.export.words"))
        st.download_button(
            t("train.export.download"), lambda: packed(workspace, run.run, name).open("rb"),
            file_name=f"{run.run}-{name}.zip", mime="application/zip", on_click="ignore",
            key=f"export-{run.run}", icon=":material/folder_zip:",
        )  # fmt: skip
        st.caption(t("train.export.commands"))
        st.code(
            f"assay export {run.run} --format {name} --to DIR\n"
            f"assay export {run.run} --format {name} --push OWNER/NAME",
            language=None, wrap_lines=True,
        )  # fmt: skip
