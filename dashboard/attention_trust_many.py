"""The trust meter over the user's own examples, and what it shares with that of one text."""

import shlex
from collections.abc import Mapping, Sequence

import streamlit as st

from core.charts import grammar
from core.charts import trust as charts
from core.charts.trust import Drawn
from core.data.dataset import list_datasets
from core.errors import AssayError
from core.evaluate import store
from core.interpret import trust_test, trust_words
from core.interpret.faithfulness import Verdict
from core.interpret.trust_test import TrustTest
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.models.purpose import purpose_for
from core.models.resolve import resolve, shape_of
from core.run import TrustRequest, start
from core.text.format import duration
from dashboard import state, ui

t = ui.t

LIMIT, MOST = 50, 200
SECONDS_A_TEXT = 0.3
"""What a text takes with a starter model on two cores; the page says "about"."""


def section(model: str) -> None:
    """The newest test of a model over many texts, and the way to make one."""
    st.subheader(t("trust.many.title"), anchor=False)
    found = trust_test.list_tests(state.workspace(), model)
    if found:
        _result(_choose(found))
    else:
        time = duration(SECONDS_A_TEXT * LIMIT, ui.lang())
        st.markdown(t("trust.many.words", n=LIMIT, seconds=time))
    if not ui.presenting():
        _job(model)
        _begin(model)


def _choose(found: Sequence[TrustTest]) -> TrustTest:
    names = {made.name: made for made in found}
    if ui.presenting() or len(names) == 1:
        return found[0]
    chosen = state.choose(
        t("trust.many.which"), "trust", list(names), key="trust-which",
        show=lambda name: t("trust.many.option", dataset=names[name].dataset,
                            n=f"{names[name].n:,}", date=names[name].created_at[:10]),
    )  # fmt: skip
    return names[chosen or found[0].name]


def _sources(model: str) -> dict[str, tuple[str, str]]:
    """What a test can run on: by label the dataset with its version, and the split.

    Evaluations of the model come first, then every dataset whose task the model can do.
    """
    workspace = state.workspace()
    found: dict[str, tuple[str, str]] = {}
    for made in store.list_evaluations(workspace):
        if made.model == model and made.kind == "model":
            title = f"{made.dataset}@{made.data_version}"
            label = t("trust.many.evaluation", evaluation=made.evaluation, dataset=made.dataset,
                      split=t(f"evaluate.split.{made.split}"))  # fmt: skip
            found[label] = (title, made.split)
    try:
        shape = shape_of(resolve(workspace, model))
    except AssayError:
        return found  # The model is gone; its evaluations cannot be tested either, the job says so.
    for data in list_datasets(workspace):
        split = next((name for name in ("test", "validation", "train") if data.splits.get(name)),
                     None)  # fmt: skip
        try:
            if shape is not None:
                purpose_for(shape.family, data.task, model)
        except AssayError:
            continue
        if split and (data.title, split) not in found.values():
            label = t("trust.many.dataset_option", dataset=data.name,
                      split=t(f"evaluate.split.{split}"))  # fmt: skip
            found[label] = (data.title, split)
    return found


def _begin(model: str) -> None:
    """The button for a test as a job; the same test is never made twice."""
    sources = _sources(model)
    if not sources:
        st.markdown(t("trust.many.none"))
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        label = st.selectbox(t("trust.many.dataset"), list(sources), key=f"trust-source-{model}",
                             width=420)  # fmt: skip
        limit = st.number_input(
            t("trust.many.limit"), 2, MOST, LIMIT, 10, key="trust-limit", width=140,
            help=t("trust.many.limit_help"),
        )  # fmt: skip
        clicked = st.button(t("trust.many.begin"), key="trust-many", icon=":material/speed:")
    if clicked:
        dataset, split = sources[label]
        start(state.workspace(), TrustRequest(dataset, model, split, int(limit)))
        st.rerun()


def _job(model: str) -> None:
    """The job under way; the whole page again once it ends, so that it shows the result."""
    job = _newest(model)
    st.fragment(_progress, run_every=1 if job and job.active else None)(model)


def _progress(model: str) -> None:
    job = _newest(model)
    if job and job.state != "succeeded":
        ui.job_card(job)
    if state.ended(f"trust-{model}", job):
        st.rerun()


def _newest(model: str) -> Job | None:
    with JobStore(state.workspace()) as jobs:
        found = jobs.jobs(kind="trust", limit=20)
    return next((job for job in found if job.request["model"] == model), None)


def _result(made: TrustTest) -> None:
    """The verdict, the gaps with their intervals, the mean curves and the texts one by one."""
    language = ui.lang()
    finding = trust_words.finding(made.verdicts, language)
    source = t("trust.meter.source_many", model=ui.literal(made.model),
               dataset=ui.literal(f"{made.dataset}@{made.data_version}"),
               split=t(f"evaluate.split.{made.split}"), n=f"{made.n:,}")  # fmt: skip
    ui.chart(
        finding, t("trust.meter.plotted_many", n=f"{made.n:,}"),
        charts.meter(made.verdicts, ui.scheme(), language, present=ui.presenting()),
        alt=t("trust.meter.alt", n=len(made.verdicts), finding=finding), source=source,
        key="trust-many-meter",
    )  # fmt: skip
    limit = "" if made.limit is None else f" --limit {made.limit}"
    ui.provenance(
        t("trust.how.chips_many", n=f"{made.n:,}", orders=made.orders, date=made.created_at[:10]),
        f"assay trust {shlex.quote(made.model)} --dataset {made.dataset}@{made.data_version} "
        f"--split {made.split}{limit} --json",
        t("trust.how.detail_many", filler=ui.literal(made.filler)),
    )  # fmt: skip
    flat = trust_words.flat(made.random["deletion.middle"], made.verdicts, language)
    if flat:
        st.markdown(f"{ui.mark('risk')} {flat}")
    if made.skipped:
        st.caption(t("trust.many.skipped", n=made.skipped))
    drawn = {name: charts.drawn_many(made, name) for name in made.methods}
    plotted = t("trust.meter.curves_plotted_many", n=f"{made.n:,}", filler=ui.literal(made.filler))
    panels(drawn, made.verdicts, plotted, source, key="many")
    with st.expander(t("common.table_behind")):
        areas(made.verdicts, key="trust-many-areas")
    if not ui.presenting():
        _texts(made)


def _texts(made: TrustTest) -> None:
    with st.expander(t("trust.many.texts")):
        rows = [
            {
                t("trust.many.text"): line["text"],
                t("trust.many.output"): line["output"],
                t("trust.many.full"): line["full"],
                **{t(f"trust.method.{name}"): line["gaps"][name] for name in made.methods},
            }
            for line in trust_test.lines(state.workspace(), made.name)
            if "gaps" in line
        ]
        ui.table(rows, key="trust-texts", height=ui.height(len(rows)))


def panels(
    drawn: Mapping[str, Drawn], verdicts: Sequence[Verdict], plotted: str, source: str, *, key: str
) -> None:
    """One small chart a method: deletion and insertion over the bands of random orders.

    Args:
        drawn: The curves by method.
        verdicts: In the order of the charts.
        plotted: What is plotted.
        source: Of all of them.
        key: Unique on the page.
    """
    with st.container(gap="xxsmall"):
        st.subheader(t("trust.meter.curves"), anchor=False)
        st.caption(plotted)
    top = charts.top_of(list(drawn.values()))
    grid = st.grid(2, min_column_width=340, gap="medium", key=f"trust-panels-{key}")
    for verdict in verdicts:
        words = trust_words.verdict(verdict, ui.lang())
        with grid.cell(), st.container(gap="xxsmall"):
            st.markdown(f"**{t(f'trust.capital.{verdict.method}')}**")
            figure = charts.curves(drawn[verdict.method], verdict, top, ui.scheme(), ui.lang(),
                                   present=ui.presenting())  # fmt: skip
            st.plotly_chart(figure, theme=None, config=grammar.CONFIG, alt=words,
                            key=f"trust-{key}-{verdict.method}")  # fmt: skip
    st.caption(t("common.source", source=source))


def areas(verdicts: Sequence[Verdict], *, key: str) -> None:
    """The numbers behind: gap and areas with their intervals, the verdict."""
    language = ui.lang()
    columns = trust_words.columns(verdicts[0].n, language)
    # Two columns of intervals have the same head, so the table is made by place.
    names = [str(place) for place in range(len(columns))]
    ui.table(
        [dict(zip(names, trust_words.cells(verdict, language), strict=True))
         for verdict in verdicts],
        key=key, column_config=dict(zip(names, columns, strict=True)),
    )  # fmt: skip
