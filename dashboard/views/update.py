"""Update: is it still good, should we retrain?"""

from datetime import UTC, datetime

import streamlit as st

from core.charts import update as charts
from core.evaluate.share import Share
from core.jobs.store import JobStore
from core.run import start_update
from core.text.format import fixed, interval, number
from core.train.runs import Run, list_runs
from core.update import feedback
from core.update.standing import Standing, standing
from dashboard import inputs, state, ui

t = ui.t


def render() -> None:
    """Draw the page."""
    workspace = state.workspace()
    data = inputs.known_dataset()
    runs = [run for run in list_runs(workspace) if data and run.dataset == data.name]
    models = [*(run.run for run in runs), *{run.base for run in runs}]
    now = standing(workspace, data.name if data else "", models)
    ui.header("common.page.update", t("update.question"), _answer(now))
    _readings(now)
    _provenance(now, data.name if data else "DATASET")
    _jobs()
    if not ui.presenting():
        with ui.controls():
            inputs.dataset("update-dataset", label=t("update.control.dataset"))
            _retrain(now, [run for run in runs if run.state == "succeeded"])
    if not now.feedback:
        ui.empty(t("update.empty.title"), t("update.empty.words"))
        if st.button(t("update.control.go_play"), icon=":material/arrow_forward:"):
            st.switch_page(state.page("deploy"))
        return
    _last(now)
    _liked(now)
    _review(now.feedback)


def _percent(liked: Share) -> str:
    return f"{100 * liked.value:.0f} %"


def _answer(now: Standing) -> str:
    if now.liked is None:
        return t("update.answer.none")
    key = "ready" if now.ready else "waiting" if now.waiting else "calm"
    return t(
        f"update.answer.{key}", share=_percent(now.liked), n=f"{now.liked.n:,}",
        waiting=f"{now.waiting:,}", accepted=f"{now.ready:,}",
    )  # fmt: skip


def _readings(now: Standing) -> None:
    total = t("update.reading.count", n=f"{len(now.feedback):,}")
    liked, last = now.liked, now.last
    ui.readings(
        [
            ui.Reading(
                t("update.reading.liked"),
                _percent(liked) if liked else t("common.not_known"),
                "measured",
                f"{100 * liked.low:.0f}–{100 * liked.high:.0f} %" if liked else None,
                t("update.reading.n", n=f"{liked.n:,}") if liked else None,
                ui.Needle(100 * liked.value, 100 * liked.low, 100 * liked.high, 0, 100)
                if liked else None,
                t("update.reading.liked_help"),
            ),
            ui.Reading(t("update.reading.waiting"), f"{now.waiting:,}", "measured", total,
                       help=t("update.reading.waiting_help")),
            ui.Reading(t("update.reading.accepted"), f"{now.ready:,}", "measured", total,
                       help=t("update.reading.accepted_help")),
            ui.Reading(
                t("update.reading.last"),
                fixed(last["verdict"]["difference"], sign=True) if last
                else t("update.reading.last_none"),
                "measured",
                interval(last["verdict"]["low"], last["verdict"]["high"], language=ui.lang(),
                         sign=True) if last else None,
                t("update.reading.paired", n=f"{last['n']:,}") if last else None,
                help=t("update.reading.last_help"),
            ),
        ]
    )  # fmt: skip


def _provenance(now: Standing, dataset: str) -> None:
    date = datetime.now(UTC).date().isoformat()
    ui.provenance(
        t("update.how.chips", n=f"{len(now.feedback):,}", date=date),
        f"assay feedback list --json\nassay update {dataset} --json",
        t("update.how.detail"),
    )


def _retrain(now: Standing, runs: list[Run]) -> None:
    label = t("update.control.update", n=f"{now.ready:,}")
    if ui.action(label, key="update", icon=":material/sync:", disabled=not (now.ready and runs)):
        base = runs[0]
        start_update(state.workspace(), base.dataset, base=base.run, preset="quick")
        st.rerun()


@st.fragment(run_every=2)
def _jobs() -> None:
    """The update under way; a full rerun once it ends, so that the page shows what it did."""
    with JobStore(state.workspace()) as store:
        newest = store.jobs(kind="update", limit=1)
    if newest and (newest[0].active or newest[0].state in ("paused", "failed", "lost")):
        ui.job_card(newest[0])
    if state.ended("update", newest[0] if newest else None):
        st.rerun()


def _last(now: Standing) -> None:
    if now.last is None:
        return
    last, verdict = now.last, now.last["verdict"]
    names = {"run": ui.literal(last["run"]), "base": ui.literal(last["base"])}
    st.subheader(t(f"update.last.{verdict['name']}", **names), anchor=False)
    st.markdown(
        t(
            "update.last.words",
            metric=last["metric"],
            n=f"{last['n']:,}",
            difference=fixed(verdict["difference"], sign=True),
            interval=interval(verdict["low"], verdict["high"], language=ui.lang(), sign=True),
            corrections=last["corrections"],
            withheld=last["withheld"],
            version=last["data_version"],
        )
    )


def _liked(now: Standing) -> None:
    ranked = sorted(now.by_model.items(), key=lambda item: -item[1].value)
    (best, top), *others = ranked
    values = {"model": ui.literal(best), "share": _percent(top)}
    tie = any(other.high >= top.low for _, other in others)
    key = "finding_tie" if tie else "finding_many" if others else "finding_one"
    ui.chart(
        t(f"update.chart.{key}", **({} if tie else values)),
        t("update.chart.plotted"),
        charts.liked(now.by_model, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("update.chart.alt", values=", ".join(
            f"{name} {number(100 * share.value)} %" for name, share in ranked)),
        source=t("update.chart.source"),
        key="liked",
    )  # fmt: skip


def _review(found: list[feedback.Feedback]) -> None:
    st.subheader(t("update.review.title"), anchor=False)
    st.caption(t("update.review.words"))
    columns = ("at", "model", "verdict", "input", "output", "correction", "state")
    table = [
        {
            "at": datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M"),
            "model": entry.model,
            "verdict": t(f"update.review.{entry.verdict}"),
            "input": entry.input,
            "output": entry.output,
            "correction": entry.correction or "",
            "state": t(f"update.state.{entry.state}"),
        }
        for entry in found
    ]
    picked = st.dataframe(
        table, hide_index=True, key="feedback", on_select="rerun", selection_mode="multi-row",
        column_config={name: t(f"update.review.{name}") for name in columns},
    )  # fmt: skip
    ids = [found[row].id for row in picked.selection.rows]
    with st.container(horizontal=True):
        for name, target in (("accept", "accepted"), ("reject", "rejected")):
            st.button(
                t(f"update.review.{name}"), key=name, disabled=not ids,
                on_click=_reviewed, args=(ids, target),
            )  # fmt: skip


def _reviewed(ids: list[str], target: str) -> None:
    feedback.review(state.workspace(), ids, target)
