"""The readings of a plan: how surely it is best, its cost, break-even, how long money lasts."""

import shlex
from typing import Any

from core.evaluate.share import share
from core.strategy.answer import deciding_pair, option_of
from core.strategy.figures import percent, requests
from core.strategy.plan import DRAWS
from core.text.format import number, round_up
from dashboard import plan_words as words
from dashboard import ui
from dashboard.plan_shown import Shown

t = ui.t

Document = dict[str, Any]


def items(document: Document) -> list[ui.Reading]:
    """Four readings of the recommended option; two where there is none."""
    chosen = document["recommended_option"]
    if chosen is None:
        return [_none(document), *_even(document)]
    row = option_of(document, chosen)
    return [_best(document, row), _month(document, row), *_even(document), _runway(document, row)]


def _best(document: Document, row: Document) -> ui.Reading:
    return _share(document, "best", row["probability_best"], option=ui.literal(row["option"]))


def _none(document: Document) -> ui.Reading:
    return _share(document, "none", document["probability_none"])


def _share(document: Document, key: str, value: float, **names: str) -> ui.Reading:
    """A share of the futures, with the error of having drawn only so many."""
    n = document["draws"]
    found = share(value * n, n)
    low, high = (found.low, found.high) if found else (value, value)
    return ui.Reading(
        t(f"strategy_page.reading.{key}"), percent(value), "estimated",
        words.span(percent(low), percent(high)), t("strategy_page.reading.futures", n=f"{n:,}"),
        ui.Needle(100 * value, 100 * low, 100 * high, 0, 100),
        t(f"strategy_page.reading.{key}_help", **names),
    )  # fmt: skip


def _month(document: Document, row: Document) -> ui.Reading:
    cost = row["cost_month_usd"]
    ranged = words.dollars(cost)
    needle = ui.Needle(cost["p50"], cost["p5"], cost["p95"], 0, round_up(1.2 * cost["p95"]))
    return ui.Reading(
        t("strategy_page.reading.month"), words.money(cost["p50"]), "estimated", ranged,
        t("strategy_page.reading.ninety") if ranged else None, needle if ranged else None,
        t("strategy_page.reading.month_help", option=ui.literal(row["option"]),
          months=document["horizon_months"]),
    )  # fmt: skip


def _even(document: Document) -> list[ui.Reading]:
    pair = deciding_pair(document)
    if pair is None:
        return []
    label, value = t("strategy_page.reading.even"), words.volume(pair["requests_per_day"])
    about = t("strategy_page.reading.even_help", a=ui.literal(pair["a"]), b=ui.literal(pair["b"]))
    if not pair["requests_per_day"]:
        return [ui.Reading(label, value, "estimated", help=about)]
    ranged = words.volumes(pair)
    today = document["demand"]["requests_per_day"]
    low, high = pair["low"], pair["high"]
    needle = None
    if low is not None and high is not None:
        end = round_up(1.2 * max(high, today))
        needle = ui.Needle(pair["requests_per_day"], low, high, 0, end, today,
                           t("strategy_page.reading.today"))  # fmt: skip
    return [ui.Reading(
        label, t("common.approximately", value=requests(pair["requests_per_day"], ui.lang())),
        "estimated", ranged, t("strategy_page.reading.estimate") if ranged else None, needle, about,
    )]  # fmt: skip


def _runway(document: Document, row: Document) -> ui.Reading:
    horizon, months = document["horizon_months"], row["runway_months"]
    value = words.runway(document, months["p50"], short=False)
    if months["p50"] is not None:
        value = t("strategy_page.reading.runway_value", months=number(months["p50"], 2))
    ranged = words.span(*(words.runway(document, months[end]) for end in ("p5", "p95")))
    ends = [horizon if months[end] is None else months[end] for end in ("p50", "p5", "p95")]
    return ui.Reading(
        t("strategy_page.reading.runway"), value, "estimated", ranged,
        t("strategy_page.reading.ninety") if ranged else None,
        ui.Needle(ends[0], ends[1], ends[2], 0, horizon, document["company"]["raise_months"],
                  t("strategy_page.reading.raising")) if ranged else None,
        t("strategy_page.reading.runway_help", option=ui.literal(row["option"])),
    )  # fmt: skip


def provenance(shown: Shown) -> None:
    """The chip, and how the numbers are had from the command line."""
    document, path = shown.document, shown.source.path
    chips = t("strategy_page.how.chip", plan=path.stem, n=f"{document['draws']:,}",
              seed=document["seed"], **words.dates(document))  # fmt: skip
    draws = "" if document["draws"] == DRAWS else f" --draws {document['draws']}"
    command = f"assay plan {shlex.quote(str(path))}{draws} --json"
    detail = t("strategy_page.how.detail")
    if shown.draft.changed:
        chips = f"{chips} · {t('strategy_page.how.changed')}"
        command = f"assay plan {shlex.quote(f'{path.stem}.toml')}{draws} --json"
        detail = f"{detail}\n\n{t('strategy_page.how.changed_command')}"
    ui.provenance(chips, command, detail)
