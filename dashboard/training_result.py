"""What a run came to: the answer, the readings, where they come from, what to watch out for."""

from typing import Any

import streamlit as st

from core.evaluate import notation
from core.evaluate.metrics import metric
from core.evaluate.paired import Difference
from core.text.format import count, duration, number, size
from core.train.again import request_of
from core.train.curve import Curve
from core.train.plan import Plan, state_bytes
from core.train.request import command_of
from core.train.runs import Run
from dashboard import ui

t = ui.t


def headline(run: Run) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The first score of the tuned model, and the base's of the same metric."""
    if not run.scores:
        return None, None
    tuned = run.scores[0]
    same = [row for row in run.base_scores if row["metric"] == tuned["metric"]]
    return tuned, same[0] if same else None


def answer(run: Run, curve: Curve) -> str:
    """The sentence under the title, for a run that ended."""
    name = ui.literal(run.run)
    if run.state != "succeeded":
        return t("train.answer.failed", run=name, state=t(f"train.state.{run.state}"))
    tuned, base = headline(run)
    if tuned is None or base is None or not run.comparison:
        if curve.first and curve.best:
            return t("train.answer.unscored", run=name, first=f"{curve.first[1]:.2f}",
                     best=f"{curve.best[1]:.2f}")  # fmt: skip
        return t("train.answer.unscored_no_loss", run=name, steps=f"{run.steps or 0:,}")
    verdict = Difference(**run.comparison["metrics"][0]).verdict
    lower = verdict == "better" and not metric(tuned["metric"]).higher_is_better
    return t(
        f"train.answer.{'better_lower' if lower else verdict}",
        run=name,
        metric=notation.title(tuned["metric"], ui.lang()),
        base=notation.number(base["value"], base["unit"], ui.lang()),
        tuned=notation.number(tuned["value"], tuned["unit"], ui.lang()),
        n=f"{tuned['n']:,}",
    )


def readings(run: Run, curve: Curve) -> None:
    """Score, loss, time and memory of a run that ended."""
    items = [_score(run)] if run.scores else []
    if curve.best and curve.first:
        items.append(loss_reading(curve.best[1], curve))
    if run.steps is not None:
        items += [
            ui.Reading(
                t("train.reading.took"), duration(run.train_seconds, ui.lang()), "measured",
                t("train.reading.took_n", steps=f"{run.steps:,}"), _speed(run.tokens_per_second),
            ),
            ui.Reading(
                t("train.reading.memory"), size(run.peak_memory_bytes, ui.lang()), "measured",
                None, _device(run),
            ),
        ]  # fmt: skip
    if items:
        ui.readings(items)


def _score(run: Run) -> ui.Reading:
    tuned, base = headline(run)
    if tuned is None:
        raise ValueError("a run without scores has no score to read")
    unit, by = tuned["unit"], notation.factor(tuned["unit"])
    needle = None
    if tuned["low"] is not None:
        seen = [by * row[key] for row in (tuned, base) if row for key in ("low", "high", "value")]
        end = 100.0 if max(seen) <= 100 else max(seen)
        needle = ui.Needle(
            by * tuned["value"], by * tuned["low"], by * tuned["high"], 0.0, end,
            by * base["value"] if base else None, t("train.reading.score_base"),
        )  # fmt: skip
    return ui.Reading(
        t("train.reading.score", metric=notation.title(tuned["metric"], ui.lang())),
        notation.number(tuned["value"], unit, ui.lang()),
        "measured",
        notation.interval(tuned["low"], tuned["high"], unit, ui.lang()),
        t("train.reading.score_n", n=f"{tuned['n']:,}"),
        needle,
    )


def loss_reading(value: float, curve: Curve) -> ui.Reading:
    """A validation loss beside the base model's."""
    first = curve.first[1] if curve.first else None
    return ui.Reading(
        t("train.reading.loss"), f"{value:.2f}", "measured", None,
        t("train.reading.loss_from", first=f"{first:.2f}") if first is not None else None,
        help=t("train.reading.loss_help"),
    )  # fmt: skip


def _speed(tokens_per_second: float | None) -> str | None:
    if tokens_per_second is None:
        return None
    return t("train.reading.speed_value", n=count(round(tokens_per_second), ui.lang()))


def _device(run: Run) -> str:
    device = run.training.get("device", "cpu")
    return t("train.reading.memory_cpu") if device == "cpu" else t(
        "train.reading.memory_gpu", device=device
    )  # fmt: skip


def plan_readings(plan: Plan) -> None:
    """What the first run on a dataset would take, estimated."""
    splits = plan.dataset.splits
    said = {name: f"{splits.get(name, 0):,}" for name in ("validation", "test")}
    items = [
        ui.Reading(t("train.reading.rows"), f"{plan.rows:,}", "measured", None,
                   t("train.reading.rows_n", **said)),
        ui.Reading(
            t("train.reading.time"),
            t("common.approximately", value=duration(plan.seconds, ui.lang()))
            if plan.seconds else t("common.not_known"),
            "estimated", None, t(f"train.reading.time_{plan.seconds_from or 'unknown'}"),
        ),
    ]  # fmt: skip
    if plan.parameters:
        least = size(state_bytes(plan.parameters), ui.lang())
        items.append(ui.Reading(
            t("train.reading.state_memory"), t("common.approximately", value=least), "estimated",
            None, t("train.reading.state_memory_n", parameters=count(plan.parameters, ui.lang())),
        ))  # fmt: skip
    ui.readings(items)


def provenance(run: Run) -> None:
    """Where a run's numbers come from, and the commands that print the same ones."""
    tuned, _ = headline(run)
    n = f"{tuned['n']:,}" if tuned else f"{run.training.get('train_rows', 0):,}"
    ui.provenance(
        t("train.how.chips", n=n, version=f"{run.dataset}@{run.data_version}",
          date=run.created_at[:10]),
        f"assay runs show {run.run} --json\nassay runs progress {run.run} --json\n"
        f"{command_of(request_of(run))} --follow --json",
        t("train.how.detail", seed=run.seed),
    )  # fmt: skip


def plan_provenance(plan: Plan) -> None:
    """Where an estimate comes from, and the command that prints the same one."""
    ui.provenance(
        t("train.how.chips_plan", rows=f"{plan.rows:,}", version=plan.dataset.title),
        f"assay train {plan.dataset.title} --preset {plan.config.preset} --dry-run --json",
        t("train.how.detail_plan"),
    )


def caveats(run: Run, curve: Curve) -> None:
    """What changes the reading: what was forgotten, learnt by heart, or cut."""
    said = []
    if curve.trend == "rising" and run.state == "succeeded":
        said.append(t("train.caveat.by_heart"))
    forgot = _forgotten(run)
    if forgot:
        said.append(forgot)
    cut = run.training.get("cut_inputs")
    if cut:
        said.append(t("train.caveat.cut", n=f"{cut:,}", tokens=run.config["max_input_tokens"]))
    if run.training.get("parts", 1) > 1:
        said.append(t("train.caveat.halved"))
    if run.attempts > 1 and run.training.get("resumed_step") is not None:
        step = f"{run.training['resumed_step']:,}"
        said.append(t("train.caveat.resumed", n=run.attempts, step=step))
    for sentence in said:
        st.markdown(f"{ui.mark('risk')} {sentence}")


def _forgotten(run: Run) -> str | None:
    """A sentence if the general score fell below the base's interval."""
    if not run.general or not run.general["tuned_scores"] or not run.general["base_scores"]:
        return None
    base, tuned = run.general["base_scores"][0], run.general["tuned_scores"][0]
    ends = (base["low"], base["high"], tuned["low"], tuned["high"])
    if None in ends:
        return None
    higher = metric(tuned["metric"]).higher_is_better
    apart = tuned["high"] < base["low"] if higher else tuned["low"] > base["high"]
    if not apart:
        return None
    return t(
        "train.caveat.forgot",
        dataset=ui.literal(run.general["dataset"]),
        metric=notation.title(tuned["metric"], ui.lang()),
        base=notation.number(base["value"], base["unit"], ui.lang()),
        tuned=notation.number(tuned["value"], tuned["unit"], ui.lang()),
    )


def left(seconds: float | None) -> str:
    """A time that is left, as an estimate."""
    return t("train.reading.left_value", time=duration(seconds, ui.lang()))


def finding(curve: Curve) -> str:
    """What the curve shows, as a sentence."""
    first, last, best = curve.first, curve.last, curve.best
    if first and last and best:
        said = {"first": f"{first[1]:.2f}", "last": f"{last[1]:.2f}", "best": f"{best[1]:.2f}",
                "step": f"{best[0]:,}"}  # fmt: skip
        trend = curve.trend
        if trend in ("still", "rising") and best == first:
            trend = "flat"
        return t(f"train.curve.{trend}", **said)
    if len(curve.smoothed) > 1:
        return t("train.curve.none", first=number(curve.smoothed[0][1], 3),
                 last=number(curve.smoothed[-1][1], 3))  # fmt: skip
    return t("train.curve.early")
