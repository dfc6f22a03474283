"""What could go wrong: the regret of each option, the shocks, the inputs that turn the answer."""

from collections.abc import Sequence

from core.charts import plan_figures, planned
from core.report import words
from core.report.decision import MOST_FLIPS, own_warnings
from core.report.evidence import Evidence
from core.report.markup import Html, badge, chart, joined, listed, table, tag
from core.report.options import SCHEME
from core.report.words import DASH, Document, Row
from core.strategy import findings
from core.strategy.figures import percent
from core.strategy.say import shock_label
from core.strategy.shock_words import effects
from core.text.catalog import t
from core.text.format import number
from core.units import KILO

MOST_INPUTS = 6
"""Drawn on paper; all are in the table behind."""
COLUMNS = 5
"""Shocks beside each other in one table."""


def risks(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 6."""
    return tag(
        "section", tag("h2", t("report.head.risks", language)), _regret(document, language),
        _shocks(document, language), _tornado(document, language), _flips(document, language),
        _warnings(document, language),
    )  # fmt: skip


def _tornado(document: Document, language: str) -> Html:
    if not document["tornado"]:
        return tag("p", findings.tornado(document, language))
    drawn = {**document, "tornado": document["tornado"][:MOST_INPUTS]}
    names = ("input", "low", "high", "at_low", "at_high", "flips_at", "flips_to")
    return chart(
        plan_figures.tornado(drawn, SCHEME, language),
        finding=findings.tornado(document, language),
        plotted=words.plotted(document, "tornado", language),
        source=words.source(document, language),
        head=[t(f"strategy_page.table.{name}", language) for name in names],
        rows=[_bar(row, language) for row in document["tornado"]], language=language,
    )  # fmt: skip


def _bar(row: Row, language: str) -> tuple[str, ...]:
    """An input: its ends, the lead at each, where it turns the answer, and who leads then."""
    leads = [row[f"gain_at_{end}_usd"] for end in ("low", "high")]
    turned = (DASH, DASH)
    if row["flips_at"] is not None:
        nobody = t("strategy_page.compare.nothing", language)
        turned = (planned.amount(row, row["flips_at"], language), row["flips_to"] or nobody)
    return (
        planned.input_name(row, language),
        *(planned.amount(row, row[end], language) for end in ("low", "high")),
        *(t("plan_figures.tornado.out", language) if lead is None else number(lead, 3, sign=True)
          for lead in leads),
        *turned,
    )  # fmt: skip


def _flips(document: Document, language: str) -> Html:
    """What else would change the answer: the nearest stand on the cover."""
    rows = document["flips"][MOST_FLIPS:]
    if not rows:
        return Html("")
    return tag("div", tag("h3", t("report.head.more_flips", language)),
               listed([words.sentence(row, language) for row in rows]))  # fmt: skip


def _regret(document: Document, language: str) -> Html:
    """What each option leaves less than the best one in each future, in thousand US$."""
    rows = [row for row in document["regret"] if row["regret_usd"] is not None]
    if len({row["option"] for row in rows}) < 2:  # one alone has nothing to regret
        return Html("")
    cases = list(dict.fromkeys(row["shock"] for row in rows))
    held = {(row["shock"], row["option"]): row["regret_usd"] for row in rows}
    tables = [
        _regrets(document, cases[first : first + COLUMNS], held, language)
        for first in range(0, len(cases), COLUMNS)
    ]
    return tag("div", tag("h3", findings.regret(document, language)),
               tag("p", t("report.plotted.regret", language), class_="plotted"),
               joined(tables))  # fmt: skip


def _regrets(
    document: Document, cases: Sequence[str | None], held: dict[tuple[str | None, str], float],
    language: str,
) -> Html:  # fmt: skip
    names = [t("strategy_page.table.planned", language) if case is None
             else shock_label(case, language) for case in cases]  # fmt: skip
    options = list(dict.fromkeys(option for _, option in held))
    worst = findings.largest_regret(document)
    rows = [
        (option, *(_thousand(held[case, option]) for case in cases), _thousand(worst[option]))
        for option in options
    ]
    least = document["minimax_option"]
    head = [t("report.column.option", language), *names,
            t("strategy_page.table.largest", language)]  # fmt: skip
    return table(head, rows, numbers=range(1, len(head)),
                 strong=options.index(least) if least in options else None,
                 class_="small regret")  # fmt: skip


def _thousand(value: float) -> str:
    return number(value / KILO, 3) if value >= 1 else "0"


def _shocks(document: Document, language: str) -> Html:
    """What each shock does, how probable it is, and where its numbers come from."""
    names = ("shock", "probability", "month_number", "lasts_months", "effect", "source")
    known = document["shocks"]
    key = "tried" if all(row["probability"] is None for row in known) else "own"
    return tag(
        "div", tag("h3", t("strategy_page.table.shocks", language)),
        tag("p", t(f"strategy_page.table.shocks_{key}", language), class_="plotted"),
        table([t(f"strategy_page.table.{name}", language) for name in names],
              [_shock(row, language) for row in known], numbers=(1, 2, 3), texts=(0, 4, 5),
              class_="small"),
    )  # fmt: skip


def _shock(row: Row, language: str) -> tuple[str, ...]:
    chance, month, lasts = (row[key] for key in ("probability", "month", "duration_months"))
    return (
        shock_label(row["name"], language),
        DASH if chance is None else percent(chance),
        t("strategy_page.table.any", language) if month is None else f"{month:g}",
        t("strategy_page.table.stays", language) if lasts is None else f"{lasts:g}",
        words.joined(effects(row, language), language), row["source_text"][language],
    )  # fmt: skip


def _warnings(document: Document, language: str) -> Html:
    """The warnings that are not on the cover."""
    own = own_warnings(document)
    others = [words.sentence(row, language) for row in document["warnings"] if row not in own]
    if not document["warnings"]:
        return tag("p", t("report.no_warnings", language))
    if not others:
        return Html("")
    head = tag("h3", t("report.head.other_warnings", language), " ", badge("risk", language))
    return tag("div", head, listed(others))
