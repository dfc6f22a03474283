"""The sentences over a training on the Cost page, computed from the estimates they sit on."""

from collections.abc import Sequence
from datetime import date

from core.cost.backtest import Check
from core.cost.candidates import Offer, TrainCandidate
from core.cost.estimate import Estimate
from core.cost.gpu_map import Cell
from core.cost.hardware import gpu
from core.cost.host import SEED_BYTES
from core.cost.layout import choose_plan
from core.cost.prices import DAYS_OLD, GpuPrice
from core.cost.scores import Score
from core.cost.served import ServingEstimate
from core.cost.training import TrainingEstimate
from core.text.catalog import t
from core.text.format import duration, number, usd
from core.units import GIB, SECONDS_PER_HOUR

SMALL = gpu("A100-40-SXM")
SAME_MONEY = 0.02
"""A change of cost below this share is none."""


def gib(byte_count: float, language: str) -> str:
    """Bytes in GiB, as cards are counted: "36 GiB"."""
    return t("cost.gib", language, n=number(byte_count / GIB, 2 if byte_count < 100 * GIB else 3))


def hours(value: float, language: str) -> str:
    """Hours in the unit a person would choose."""
    return duration(value * SECONDS_PER_HOUR, language)


def span(estimate: Estimate, scale: float = 1.0) -> str:
    """A range with two digits: "7.4–11"; the lower end has as many decimals as the upper needs."""
    return f"{number(estimate.low * scale, 2)}–{number(estimate.high * scale, 2)}"


def percent(share: float) -> str:
    """A share with two digits: "12 %", "0.4 %"."""
    return f"{number(100 * share, 2)} %"


def cards(estimate: TrainingEstimate | ServingEstimate, language: str) -> str:
    """How many of which card: "one A100 80 GB SXM"."""
    key = "card_one" if estimate.gpus == 1 else "card_many"
    return t(f"cost.{key}", language, n=f"{estimate.gpus:,}", gpu=estimate.gpu.title)


def answer(found: TrainingEstimate, language: str) -> str:
    """The answer under the page's question."""
    values = {
        "cards": cards(found, language),
        "usd": usd(found.usd.value if found.usd else None, language),
        "time": hours(found.hours.value, language),
        "memory": gib(found.memory_bytes.value, language),
        "high": gib(found.memory_bytes.high, language),
        "capacity": gib(found.gpu.memory_bytes, language),
    }
    advice = found.advice.say(language) if found.advice else ""
    key = f"{found.fit}_unpriced" if found.usd is None and found.fit != "no" else found.fit
    return t(f"cost_page.answer.{key}", language, advice=advice, **values)


def _fits_small(found: TrainingEstimate) -> bool:
    plan = found.plan
    lengths = int(plan.length), plan.target_length
    return choose_plan(found.shape, SMALL, found.gpus, found.method, *lengths)[1]


def memory(found: TrainingEstimate, language: str) -> str:
    """Does it fit?"""
    card = gib(found.gpu.memory_bytes, language)
    split = found.plan.tensor * found.plan.pipeline > 1
    larger = found.gpu.memory_bytes > SMALL.memory_bytes
    if found.fit == "fits" and larger and not split and _fits_small(found):
        inside = found.memory_bytes.value <= SMALL.memory_bytes
        key = "cost.finding.memory_small" if inside else "cost_page.finding.memory_small"
        return t(key, language, small=gib(SMALL.memory_bytes, language))
    room = max(0.0, found.gpu.memory_bytes - found.memory_bytes.value)
    over = max(0.0, found.memory_bytes.value - found.gpu.memory_bytes)
    return t(f"cost.finding.memory_{found.fit}", language, card=card, room=gib(room, language),
             over=gib(over, language))  # fmt: skip


def time_parts(found: TrainingEstimate, language: str) -> str:
    """What the time goes on."""
    parts = found.time.parts()
    total = sum(parts.values())
    rest = {name: hours for name, hours in parts.items() if name != "compute"}
    most = max(rest, key=lambda name: rest[name])
    share = parts["compute"] / total
    if rest[most] < 0.001 * total:
        return t("cost_page.finding.time_all", language, share=percent(share))
    words = {"share": percent(share), "most": t(f"cost_page.time.{most}", language)}
    return t("cost_page.finding.time_parts", language, rest=percent(rest[most] / total), **words)


def grid(found: Sequence[Cell], language: str) -> str:
    """Which cell is fastest, and how many do not fit."""
    able = [cell for cell in found if cell.hours is not None]
    if not able:
        return t("cost_page.finding.grid_none", language)
    best = min(able, key=lambda cell: cell.hours or 0.0)
    out = len(found) - len(able)
    return t(f"cost_page.finding.grid{'' if out else '_all'}", language, gpus=f"{best.gpus:,}",
             batch=best.batch, time=hours(best.hours or 0.0, language), out=out,
             n=len(found))  # fmt: skip


def fitting(found: Sequence[TrainingEstimate]) -> tuple[TrainingEstimate, ...]:
    """Those that fit."""
    return tuple(one for one in found if one.fit != "no")


def time_by_gpus(found: Sequence[TrainingEstimate], language: str) -> str:
    """What more GPUs do to the time; `found` are those that fit."""
    if len(found) < 2:
        return t("cost_page.finding.none_fits" if not found else "cost.finding.one_fits", language)
    first, last = found[0], found[-1]
    times = number(first.hours.value / last.hours.value, 2)
    return t("cost.finding.time", language, gpus=f"{last.gpus:,}", before=f"{first.gpus:,}",
             times=times, time=hours(last.hours.value, language))  # fmt: skip


def money_by_gpus(found: Sequence[TrainingEstimate], language: str) -> str:
    """What more GPUs do to the bill."""
    paid = [one.usd.value for one in found if one.usd is not None]
    if found and not paid:
        return t("cost_page.finding.money_none", language, gpu=found[0].gpu.title)
    if len(paid) < 2:
        return t("cost.finding.money_alone", language)
    change = paid[-1] / paid[0] - 1
    if abs(change) < SAME_MONEY:
        return t("cost.finding.money_same", language)
    key = "money_more" if change > 0 else "money_less"
    return t(f"cost.finding.{key}", language, share=number(100 * abs(change), 2))


def candidates(found: Sequence[TrainCandidate], language: str) -> str:
    """Which offer is cheapest, and what the chosen one costs beside it."""
    able = [(one.usd.value, one) for one in found if one.usd is not None]
    if not able:
        return t("cost_page.finding.offers_none", language)
    cheapest, best = able[0]
    words = {
        "usd": usd(cheapest), "offer": offer(best.offer, language), "n": f"{best.gpus:,}",
        "gpu": best.offer.gpu.title,
    }  # fmt: skip
    return beside(cheapest, next((v for v, one in able if one.offer.chosen), None),
                   best.offer.chosen, words, language)  # fmt: skip


def beside(
    cheapest: float, mine: float | None, same: bool, words: dict[str, str], language: str
) -> str:
    """What the cheapest offer costs, and the reader's own beside it."""
    if same:
        return t("cost_page.finding.offers_mine", language, **words)
    if mine is None:
        return t("cost_page.finding.offers", language, **words)
    return t("cost_page.finding.offers_beside", language, times=number(mine / cheapest, 2), **words)


def offer(found: Offer, language: str) -> str:
    """An offer in words: "RunPod, on demand"."""
    if found.usd_per_gpu_hour is None:
        return t("cost_page.no_price", language)
    if found.pricing == "own":
        return t("cost_page.own_price", language)
    who = t("cost_page.median", language) if found.provider == "median" else found.provider
    pricing = t(f"cost.pricing.{found.pricing}", language)
    return t("cost_page.offer", language, who=who, pricing=pricing)


def errors(error: Score, language: str) -> str:
    """How good past estimates were."""
    inside = round(error.within * error.n)
    return t("cost.finding.errors", language, inside=inside, n=error.n)


def misses(found: tuple[Check, ...], within: float, most: int) -> list[Check]:
    """The runs that were estimated worst, at most `most` of those outside the band."""
    outside = [check for check in found if abs(check.error) > within]
    return sorted(outside, key=lambda check: -abs(check.error))[:most]


def host(found: TrainingEstimate, language: str) -> str:
    """Is the recommended memory beside the GPU enough?"""
    key = "host_enough" if found.host_memory_bytes <= SEED_BYTES else "host_more"
    return t(f"cost.finding.{key}", language, needs=gib(found.host_memory_bytes, language),
             seed=gib(SEED_BYTES, language))  # fmt: skip


def energy(found: TrainingEstimate, language: str) -> str:
    """Electricity and CO2."""
    return t("cost.finding.energy", language, kwh=number(found.energy_kwh.value, 2),
             kg=number(found.co2_kg.value, 2))  # fmt: skip


def old(row: GpuPrice, today: date) -> bool:
    """Whether a price row is more than `DAYS_OLD` days old, or of no known day."""
    return row.dated is None or (today - row.dated).days > DAYS_OLD


def prices(found: Sequence[GpuPrice], own: int, today: date, language: str) -> str:
    """How many prices there are, and how many are old."""
    key = "prices_own" if own else "prices"
    return t(f"cost_page.answer.{key}", language, n=len(found), own=own, days=DAYS_OLD,
             old=sum(old(row, today) for row in found))  # fmt: skip
