"""The head of the Evaluate page: is it better, by how much, how sure; and where that comes from."""

import math
import shlex
from collections.abc import Sequence

import streamlit as st

from core.evaluate import notation
from core.evaluate.intervals import RESAMPLES
from core.evaluate.metrics import metric
from core.evaluate.paired import Difference
from core.evaluate.score import Score
from core.text.format import count
from core.train.runs import Run
from dashboard import ui
from dashboard.contest import View

t = ui.t

MOST_READINGS = 4
FEW, READING_PIXELS = 3, 300
"""Fewer readings would stretch their needles over the whole page."""


def answer(view: View) -> str:
    """The sentence under the title."""
    language, score, row = ui.lang(), view.score, view.difference
    model, shown = ui.literal(view.b_name), notation.named(view.score, ui.lang())
    if row is None or view.changes is None:
        if score.value is None:
            shown = ui.literal(shown)
            return t("evaluate.answer.no_value", model=model, score=shown, n=f"{score.n:,}")
        values = {"model": model, "score": shown, "n": f"{score.n:,}"}
        if score.low is None:
            return t("evaluate.answer.one_no_interval", **values)
        shown = notation.interval(score.low, score.high, score.unit, language)
        return t("evaluate.answer.one", **values, interval=shown)
    values = {
        "a": ui.literal(view.a_name),
        "b": model,
        "p": notation.p_value(row.p_value, language),
    }
    if row.verdict != "tie":
        key = f"{row.verdict}_base" if view.against_base else row.verdict
        return t(
            f"evaluate.answer.{key}", **values,
            size=notation.size(row.difference, row.metric, score.unit, language),
            better=f"{len(view.changes.better):,}", worse=f"{len(view.changes.worse):,}",
        )  # fmt: skip
    if row.difference == 0:
        return t("evaluate.answer.tie_equal", a=values["a"], b=model, score=shown)
    values |= {
        "change": notation.change(row.difference, score.unit, language),
        "metric": notation.axis(row.metric, score.unit, language),
    }
    if row.examples_needed is None:
        return t("evaluate.answer.tie", **values)
    return t("evaluate.answer.tie_needed", **values, needed=_about(row.examples_needed))


def _about(examples: int) -> str:
    """A number of examples with the two digits that such an estimate carries."""
    return count(float(f"{examples:.2g}"), ui.lang())


def readings(view: View) -> None:
    """Score, gain, what it would take or who lost, and what was forgotten.

    Without a second model: the scores of all metrics.
    """
    row, general = view.difference, _general(view)
    last = [general] if general else []
    if row is None:
        known = [score for score in view.b.scores if score.value is not None]
        alone = [_score(view, score) for score in known[: MOST_READINGS - len(last)]]
        few = len(alone + last) < FEW
        with st.container(width=READING_PIXELS * len(alone + last) if few else "stretch"):
            ui.readings([*alone, *last])
        return
    third = _worse(view) if row.examples_needed is None else _needed(row.examples_needed)
    ui.readings([_score(view, view.score), _gain(view, row), third, *last])


def _score(view: View, score: Score) -> ui.Reading:
    language = ui.lang()
    a = view.comparison.a.score(score.metric) if view.comparison else None
    return ui.Reading(
        t("evaluate.reading.score", model=ui.literal(view.b_name)),
        notation.named(score, language),
        "measured",
        None if score.low is None
        else notation.interval(score.low, score.high, score.unit, language),
        t("evaluate.reading.score_n", n=f"{score.n:,}"),
        needle(score, a.value if a else None, _brief(view)),
        t(metric(score.metric).blind_to),
    )  # fmt: skip


def _brief(view: View) -> str:
    """The other's name, short enough to stand under a needle."""
    if view.against_base:
        return t("evaluate.reading.base")
    return view.a_name if len(view.a_name) <= 10 else f"{view.a_name[:9]}…"


def needle(score: Score, reference: float | None, name: str) -> ui.Needle | None:
    """A score's needle, with the other's tick; None without an interval."""
    if score.low is None or score.high is None:
        return None
    by = notation.factor(score.unit)
    marks = [score.low, score.high] + ([] if reference is None else [reference])
    start, end = scale([by * mark for mark in marks], metric(score.metric).range, by)
    return ui.Needle(
        by * score.number, by * score.low, by * score.high, start, end,
        None if reference is None else by * reference, name,
    )  # fmt: skip


def scale(
    marks: Sequence[float], bounds: tuple[float, float | None], by: float
) -> tuple[float, float]:
    """Round ends of a scale that holds the marks with room, within the metric's bounds."""
    least, most = bounds
    low, high = min(marks), max(marks)
    span = max(high - low, 1.0)  # everything is shown on a scale to 100
    step: float = 10 ** math.floor(math.log10(span))
    start = max(by * least, math.floor((low - 0.4 * span) / step) * step)
    end = math.ceil((high + 0.4 * span) / step) * step
    return round(start, 6), round(end if most is None else min(end, by * most), 6)


def _gain(view: View, row: Difference) -> ui.Reading:
    language, unit = ui.lang(), view.score.unit
    key = "gain_base" if view.against_base else "gain"
    pointer = None
    if row.low is not None and row.high is not None:
        by = notation.factor(unit)
        reach = max(abs(row.low), abs(row.high)) * by or 1.0
        step: float = 10 ** math.floor(math.log10(reach))
        reach = round(math.ceil(1.2 * reach / step) * step, 6)
        pointer = ui.Needle(by * row.difference, by * row.low, by * row.high, -reach, reach, 0.0,
                            t("evaluate.reading.no_change"))  # fmt: skip
    return ui.Reading(
        t(f"evaluate.reading.{key}", model=ui.literal(view.a_name)),
        notation.change(row.difference, unit, language),
        "tie" if row.verdict == "tie" else "measured",
        None
        if row.low is None
        else notation.interval(row.low, row.high, unit, language, sign=True),
        notation.p_value(row.p_value, language),
        pointer,
        t("evaluate.reading.p_help"),
    )


def _needed(needed: int) -> ui.Reading:
    return ui.Reading(
        t("evaluate.reading.needed"), t("common.approximately", value=_about(needed)), "estimated",
        None, t("evaluate.reading.needed_n"), None, t("evaluate.reading.needed_help"),
    )  # fmt: skip


def _worse(view: View) -> ui.Reading:
    found = view.changes
    worse, name = (len(found.worse), found.metric) if found else (0, view.metric)
    return ui.Reading(
        t("evaluate.reading.worse"),
        t("evaluate.reading.worse_value", worse=f"{worse:,}", n=f"{view.score.n:,}"),
        "measured", None, t("evaluate.reading.worse_n", metric=notation.title(name, ui.lang())),
    )  # fmt: skip


def general_scores(run: Run | None) -> tuple[Score, Score] | None:
    """The headline score on everyday text, before and after tuning; None if it was not taken."""
    if run is None or not run.general:
        return None
    before, after = run.general["base_scores"], run.general["tuned_scores"]
    if not before or not after:
        return None
    return Score.from_json(before[0]), Score.from_json(after[0])


def _general(view: View) -> ui.Reading | None:
    pair = general_scores(view.run)
    if pair is None or view.run is None or not view.run.general:
        return None
    (before, after), language = pair, ui.lang()
    return ui.Reading(
        t("evaluate.reading.general"),
        notation.score(after, language),
        "measured",
        None if after.low is None
        else notation.interval(after.low, after.high, after.unit, language),
        t("evaluate.reading.general_n",
          before=notation.number(before.value, before.unit, language)),
        needle(after, before.value, t("evaluate.reading.before")),
        t("evaluate.reading.general_help", dataset=ui.literal(view.run.general["dataset"])),
    )  # fmt: skip


def provenance(view: View) -> None:
    """n, metric and date; how it was computed; the command that prints the same."""
    b, row = view.b, metric(view.metric)
    chips = t("evaluate.how.chips", n=f"{b.n:,}", metric=notation.title(row.name, ui.lang()),
              date=b.created_at[:10])  # fmt: skip
    values = {
        "dataset": ui.literal(b.dataset), "version": b.data_version,
        "split": t(f"evaluate.split.{b.split}"), "b": ui.literal(view.b_name),
        "resamples": f"{RESAMPLES:,}", "citation": ui.literal(row.citation),
        "signature": view.score.signature, "blind": t(row.blind_to),
    }  # fmt: skip
    if view.comparison and view.difference:
        command = f"assay compare {view.comparison.a.evaluation} {b.evaluation} --json"
        detail = t("evaluate.how.detail", **values, a=ui.literal(view.a_name),
                   test=t(f"evaluate.how.{view.difference.test}"))  # fmt: skip
    else:
        by = "--predictions FILE" if b.kind == "predictions" else f"--model {shlex.quote(b.model)}"
        command = f"assay evaluate {b.dataset}@{b.data_version} {by} --split {b.split} --json"
        detail = t("evaluate.how.detail_one", **values)
    ui.provenance(chips, command, detail)
