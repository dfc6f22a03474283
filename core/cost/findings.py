"""The sentences over the Cost page and its charts, computed from the estimates they sit on."""

from core.cost.backtest import Check, Score
from core.cost.estimate import Estimate
from core.cost.hardware import gpu
from core.cost.host import SEED_BYTES
from core.cost.layout import choose_plan
from core.cost.served import ServingEstimate
from core.cost.sheet import Sheet
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


def cards(estimate: TrainingEstimate | ServingEstimate, language: str) -> str:
    """How many of which card: "one A100 80 GB SXM"."""
    key = "card_one" if estimate.gpus == 1 else "card_many"
    return t(f"cost.{key}", language, n=estimate.gpus, gpu=estimate.gpu.title)


def answer(sheet: Sheet, language: str) -> str:
    """The answer under the page's question."""
    found = sheet.training
    values = {
        "cards": cards(found, language),
        "usd": usd(found.usd.value if found.usd else None),
        "time": hours(found.hours.value, language),
        "memory": gib(found.memory_bytes.value, language),
        "high": gib(found.memory_bytes.high, language),
        "capacity": gib(found.gpu.memory_bytes, language),
    }
    advice = found.advice.say(language) if found.advice else ""
    unpriced = found.usd is None and found.fit != "no"
    key = "unpriced" if unpriced else found.fit
    return t(f"cost.answer.{key}", language, advice=advice, **values)


def _fits_small(found: TrainingEstimate) -> bool:
    plan = found.plan
    lengths = int(plan.length), plan.target_length
    return choose_plan(found.shape, SMALL, found.gpus, found.method, *lengths)[1]


def memory(found: TrainingEstimate, language: str) -> str:
    """Does it fit?"""
    card = gib(found.gpu.memory_bytes, language)
    if found.fit == "fits" and found.gpu.memory_bytes > SMALL.memory_bytes and _fits_small(found):
        return t("cost.finding.memory_small", language, small=gib(SMALL.memory_bytes, language))
    room = max(0.0, found.gpu.memory_bytes - found.memory_bytes.value)
    over = max(0.0, found.memory_bytes.value - found.gpu.memory_bytes)
    return t(f"cost.finding.memory_{found.fit}", language, card=card, room=gib(room, language),
             over=gib(over, language))  # fmt: skip


def time_by_gpus(found: tuple[TrainingEstimate, ...], language: str) -> str:
    """What more GPUs do to the time."""
    if len(found) < 2:
        return t("cost.finding.none_fits" if not found else "cost.finding.one_fits", language)
    first, last = found[0], found[-1]
    times = number(first.hours.value / last.hours.value, 2)
    return t("cost.finding.time", language, gpus=last.gpus, before=first.gpus, times=times,
             time=hours(last.hours.value, language))  # fmt: skip


def money_by_gpus(found: tuple[TrainingEstimate, ...], language: str) -> str:
    """What more GPUs do to the bill."""
    if len(found) < 2:
        return t("cost.finding.money_alone", language)
    first, last = found[0].usd, found[-1].usd
    if first is None or last is None:
        return t("cost.finding.money_unknown", language, gpu=found[0].gpu.title)
    change = last.value / first.value - 1
    if abs(change) < SAME_MONEY:
        return t("cost.finding.money_same", language)
    key = "money_more" if change > 0 else "money_less"
    return t(f"cost.finding.{key}", language, share=number(100 * abs(change), 2))


def errors(error: Score, language: str) -> str:
    """How good past estimates were."""
    inside = round(error.within * error.n)
    return t("cost.finding.errors", language, inside=inside, n=error.n)


def misses(found: tuple[Check, ...], within: float, most: int) -> list[Check]:
    """The runs that were estimated worst, at most `most` of those outside the band."""
    outside = [check for check in found if abs(check.error) > within]
    return sorted(outside, key=lambda check: -abs(check.error))[:most]


def serving(found: tuple[ServingEstimate, ...], language: str) -> str:
    """Which card serves cheapest."""
    able = [one for one in found if per_million(one) is not None]
    if not able:
        return t("cost.finding.serving_none", language)
    best = min(able, key=lambda one: per_million(one) or 0.0)
    kind = "output" if best.shape.generates else "input"
    return t(f"cost.finding.serving_{kind}", language, usd=usd(per_million(best)),
             cards=cards(best, language))  # fmt: skip


def million(found: ServingEstimate) -> Estimate | None:
    """Dollars of a million tokens: written ones, or read ones where none are written."""
    if found.shape.generates:
        return found.usd_per_million_output_tokens
    return found.usd_per_million_input_tokens


def per_million(found: ServingEstimate) -> float | None:
    """The value of `million`."""
    estimate = million(found)
    return estimate.value if estimate else None


def host(found: TrainingEstimate, language: str) -> str:
    """Is the recommended memory beside the GPU enough?"""
    key = "host_enough" if found.host_memory_bytes <= SEED_BYTES else "host_more"
    return t(f"cost.finding.{key}", language, needs=gib(found.host_memory_bytes, language),
             seed=gib(SEED_BYTES, language))  # fmt: skip


def energy(found: TrainingEstimate, language: str) -> str:
    """Electricity and CO2."""
    return t("cost.finding.energy", language, kwh=number(found.energy_kwh.value, 2),
             kg=number(found.co2_kg.value, 2))  # fmt: skip
