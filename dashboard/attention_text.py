"""What the Attention page reads: a model and a text, typed or picked from an evaluation."""

from typing import Any

import streamlit as st

from core.errors import AssayError
from core.interpret import example, store
from core.interpret.store import Asked
from core.models.resolve import list_models, resolve, shape_of
from dashboard import attention_pick, cache, state, ui
from dashboard.attention_pick import Wish

t = ui.t

LONG_TEXT = 120
"""Characters: a longer text gets a box of several lines."""
MOST_WRITTEN = 64


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
        attention_pick.picker(model)
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
    found = attention_pick.picked(model)
    if found:
        return found
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
