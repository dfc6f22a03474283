"""The sentences above the charts of a plan, computed from its document."""

from collections.abc import Callable
from typing import Any

from core.strategy.answer import act_by, deciding_pair, option_of
from core.strategy.figures import percent
from core.strategy.labels import inside, label
from core.strategy.say import say
from core.text.catalog import t
from core.text.format import usd

Document = dict[str, Any]
Literal = Callable[[str], str]


def ranking(document: Document, language: str, literal: Literal = str) -> str:
    """Whether the recommended option is the cheapest of those that are good enough."""
    able = [row for row in document["ranking"] if row["feasible"]]
    if not able:
        return t("strategy.finding.none", language)
    good = [row for row in able if row["eligible"]]
    cheapest = min(good or able, key=lambda row: row["cost_month_usd"]["p50"])
    chosen = document["recommended_option"]
    key = "unknown" if chosen is None else "cheapest" if cheapest["option"] == chosen else "dearer"
    row = {
        "key": f"finding.ranking_{key}", "option": chosen, "second": cheapest["option"],
        "month_usd": cheapest["cost_month_usd"]["p50"],
    }  # fmt: skip
    return say(row, language, literal)


def volume(document: Document, language: str, literal: Literal = str) -> str:
    """Which of the two options that matter is cheaper to run from which volume on."""
    pair = deciding_pair(document)
    if pair is None:
        return t("strategy.finding.volume_none", language)
    at = pair["requests_per_day"]
    key = "never" if at is None else "above" if at else "always"
    row = {"key": f"finding.volume_{key}", **{k: pair[k] for k in ("a", "b", "requests_per_day")}}
    return say(row, language, literal)


def parts(document: Document, language: str, literal: Literal = str) -> str:
    """The largest part of a month of the recommended option, else of the first that can serve."""
    row = _leading(document)
    if row is None:
        return t("strategy.finding.none", language)
    amounts = row["parts_month_usd"]
    name, most = max(amounts.items(), key=lambda item: item[1])
    total = sum(amounts.values())
    if not total:
        return t("strategy.finding.parts_free", language, option=literal(row["option"]))
    return t(
        "strategy.finding.parts", language, option=literal(row["option"]),
        part=t(f"strategy.part_inside.{name.removesuffix('_usd')}", language),
        share=percent(most / total),
    )  # fmt: skip


def cash(document: Document, language: str, literal: Literal = str) -> str:
    """When to act so that the money does not run out."""
    chosen = document["recommended_option"]
    if chosen is None:
        return t("strategy.finding.cash_none", language)
    row, act = option_of(document, chosen), act_by(document)
    early, end = row["runway_months"]["p5"], row["runway_months"]["p50"]
    if early is None:
        key = "beyond"
    elif act is None:
        key = "late"
    else:
        key = "act" if end is not None else "maybe"
    values = {
        "option": chosen, "horizon": document["horizon_months"], "act": act,
        "end_months": early if end is None or key == "late" else end,
        "raise_months": document["company"]["raise_months"],
    }  # fmt: skip
    return say({"key": f"finding.cash_{key}", **values}, language, literal)


def pareto(document: Document, language: str, literal: Literal = str) -> str:
    """Whether another option beats the recommended one in quality, cost and time at once."""
    points = {point["option"]: point for point in document["pareto"]}
    if not points:
        return t("strategy.finding.pareto_none", language)
    chosen = document["recommended_option"]
    if chosen in points and points[chosen]["on_front"]:
        return t("strategy.finding.pareto_front", language, option=literal(chosen))
    if chosen in points:
        return t("strategy.finding.pareto_behind", language, option=literal(chosen))
    n = sum(point["on_front"] for point in points.values())
    return t("strategy.finding.pareto_count", language, n=n, total=len(points))


def tornado(document: Document, language: str, literal: Literal = str) -> str:
    """Which inputs turn the answer within their ranges, and which one moves it most."""
    bars = document["tornado"]
    if not bars:
        return t("strategy.finding.tornado_none", language)
    turning = [bar for bar in bars if turns(bar)]
    first = (turning or bars)[0]
    name = label(first["input"], first["field"], first["option"], language, literal)
    key = "still" if not turning else "one" if len(turning) == 1 else "several"
    said = t(f"strategy.finding.tornado_{key}", language, input=inside(name, language),
             n=len(turning))  # fmt: skip
    return said[:1].upper() + said[1:]


def turns(bar: Document) -> bool:
    """Whether another option leads somewhere within the range of an input."""
    return bar["flips_at"] is not None and bar["low"] <= bar["flips_at"] <= bar["high"]


def regret(document: Document, language: str, literal: Literal = str) -> str:
    """Which option would be regretted least, whatever shock comes."""
    safest, chosen = document["minimax_option"], document["recommended_option"]
    if safest is None:
        return t("strategy.finding.regret_none", language)
    worst = largest_regret(document)
    key = "never" if worst[safest] < 1 else "same" if safest == chosen else "other"
    row = {"key": f"finding.regret_{key}", "option": safest, "second": chosen,
           "most_usd": worst[safest], "own_usd": worst.get(chosen or "")}  # fmt: skip
    return say(row, language, literal)


def largest_regret(document: Document) -> dict[str, float]:
    """Of each option that can be recommended, the most that another would leave beyond it."""
    found: dict[str, float] = {}
    for row in document["regret"]:
        if row["regret_usd"] is not None:
            found[row["option"]] = max(found.get(row["option"], 0.0), row["regret_usd"])
    return found


def months(document: Document, option: str, language: str, literal: Literal = str) -> str:
    """What is left of revenue after the model, in the first and in the last month."""
    rows = [row for row in document["monthly"] if row["option"] == option]
    if not rows:
        return t("strategy.finding.none", language)
    first, last = rows[0]["gross_margin"], rows[-1]["gross_margin"]
    if first is None or last is None:
        ends = (usd(row["model_usd"], language) for row in (rows[0], rows[-1]))
        return t("strategy.finding.months_usd", language, option=literal(option),
                 months=len(rows), **dict(zip(("first", "last"), ends, strict=True)))  # fmt: skip
    return t("strategy.finding.months_margin", language, option=literal(option),
             first=percent(first), last=percent(last), months=len(rows))  # fmt: skip


def _leading(document: Document) -> Document | None:
    chosen = document["recommended_option"]
    if chosen is not None:
        return option_of(document, chosen)
    return next((row for row in document["ranking"] if row["feasible"]), None)
