"""An explanation on the page: the score of each token, and what each layer would answer."""

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import explained as charts
from core.interpret import trust_words
from core.interpret.explained import Explanation
from dashboard import ui

t = ui.t

SCROLLED_TOKENS, SCROLLED_PIXELS = 40, 760
"""More rows than this scroll in a window of their own."""
SOURCE_CHARACTERS = 160
TABLE_PIXELS = 420
"""A narrower table of tokens has no room for the names of the methods."""


def tokens(made: Explanation) -> None:
    """The tokens read, and beside them those written, layer by layer."""
    if made.lens is None:
        _heat(made)
        st.markdown(t("trust.lens.none"))
        return
    grid = st.grid(2, min_column_width=TABLE_PIXELS, gap="large", key="trust-tokens")
    with grid.cell():
        _heat(made)
    with grid.cell():
        _lens(made)


def source(made: Explanation) -> dict[str, str]:
    """Model and text, literal, for the line under a chart."""
    text = made.prefix + made.question.text
    short = text if len(text) <= SOURCE_CHARACTERS else f"{text[: SOURCE_CHARACTERS - 1]}…"
    return {"model": ui.literal(made.question.model), "text": ui.literal(short)}


def _heat(made: Explanation) -> None:
    language = ui.lang()
    finding = trust_words.heat(made, language, literal=ui.literal)
    with _window(len(made.labels)):
        ui.chart(
            finding, t("trust.heat.plotted"),
            charts.heat(made, ui.scheme(), language, present=ui.presenting()),
            alt=t("trust.heat.alt", n=len(made.labels), methods=len(made.methods),
                  finding=trust_words.heat(made, language)),
            source=t("trust.heat.source", **source(made)), key="trust-heat",
        )  # fmt: skip
    with st.expander(t("common.table_behind")):
        table = pd.DataFrame({t("trust.heat.token"): made.labels})
        for name in made.methods:
            table[t(f"trust.method.{name}")] = np.round(made.scores[name], 5)
        ui.table(table, key="trust-heat-table")


def _lens(made: Explanation) -> None:
    language = ui.lang()
    finding = trust_words.lens(made, language, literal=ui.literal)
    seen = charts.layers(made)
    plotted = t("trust.lens.plotted", shade=t(f"trust.lens.shade_{ui.scheme()}"))
    if len(seen.shown) < seen.total:
        more = t("trust.lens.layers_shown", shown=len(seen.shown), n=seen.total)
        plotted = f"{plotted} {more}"
    with _window(len(made.following)):
        ui.chart(
            finding, plotted, charts.lens(made, ui.scheme(), language, present=ui.presenting()),
            alt=t("trust.lens.alt", layers=seen.total - 1, n=len(made.following),
                  finding=trust_words.lens(made, language)),
            source=t("trust.lens.source", model=ui.literal(made.question.model)),
            key="trust-lens",
        )  # fmt: skip
    with st.expander(t("common.table_behind")):
        ui.table(_lens_rows(made), key="trust-lens-table")


def _lens_rows(made: Explanation) -> pd.DataFrame:
    """A row for each position and layer, with the likeliest tokens and their probabilities."""
    tokens = (made.lens or {})["tokens"]
    chances, chosen = made.arrays["lens.probabilities"], made.arrays["lens.chosen"]
    return pd.DataFrame(
        [
            {
                t("trust.lens.position"): f"{place}: {label}",
                t("trust.lens.layer"): layer,
                t("trust.lens.top"): "  ".join(
                    f"{token} {chance:.2f}"
                    for token, chance in zip(tokens[layer][place], chances[layer, place],
                                             strict=True)
                ),
                t("trust.lens.chosen"): round(float(chosen[layer, place]), 4),
            }
            for place, label in enumerate(made.following)
            for layer in range(len(tokens))
        ]
    )  # fmt: skip


def _window(rows: int) -> st.delta_generator.DeltaGenerator:
    """Where a picture of so many rows is drawn: in a window of its own if it is long."""
    return st.container(height=SCROLLED_PIXELS if rows > SCROLLED_TOKENS else "content",
                        border=False)  # fmt: skip
