"""Attention: what does each head look at, and is that picture true?"""

import shlex
from collections.abc import Callable

import streamlit as st

from core.errors import AssayError
from core.interpret import capture_words, offline, store, words
from core.interpret.captured import Capture
from core.interpret.measures import PLACES, Head
from dashboard import (
    attention_compare,
    attention_see,
    attention_text,
    attention_trust,
    cache,
    state,
    ui,
)

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
    key: str | None = None
    try:
        show = attention_text.newest if ui.presenting() else attention_text.controls
        key = show(captures)
        capture = cache.capture(state.workspace(), key) if key else None
    except AssayError as error:
        failure, capture = error, None
    heads = capture.summary() if capture else []
    with head:
        answer = words.answer(capture, heads, ui.lang()) if capture else t("attention.answer.empty")
        # A model's own output that nothing was recomputed from is measured, and no more than that.
        recomputed = capture and capture.parity.attention_max_abs_error is not None
        checked = [] if capture is None else ["parity" if recomputed else "measured"]
        ui.header("common.section.understand", t("attention.question"), answer, marks=checked)
        if capture:
            _readings(capture, heads)
            _provenance(capture)
    if failure:
        ui.empty(t("attention.failed.title"), ui.literal(failure), kind="failed")
    elif capture is None:
        ui.empty(t("attention.empty.title"), t("attention.empty.words"))
    elif key:
        said = capture_words.left_out(capture, ui.lang())
        if said:
            st.markdown(f"{ui.mark('risk')} {said}")
        TABS[_tab()](key, capture)


def _tab() -> str:
    """The part of the evidence that is open; the others are not even computed."""
    if ui.presenting():
        return state.chosen("tab", list(TABS)) or "see"
    return state.section(
        t("see.tab.label"), "tab", list(TABS), key="attention-tab",
        show=lambda name: t(f"see.tab.{name}"),
    )  # fmt: skip


def _readings(capture: Capture, heads: list[Head]) -> None:
    parity = capture.parity
    limit = t("attention.reading.limit", limit=words.scientific(parity.attention_tolerance))
    rows = sum(len(capture.queries(head.kind)) for head in heads)
    weights = sum(len(capture.queries(head.kind)) * len(capture.keys(head.kind)) for head in heads)
    sink = [100 * head.sink_mass for head in heads]
    mean = sum(sink) / len(sink)
    placed = sum(head.pattern in PLACES for head in heads)
    first = capture.kinds[0]
    layers = 1 if capture.long else len(capture.layers[first])
    per_layer = capture.heads(first)
    ui.readings(
        [
            ui.Reading(
                t("attention.reading.attention_error"),
                capture_words.error(parity, ui.lang()), "measured",
                None if parity.attention_max_abs_error is None else limit,
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
                n=t(f"attention.reading.counted{'_one' if layers == 1 else ''}", layers=layers,
                    heads=per_layer),
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
    named = {
        "--target": capture.target,
        "--generate": capture.generate,
        "--window": capture.span.window if capture.span.windows > 1 else None,
        "--kind": capture.long and capture.long.detail.kind,
        "--layer": capture.long and capture.long.detail.layer,
    }
    options = "".join(
        f" {name} {shlex.quote(str(value))}" for name, value in named.items() if value is not None
    )
    command = f"assay attention {shlex.quote(capture.model)} {shlex.quote(capture.text)}{options}"
    parity = capture.parity
    checks = "\n".join(f"- {said}" for said in capture_words.checks(parity, ui.lang()))
    detail = t("attention.how.detail", checks=checks)
    chips = t(
        "attention.how.chips", model=capture.model, dtype=parity.dtype,
        kinds=offline.parity(capture, ui.lang()), date=capture.created_at[:10],
    )  # fmt: skip
    ui.provenance(chips, command, f"{detail}\n\n{t('attention.how.npz')}")
