"""Correct rows by hand: edit, add, delete; the ones a classifier is least sure of first."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core import uncertainty
from core.data.dataset import Dataset, Example
from core.data.edits import Edit, edit
from core.run import UncertainRequest
from core.uncertainty import Unsure
from dashboard import data_gate, intake, state, ui

t = ui.t

UNSURE_SHOWN = 100
_NOT_EDITED = ("id", "says", "margin")


def editor(dataset: Dataset, split: str, rows: Sequence[Example]) -> None:
    """A table whose cells can be written in, and the button that makes a new version of it.

    Args:
        dataset: The version that is edited.
        split: Where new rows go.
        rows: The rows of the split that are shown.
    """
    if split == "test":
        st.caption(t("labelling.locked"))
        reason = st.text_input(t("labelling.unlock"), key="edit-unlock", max_chars=300).strip()
        if not reason:
            ui.table(intake.as_table(rows, dataset.task), key="rows",
                     column_config=intake.headings(dataset.task))  # fmt: skip
            return
    else:
        reason = ""
    before = pd.DataFrame(intake.as_table(rows, dataset.task))
    if split != "test":
        before = _unsure_first(dataset, split, before)
    after = st.data_editor(
        before, num_rows="dynamic", hide_index=True, column_config=_columns(dataset.task, before),
        disabled=_NOT_EDITED, key=f"edit-{dataset.version}-{split}-{'says' in before}",
    )  # fmt: skip
    edits = changes(before, after, split)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        pressed = st.button(
            t("labelling.save"), key="edit-save", disabled=not edits, icon=":material/save:"
        )
        st.caption(t("labelling.count", n=len(edits)) if edits else t("labelling.words"))
    if pressed:
        data_gate.changed(lambda: edit(state.workspace(), dataset, edits, reason or None))


def changes(before: pd.DataFrame, after: pd.DataFrame, split: str) -> list[Edit]:
    """What was edited, added and deleted, by id; rows that are new have none yet."""
    parts = [part for part in ("input", "target", "context") if part in before]
    old = {row["id"]: row for row in before.to_dict("records")}
    made, left = [], set()
    for row in after.to_dict("records"):
        texts = {part: _text(row[part]) for part in parts}
        id_ = _text(row["id"])
        left.add(id_)
        if id_ not in old:
            if any(texts.values()):
                made.append(Edit("", texts, split=split))
            continue
        new = {part: text for part, text in texts.items() if text != old[id_][part]}
        if new:
            made.append(Edit(str(id_), new))
    gone = (str(id_) for id_ in old if id_ not in left)
    return [*made, *(Edit(id_, {}, delete=True) for id_ in gone)]


def _text(cell: Any) -> str:
    """A cell's text; one that was never filled is empty."""
    return cell if isinstance(cell, str) else ""


def _columns(task: str, rows: pd.DataFrame) -> dict[str, Any]:
    made = dict(intake.headings(task))
    for name in ("says", "margin"):
        if name in rows:
            made[name] = t(f"labelling.{name}")
    return made


def _unsure_first(dataset: Dataset, split: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order that the reader chose: as they are, or the least sure first."""
    runs = uncertainty.classifiers(state.workspace(), dataset)
    if not runs:
        return rows
    order = st.segmented_control(
        t("labelling.order"), ["as", "unsure"], default="as", required=True, key="edit-order",
        format_func=lambda name: t(f"labelling.order_{name}"),
    )  # fmt: skip
    if order == "as":
        return rows
    found = uncertainty.known(state.workspace(), dataset, runs[0])
    if found is None:
        request = UncertainRequest(dataset.title, runs[0].run)
        data_gate.begin(request)
        data_gate.progress(request)
        return rows
    st.caption(t("labelling.unsure", run=ui.literal(runs[0].run)))
    return _table(split, found)


def _table(split: str, found: Sequence[Unsure]) -> pd.DataFrame:
    chosen = [one for one in found if one.split == split][:UNSURE_SHOWN]
    return pd.DataFrame(
        [
            {
                "id": one.id,
                "input": one.input,
                "target": one.label,
                "says": f"{one.best} / {one.second}",
                "margin": round(one.margin, 3),
            }
            for one in chosen
        ],
        columns=["id", "input", "target", "says", "margin"],
    )
