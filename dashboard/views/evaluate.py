"""Evaluate: how good, how sure, what got worse?"""

from collections.abc import Callable

import streamlit as st

from core.data.dataset import Dataset
from core.errors import RequestError
from core.evaluate.board import groups
from core.evaluate.store import COPY_SOURCE, list_evaluations
from core.jobs.store import JobStore
from core.models.purpose import purpose_for
from core.models.resolve import TASK_FAMILIES, list_models, shape_of
from core.run import EvaluateRequest, start
from core.text.format import duration
from dashboard import (
    asking,
    calibration,
    contest,
    data_gate,
    evidence,
    examples,
    front,
    inputs,
    leaderboard,
    rating,
    robustness,
    slices,
    state,
    trust,
    ui,
    verdict,
)
from dashboard.contest import View

t = ui.t

SPLITS = ("test", "validation", "train")
MOST_EXAMPLES = 1_000
KINDS = ("evaluate", "ask", "judge", "robustness")
"""Kinds of jobs whose progress and end this page shows."""


def render() -> None:
    """Draw the page."""
    workspace = state.workspace()
    head = st.container(gap="small")
    _jobs()
    datasets = inputs.datasets()
    name, view = contest.choose(groups(workspace), list(datasets))
    dataset = datasets.get(name or "")
    marks = ["synthetic"] if dataset and dataset.synthetic else []
    if view and rating.wanted() and not ui.presenting():
        with head:
            ui.header("common.page.evaluate", t("rating.question"), rating.answer(view),
                      marks=marks)  # fmt: skip
        rating.section(view)
        return
    with head:
        answer = verdict.answer(view) if view else _nothing(name)
        ui.header("common.page.evaluate", t("evaluate.question.title"), answer, marks=marks)
        if view:
            verdict.readings(view)
            verdict.provenance(view)
            asking.provenance(view.b)
            if ui.presenting() or state.chosen("show", list(SECTIONS)) == "examples":
                data_gate.count_scored(view.b)
            scored = data_gate.scored_on(view.b)
            if scored:
                data_gate.seen(scored)
    if view is None:
        _empty(dataset)
        return
    _evidence(view)
    if not ui.presenting():
        rating.link(view)
    if dataset and not ui.presenting():
        with st.expander(t("evaluate.form.title"), icon=":material/straighten:"):
            _form(dataset)


def _nothing(dataset: str | None) -> str:
    if dataset is None:
        return t("evaluate.answer.none")
    return t("evaluate.answer.none_on", dataset=ui.literal(dataset))


def _evidence(view: View) -> None:
    """The sections, one at a time: only what is read is computed."""
    if ui.presenting():
        _compare(view)
        front.section(view)
        examples.section(view)
        return
    absent = set() if view.b.task == "text-classification" else {"labels"}
    absent |= set() if front.prices(view) else {"front"}
    known = [name for name in SECTIONS if name not in absent]
    chosen = state.section(t("where.section.label"), "show", known, key="evaluate-section",
                           show=lambda name: t(f"where.section.{name}"))  # fmt: skip
    SECTIONS[chosen](view)


def _compare(view: View) -> None:
    """Who leads, and what changed."""
    changes = view.changes
    if view.comparison and changes:
        left, right = st.columns([3, 2], gap="large")
        with left:
            evidence.board(view)
        with right:
            evidence.changes(view, changes)
    else:
        evidence.board(view)
    leaderboard.section(view)
    evidence.caveats(view)
    evidence.forgetting(view)
    asking.imported()


def _labels(view: View) -> None:
    """Which labels are taken for which, whether the confidence is true, how well each is found."""
    evidence.confusion(view)
    calibration.section(view)


def _jobs() -> None:
    """The evaluation under way; the whole page again once it ends, so that it shows the result."""
    with JobStore(state.workspace()) as store:
        active = any(job.active for kind in KINDS for job in store.jobs(kind=kind, limit=1))
    st.fragment(_newest_job, run_every=1 if active else None)()


def _newest_job() -> None:
    with JobStore(state.workspace()) as store:
        jobs = [job for kind in KINDS for job in store.jobs(kind=kind, limit=1)]
    newest = max(jobs, key=lambda job: job.created_at, default=None)
    if newest and (newest.active or newest.state in ("failed", "lost")):
        ui.job_card(newest)
    if state.ended("evaluate", newest):
        st.rerun()


def _empty(dataset: Dataset | None) -> None:
    """Nothing was scored: say what would be here, and begin."""
    if dataset:
        ui.empty(t("evaluate.empty.title"), t("evaluate.empty.words"))
        if not ui.presenting():
            _form(dataset)
        return
    ui.empty(t("evaluate.empty.title"), t("evaluate.empty.no_data"))
    if ui.presenting():
        return
    if ui.action(t("evaluate.empty.no_data_action"), key="get-data",
                 icon=":material/arrow_forward:"):  # fmt: skip
        st.switch_page(state.page("data"), query_params=state.link({}))


def _form(dataset: Dataset) -> None:
    """Start an evaluation as a job: of a model here, an endpoint, or a file of answers."""
    way = st.segmented_control(
        t("asking.from"), ("model", "endpoint", "file"), default="model", required=True,
        key="evaluate-form-from", format_func=lambda name: t(f"asking.from_{name}"),
    )  # fmt: skip
    if way == "endpoint":
        splits = [split for split in SPLITS if dataset.splits.get(split)]
        asking.endpoint(dataset, splits, MOST_EXAMPLES)
    elif way == "file":
        asking.upload(dataset)
    else:
        _model_form(dataset)


def _model_form(dataset: Dataset) -> None:
    models = _models(dataset)
    if not models:
        st.markdown(t("evaluate.empty.no_model"))
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        splits = [split for split in SPLITS if dataset.splits.get(split)]
        model = st.selectbox(
            t("evaluate.form.model"), models, key=f"evaluate-form-model-{dataset.name}", width=260,
            format_func=lambda n: t("evaluate.form.copy_source") if n == COPY_SOURCE else n,
        )  # fmt: skip
        split = st.selectbox(
            t("evaluate.form.split"), splits, key=f"evaluate-form-split-{dataset.name}", width=130,
            format_func=lambda name: t(f"evaluate.split.{name}"),
        )  # fmt: skip
        limit = st.number_input(t("evaluate.form.limit"), 1, None, MOST_EXAMPLES, width=150)
    if ui.action(t("evaluate.form.action", model=ui.literal(model)), key="evaluate",
                 icon=":material/straighten:"):  # fmt: skip
        _begin(dataset, model, split, int(limit))
    st.caption(_time())


def _models(dataset: Dataset) -> list[str]:
    """Models on this machine that can do the dataset's task, and the baseline where it can.

    Those of the family that the task is usually begun from stand first.
    """
    found = []
    for ref in list_models(state.workspace()):
        shape = shape_of(ref) if ref.kind in ("run", "starter") else None
        if shape is None:
            continue
        try:
            purpose_for(shape.family, dataset.task, ref.name)
        except RequestError:
            continue  # it cannot do the task, so it is not offered
        found.append((shape.family != TASK_FAMILIES[dataset.task], ref.name))
    names = [name for _, name in sorted(found, key=lambda pair: pair[0])]
    return names if dataset.task == "text-classification" else [*names, COPY_SOURCE]


def _begin(dataset: Dataset, model: str, split: str, limit: int) -> None:
    # A limit that leaves nothing out is none: the same work has one name.
    most = limit if limit < dataset.splits[split] else None
    start(state.workspace(), EvaluateRequest(dataset.title, model, None, (), split, most))
    st.rerun()


def _time() -> str:
    """How long the last one took, where there is one that a model answered."""
    done = [row for row in list_evaluations(state.workspace()) if row.kind == "model"]
    if not done:
        return t("evaluate.form.goes_on")
    return t("evaluate.form.known_time", n=f"{done[0].n:,}",
             seconds=duration(done[0].seconds, ui.lang()))  # fmt: skip


SECTIONS: dict[str, Callable[[View], None]] = {
    "compare": _compare,
    "front": front.section,
    "labels": _labels,
    "examples": examples.section,
    "slices": slices.section,
    "robustness": robustness.section,
    "trust": trust.section,
}
"""What stands below the head, by its name in the URL; the first where none is named."""
