"""Update: is it still good, should we retrain?"""

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from core import scheduled
from core.data.dataset import Dataset
from core.errors import RequestError
from core.evaluate.share import Share
from core.jobs.store import JobStore
from core.run import start_update
from core.text.format import fixed, interval
from core.update.champion import champion
from core.update.drift_looks import Report, newest
from core.update.reference import served_run
from core.update.standing import Standing, standing
from core.update.story import Version, story
from core.update.teach import learners
from dashboard import (
    inputs,
    state,
    ui,
    update_changes,
    update_drift,
    update_review,
    update_schedule,
    update_versions,
)
from dashboard.update_controls import Settings, settings

t = ui.t

SECTIONS = ("versions", "changes", "drift", "review", "schedule")
KINDS = ("update", "gate", "drift")


@dataclass(frozen=True)
class _Found:
    """What the page is about."""

    dataset: str
    now: Standing
    versions: list[Version]
    last_look: Report | None
    challenger: str | None
    serving: str | None

    @property
    def report(self) -> Report | None:
        """The last look at drift, if it was at the traffic of who serves now."""
        last = self.last_look
        return last if last and self.serving in (None, last.run) else None


def render() -> None:
    """Draw the page."""
    scheduled.look(state.workspace())
    data = inputs.known_dataset()
    chosen = settings(draw=False)
    found = _find(data, chosen)
    ui.header("common.page.update", t("update.question"), _answer(found))
    _readings(found)
    _provenance(found)
    _jobs()
    if not ui.presenting():
        with ui.controls():
            inputs.dataset("update-dataset", label=t("update.control.dataset"))
            settings(draw=True)
            _retrain(found, chosen)
        refusal = state.kept("update-refusal")
        if refusal:
            st.text(refusal)
    if not found.now.feedback and not found.versions:
        _empty()
        return
    _section(found)


def _find(data: Dataset | None, chosen: Settings) -> _Found:
    workspace, name = state.workspace(), data.name if data else ""
    now = standing(workspace, name, learners(workspace, name))
    versions = story(workspace, name, chosen.usd_per_hour)
    serving = champion(workspace, name)
    waiting = update_versions.challenger(versions, serving)
    return _Found(name, now, versions, newest(workspace, name), waiting, serving)


def _section(found: _Found) -> None:
    part = SECTIONS[0]
    if not ui.presenting():
        part = state.section(
            t("update.section.label"), "part", SECTIONS, key="update-part",
            show=lambda one: t(f"update.section.{one}"),
        )  # fmt: skip
    if part == "versions":
        update_versions.section(found.dataset, found.versions, found.challenger, found.now)
    elif part == "changes":
        update_changes.section(found.versions, found.challenger)
    elif part == "drift":
        update_drift.section(found.dataset, found.last_look, found.serving)
    elif part == "review":
        update_review.section(found.now)
    else:
        update_schedule.section(found.dataset)


def _percent(liked: Share) -> str:
    return f"{100 * liked.value:.0f} %"


def _answer(found: _Found) -> str:
    now, report = found.now, found.report
    gates = {one.run: one.gate for one in found.versions}
    if found.challenger and gates[found.challenger] == "passed":
        return t("update.answer.passed", run=ui.literal(found.challenger))
    if report and report.alarms:
        return t("update.answer.drift", alarms=len(report.alarms), tested=report.tested)
    if not now.feedback:
        return t("update.answer.none")
    if now.liked is None:
        return t("update.answer.unjudged", waiting=f"{now.waiting:,}", accepted=f"{now.ready:,}")
    key = "ready" if now.ready else "waiting" if now.waiting else "calm"
    return t(
        f"update.answer.{key}", share=_percent(now.liked), n=f"{now.liked.n:,}",
        waiting=f"{now.waiting:,}", accepted=f"{now.ready:,}",
    )  # fmt: skip


def _readings(found: _Found) -> None:
    now, report = found.now, found.report
    liked, last = now.liked, now.last
    held = t("update.reading.held", n=f"{now.holding:,}")
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
            ui.Reading(t("update.reading.accepted"), f"{now.ready:,}", "measured", held,
                       t("update.reading.count", waiting=f"{now.waiting:,}"),
                       help=t("update.reading.accepted_help")),
            ui.Reading(
                t("update.reading.drifted"),
                t("update.reading.drifted_value", alarms=len(report.alarms), tested=report.tested)
                if report else t("update.reading.drifted_none"),
                "measured",
                t("update.reading.drifted_n", n=f"{report.n_live:,}", look=report.look)
                if report else None,
                help=t("update.reading.drifted_help"),
            ),
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


def _provenance(found: _Found) -> None:
    date = datetime.now(UTC).date().isoformat()
    name = found.dataset or "DATASET"
    ui.provenance(
        t("update.how.chips", n=f"{len(found.now.feedback):,}", date=date),
        f"assay feedback list --json\nassay update {name} --show --json\nassay drift {name} --json",
        t("update.how.detail"),
    )


def _retrain(found: _Found, chosen: Settings) -> None:
    label = t("update.control.update", n=f"{found.now.ready:,}")
    ready = bool(found.now.ready and found.versions)
    if ui.action(label, key="update", icon=":material/sync:", disabled=not ready):
        workspace = state.workspace()
        try:
            start_update(
                workspace, found.dataset, base=served_run(workspace, found.dataset).run,
                preset="quick", replay=chosen.replay, margin=chosen.margin,
            )  # fmt: skip
        except RequestError as error:
            state.keep("update-refusal", str(error))
        st.rerun()


@st.fragment(run_every=2)
def _jobs() -> None:
    """What is under way; a full rerun once it ends, so that the page shows what it did."""
    for kind in KINDS:
        with JobStore(state.workspace()) as store:
            found = store.jobs(kind=kind, limit=1)
        if found and (found[0].active or found[0].state in ("paused", "failed", "lost")):
            ui.job_card(found[0])
        if state.ended(kind, found[0] if found else None):
            st.rerun()


def _empty() -> None:
    ui.empty(t("update.empty.title"), t("update.empty.words"))
    if st.button(t("update.control.go_play"), icon=":material/arrow_forward:"):
        st.switch_page(state.page("deploy"))
