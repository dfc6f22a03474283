"""How far each score can be trusted: how it was made, on how much, and what speaks against it."""

from typing import Any

import streamlit as st

from core.evaluate import notation
from core.evaluate.metrics import metric
from core.evaluate.score import Score, by_warning
from core.evaluate.trust import repeated
from dashboard import cache, state, ui
from dashboard.contest import View

t = ui.t


def section(view: View) -> None:
    """The warnings as sentences, and every score with its signature."""
    scores, language = view.b.scores, ui.lang()
    twice = repeated(cache.examples(state.workspace(), view.b))
    warnings = by_warning(scores)
    count = len(warnings) + bool(twice) + sum(score.failed is not None for score in scores)
    model = ui.literal(view.b_name)
    with st.container(gap="xxsmall"):
        st.subheader(t("board.trust.some" if count else "board.trust.none", n=count, model=model),
                     anchor=False)  # fmt: skip
        for name, metrics in warnings.items():
            titles = ", ".join(notation.title(one, language) for one in metrics)
            st.markdown(f"{ui.mark('risk')} {titles}: {t(f'evaluate.warning.{name}')}")
        if twice:
            st.markdown(f"{ui.mark('risk')} {t('board.trust.repeated', n=f'{twice:,}')}")
        for score in scores:
            if score.failed is not None:
                said = ui.literal(notation.named(score, language))
                st.markdown(f"{ui.mark('failed')} {said}")
        if not ui.presenting():
            ui.table(_columns(scores), key="trust", height=ui.height(len(scores)))


def _columns(scores: tuple[Score, ...]) -> dict[str, list[Any]]:
    language = ui.lang()
    return {
        t("board.trust.metric"): [notation.title(score.metric, language) for score in scores],
        t("board.trust.value"): [
            notation.without(score, language) if score.value is None
            else notation.number(score.value, score.unit, language) for score in scores
        ],
        t("board.table.interval"): [
            t("board.trust.no_interval") if score.low is None
            else notation.interval(score.low, score.high, score.unit, language)
            for score in scores
        ],
        "n": [score.n for score in scores],
        t("board.trust.tokens"): [_tokens(score) for score in scores],
        t("board.trust.signature"): [score.signature for score in scores],
        t("board.trust.citation"): [metric(score.metric).citation for score in scores],
        t("board.trust.blind"): [t(metric(score.metric).blind_to) for score in scores],
    }  # fmt: skip


def _tokens(score: Score) -> str:
    """How the metric cuts text into words: the tokeniser's name, where one is in the signature."""
    parts = dict(part.split(":", 1) for part in score.signature.split("|") if ":" in part)
    if "tok" in parts:
        return parts["tok"]
    tokens = metric(score.metric).tokens
    return t("board.trust.uncut") if tokens is None else t(f"board.trust.tokens_{tokens}")
