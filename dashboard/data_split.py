"""Split a dataset anew, and see where a version comes from."""

from dataclasses import replace

import streamlit as st

from core.data import derive
from core.data.dataset import Dataset
from core.data.fixes import recorded_scheme, split_anew
from core.data.split import MOST_SHARE
from core.text.format import number
from dashboard import state, ui
from dashboard.data_gate import changed

t = ui.t

GROUPED = {"near duplicates": "near", "equal inputs": "equal"}


def how(dataset: Dataset) -> str:
    """How the rows were split, as Markdown; "" where the record does not say."""
    kept = dataset.report.get("split")
    if not kept:
        return ""
    grouped = GROUPED.get(kept["grouped_by"])
    column = ui.literal(kept["group_column"] or "")
    said = t(
        "gate.split.how", seed=kept["seed"], groups=f"{kept['groups']:,}",
        test=number(100 * kept["test_share"], 3), largest=f"{kept['largest_group_rows']:,}",
        validation=number(100 * kept["validation_share"], 3),
        grouped=t(f"gate.split.by_{grouped}") if grouped
        else t("gate.split.by_column", column=column),
    )  # fmt: skip
    once = kept["labels_kept_in_training"]
    return f"{said} {t('gate.split.kept_labels', n=once)}" if once else said


def form(dataset: Dataset) -> None:
    """Shares, seed, and the reason that opens the test split."""
    with st.expander(t("gate.split.title"), icon=":material/call_split:", key="split-anew"):
        st.caption(t("gate.split.words"))
        scheme = recorded_scheme(dataset)
        most = int(100 * MOST_SHARE)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            test, validation = (
                st.number_input(t(f"gate.split.{name}"), 0, most, round(100 * share), width=180)
                for name, share in (
                    ("test_share", scheme.test_share),
                    ("validation_share", scheme.validation_share),
                )
            )
            seed = st.number_input(t("gate.split.seed"), 0, 2**31, scheme.seed, width=140)
        reason = st.text_input(t("gate.split.unlock"), key="split-unlock", max_chars=300)
        if st.button(t("gate.split.action"), key="split-action", icon=":material/call_split:"):
            wanted = replace(
                scheme, test_share=test / 100, validation_share=validation / 100, seed=int(seed)
            )
            changed(lambda: split_anew(state.workspace(), dataset, wanted, reason.strip() or None))


def lineage(dataset: Dataset) -> None:
    """The versions that this one came from, and what was done to each."""
    found = derive.lineage(state.workspace(), dataset)
    if len(found) < 2:
        return
    with st.expander(t("gate.change.title"), icon=":material/history:", key="lineage"):
        rows = [
            {
                t("gate.change.version"): one.version,
                t("gate.change.date"): one.created_at[:10],
                t("gate.change.what"): derive.words(one, ui.lang()),
            }
            for one in found
        ]
        ui.table(rows, key="lineage-table")
