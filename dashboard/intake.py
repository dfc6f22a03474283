"""Samples made datasets, and how examples are shown on the Data page."""

from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st

from core.data.dataset import Example
from core.data.samples import SAMPLES, import_sample
from dashboard import state, ui

t = ui.t


def go_to(name: str) -> None:
    """Draw the page anew with a dataset chosen."""
    st.switch_page(state.page("data"), query_params=state.link({"dataset": name}))


def sample(*, primary: bool = False) -> None:
    """Choose a sample and make it a dataset; `primary` where it is the page's one action."""
    names = [row.name for row in SAMPLES]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.selectbox(t("data.add.sample"), names, key="sample", width=280)
        button = ui.action if primary else _button
        pressed = button(t("data.add.sample_use"), key="sample-use", icon=":material/science:")
    st.caption(f"{sample_words(name)} {t('data.add.sample_words')}")
    if pressed:
        with st.spinner(t("data.add.sample_making")):
            import_sample(state.workspace(), name)
        go_to(name)


def sample_words(name: str) -> str:
    """What a sample is: "localise-de" and its like share a sentence."""
    return t(f"data.sample.{name.split('-')[0]}")


def _button(label: str, *, key: str, icon: str) -> bool:
    return st.button(label, key=key, icon=icon)


def part_name(task: str, part: str) -> str:
    """What a part is called in a task: the target of a classification is a label."""
    special = {
        ("text-classification", "target"): "label",
        ("question-answering", "input"): "question",
        ("question-answering", "target"): "answer",
    }
    return t(f"data.part.{special.get((task, part), part)}")


def as_table(rows: Sequence[Example], task: str) -> list[dict[str, str]]:
    """Examples as rows of a table, with a column for the passage where there is one."""
    made = []
    for row in rows:
        context = {"context": row.context or ""} if task == "question-answering" else {}
        made.append({"id": row.id, "input": row.input, **context, "target": row.target})
    return made


def headings(task: str) -> dict[str, Any]:
    """Heading and width of each column of `as_table`."""
    widths: dict[str, Literal["small", "medium", "large"]] = {"id": "small", "input": "large"}
    return {
        part: st.column_config.TextColumn(part_name(task, part), width=widths.get(part, "medium"))
        for part in ("id", "input", "context", "target")
    }
