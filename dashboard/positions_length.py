"""How long the input can be: reasons, the loss that was measured, the memory of the cache."""

import shlex

import pandas as pd
import streamlit as st

from core.charts import context as charts
from core.data.dataset import Dataset
from core.interpret import cache_memory, context, context_words
from core.interpret.context import Advice
from core.interpret.loss_curve import Curve
from core.interpret.own import Own
from core.interpret.panels import Panel
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.models.resolve import ModelRef, shape_of
from core.models.shape import Shape
from core.record import hash_json
from core.run import ContextRequest, start
from core.text.format import duration, number, size
from dashboard import inputs, positions_own, state, ui
from dashboard import positions_panels as panels

t = ui.t

SPLITS = ("validation", "train")
LEAST_LENGTH, MOST_LENGTH = 32, 131_072


def section(model: ModelRef, read: Own | None, advice: Advice | None) -> None:
    """Draw the advice, or the button that reads what it needs."""
    if read is None or advice is None:
        positions_own.begin(model)
        return
    if advice.curve is not None:
        _measured(advice.curve, advice)
    _reasons(advice)
    if not ui.presenting():
        _begin(model, advice.curve)
    shape = shape_of(model)
    shown = [] if advice.curve is None else [context.picture(advice.curve, advice)]
    if shape is not None:
        shown += _memory(shape, read, advice)
    facts = [(t("positions.model"), model.name)]
    facts += [("", context_words.reason(reason, ui.lang())) for reason in advice.reasons]
    mark = hash_json([read.key, advice.curve.key if advice.curve else ""])
    panels.take(shown, context_words.answer(model.name, advice, ui.lang()), facts, mark)


def _measured(curve: Curve, advice: Advice) -> None:
    finding = context_words.finding(curve, advice, ui.lang())
    ui.chart(
        finding,
        context_words.plotted(curve, ui.lang()),
        charts.loss(curve, advice, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=finding,
        source=ui.literal(curve.source),
        key="context-loss",
    )
    if curve.way in ("joined", "length"):
        st.markdown(f"{ui.mark('risk')} {t(f'context.caveat_{curve.way}')}")
    with st.expander(t("common.table_behind")):
        ui.table(_bins(curve), key="context-bins")
    chips = t(
        "context.how.chips", source=curve.source, units=f"{curve.units:,}",
        tokens=f"{curve.tokens:,}", seconds=duration(curve.seconds, ui.lang()),
        date=curve.created_at[:10],
    )  # fmt: skip
    ui.provenance(chips, command(curve), t("context.how.detail"))


def command(curve: Curve) -> str:
    """What prints the same numbers."""
    what = f"--dataset {shlex.quote(curve.source)}" if "@" in curve.source else (
        f"--text {shlex.quote(curve.source)}")  # fmt: skip
    return f"assay context {shlex.quote(curve.model)} {what} --json"


def _bins(curve: Curve) -> pd.DataFrame:
    rows = [
        (one.start, one.end, round(one.nats, 3), f"{one.low:.3f}–{one.high:.3f}", one.tokens,
         round(one.worse_low, 3))
        for one in curve.bins
    ]  # fmt: skip
    names = ("from", "to", "nats", "interval", "tokens", "worse")
    return pd.DataFrame(rows, columns=[t(f"context.table.{name}") for name in names])


def _reasons(advice: Advice) -> None:
    if not advice.reasons:
        return
    st.subheader(t("context.reason.title"), anchor=False)
    for reason in advice.reasons:
        words = ui.literal(context_words.reason(reason, ui.lang()))
        st.markdown(f"**{context_words.strength(reason, ui.lang())}** · {words}")


def _begin(model: ModelRef, curve: Curve | None) -> None:
    """The job under way, or the strip that starts one."""
    job = _newest(model.name)
    st.fragment(_progress, run_every=1 if job and job.active else None)(model.name)
    if job and job.active:
        return
    data = inputs.datasets()
    usable = [name for name, row in data.items() if _rows(row)]
    if not usable:
        st.markdown(t("context.no_data"))
        return
    if curve is None:
        st.markdown(t("context.not_measured", model=ui.literal(model.name)))
    with ui.controls(key="context-controls"):
        name = state.choose(t("context.dataset"), "dataset", usable, key="context-dataset")
        length = st.number_input(
            t("context.length"), LEAST_LENGTH, MOST_LENGTH, None, key="context-length", width=220,
            help=t("context.length_help"),
        )  # fmt: skip
        clicked = _button(again=curve is not None)
    if name is None:
        return
    n = f"{_rows(data[name]):,}"
    st.caption(t("context.not_measured_words", n=n, dataset=ui.literal(name)))
    if clicked:
        most = int(length) if length else None
        start(state.workspace(), ContextRequest(model.name, data[name].title, None, most))
        st.rerun()


def _button(*, again: bool) -> bool:
    icon = ":material/show_chart:"
    if again:
        return st.button(t("context.again"), key="context-again", icon=icon)
    return ui.action(t("context.measure"), key="context", icon=icon)


def _newest(model: str) -> Job | None:
    """The newest measurement of a model."""
    with JobStore(state.workspace()) as store:
        jobs = store.jobs(kind="context", limit=20)
    return next((job for job in jobs if job.request["model"] == model), None)


def _progress(model: str) -> None:
    job = _newest(model)
    if job and (job.active or job.state in ("failed", "lost")):
        ui.job_card(job)
    if state.ended("context", job):
        st.rerun()


def _rows(dataset: Dataset) -> int:
    return sum(dataset.splits.get(split, 0) for split in SPLITS)


def _memory(shape: Shape, read: Own, advice: Advice) -> list[Panel]:
    windows, rows = read.facts["windows_tokens"], cache_memory.memories(read, advice, shape)
    words = context_words.kept(shape, windows, bool(rows), ui.lang())
    picture = cache_memory.growth(shape, windows, rows[-1].tokens) if rows else None
    if picture is None:
        st.subheader(t("context.memory.title"), anchor=False)
        st.markdown(words)
        return []
    panels.one(picture, ui.literal(read.model))
    st.caption(words)
    ui.table(
        [{t("context.table.length"): f"{row.tokens:,}",
          t("context.table.fp16"): size(row.fp16_bytes, ui.lang()),
          t("context.table.fp32"): size(row.fp32_bytes, ui.lang())} for row in rows],
        key="context-memory",
    )  # fmt: skip
    return [picture]


def readings(advice: Advice, shape: Shape | None, read: Own) -> list[ui.Reading]:
    """The trusted length, the loss there, the memory of the cache."""
    lang = ui.lang()
    items = []
    curve = advice.curve
    if curve is not None:
        length = t("positions.reading.length_value", n=context_words.tokens(advice, lang))
        unit = t(f"context.unit.{curve.way}")
        n = t("context.reading.trusted_n", n=f"{curve.units:,}", unit=unit)
        items.append(
            ui.Reading(t("context.reading.trusted"), length, "measured", n=n,
                       help=t("context.reading.trusted_help"))
        )  # fmt: skip
        best, last = curve.bins[curve.best], curve.bins[-1]
        items.append(
            ui.Reading(
                t("context.reading.rise"), t("context.reading.nats", n=number(last.nats)),
                "measured", f"{last.low:.2f}–{last.high:.2f}",
                t("context.reading.rise_n", best=number(best.nats)),
                help=t("context.reading.nats_help"),
            )
        )  # fmt: skip
    if shape is not None and advice.tokens is not None:
        found = cache_memory.memory(shape, read.facts["windows_tokens"], advice.tokens)
        if found is not None:
            items.append(
                ui.Reading(
                    t("context.reading.memory"), f"≈ {size(found.fp16_bytes, lang)}", "estimated",
                    n=t("context.reading.memory_n", fp32=size(found.fp32_bytes, lang)),
                )
            )  # fmt: skip
    return items
