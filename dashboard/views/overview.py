"""Overview: where are we in the cycle, which model leads, what is today's decision, what next?"""

from typing import Any

import streamlit as st

from core.charts import lifecycle as charts
from core.cycle import Cycle, look
from core.leaders import Leaders, leaders
from core.strategy import store as plans
from core.strategy.answer import answer
from core.strategy.say import say
from dashboard import glance, state, tour, ui

t = ui.t
Plan = dict[str, Any]
MOST_SENTENCES = 4


def render() -> None:
    """Draw the page."""
    now = look(state.workspace())
    plan = plans.latest(state.workspace())
    best = leaders(state.workspace(), now.subject) if now.subject else None
    ui.header("common.section.overview", t("overview.question"), _answer(now, plan, best))
    _tour(now)
    items = [*(glance.quality(best) if best else []), *(glance.money(plan) if plan else [])]
    if items:
        ui.readings(items)
        _provenance(plan, best)
    left, right = st.columns([5, 3], gap="large")
    with left:
        _cycle(now)
    with right:
        _next(now)
    if best or now.active:
        left, right = st.columns([5, 3], gap="large")
        with left:
            if best:
                _leaders(best)
        with right:
            st.fragment(_jobs, run_every=2 if now.active else None)()
    if plan:
        _why(plan)


def _answer(now: Cycle, plan: Plan | None, best: Leaders | None) -> str:
    if plan:
        return answer(plan, ui.lang(), ui.literal)
    if now.demo and now.demo.active:
        return t("overview.answer.running")
    if best:
        first = best.evaluations[0]
        score = f"{glance.value(best, best.score(first).number)} {glance.metric(best)}"
        return t("overview.answer.leader", model=ui.literal(first.model), score=score,
                 dataset=ui.literal(first.dataset))  # fmt: skip
    if now.run:
        return t("overview.answer.only_run", run=ui.literal(now.run.run))
    if now.dataset:
        return t("overview.answer.data", dataset=ui.literal(now.dataset.name))
    return t("overview.answer.empty")


def _tour(now: Cycle) -> None:
    """The demo's steps; in an empty workspace the offer to begin it."""
    if now.demo or now.dataset or now.run:
        # A fragment, so that the steps move while the rest of the page stands still.
        every = 2 if now.demo and now.demo.active else None
        st.fragment(tour.banner, run_every=every)()
        return
    ui.empty(t("overview.demo.title"), t("overview.demo.words"))
    with st.container(horizontal=True, vertical_alignment="center"):
        ui.action(t("overview.demo.action"), key="demo", icon=":material/play_arrow:",
                  on_click=tour.begin)  # fmt: skip
        st.page_link(state.page("data"), label=t("overview.demo.own"),
                     icon=":material/arrow_forward:", query_params=state.link({}))  # fmt: skip


def _provenance(plan: Plan | None, best: Leaders | None) -> None:
    chips, commands = [], []
    if best:
        first = best.evaluations[0]
        chips.append(t("overview.how.scores", n=first.n, metric=glance.metric(best),
                       date=first.created_at[:10]))  # fmt: skip
        commands.append(f"assay evaluate {first.dataset} --model {first.model} --json")
    if plan:
        chips.append(t("overview.how.plan", plan=plan["plan"], date=plan["prices_as_of"]))
        commands.append(f"assay plan {state.workspace().plan(plan['plan'])} --json")
    ui.provenance(" · ".join(chips), "\n".join(commands), t("overview.how.detail"))


def _cycle(now: Cycle) -> None:
    """The track, and the sentence that says where the workspace stands on it."""
    names = {one.stage.name: t(f"common.stage.{one.stage.name}") for one in now.stations}
    stops = [
        charts.Stop(names[one.stage.name], t(f"overview.note.{one.note}", **one.values), one.state)
        for one in now.stations
    ]
    said = (
        t("overview.cycle.stage", name=stop.name, state=t(f"overview.state.{stop.state}"),
          note=stop.note)
        for stop in stops
    )  # fmt: skip
    ui.chart(
        _finding(now, names),
        t("overview.cycle.plotted"),
        charts.lifecycle(stops, ui.scheme(), present=ui.presenting()),
        alt=t("overview.cycle.alt", stages="; ".join(said)),
        source=t("overview.cycle.source"),
        key="cycle",
    )


def _finding(now: Cycle, names: dict[str, str]) -> str:
    by_state = {one.state: names[one.stage.name] for one in reversed(now.stations)}
    done = sum(one.state == "done" for one in now.stations)
    if "running" in by_state:
        return t("overview.cycle.running", stage=by_state["running"])
    if "due" in by_state:
        return t("overview.cycle.due", done=done, stage=by_state["due"])
    return t("overview.cycle.settled", done=done)


def _next(now: Cycle) -> None:
    """The one thing to do next, with its button."""
    step, shown = now.step, {name: ui.literal(v) if isinstance(v, str) else v
                             for name, v in now.step.values.items()}  # fmt: skip
    what = t(f"overview.next.{step.name}.what", **shown)
    st.subheader(t("overview.next.title", what=what), anchor=False)
    st.markdown(t(f"overview.next.{step.name}.words", **shown))
    if ui.presenting() or step.name == "start":
        return  # in an empty workspace the offer above is the button
    label = t(f"overview.next.{step.name}.action", **shown)
    if ui.action(label, key="next", icon=":material/arrow_forward:"):
        chosen = {k: v for k, v in step.values.items() if isinstance(v, str)}
        if "run" in chosen:
            chosen["model"] = chosen["run"]
        st.switch_page(state.page(step.page), query_params=state.link(chosen))


def _leaders(best: Leaders) -> None:
    """Who leads on the dataset of the newest run, and whether really."""
    first, *others = best.evaluations
    names = {"first": ui.literal(first.model), "dataset": ui.literal(first.dataset)}
    key = "one"
    if others and best.gain:
        key, names["second"] = best.gain.verdict, ui.literal(others[0].model)
    entrants = [
        charts.Entrant(
            t("overview.leaders.yours", name=one.model)
            if one.model in best.tuned else one.model,
            best.score(one).number, best.score(one).low, best.score(one).high,
            one.model in best.tuned,
        )
        for one in best.evaluations
    ]  # fmt: skip
    rows = (f"{one.name} {glance.value(best, one.value)}" for one in entrants)
    ui.chart(
        t(f"overview.leaders.{key}", **names),
        t("overview.leaders.plotted", n=first.n),
        charts.ranking(entrants, ui.scheme(), unit=glance.metric(best), decimals=best.decimals,
                       present=ui.presenting()),
        alt=t("overview.leaders.alt", rows="; ".join(rows)),
        source=t("overview.leaders.source", signature=ui.literal(best.score(first).signature),
                 dataset=names["dataset"], n=first.n),
        key="leaders",
    )  # fmt: skip


def _jobs() -> None:
    """What is running now; a full rerun when something begins or ends."""
    now = look(state.workspace())
    st.subheader(t("overview.jobs.title"), anchor=False)
    for job in now.active:
        ui.job_card(job)
    if not now.active:
        st.caption(t("overview.jobs.none"))
    if state.changed("overview-jobs", [(job.id, job.state) for job in now.active]):
        st.rerun()


def _why(plan: Plan) -> None:
    """Why this decision, and what would flip it."""
    left, right = st.columns(2, gap="large")
    for column, title, rows in (
        (left, "overview.why.title", plan["reasons"]),
        (right, "overview.why.flip_title", plan["flips"]),
    ):
        with column:
            st.subheader(t(title), anchor=False)
            said = [f"- {say(row, ui.lang(), ui.literal)}" for row in rows[:MOST_SENTENCES]]
            st.markdown("\n".join(said) or t("overview.why.flip_none"))
    st.page_link(state.page("strategy"), label=t("overview.why.more"),
                 icon=":material/arrow_forward:", query_params=state.link({}))  # fmt: skip
