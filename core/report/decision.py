"""Page one: the question, the answer, what it hangs on, and four readings."""

from core.report import words
from core.report.evidence import Evidence
from core.report.markup import Html, badge, bold, joined, listed, tag
from core.report.readings import card, readings
from core.report.words import Document, Row
from core.strategy.answer import answer
from core.strategy.summary import beyond
from core.text.catalog import t

MOST_FLIPS = 4
"""Of what would change the answer, the nearest; the others stand under the risks."""
STAR = "\ue000"
"""Stands for an asterisk of a name while those around it make a sentence bold."""


def decision(document: Document, evidence: Evidence, language: str) -> Html:
    """The cover."""
    return tag(
        "section",
        _head(evidence, language),
        tag("h1", document["title"]),
        tag("p", said(document, language), class_="answer"),
        tag("p", ("" if language == "zh" else " ").join(beyond(document, language))),
        tag("div", *(card(one, language) for one in readings(document, language)),
            class_="readings"),
        tag("p", _chip(document, language), class_="chip"),
        _list("reasons", document["reasons"], language),
        _flips(document, language),
        _list("warnings", own_warnings(document), language),
        class_="cover",
    )  # fmt: skip


def said(document: Document, language: str) -> Html:
    """The answer, its two figures strong; asterisks of a name are asterisks."""
    text = answer(document, language, lambda name: name.replace("*", STAR))
    return Html(bold(text).replace(STAR, "*"))


def _head(evidence: Evidence, language: str) -> Html:
    mark = Html(
        '<svg width="22" height="22" viewBox="1 3 22 22" aria-hidden="true"><rect x="1" y="3" '
        'width="22" height="22" rx="4" fill="#17202A"/><path d="M6 19.5 L18 8.5" stroke="#E0B03F" '
        'stroke-width="3" stroke-linecap="round"/><path d="M10.5 21 L19 13.2" stroke="#8C98A4" '
        'stroke-width="2" stroke-linecap="round"/></svg>'
    )
    return tag(
        "header", tag("span", mark, tag("b", "Assay"), class_="brand"),
        tag("span", t("report.name", language), " · ", evidence.made_at[:10]), class_="strip",
    )  # fmt: skip


def _chip(document: Document, language: str) -> str:
    return t("report.chip", language, plan=document["plan"], date=document["prices_as_of"],
             months=document["horizon_months"], start=document["start"],
             draws=f"{document['draws']:,}", seed=document["seed"])  # fmt: skip


def own_warnings(document: Document) -> list[Row]:
    """Those about the recommended option: the others stand under the risks."""
    chosen = document["recommended_option"]
    return [row for row in document["warnings"] if row.get("option") == chosen]


def _list(key: str, rows: list[Row], language: str) -> Html:
    """Sentences under their heading; nothing where there are none."""
    if not rows:
        return Html("")
    mark = [" ", badge("risk", language)] if key == "warnings" else []
    return tag("div", tag("h2", t(f"report.head.{key}", language), *mark),
               listed([words.sentence(row, language) for row in rows]), class_="part")  # fmt: skip


def _flips(document: Document, language: str) -> Html:
    """What would change the answer, and in how many futures there is none."""
    rows = [words.sentence(row, language) for row in document["flips"][:MOST_FLIPS]]
    inside = listed(rows) if rows else tag("p", t("strategy_page.table.no_flips", language))
    none = document["probability_none"]
    share = words.share(none, language)
    note = (
        [tag("p", t("report.none_reaches", language, share=share), class_="note")] if none else []
    )
    return tag("div", tag("h2", t("strategy_page.table.flips", language)), inside, joined(note),
               class_="part")  # fmt: skip
