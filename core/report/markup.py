"""HTML from plain text: everything is escaped unless it is markup that was made here."""

import html
import json
from collections.abc import Iterable, Sequence
from typing import Any

import plotly.graph_objects as go

from core.text.catalog import t

VOID = ("br",)
SHORT = 8
"""Rows of a table that is not broken over two pages."""
Cell = object
"""What a table shows: a text to escape, or `Html`."""


class Html(str):
    """Markup made by this package: it is not escaped again."""

    __slots__ = ()


def escaped(text: object) -> Html:
    """A text as literal HTML; markup of this package as it is."""
    return text if isinstance(text, Html) else Html(html.escape(str(text), quote=True))


def joined(parts: Iterable[object], between: str = "\n") -> Html:
    """Pieces one after the other, each escaped unless it is markup."""
    return Html(between.join(escaped(part) for part in parts))


def tag(name: str, *inside: object, **attributes: str) -> Html:
    """An element; `class_` is the attribute class, and `aria_label` is aria-label."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value, quote=True)}"'
        for key, value in attributes.items()
    )
    end = "" if name in VOID else f"</{name}>"
    return Html(f"<{name}{given}>{joined(inside, '')}{end}")


def listed(sentences: Sequence[object]) -> Html:
    """Sentences as a list; nothing where there are none."""
    if not sentences:
        return Html("")
    return tag("ul", *(tag("li", sentence) for sentence in sentences))


def bold(text: str) -> Html:
    """A sentence whose parts between two asterisks are strong; nothing else in it is markup."""
    pieces = enumerate(text.split("**"))
    return joined((tag("strong", piece) if place % 2 else piece for place, piece in pieces), "")


def table(
    head: Sequence[str], rows: Sequence[Sequence[Cell]], *, numbers: Iterable[int] = (),
    texts: Iterable[int] = (0,), strong: int | None = None, class_: str = "",
) -> Html:  # fmt: skip
    """A table of literal text.

    Args:
        head: Names of the columns.
        rows: Their cells; a row of one cell is the heading of those below it.
        numbers: Columns of numbers, which stand at the right and are not broken.
        texts: Columns of what somebody wrote, which may be long and are broken anywhere.
        strong: The row that the reader looks for.
        class_: Of the table.
    """
    right, long = set(numbers), set(texts)
    align = ["n" if place in right else "t" if place in long else "" for place in range(len(head))]
    top = [tag("th", name.replace(" %", "\u00a0%"), scope="col", class_=kind)
           for name, kind in zip(head, align, strict=True)]  # fmt: skip
    bodies: list[list[Html]] = [[]]
    for place, row in enumerate(rows):
        if len(row) == 1:
            name = tag("th", row[0], scope="rowgroup", colspan=str(len(head)))
            bodies.append([tag("tr", name, class_="group")])
            continue
        cells = [tag("td", cell, class_=kind) for cell, kind in zip(row, align, strict=True)]
        bodies[-1].append(tag("tr", *cells, class_="strong" if place == strong else ""))
    inside = [tag("thead", tag("tr", *top)), *(tag("tbody", *body) for body in bodies if body)]
    whole = " short" if len(rows) <= SHORT else ""
    return tag("div", tag("table", *inside, class_=class_), class_=f"wide{whole}", tabindex="0")


def over(value: str, around: str) -> Html:
    """A value and, on a line of its own, its range."""
    return joined(
        [value, *([tag("br"), tag("span", around, class_="range")] if around else [])], ""
    )


def badge(kind: str, language: str) -> Html:
    """The word that says how a number is known."""
    return tag("span", t(f"common.badge.{kind}", language), class_=f"badge {kind}")


def missing(sentence: str, command: str | None = None) -> Html:
    """What is not there, and the command that makes it."""
    return tag("p", advice(sentence, command), class_="missing")


def advice(sentence: str, command: str | None) -> Html:
    """A sentence, and the command it speaks of."""
    return joined([sentence, *([" ", tag("code", command)] if command else [])], "")


def as_json(value: object) -> Html:
    """JSON for a data block: nothing in it can end the element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Html(text)


def chart(
    figure: go.Figure, *, finding: str, plotted: str, source: str, head: Sequence[str],
    rows: Sequence[Sequence[Cell]], language: str,
) -> Html:  # fmt: skip
    """A finding, what is plotted, the figure, its source, and the numbers behind it.

    The figure is drawn by the page's script; where none runs, the table stands open instead.
    """
    drawing: dict[str, Any] = json.loads(figure.to_json())
    height = int(figure.layout.height)
    numbers = table(head, rows, numbers=range(1, len(head)))
    return tag(
        "figure",
        tag("h3", finding),
        tag("p", plotted, class_="plotted"),
        tag("div", class_="chart", role="img", aria_label=f"{finding}. {plotted}",
            style=f"height:{height}px"),
        tag("script", as_json({"data": drawing["data"], "layout": drawing["layout"]}),
            type="application/json"),
        tag("details", tag("summary", t("report.numbers", language)), numbers),
        tag("figcaption", source),
    )  # fmt: skip
