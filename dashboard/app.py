"""The dashboard's entry: page configuration, navigation, one column."""

import importlib
from functools import partial
from pathlib import Path

import streamlit as st

from core.errors import AssayError
from core.text.catalog import t
from dashboard import spoken, state, ui

PAGES = (
    "overview", "data", "train", "evaluate", "deploy", "update",
    "attention", "positions", "cost", "strategy",
)  # fmt: skip
"""In the order of the life cycle; each is `dashboard/views/NAME.py` with a `render()`."""

STATIC = Path(__file__).parent / "static"
COLUMN_PIXELS = 1180


def _render(name: str) -> None:
    try:
        importlib.import_module(f"dashboard.views.{name}").render()
    except AssayError as error:
        # Its message is written for the reader; it may quote what the reader typed.
        st.markdown(ui.mark("failed"))
        st.text(str(error))


def main() -> None:
    """Draw the page that the URL names."""
    st.set_page_config(page_title="Assay", page_icon=str(STATIC / "mark.png"), layout="wide")
    words = {name: t(f"common.page.{name}", state.language()) for name in PAGES}
    pages = {
        name: st.Page(partial(_render, name), title=words[name], url_path=name, default=not number)
        for number, name in enumerate(PAGES)
    }
    state.set_pages(pages)
    page = st.navigation(list(pages.values()), position="top")
    logo = "logo-dark.svg" if ui.scheme() == "dark" else "logo.svg"
    st.logo(str(STATIC / logo), size="medium")
    with (
        st.container(horizontal_alignment="center"),
        st.container(width=COLUMN_PIXELS, gap="small"),
    ):
        page.run()
        st.html(spoken.html(state.language()), unsafe_allow_javascript=True)
        if state.presenting():
            here = list(pages.values()).index(page)
            after = list(pages.values())[(here + 1) % len(pages)]
            st.page_link(
                after, label=f"{ui.t('common.next')}: {after.title}",
                icon=":material/arrow_forward:",
                query_params={"present": "1", "lang": state.language()},
            )  # fmt: skip


if __name__ == "__main__":
    main()
