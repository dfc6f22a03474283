"""The readings of the first page: how good the leader is, by how much, what it costs, how long."""

import math
from typing import Any

from core.leaders import Leaders
from core.strategy.answer import option_of
from core.text.format import fixed, interval, number
from dashboard import plan_words, ui

t = ui.t


def metric(best: Leaders) -> str:
    """The headline metric's name."""
    return t(f"evaluate.metric.{best.metric}")


def value(best: Leaders, amount: float, *, sign: bool = False) -> str:
    """A score of the headline metric, or a difference of two."""
    return fixed(amount, best.decimals, ui.lang(), sign)


def quality(best: Leaders) -> list[ui.Reading]:
    """The leader's score, and its lead over the second."""
    first, *others = best.evaluations
    score = best.score(first)
    second = others[0] if others else None
    needle = None
    if score.low is not None and score.high is not None:
        behind = best.score(second).value if second else None
        start, end = _scale([score.low, score.high, *([behind] if behind is not None else [])])
        needle = ui.Needle(
            score.number, score.low, score.high, start, end, behind, t("overview.reading.second")
        )
    found = [
        ui.Reading(
            t("overview.reading.quality"),
            f"{value(best, score.number)} {metric(best)}",
            "measured",
            interval(score.low, score.high, best.decimals, ui.lang()),
            t("overview.reading.quality_n", model=ui.literal(first.model), n=score.n),
            needle,
        )
    ]
    gain = best.gain
    if gain and second and gain.low is not None and gain.high is not None:
        reach = _round_up(max(abs(gain.low), abs(gain.high)))
        found.append(
            ui.Reading(
                t("overview.reading.ahead"),
                value(best, gain.difference, sign=True),
                "tie" if gain.verdict == "tie" else "measured",
                interval(gain.low, gain.high, best.decimals, ui.lang(), sign=True),
                t("overview.reading.ahead_n", model=ui.literal(second.model)),
                ui.Needle(gain.difference, gain.low, gain.high, -reach, reach, 0.0,
                          t("overview.reading.no_change")),
            )
        )  # fmt: skip
    return found


def money(plan: dict[str, Any]) -> list[ui.Reading]:
    """What the recommended option costs in a month, and how long the money lasts with it."""
    if plan["recommended_option"] is None:
        return []
    option = option_of(plan, plan["recommended_option"])
    month = option["cost_month_usd"]
    ranged = plan_words.dollars(month)
    cost = ui.Reading(
        t("overview.reading.cost"),
        plan_words.money(month["p50"]),
        "estimated",
        ranged,
        t("overview.reading.range") if ranged else ui.literal(option["option"]),
        ui.Needle(month["p50"], month["p5"], month["p95"], 0, _round_up(month["p95"]))
        if ranged
        else None,
        t("overview.reading.cost_help"),
    )
    return [cost, _runway(plan, option)]


def _runway(plan: dict[str, Any], option: dict[str, Any]) -> ui.Reading:
    horizon = plan["horizon_months"]
    months = option["runway_months"]
    ends = [horizon if months[end] is None else months[end] for end in ("p50", "p5", "p95")]
    ranged = plan_words.span(*(plan_words.runway(plan, months[end]) for end in ("p5", "p95")))
    needle = ui.Needle(ends[0], ends[1], ends[2], 0, horizon) if ranged else None
    return ui.Reading(
        t("overview.reading.runway"),
        t("overview.reading.runway_beyond", months=horizon)
        if months["p50"] is None
        else t("overview.reading.runway_value", months=number(months["p50"], 2)),
        "estimated",
        ranged,
        t("overview.reading.range") if ranged else None,
        needle,
        t("overview.reading.runway_help"),
    )


def _scale(values: list[float]) -> tuple[float, float]:
    """Round ends around some scores."""
    step = 10.0 if max(values) > 1 else 0.1
    return math.floor(min(values) / step) * step, math.ceil(max(values) / step) * step


def _round_up(amount: float) -> float:
    """The next larger 1, 2 or 5 times a power of ten."""
    if amount <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(amount))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= amount)
