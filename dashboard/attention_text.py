"""What the Attention page reads: a model and a text, typed or picked from an evaluation."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import AssayError
from core.evaluate.metrics import metric
from core.evaluate.rows import Row, choose
from core.evaluate.store import Evaluation, list_evaluations
from core.interpret import example, store
from core.interpret.store import Asked
from core.models.resolve import list_models, resolve, shape_of
from dashboard import cache, state, ui

t = ui.t

LONG_TEXT = 120
"""Characters: a longer text gets a box of several lines."""
MOST_WRITTEN = 64
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


def controls(captures: list[Asked]) -> str | None:
    """Model, text and target; the key of the capture to show, or None.

    Raises:
        AssayError: The capture that was asked for failed.
    """
    with ui.controls():
        model = state.choose(t("attention.model"), "model", _models(captures),
                             key="attention-model")  # fmt: skip
        if model is None:
            return None
        last = next((asked for asked in captures if asked.model == model), None)
        wish, handed = _typed(model, last)
        _picker(model)
        clicked = ui.action(t("attention.show"), key="attention", icon=":material/visibility:")
    found = _find(captures, wish)
    # What another page, or the list of examples, hands over is shown at once: that was the wish.
    arrived = handed and found is None and state.kept("attention-handed") != wish
    if clicked or arrived:
        state.keep("attention-handed", wish)
        return _capture(wish)
    if found is None:
        if last is not None:
            st.markdown(f"{ui.mark('risk')} {t('attention.stale', text=ui.literal(last.text))}")
        return last.key if last else None
    return _part(captures, wish, found)


def newest(captures: list[Asked]) -> str | None:
    """The newest capture of the model that the link names, or of all: for a room."""
    model = state.chosen("model", [asked.model for asked in captures])
    return next((asked.key for asked in captures if asked.model == model), None)


def _models(captures: list[Asked]) -> list[str]:
    """Models to look into; the newest capture's first, so that the page opens with it."""
    known = [ref for ref in list_models(state.workspace()) if ref.kind in ("run", "starter")]
    known.sort(key=lambda ref: ref.kind == "starter" and not example.crosses(ref))
    return list(dict.fromkeys([asked.model for asked in captures] + [ref.name for ref in known]))


def _typed(model: str, last: Asked | None) -> tuple[Wish, bool]:
    """The boxes for the text; and whether what stands in them was handed over as it is."""
    workspace = state.workspace()
    given = _given(model)
    start = given or (Wish(model, last.text, last.target, last.generate) if last else None)
    first = start.text if start else example.sentence(workspace, resolve(workspace, model))
    mark = f"{model}-{(given.text, given.target) if given else ''}"
    box: Any = st.text_area if len(first) > LONG_TEXT else st.text_input
    text = box(t("attention.text"), first, key=f"attention-text-{mark}", width=360)
    target = st.text_input(
        t("attention.target"), (start.target if start else None) or "",
        key=f"attention-target-{mark}", help=t("attention.target_help"), width=260,
    ) or None  # fmt: skip
    generate = None
    if _continues(model):
        generate = st.number_input(
            t("see.text.generate"), 0, MOST_WRITTEN, (start.generate if start else None) or 0,
            key=f"attention-generate-{mark}", help=t("see.text.generate_help"), width=130,
        ) or None  # fmt: skip
    wish = Wish(model, text, target, generate)
    return wish, wish == given


def _continues(model: str) -> bool:
    """Whether a model goes on with a text; False for one that is gone, whose captures are left."""
    try:
        shape = shape_of(resolve(state.workspace(), model))
    except AssayError:
        return False
    return shape is not None and shape.family == "decoder"


def _given(model: str) -> Wish | None:
    """What was picked, or what a link hands over, for a model."""
    picked, link = state.kept(PICKED) or (None, None)
    if picked and picked.model == model and link == state.given("text"):
        return Wish(picked.model, picked.text, picked.target)
    text = state.given("text") if model == state.given("model") else None
    return Wish(model, text, state.given("target")) if text else None


def _find(captures: list[Asked], wish: Wish, window: int | None = None) -> Asked | None:
    return store.find(
        captures, wish.model, wish.text, wish.target, window=window, generate=wish.generate
    )


def _capture(wish: Wish, **how: Any) -> str:
    """Read the attention in the warm process; its key."""
    workspace = state.workspace()
    request = {
        "workspace": str(workspace.root), "model": wish.model, "text": wish.text,
        "target": wish.target, "generate": wish.generate, **how,
    }  # fmt: skip
    with st.spinner(t("attention.working")):
        answer = cache.warm(workspace).call("core.work.attention:compute", request)
    return str(answer["key"])


def _part(captures: list[Asked], wish: Wish, found: Asked) -> str:
    """Which window of a text over the model's limit, and which layer of one too long for all."""
    if found.windows == 1 and found.kept is None:
        return found.key
    mark = hash((wish, found.windows))
    window = found.window
    with st.container(horizontal=True, gap="medium"):
        if found.windows > 1:
            window = st.selectbox(
                t("see.text.window"), range(1, found.windows + 1), found.window - 1,
                key=f"attention-window-{mark}", width=140, help=t("see.text.window_help"),
            )  # fmt: skip
        if found.kept is None:
            other = _find(captures, wish, window)
            return other.key if other else _capture(wish, window=window)
        capture = cache.capture(state.workspace(), found.key)
        kinds = list(capture.layers)
        kind = st.selectbox(
            t("attention.kind"), kinds, kinds.index(found.kept[0]), width=140,
            format_func=lambda name: t(f"attention.kind_{name}"), key=f"attention-kept-kind-{mark}",
        )  # fmt: skip
        layers = len(capture.layers[kind])
        layer = st.selectbox(
            t("see.text.kept"), range(layers), min(found.kept[1], layers - 1), width=140,
            key=f"attention-kept-layer-{mark}", help=t("see.text.kept_help"),
        )  # fmt: skip
    if (kind, layer) == found.kept and window == found.window:
        return found.key
    return _capture(wish, window=window, kind=kind, layer=layer)


def _picker(model: str) -> None:
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
        # With the link of that moment: one that is followed later comes first.
        picked = Wish(model, str(made["input"]), answer or None)
        state.keep(PICKED, (picked, state.given("text")))
        state.fill("attention-pick", False)
