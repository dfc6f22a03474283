"""Page anatomy, shared by every page: strip, question, answer, readings, provenance, evidence.

Text that came from a user or a model never goes into Markdown as it is: `literal` first, or
`st.text`, `st.code`, `st.dataframe`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from core import run as core_run
from core.charts import grammar
from core.charts.needle import needle
from core.errors import AssayError
from core.jobs import runner
from core.jobs.job import PAUSABLE, RESUMABLE, Job
from core.jobs.log import read_log
from core.text import catalog
from core.text.format import duration
from core.text.literal import markdown as literal
from dashboard import state

__all__ = [
    "Needle", "Reading", "action", "chart", "controls", "empty", "header", "height", "ink",
    "job_card", "lang", "literal", "mark", "presenting", "provenance", "readings", "scheme", "t",
    "table",
]  # fmt: skip

lang = state.language
presenting = state.presenting

MARKS = {
    "measured": ("gray", ":material/straighten:"),
    "estimated": ("violet", ":material/query_stats:"),
    "parity": ("green", ":material/verified:"),
    "risk": ("yellow", ":material/error:"),
    "failed": ("red", ":material/cancel:"),
    "tie": ("gray", ":material/balance:"),
    "running": ("blue", ":material/progress_activity:"),
    "empty": ("gray", ":material/inbox:"),
    "synthetic": ("orange", ":material/science:"),
}
"""Badges: colour and icon. The word is the text `common.badge.NAME`; colour only repeats it."""


MOST_ROWS_SEEN, ROW_PIXELS = 10, 35
ANSWER_PIXELS = 28
"""Of the answer when it is shown to a room: else it is as large as the theme says."""
NEEDLE_PIXELS = 240
"""Never larger: the signs in it grow along. A narrower card shrinks it."""


def t(key: str, **values: object) -> str:
    """The sentence for `key` in the reader's language."""
    return catalog.t(key, lang(), **values)


def scheme() -> str:
    """Which of "light" and "dark" the reader has."""
    return "dark" if st.context.theme.type == "dark" else "light"


def ink() -> grammar.Tokens:
    """Colours by meaning, for the reader's scheme."""
    return grammar.tokens(scheme())


def mark(kind: str) -> str:
    """A badge as inline Markdown."""
    color, icon = MARKS[kind]
    return f":{color}-badge[{icon} {t(f'common.badge.{kind}')}]"


def action(
    label: str,
    *,
    key: str,
    icon: str | None = None,
    disabled: bool = False,
    on_click: Callable[..., None] | None = None,
) -> bool:
    """The one primary action of a page or a card.

    Streamlit writes white on `primaryColor`; in dark that colour must be light enough to be read as
    text, so there the label has to be dark. The only other CSS enlarges the answer in `header`.
    """
    if scheme() == "dark":
        st.html(
            "<style>[class*='st-key-act-'] button:enabled :is(p, span)"
            f"{{color: {grammar.DARK.ground}}}</style>"
        )
    return st.button(
        label, type="primary", icon=icon, key=f"act-{key}", disabled=disabled, on_click=on_click
    )


def header(section: str, question: str, answer: str, *, marks: Sequence[str] = ()) -> None:
    """Strip, title and answer. `section` is a text key; title = question; answer = one sentence."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(" ".join([t(section), *(mark(kind) for kind in marks)]), width="content")
        with st.container(
            horizontal=True, vertical_alignment="center", width="content", gap="medium"
        ):
            state.switches(t("common.present"), t("common.language"))
    if presenting():
        st.html(f"<style>.st-key-answer h2 {{font-size: {ANSWER_PIXELS}px}}</style>")
    with st.container(gap="xxsmall", key="answer"):
        st.title(question, anchor=False)
        st.header(answer, anchor=False)
        st.space(1)


@dataclass(frozen=True)
class Needle:
    """The small scale under a reading: value, interval, the ends, and one named tick."""

    value: float
    low: float
    high: float
    start: float
    end: float
    reference: float | None = None
    reference_name: str = ""


@dataclass(frozen=True)
class Reading:
    """A number with what makes it one: unit in `value`, interval, n, kind, needle.

    All of these are shown as Markdown: a name that somebody wrote goes through `literal` first.

    `kind` is a key of MARKS ("measured", "estimated", …); `n` says what the interval covers.
    """

    label: str
    value: str
    kind: str
    interval: str | None = None
    n: str | None = None
    needle: Needle | None = None
    help: str | None = None


def readings(items: Sequence[Reading], *, key: str = "readings") -> None:
    """Three or four readings in a row; they wrap on a narrow screen. `key`: of a second row."""
    grid = st.grid(len(items), min_column_width=220, border=True, gap="xsmall", key=key)
    for item in items:
        with grid.cell(), st.container(gap="xsmall"):
            st.metric(
                f"{item.label} {mark(item.kind)}",
                item.value,
                item.interval,
                delta_color="off",
                delta_arrow="off",
                delta_description=item.n,
                help=item.help,
            )
            if item.needle:
                _needle(item.needle, estimated=item.kind == "estimated")


def _needle(n: Needle, *, estimated: bool) -> None:
    picture = needle(
        ink(), n.value, n.low, n.high, n.start, n.end,
        estimated=estimated, reference=n.reference, reference_name=n.reference_name,
    )  # fmt: skip
    words = t(
        "common.needle.alt", value=f"{n.value:.4g}", low=f"{n.low:.4g}", high=f"{n.high:.4g}",
        start=f"{n.start:.4g}", end=f"{n.end:.4g}",
    )  # fmt: skip
    st.image(picture, width=NEEDLE_PIXELS, alt=words)


def provenance(chips: str, command: str, detail: str) -> None:
    """Where the numbers come from, and the command that gives the same ones.

    `chips` is plain text ("n = 1,000 · sacreBLEU 13a · 2026-11-23"); `detail` is Markdown.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(literal(chips), icon=":material/fingerprint:", color="gray")
        with st.popover(t("common.how_we_know"), type="tertiary", icon=":material/info:"):
            st.markdown(detail)
            st.caption(t("common.same_numbers"))
            # No language: Streamlit's own highlighting colours fall short of 4.5:1.
            st.code(command, language=None, wrap_lines=True)


@contextmanager
def controls(*, key: str = "controls") -> Iterator[None]:
    """The one place for controls: a strip between the answer and the evidence.

    `key`: of a further strip, for what belongs to one piece of evidence alone.
    """
    with st.container(key=key, horizontal=True, vertical_alignment="bottom", gap="medium"):
        yield


def chart(
    finding: str, plotted: str, figure: go.Figure, *, alt: str, source: str, key: str
) -> None:
    """A chart: its finding as a heading, what is plotted, the figure, the source."""
    with st.container(gap="xxsmall"):
        st.subheader(finding, anchor=False)
        st.caption(plotted)
        st.plotly_chart(figure, theme=None, config=grammar.CONFIG, alt=alt, key=key)
        st.caption(t("common.source", source=source))


def table(rows: Any, *, key: str, **options: Any) -> Any:
    """A table of literal text: what users and models wrote is shown as it is.

    Args:
        rows: What `st.dataframe` takes.
        key: Unique on the page.
        options: Further arguments of `st.dataframe`; with `on_select` the selection is returned.
    """
    return st.dataframe(rows, hide_index=True, key=key, **options)


def height(rows: int) -> int | Literal["auto"]:
    """How high a table of so many rows is: all of them, or some ten and the rest by scrolling."""
    return "auto" if rows <= MOST_ROWS_SEEN else ROW_PIXELS * (MOST_ROWS_SEEN + 1)


def empty(title: str, words: str, *, kind: str = "empty") -> None:
    """What would be here and what to do; put the action right after it."""
    st.markdown(mark(kind))
    st.subheader(title, anchor=False)
    st.markdown(words)


def job_card(job: Job) -> None:
    """A job under way, paused or ended badly: what it does, how far it is, what to do."""
    if job.state == "succeeded":
        return
    with st.container(border=True, gap="small"):
        name = t(f"job.kind.{job.kind}")
        if job.active:
            _under_way(job, name)
        else:
            badge = mark("risk" if job.state == "paused" else "failed")
            st.markdown(f"{badge} **{name}** {t(f'job.{job.state}')}")
            if job.state == "paused":
                st.caption(t("job.paused_words"))
            if job.error:
                st.text(job.error)
        if not presenting():
            _job_actions(job)
        if job.state in ("failed", "lost"):
            with st.expander(t("common.show_log")):
                st.code(
                    "\n".join(read_log(state.workspace(), job.id).lines),
                    language=None,
                    wrap_lines=True,
                )


def _under_way(job: Job, name: str) -> None:
    words = t(job.message, **job.values) if job.message else t(f"job.{job.state}")
    st.markdown(f"{mark('running')} **{name}** {literal(words)}")
    st.progress(job.progress or 0.0)
    silent = runner.silent_seconds(state.workspace(), job)
    if silent is not None:
        words = t("job.silent", time=duration(silent, lang()))
        st.markdown(f"{mark('risk')} {words}")
    again = t("job.attempt", n=job.attempt) if job.attempt > 1 else ""
    st.caption(" ".join(filter(None, [t("common.goes_on"), again])))


def _job_actions(job: Job) -> None:
    """The buttons that fit the job's state."""
    with st.container(horizontal=True, gap="small"):
        if job.kind in PAUSABLE and job.active:
            label = t("job.pausing" if job.pausing else "job.pause")
            _act("pause", job, label, disabled=job.pausing or job.cancelling)
        if job.state in RESUMABLE and job.target:
            _act("resume", job, t("job.resume"), help=t("job.resume_help"))
        if job.kind in PAUSABLE and not job.active:
            _act("clone", job, t("job.clone"), help=t("job.clone_help"))
        if job.active or job.state == "paused":
            label = t("job.cancelling" if job.cancelling else "common.cancel")
            _act("cancel", job, label, disabled=job.cancelling)
    refusal = state.kept(f"job-refusal-{job.id}")
    if refusal:
        st.text(refusal)


def _act(what: str, job: Job, label: str, **options: Any) -> None:
    st.button(label, key=f"{what}-{job.id}", on_click=_do, args=(what, job.id), **options)


def _do(what: str, job_id: str) -> None:
    """Do what a button says; what is refused is said on the card."""
    said = None
    try:
        owner = core_run if what in ("clone", "cancel") else runner
        getattr(owner, what)(state.workspace(), job_id)
    except AssayError as error:
        said = str(error)
    state.keep(f"job-refusal-{job_id}", said)
