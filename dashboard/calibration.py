"""Whether a classifier's confidence can be believed, and how well it finds each label."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.charts import calibration as charts
from core.evaluate import calibration, confusion, notation
from core.evaluate.share import Share
from dashboard import cache, state, ui
from dashboard.contest import View

t = ui.t


def section(view: View) -> None:
    """The curve, where the answers came with a confidence; and the labels, worst first."""
    kept = cache.examples(state.workspace(), view.b)
    score = view.b.measured("ece")
    sure = [(row["confidence"], row["reference"].strip() == row["prediction"].strip())
            for row in kept if row.get("confidence") is not None]  # fmt: skip
    if score is not None and sure:
        bins = calibration.curve(*map(list, zip(*sure, strict=True)))
        mean, right = sum(c for c, _ in sure) / len(sure), sum(r for _, r in sure) / len(sure)
        values = {"model": ui.literal(view.b_name), "sure": notation.number(mean, "share"),
                  "right": notation.number(right, "share"), "n": f"{len(sure):,}"}  # fmt: skip
        key = "untold" if score.low == 0 else "over" if mean > right else "under"
        ui.chart(
            t(f"board.calibration.{key}", **values),
            t("board.calibration.plotted", bins=calibration.BINS),
            charts.curve(bins, ui.scheme(), ui.lang(), present=ui.presenting()),
            alt=t("board.calibration.alt", n=len(bins), sure=values["sure"],
                  right=values["right"]),
            source=t("board.calibration.source", dataset=ui.literal(view.b.dataset),
                     n=f"{score.n:,}", ece=notation.number(score.value, score.unit, ui.lang()),
                     interval=notation.interval(score.low, score.high, score.unit, ui.lang())),
            key="calibration",
        )  # fmt: skip
    if not ui.presenting():
        _labels(view, kept)


def _labels(view: View, kept: Sequence[dict[str, Any]]) -> None:
    """Precision, recall and F1 of each label with their intervals, the lowest F1 first."""
    found = confusion.per_class(
        [row["reference"] for row in kept], [row["prediction"] for row in kept],
        view.b.settings.get("label_separator"),
    )  # fmt: skip
    if not found:
        return
    found.sort(key=lambda row: row.f1.value)
    worst = found[0]
    with st.container(gap="xxsmall"):
        st.subheader(t("board.labels.finding", label=ui.literal(worst.label),
                       f1=notation.number(worst.f1.value, "share")), anchor=False)  # fmt: skip
        st.caption(t("board.labels.words", n=len(found)))
        columns = {
            t("board.labels.label"): [row.label for row in found],
            t("board.labels.support"): [row.support for row in found],
            t("board.labels.answered"): [row.answered for row in found],
            t("board.labels.precision"): [_share(row.precision) for row in found],
            t("board.labels.recall"): [_share(row.recall) for row in found],
            "F1": [_share(row.f1) for row in found],
        }
        ui.table(columns, key="labels", height=ui.height(len(found)))


def _share(found: Share | None) -> str:
    if found is None:
        return t("common.not_known")
    ends = notation.interval(found.low, found.high, "share", ui.lang())
    return f"{notation.number(found.value, 'share', ui.lang())} ({ends})"
