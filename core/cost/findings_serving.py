"""The sentences over a service on the Cost page, computed from the estimates they sit on."""

from collections.abc import Sequence

from core.cost.candidates import ServeCandidate
from core.cost.findings import beside, cards, gib, offer
from core.cost.served import ServingEstimate
from core.text.catalog import t
from core.text.format import duration, number, usd
from core.units import KILO


def answer(found: ServingEstimate, priced: bool, language: str) -> str:
    """The answer under the page's question."""
    if not found.fits:
        advice = found.advice.say(language) if found.advice else ""
        return t("cost_page.answer.serve_no", language, cards=cards(found, language),
                 memory=gib(found.memory.total_bytes, language),
                 capacity=gib(found.gpu.memory_bytes, language), advice=advice)  # fmt: skip
    key = "serve" if priced else "serve_unpriced"
    if found.replicas == 1:
        key += "_one"
    return t(
        f"cost_page.answer.{key}", language, cards=cards(found, language), n=found.replicas,
        usd=usd(found.usd_per_month.value if found.usd_per_month else None, language),
        latency=t(f"cost_page.latency.{'first' if found.time_to_first_token else 'whole'}",
                  language, time=_first(found, language)),
    )  # fmt: skip


def _first(found: ServingEstimate, language: str) -> str:
    first = found.time_to_first_token or found.time_per_request
    return milliseconds(first.value if first else None, language)


def milliseconds(seconds: float | None, language: str) -> str:
    """A short time: "41 ms", "1.2 s"."""
    if seconds is not None and round(KILO * seconds) < KILO:
        return f"{number(KILO * seconds, 2)} ms"
    return duration(seconds, language)


def first_token(found: ServingEstimate, language: str) -> str:
    """How long the first token takes, and whether that is within the target."""
    key = "first" if found.time_to_first_token else "whole"
    return _within(key, _first(found, language), found.load.target.first_seconds, found.late,
                   language)  # fmt: skip


def next_token(found: ServingEstimate, language: str) -> str:
    """How long each further token takes."""
    token = found.time_per_output_token
    return _within("token", milliseconds(token.value if token else None, language),
                   found.load.target.token_seconds, None, language)  # fmt: skip


def _within(key: str, time: str, target: float | None, late: float | None, language: str) -> str:
    if target is None:
        return t(f"cost_page.finding.{key}", language, time=time)
    if late is None:
        return t(f"cost_page.finding.{key}_within", language, time=time,
                 target=milliseconds(target, language))  # fmt: skip
    return t(f"cost_page.finding.{key}_late", language, time=time, late=number(100 * late, 2),
             target=milliseconds(target, language))  # fmt: skip


def day(found: ServingEstimate, language: str) -> str:
    """How many replicas the busiest and the quietest hour need."""
    if found.day is None:
        return ""
    most, least = int(found.day.needed.max()), int(found.day.needed.min())
    if most == least:
        return t(f"cost_page.finding.day_same{'_one' if most == 1 else ''}", language, n=most,
                 use=number(100 * (found.utilisation or 0.0), 2))  # fmt: skip
    saved = 1 - float(found.day.paid.mean()) / most
    return t("cost_page.finding.day", language, most=most, least=least,
             saved=number(100 * saved, 2))  # fmt: skip


def by_card(found: Sequence[ServeCandidate], language: str) -> str:
    """Where a million tokens are cheapest."""
    able = [(one.usd_per_million.value, one) for one in found if one.usd_per_million is not None]
    if not able:
        return t("cost.finding.serving_none", language)
    value, best = min(able, key=lambda pair: pair[0])
    writes = best.estimate is None or best.estimate.shape.generates
    key = "card_one" if best.estimate is None or best.estimate.gpus == 1 else "card_many"
    words = t(f"cost.{key}", language, n=best.estimate.gpus if best.estimate else 1,
              gpu=best.offer.gpu.title)  # fmt: skip
    return t(f"cost.finding.serving_{'output' if writes else 'input'}", language,
             usd=usd(value), cards=words)  # fmt: skip


def candidates(found: Sequence[ServeCandidate], language: str) -> str:
    """Which offer is cheapest by the month, and what the chosen one costs beside it."""
    able = [(one.usd_per_month.value, one) for one in found if one.usd_per_month is not None]
    if not able:
        return t("cost_page.finding.offers_none", language)
    cheapest, best = able[0]
    count = best.estimate.gpus * (best.estimate.replicas or 1) if best.estimate else 1
    words = {
        "usd": usd(cheapest), "offer": offer(best.offer, language), "n": f"{count:,}",
        "gpu": best.offer.gpu.title,
    }  # fmt: skip
    return beside(cheapest, next((v for v, one in able if one.offer.chosen), None),
                  best.offer.chosen, words, language)  # fmt: skip


def memory(found: ServingEstimate, language: str) -> str:
    """How full the card is."""
    card, total = found.gpu.memory_bytes, found.memory.total_bytes
    values = {"card": gib(card, language), "room": gib(max(0.0, card - total), language),
              "over": gib(max(0.0, total - card), language)}  # fmt: skip
    return t(f"cost.finding.memory_{'fits' if found.fits else 'no'}", language, **values)
