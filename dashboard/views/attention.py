"""Attention: what does each head look at, and is that picture true?"""

import shlex
from collections.abc import Callable

import streamlit as st

from core.errors import AssayError
from core.interpret import capture_words, example, offline, store, words
from core.interpret.measures import PLACES, Head
from core.interpret.store import Asked, Capture
from core.models.resolve import list_models, resolve
from dashboard import attention_compare, attention_see, attention_trust, cache, state, ui

t = ui.t

TABS: dict[str, Callable[[str, Capture], None]] = {
    "see": attention_see.render,
    "compare": attention_compare.render,
    "trust": attention_trust.render,
}
"""Name in the URL (`?tab=`), and what draws it."""


def render() -> None:
    """Draw the page."""
    head = st.container(gap="small")
    captures = store.list_captures(state.workspace())
    failure: AssayError | None = None
    key = captures[0].key if captures else None
    try:
        if not ui.presenting():
            key = _controls(captures)
        capture = store.open_capture(state.workspace(), key) if key else None
    except AssayError as error:
        failure, capture = error, None
    heads = capture.summary() if capture else []
    with head:
        answer = words.answer(capture, heads, ui.lang()) if capture else t("attention.answer.empty")
        checked = ["parity"] if capture else []
        ui.header("common.section.understand", t("attention.question"), answer, marks=checked)
        if capture:
            _readings(capture, heads)
            _provenance(capture)
    if failure:
        ui.empty(t("attention.failed.title"), ui.literal(failure), kind="failed")
    elif capture is None:
        ui.empty(t("attention.empty.title"), t("attention.empty.words"))
    elif key:
        TABS[_tab()](key, capture)


def _tab() -> str:
    """The part of the evidence that is open; the others are not even computed."""
    if ui.presenting():
        return state.chosen("tab", list(TABS)) or "see"
    return state.section(
        t("see.tab.label"), "tab", list(TABS), key="attention-tab",
        show=lambda name: t(f"see.tab.{name}"),
    )  # fmt: skip


def _controls(captures: list[Asked]) -> str | None:
    """Model, text and target; the key of what is to be shown, or None.

    Raises:
        AssayError: The capture that was asked for failed.
    """
    workspace = state.workspace()
    known = [ref for ref in list_models(workspace) if ref.kind in ("run", "starter")]
    known.sort(key=lambda ref: ref.kind == "starter" and not example.crosses(ref))
    # The newest capture's model comes first, so that the page opens with it.
    names = list(dict.fromkeys([a.model for a in captures] + [ref.name for ref in known]))
    with ui.controls():
        model = state.choose(t("attention.model"), "model", names, key="attention-model")
        if model is None:
            return None
        last = next((asked for asked in captures if asked.model == model), None)
        handed = state.given("text") if model == state.given("model") else None
        first, then = (last.text, last.target) if last else (None, None)
        if handed:
            first, then = handed, state.given("target")
        first = first or example.sentence(workspace, resolve(workspace, model))
        mark = f"{model}-{handed or ''}"
        text = st.text_input(t("attention.text"), first, key=f"attention-text-{mark}", width=360)
        target = st.text_input(
            t("attention.target"), then or "", key=f"attention-target-{mark}",
            help=t("attention.target_help"), width=260,
        ) or None  # fmt: skip
        clicked = ui.action(t("attention.show"), key="attention", icon=":material/visibility:")
    # What another page hands over is shown at once: its click was the wish.
    arrived = handed == text and store.find(captures, model, text, target) is None
    if clicked or (arrived and state.kept("attention-handed") != [model, text, target]):
        state.keep("attention-handed", [model, text, target])
        request = {"workspace": str(workspace.root), "model": model, "text": text, "target": target}
        with st.spinner(t("attention.working")):
            answer = cache.warm(workspace).call("core.work.attention:compute", request)
        return str(answer["key"])
    found = store.find(captures, model, text, target)
    if found is None and last is not None:
        st.markdown(f"{ui.mark('risk')} {t('attention.stale', text=ui.literal(last.text))}")
    shown = found or last
    return shown.key if shown else None


def _readings(capture: Capture, heads: list[Head]) -> None:
    parity = capture.parity
    limit = t("attention.reading.limit", limit=words.scientific(parity.attention_tolerance))
    weights = sum(w.size for w in capture.weights.values())
    rows = sum(w.size // w.shape[-1] for w in capture.weights.values())
    sink = [100 * head.sink_mass for head in heads]
    mean = sum(sink) / len(sink)
    placed = sum(head.pattern in PLACES for head in heads)
    layers, per_layer = capture.weights[capture.kinds[0]].shape[:2]
    ui.readings(
        [
            ui.Reading(
                t("attention.reading.attention_error"),
                capture_words.error(parity, ui.lang()), "measured", limit,
                t("attention.reading.weights", n=f"{weights:,}"),
                help=t("attention.reading.attention_help"),
            ),
            ui.Reading(
                t("attention.reading.row_error"),
                words.scientific(parity.row_sum_error), "measured", limit,
                t("attention.reading.rows", n=f"{rows:,}"),
                help=t("attention.reading.row_help"),
            ),
            ui.Reading(
                t("attention.reading.placed"),
                t("attention.reading.placed_value", n=placed, total=len(heads)), "measured",
                n=t("attention.reading.counted", layers=layers, heads=per_layer),
                help=t("attention.reading.placed_help"),
            ),
            ui.Reading(
                t("attention.reading.sink"), f"{mean:.0f} %", "measured",
                f"{min(sink):.0f}–{max(sink):.0f} %", t("attention.reading.range", n=len(heads)),
                ui.Needle(mean, min(sink), max(sink), 0, 100),
                help=t("attention.reading.sink_help"),
            ),
        ]
    )  # fmt: skip


def _provenance(capture: Capture) -> None:
    target = f" --target {shlex.quote(capture.target)}" if capture.target else ""
    command = f"assay attention {shlex.quote(capture.model)} {shlex.quote(capture.text)}{target}"
    parity = capture.parity
    checks = "\n".join(f"- {said}" for said in capture_words.checks(parity, ui.lang()))
    detail = t("attention.how.detail", checks=checks)
    chips = t(
        "attention.how.chips", model=capture.model, dtype=parity.dtype,
        kinds=offline.parity(capture, ui.lang()), date=capture.created_at[:10],
    )  # fmt: skip
    ui.provenance(chips, command, f"{detail}\n\n{t('attention.how.npz')}")
