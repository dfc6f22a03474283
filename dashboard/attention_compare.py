"""Compare: what fine-tuning moved, which head aligns, and what each head is worth."""

import streamlit as st

from core.data.dataset import Dataset, list_datasets, open_dataset
from core.errors import AssayError
from core.interpret import example, studies
from core.interpret.captured import Capture
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.models.resolve import ModelRef, resolve
from dashboard import attention_aligned, attention_moved, attention_prices, state, ui

t = ui.t

KINDS = ("moved", "alignment", "heads")
"""Kinds of jobs whose progress and end this tab shows."""
FEWEST, MOST, FIRST = 10.0, 5_000.0, 200.0
"""Sentences that a study may take, and does unless the reader says otherwise."""


def render(key: str, capture: Capture) -> None:
    """Draw the section.

    Args:
        key: Of the capture in the workspace.
        capture: What was read.
    """
    _jobs()
    try:
        ref = resolve(state.workspace(), capture.model)
    except AssayError as error:
        ui.empty(t("moved.gone"), ui.literal(error), kind="failed")
        return
    data, limit = _data(ref)
    if data is None:
        ui.empty(t("moved.no_data.title"), t("moved.no_data.words"))
        return
    attention_moved.section(ref, data, limit)
    st.space("medium")
    attention_aligned.section(ref, data, limit, capture)
    st.space("medium")
    attention_prices.section(ref, data, limit)


def _data(ref: ModelRef) -> tuple[Dataset | None, int]:
    """The dataset whose test split the three studies take, and how many sentences of it."""
    workspace = state.workspace()
    known = {data.name: data for data in list_datasets(workspace) if data.splits.get("test")}
    try:
        own = example.dataset_of(workspace, ref)
    except AssayError:
        own = None  # A run whose record cannot be read still has heads.
    # What it was tuned on comes first, then where something was found out about it.
    wanted = [*([own.name] if own else []), *studies.datasets_of(workspace, ref.name)]
    names = list(dict.fromkeys([*(name for name in wanted if name in known), *known]))
    limit = round(state.number("sentences", FIRST, FEWEST, MOST))
    if not names:
        return None, limit
    if ui.presenting():
        name = state.chosen("dataset", names)
    else:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            name = state.choose(t("moved.form.dataset"), "dataset", names, key="compare-dataset")
            state.set_number(
                t("moved.form.sentences"), "sentences", FIRST, FEWEST, MOST, step=50.0,
                help=t("moved.form.sentences_help"),
            )  # fmt: skip
    return (open_dataset(workspace, name) if name else None), limit


def _newest() -> Job | None:
    with JobStore(state.workspace()) as store:
        found = [job for kind in KINDS for job in store.jobs(kind=kind, limit=1)]
    return max(found, key=lambda job: job.created_at, default=None)


def _jobs() -> None:
    """The study under way; the whole page again once it ends, so that it shows the result."""
    newest = _newest()
    st.fragment(_progress, run_every=1 if newest and newest.active else None)()


def _progress() -> None:
    job = _newest()
    if job and (job.active or job.state in ("failed", "lost")):
        ui.job_card(job)
    if state.ended("studies", job):
        st.rerun()
