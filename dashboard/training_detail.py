"""What lies under a run: forgetting beside replay, the first batch, the log."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.charts import runs as charts
from core.errors import AssayError
from core.evaluate import notation
from core.evaluate.metrics import metric
from core.jobs.log import LAST, read_log
from core.train.forgetting import Forgot, forgetting
from core.train.request import command_of
from core.train.runs import Run
from dashboard import cache, state, ui

t = ui.t
FIRST_ROWS = 32
"""Rows of a batch that are listed."""


def replay(run: Run, runs: Sequence[Run]) -> None:
    """What the run forgot, beside runs like it with another share of replay."""
    rows = forgetting(run, runs)
    if len(rows) < 2:
        return
    sentence = _forgot(rows)
    general = run.general or {}
    ui.chart(
        sentence,
        t("train.replay.plotted", dataset=ui.literal(general["dataset"]),
          n=f"{rows[0].score['n']:,}"),
        charts.forgetting(rows, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("train.replay.alt", finding=sentence),
        source=t("train.replay.source", run=ui.literal(run.run)), key="replay",
    )  # fmt: skip


def _forgot(rows: Sequence[Forgot]) -> str:
    """The finding: with both, what replay saved; else what the run itself did."""
    base, tuned = rows[0], rows[1:]
    name = base.score["metric"]

    def value(row: Forgot) -> str:
        return notation.number(row.score["value"], row.score["unit"], ui.lang())

    said = {"metric": notation.title(name, ui.lang()), "base": value(base)}
    without = next((row for row in tuned if not row.share), None)
    with_replay = [row for row in tuned if row.share]
    if without and with_replay:
        sign = 1 if metric(name).higher_is_better else -1
        best = max(with_replay, key=lambda row: sign * row.score["value"])
        gain = sign * (best.score["value"] - without.score["value"])
        key = "tie" if _overlap(best, without) else "helped" if gain > 0 else "no_help"
        return t(f"train.replay.{key}", without=value(without), with_=value(best),
                 share=f"{100 * (best.share or 0):.0f}", **said)  # fmt: skip
    key = "alone" if without else "alone_replay"
    return t(f"train.replay.{key}", tuned=value(tuned[0]),
             share=f"{100 * (tuned[0].share or 0):.0f}", **said)  # fmt: skip


def _overlap(a: Forgot, b: Forgot) -> bool:
    """Whether two 95 % intervals have a part in common; True where one is not known."""
    ends = (a.score["low"], a.score["high"], b.score["low"], b.score["high"])
    return None in ends or (ends[0] <= ends[3] and ends[2] <= ends[1])


def batch(request: dict[str, Any]) -> None:
    """The first batch as the model sees it, where somebody opens it: it needs the tokenizer."""
    if ui.presenting():
        return
    opened = st.expander(t("train.batch.title"), icon=":material/token:", key="first-batch",
                         on_change="rerun")  # fmt: skip
    if not opened.open:
        return
    with opened:
        try:
            with st.spinner(t("train.batch.making")):
                found = cache.first_batch(state.workspace(), request)
        except AssayError as error:
            st.markdown(ui.mark("risk"))
            st.text(str(error))
            return
        _batch(found, f"{command_of(request)} --dry-run --no-probe --show-batch --json")


def _batch(found: dict[str, Any], printed_by: str) -> None:
    rows = found["rows"]
    if not found["whole"]:
        st.caption(t("train.batch.part", rows=f"{found['considered_rows']:,}"))
    st.markdown(
        t("train.batch.words", rows=len(rows), columns=found["input_tokens"],
          padding=f"{100 * found['padding_share']:.0f}", learnt=f"{found['learnt_tokens']:,}",
          cut=sum(row["cut_input"] or row["cut_target"] for row in rows))
    )  # fmt: skip
    chips = st.column_config.ListColumn(width="large")
    listed = rows[:FIRST_ROWS]
    columns: dict[str, list[Any]] = {
        t("train.batch.row"): list(range(1, len(listed) + 1)),
        t("train.batch.input"): [row["tokens"] for row in listed],
        t("train.batch.target"): [row["target"] for row in listed],
        t("train.batch.pads"): [row["padding"] for row in listed],
        t("train.batch.cut"): [
            t("train.batch.yes") if row["cut_input"] or row["cut_target"] else "" for row in listed
        ],
    }
    formats = {t("train.batch.input"): chips, t("train.batch.target"): chips}
    ui.table(columns, key="batch", column_config=formats, height=ui.height(len(listed)))
    number = st.number_input(t("train.batch.look"), 1, len(rows), 1, key="batch-row", width=170)
    _row(rows[int(number) - 1])
    st.code(printed_by, language=None, wrap_lines=True)


def _row(row: dict[str, Any]) -> None:
    """One row, position by position: input, and what the loss counts."""
    length = max(len(row["input"]), len(row["labels"]))

    def at(cells: list[dict[str, Any]], place: int, field: str) -> Any:
        return cells[place][field] if place < len(cells) else None

    roles = {name: t(f"train.batch.{name}") for name in ("text", "special", "padding")}
    counted = {True: t("train.batch.counted"), False: t("train.batch.ignored")}
    columns = {
        t("train.batch.position"): list(range(length)),
        t("train.batch.token"): [at(row["input"], n, "token") for n in range(length)],
        t("train.batch.id"): [at(row["input"], n, "id") for n in range(length)],
        t("train.batch.role"): [roles.get(at(row["input"], n, "role"), "") for n in range(length)],
        t("train.batch.label"): [at(row["labels"], n, "token") for n in range(length)],
        t("train.batch.loss"): [
            counted.get(at(row["labels"], n, "counted"), "") for n in range(length)
        ],
    }
    ui.table(columns, key="batch-tokens", height=ui.height(length))


def log(job_id: str, *, live: bool) -> None:
    """The log, where somebody opens it; searched as it grows."""
    if ui.presenting():
        return
    opened = st.expander(t("train.log.title"), icon=":material/subject:", key="log",
                         on_change="rerun")  # fmt: skip
    if opened.open:
        with opened:
            st.fragment(_log, run_every=5 if live else None)(job_id)


def _log(job_id: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        words = st.text_input(t("train.log.search"), key="log-words", max_chars=200, width=280,
                              help=t("train.log.search_help"))  # fmt: skip
        last = st.number_input(t("train.log.last"), 1, 5_000, LAST, 100, key="log-last", width=150)
    try:
        found = read_log(state.workspace(), job_id, int(last), words)
    except AssayError as error:
        st.text(str(error))
        return
    st.caption(
        t("train.log.found" if words else "train.log.lines", shown=f"{len(found.lines):,}",
          n=f"{found.found:,}")
    )  # fmt: skip
    if found.lines:
        column = st.column_config.TextColumn(width="large")
        ui.table(
            {t("train.log.line"): found.lines},
            key="log-lines",
            column_config={t("train.log.line"): column},
            height=ui.height(len(found.lines)),
        )
