"""The sentences over the report's charts, computed from the document they sit on."""

from core.charts import planned
from core.report import words
from core.report.words import Document
from core.text.catalog import t
from core.text.format import count, number, usd


def pareto(document: Document, language: str) -> str:
    """Whether the recommended option is the cheapest of those that are good enough."""
    chosen = document["recommended_option"]
    good = [row for row in planned.able(document) if row["eligible"]]
    if chosen is None or not good:
        return t("report.finding.pareto_none", language)
    first = min(good, key=lambda row: row["cost_month_usd"]["p50"])["option"]
    key = "only" if len(good) == 1 else "cheapest" if first == chosen else "dearer"
    return t(f"report.finding.pareto_{key}", language, option=chosen, other=first, n=len(good))


def parts(document: Document, language: str) -> str:
    """The largest part of a month of the leading option."""
    row = planned.leading(document)
    amounts = row["parts_month_usd"] if row else {}
    total = sum(amounts.values())
    if row is None or not total:
        return t("report.finding.parts_none", language)
    name, amount = max(amounts.items(), key=lambda item: item[1])
    return t(
        "report.finding.parts", language, option=row["option"],
        share=words.percent(amount / total, language),
        part=t(f"report.part_inside.{name}", language),
    )  # fmt: skip


def cash(document: Document, language: str) -> str:
    """When to act so that the money does not run out."""
    row, act = planned.leading(document), planned.act_by(document)
    if row is None:
        return t("report.finding.cash_none", language)
    ends = row["runway_months"]
    if ends["p5"] is None:
        key = "beyond"
    elif act is None:
        key = "late"
    else:
        key = "act" if ends["p50"] is not None else "maybe"
    end = ends["p5"] if ends["p50"] is None else ends["p50"]
    return t(
        f"report.finding.cash_{key}", language, option=row["option"], act=act,
        months=document["horizon_months"], end=number(end, 2) if end is not None else "",
        raise_months=document["company"]["raise_months"],
    )  # fmt: skip


def volume(document: Document, language: str) -> str:
    """From which volume on the recommended option and its rival change places."""
    pair = planned.pair_of(document)
    if pair is None:
        return t("report.finding.volume_none", language)
    at = pair["requests_per_day"]
    key = "never" if at is None else "above" if at else "always"
    return t(f"report.finding.volume_{key}", language, a=pair["a"], b=pair["b"],
             volume=count(at and float(f"{at:.3g}"), language))  # fmt: skip


def tornado(document: Document, language: str) -> str:
    """How many inputs can change the answer inside their range, and which moves it most."""
    inputs = document["tornado"]
    if not inputs:
        return t("report.finding.tornado_none", language)
    turning = [row for row in inputs if row["flips_at"] is not None]
    most = planned.input_name(inputs[0], language)
    if not turning:
        return t("report.finding.tornado_holds", language, most=most, n=len(inputs))
    names = "、" if language == "zh" else "; "
    listed = names.join(planned.input_name(row, language) for row in turning)
    return t("report.finding.tornado_turns", language, n=len(turning), total=len(inputs),
             listed=listed)  # fmt: skip


def regret(document: Document, language: str) -> str:
    """Which option loses least in its worst case, and how much."""
    least = document["minimax_option"]
    rows = [row["regret_usd"] for row in document["regret"]
            if row["option"] == least and row["regret_usd"] is not None]  # fmt: skip
    if least is None or not rows:
        return t("report.finding.regret_none", language)
    key = "same" if least == document["recommended_option"] else "other"
    return t(f"report.finding.regret_{key}", language, option=least,
             usd=usd(max(rows), language))  # fmt: skip
