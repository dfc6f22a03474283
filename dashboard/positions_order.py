"""Why positions are needed: two words of a sentence change places."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.charts import clock as charts
from core.errors import AssayError
from core.interpret import permutation
from core.interpret.permutation import DIMENSION, EXAMPLE, MOST_WORDS, Demonstration
from core.interpret.words import scientific
from core.record import hash_json
from core.text.format import number
from dashboard import positions_panels as panels
from dashboard import state, ui

t = ui.t


def section() -> None:
    """Draw the demonstration; the visitor writes the sentence and chooses what is swapped."""
    text, first, second = EXAMPLE, 0, 2
    try:
        if not ui.presenting():
            text, first, second = _chosen()
        shown = permutation.demonstrate(text, first, second)
    except AssayError as error:
        ui.empty(t("permutation.title"), ui.literal(error), kind="failed")
        return
    _readings(shown)
    plain = _finding(shown, first, second, str)
    ui.chart(
        _finding(shown, first, second, ui.literal),
        t("permutation.plotted", dimension=DIMENSION),
        charts.orders(shown, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=plain,
        source=t("permutation.source", dimension=DIMENSION),
        key="permutation",
    )
    st.markdown(
        t("permutation.why", before=ui.literal(" ".join(shown.words)),
          after=ui.literal(" ".join(shown.swapped)))
    )  # fmt: skip
    with st.expander(t("common.table_behind")):
        ui.table(_table(shown), key="permutation-table")
    facts = [(t("permutation.text"), " → ".join([" ".join(shown.words), " ".join(shown.swapped)]))]
    mark = hash_json([shown.words, shown.order])
    panels.take(permutation.panels(shown), plain, facts, mark)


def _chosen() -> tuple[str, int, int]:
    """Sentence and the two places; those that differ most in place unless chosen otherwise."""
    with ui.controls(key="order-controls"):
        text = st.text_input(
            t("permutation.text"), state.named("words") or EXAMPLE, key="permutation-text",
            help=t("permutation.text_help", most=MOST_WORDS), width=380, max_chars=400,
        )  # fmt: skip
        state.set_choice("words", text if text != EXAMPLE else None)
        words = permutation.words_of(text)
        places = range(len(words))

        def show(place: int) -> str:
            return t("permutation.word", n=place + 1, word=words[place])

        first = st.selectbox(t("permutation.swap"), places, 0, format_func=show, width=180,
                             key=f"permutation-first-{len(words)}")  # fmt: skip
        second = st.selectbox(t("permutation.swap_with"), places, len(words) - 1, width=180,
                              format_func=show, key=f"permutation-second-{len(words)}")  # fmt: skip
    return text, first, second


def _finding(shown: Demonstration, first: int, second: int, literal: Callable[[str], str]) -> str:
    return t(
        "permutation.finding", first=literal(shown.words[first]),
        second=literal(shown.words[second]), without=scientific(shown.largest_without),
        **{"with": number(shown.largest_with)},
    )  # fmt: skip


def _readings(shown: Demonstration) -> None:
    largest = float(abs(shown.with_positions).max())
    ui.readings(
        [
            ui.Reading(t("permutation.reading.without"), scientific(shown.largest_without),
                       "measured", n=t("permutation.reading.without_n")),
            ui.Reading(t("permutation.reading.with"), number(shown.largest_with), "measured",
                       n=t("permutation.reading.with_n", largest=number(largest))),
        ],
        key="permutation-readings",
    )  # fmt: skip


def _table(shown: Demonstration) -> pd.DataFrame:
    return pd.DataFrame({
        t("permutation.table.word"): shown.words,
        t("permutation.table.without"): [f"{v:.1e}" for v in shown.changes(positions=False)],
        t("permutation.table.with"): [f"{v:.3f}" for v in shown.changes(positions=True)],
    })  # fmt: skip
