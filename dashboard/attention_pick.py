"""A text for the Attention page, picked from the examples of an evaluation."""

from dataclasses import dataclass

import streamlit as st

from core.errors import AssayError
from core.evaluate.metrics import metric
from core.evaluate.rows import Row, choose
from core.evaluate.store import Evaluation, list_evaluations
from dashboard import cache, state, ui

t = ui.t

SORTS = ("worst", "best", "order")
PICKED_ROWS = 200
PICKED = "attention-picked"


@dataclass(frozen=True)
class Wish:
    """What is to be read. `generate`: tokens that a decoder writes on, or None."""

    model: str
    text: str
    target: str | None
    generate: int | None = None


def pick(wish: Wish) -> None:
    """Let the page read a text at once (for callbacks).

    It is kept with the link of this moment: one that is followed later comes first.
    """
    state.keep(PICKED, (wish, state.given("text")))


def picked(model: str) -> Wish | None:
    """What was picked for a model, until another link is followed; None if nothing was."""
    wish, link = state.kept(PICKED) or (None, None)
    if wish is None or wish.model != model or link != state.given("text"):
        return None
    return Wish(wish.model, wish.text, wish.target)


def picker(model: str) -> None:
    """Examples of the model's own evaluations: the worst, the best, or any."""
    mine = [one for one in list_evaluations(state.workspace()) if one.model == model]
    if not mine:
        return
    with st.popover(
        t("see.text.pick"), icon=":material/list:", key="attention-pick", on_change="rerun"
    ) as opened:
        if not opened.open:
            return
        names = {one.evaluation: one for one in mine}
        chosen = mine[0]
        if len(mine) > 1:
            chosen = names[st.selectbox(t("see.text.evaluation"), list(names))]
        sort = st.selectbox(
            t("where.control.sort"), SORTS, format_func=lambda name: t(f"where.sort.{name}")
        )
        try:
            rows = _rows(chosen, sort)
        except AssayError as error:
            st.text(str(error))
            return
        _examples(chosen, rows, model)


def _rows(evaluation: Evaluation, sort: str) -> list[Row]:
    name = evaluation.headline.metric
    rows = cache.rows(state.workspace(), evaluation, None, name)
    better = metric(metric(name).example).higher_is_better is not False
    return choose(rows, higher_is_better=better, sort=sort)[:PICKED_ROWS]


def _examples(evaluation: Evaluation, rows: list[Row], model: str) -> None:
    """The table; a chosen row is read with what the model answered."""
    parts = ("input", "prediction", "reference")
    key = f"attention-examples-{evaluation.evaluation}-{len(rows)}"
    writes = evaluation.task != "text-classification"
    ui.table(
        [{**{part: row.example.get(part) for part in parts}, "score": row.score} for row in rows],
        key=key, height=ui.height(len(rows)), on_select=lambda: _pick(key, rows, model, writes),
        selection_mode="single-row",
        column_config={part: st.column_config.TextColumn(t(f"see.text.{part}")) for part in parts}
        | {"score": st.column_config.NumberColumn(t("see.text.score"), format="%.2f")},
        alt=t("see.text.pick"), width=640,
    )  # fmt: skip


def _pick(key: str, rows: list[Row], model: str, writes: bool) -> None:
    """Read the chosen example: what went in, and what the model wrote."""
    for number in state.table_rows(key):
        made = rows[number].example
        answer = str(made.get("prediction") or "").strip() if writes else ""
        pick(Wish(model, str(made["input"]), answer or None))
        state.fill("attention-pick", False)
