"""The answers one by one: filtered, sorted, paged; what flipped; one of them in full."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.evaluate import notation
from core.evaluate.flags import FLAGS
from core.evaluate.flips import Flips, flips
from core.evaluate.metrics import Metric, metric
from core.evaluate.rows import Row, choose
from dashboard import cache, example, slices, state, ui
from dashboard.contest import View

t = ui.t

PAGE_ROWS, PRESENTED_ROWS = 50, 5
TABLE_PIXELS = 380
SORTS = ("lost", "worst", "best", "changed", "order")


@dataclass(frozen=True)
class _Chosen:
    """What the reader wants to see."""

    sort: str
    text: str = ""
    flag: str | None = None
    places: tuple[int, ...] | None = None


def section(view: View) -> None:
    """The whole section: flips, filters, table, and the chosen example."""
    rows = _rows(view)
    row = metric(metric(view.metric).example)
    made = flips(view.changes) if view.changes else None
    st.subheader(_finding(view, made, len(rows)), anchor=False)
    if ui.presenting():
        found = choose(rows, higher_is_better=row.higher_is_better is not False,
                       sort=SORTS[0] if made else SORTS[1])  # fmt: skip
        _table(view, found[:PRESENTED_ROWS], row)
        return
    if made:
        st.caption(t("where.flips.words", rate=f"{100 * made.negative_rate:.1f} %"))
    wanted = _filters(view, rows, made)
    found = choose(
        rows, higher_is_better=row.higher_is_better is not False, sort=wanted.sort,
        text=wanted.text, flag=wanted.flag, places=wanted.places,
    )  # fmt: skip
    if not found:
        st.markdown(t("where.examples.none"))
        return
    page = 1
    if len(found) > PAGE_ROWS:
        pages = -(-len(found) // PAGE_ROWS)
        page = st.pagination(pages, key=f"examples-page-{hash(wanted)}-{len(found)}")
    start = (page - 1) * PAGE_ROWS
    shown = found[start : start + PAGE_ROWS]
    st.caption(t("where.examples.words", first=f"{start + 1:,}", last=f"{start + len(shown):,}",
                 found=f"{len(found):,}", n=f"{len(rows):,}"))  # fmt: skip
    mark = f"{hash(wanted)}-{page}"
    example.detail(view, _table(view, shown, row, mark=mark))


def _rows(view: View) -> tuple[Row, ...]:
    a = view.comparison.a if view.comparison else None
    return cache.rows(state.workspace(), view.b, a, view.metric)


def _finding(view: View, made: Flips | None, n: int) -> str:
    if made is None:
        return t("where.examples.finding_one", n=f"{n:,}", b=ui.literal(view.b_name))
    return t("where.flips.finding", n=f"{made.n:,}", a=ui.literal(view.a_name),
             b=ui.literal(view.b_name), worse=f"{made.count('worse'):,}",
             better=f"{made.count('better'):,}")  # fmt: skip


def _filters(view: View, rows: Sequence[Row], made: Flips | None) -> _Chosen:
    """The flips as buttons, and a strip of text, flag, slice and order."""
    places = _flipped(made, rows) if made else None
    present = {flag for row in rows for flag in row.flags}
    flags = [None, *(flag for flag in FLAGS if flag in present)]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        text = st.text_input(t("where.control.text"), key="examples-text", width=220)
        flag = None
        if len(flags) > 1:
            flag = st.selectbox(
                t("where.control.flag"), flags, key=f"examples-flag-{view.b.evaluation}", width=210,
                format_func=lambda one: t(f"where.slice.{one}" if one else "where.control.any"),
            )  # fmt: skip
        part = _sliced(view)
        sorts = SORTS if made else SORTS[1:3] + SORTS[4:]
        sort = st.selectbox(
            t("where.control.sort"), sorts, key=f"examples-sort-{len(sorts)}", width=210,
            format_func=lambda one: t(f"where.sort.{one}"),
        )  # fmt: skip
    if part is not None:
        places = part if places is None else tuple(sorted(set(part) & set(places)))
    return _Chosen(sort, text or "", flag, places)


def _flipped(made: Flips, rows: Sequence[Row]) -> tuple[int, ...] | None:
    """The places of the flip that was chosen; None = all."""
    kinds = ["all", *made.ids]
    kind = state.section(
        t("where.control.flip"), "flip", kinds, key="examples-flip",
        show=lambda one: f"{t(f'where.flip.{one}')} "
        f"({made.n if one == 'all' else made.count(one):,})",
    )  # fmt: skip
    if kind == "all":
        return None
    ids = set(made.ids[kind])
    return tuple(row.place for row in rows if row.id in ids)


def _sliced(view: View) -> tuple[int, ...] | None:
    """The places of the slice that the Slices section handed over, with its box; None = all."""
    if state.given("slice") is None or not slices.can(view):
        return None
    found = slices.measured(view)
    names = [slices.key(row) for row in found.rows]
    titles = dict(zip(names, (slices.name(row) for row in found.rows), strict=True))
    kind = state.choose(
        t("where.control.slice"), "slice", ["all", *names], key="examples-slice",
        show=lambda one: titles.get(one, t("where.control.any")),
    )  # fmt: skip
    return found.members[names.index(kind)] if kind in titles else None


def _table(view: View, shown: Sequence[Row], row: Metric, *, mark: str | None = None) -> Row | None:
    """The table of literal text; returns the row that is chosen, else the first.

    `mark` says which rows these are, so that a choice is forgotten with them; None = no choosing.
    """
    by, column = notation.factor(row.unit), st.column_config
    said = {"b": t("evaluate.examples.said", model=view.b_name)}
    if view.comparison:
        said = {"a": t("evaluate.examples.said", model=view.a_name), **said}
    texts = {name: t(f"evaluate.examples.{name}") for name in ("id", "input", "context",
                                                               "reference")}  # fmt: skip
    title = notation.axis(row.name, row.unit, ui.lang())
    config: dict[str, Any] = {
        key: column.TextColumn(label, width="small" if key == "id" else None)
        for key, label in {**texts, **said}.items()
    }
    config["score"] = column.NumberColumn(title, format="%.1f", width="small")
    config["gain"] = column.NumberColumn(t("where.examples.gain"), format="%+.1f", width="small")
    config["flags"] = column.ListColumn(t("where.examples.flags"), width="medium")
    options: dict[str, Any] = {}
    if mark:
        options = {"on_select": "rerun", "selection_mode": "single-row"}
    chosen = ui.table(
        [_cells(one, by) for one in shown], key=f"examples-{'-'.join(said)}-{mark}",
        column_config=config, alt=t("evaluate.examples.alt"),
        height="content" if len(shown) <= PRESENTED_ROWS else TABLE_PIXELS, **options,
    )  # fmt: skip
    if mark is None:
        return None
    places = [place for place in chosen.selection.rows if place < len(shown)]
    return shown[places[0] if places else 0]


def _cells(row: Row, by: float) -> dict[str, Any]:
    made = row.example
    context = {"context": made["context"]} if "context" in made else {}
    other = {"a": row.other["prediction"]} if row.other else {}
    return {
        "id": row.id,
        **({"gain": None if row.gain is None else by * row.gain} if row.other else {}),
        "score": None if row.score is None else by * row.score,
        "flags": [t(f"where.slice.{flag}") for flag in row.flags],
        "input": made["input"], **context, "reference": made["reference"], **other,
        "b": made["prediction"],
    }  # fmt: skip
