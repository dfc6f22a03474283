"""A dataset in the tokens of a base: lengths against the limit, and how the vocabulary fits."""

import streamlit as st

from core.charts import tokens as charts
from core.data.dataset import Dataset
from core.data.tokens import PartTokens, Tokens
from core.text.format import number
from dashboard import ui
from dashboard.data_gate import Looked

t = ui.t


def draw(dataset: Dataset, looked: Looked) -> None:
    """The two histograms and the table under them; a sentence where the base lies elsewhere."""
    tokens = looked.tokens
    if tokens is None:
        if looked.base.path is None:
            said = {"base": ui.literal(looked.base.name), "title": ui.literal(dataset.title)}
            st.caption(t("gate.page.no_tokenizer", **said))
        return
    places = st.columns(2, gap="large") if len(tokens.parts) > 1 else [st.container()]
    for part, place in zip(tokens.parts, places, strict=True):
        with place:
            _lengths(dataset, looked, tokens, part)
    _cover(tokens)


def _lengths(dataset: Dataset, looked: Looked, tokens: Tokens, part: PartTokens) -> None:
    wanted = looked.limits.input if part.part == "input" else looked.limits.target
    limit = min(wanted, tokens.model_limit or wanted)
    share = f"{number(100 * (1 - part.over(limit) / part.rows), 3)} %"
    said = {"base": ui.literal(tokens.base), "title": ui.literal(dataset.title)}
    key = "tokens_title" if part.part == "input" else "tokens_target_title"
    source = "tokens_sampled" if tokens.sampled else "tokens_source"
    ui.chart(
        t(f"gate.page.{key}", share=share, limit=f"{limit:,}"),
        t("gate.page.tokens_plotted", base=said["base"]),
        charts.lengths(part, limit, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("gate.page.tokens_alt", median=part.percentile(0.5), p95=part.percentile(0.95),
              longest=part.percentile(1.0), limit=limit),
        source=t(f"gate.page.{source}", n=f"{part.rows:,}", **said),
        key=f"tokens-{part.part}",
    )  # fmt: skip


def _cover(tokens: Tokens) -> None:
    st.subheader(t("gate.page.cover_title"), anchor=False)
    rows = [
        {
            t("gate.page.cover_part"): t(f"data.part.{part.part}"),
            t("gate.page.cover_tokens"): f"{part.tokens:,}",
            t("gate.page.cover_word"): _ratio(part.tokens, part.words),
            t("gate.page.cover_character"): _ratio(part.tokens, part.characters),
            t("gate.page.cover_unknown"): _ratio(100 * part.unknown, part.tokens),
            t("gate.page.cover_bytes"): _ratio(100 * part.byte_pieces, part.tokens),
        }
        for part in tokens.parts
    ]
    ui.table(rows, key="cover")


def _ratio(a: int, b: int) -> str:
    return number(a / b, 3, ui.lang()) if b else t("common.not_known")
