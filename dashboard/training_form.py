"""The controls of the Train page: what to train, how, and what it will take."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.data.findings import Finding, sentence
from core.errors import AssayError, RequestError
from core.models.purpose import purpose_for
from core.models.resolve import default_base, list_models, shape_of
from core.models.shape import parameters
from core.run import start_training
from core.text.format import duration
from core.train.config import METHODS, PRESETS
from core.train.plan import Plan, make_plan, unfit
from core.units import GIGA
from dashboard import state, training_advanced, training_again, training_ready, ui

t = ui.t

LARGEST = GIGA
"""Larger models of the Hub are not offered by name; they can still be typed in."""
FIRST_PRESET = "quick"
MOST_TEST_ROWS = 1_000


@dataclass(frozen=True)
class Wish:
    """What the form asks for: fields of `core.run.TrainRequest`."""

    fields: dict[str, Any]
    test_limit: int | None


def plan_first(dataset: Dataset) -> Plan | None:
    """What the form would begin with, before anything is chosen; None if that cannot be done."""
    try:
        return make_plan(state.workspace(), dataset.title, preset=FIRST_PRESET)
    except AssayError:
        return None  # the form says why


def form(dataset: Dataset, names: list[str], *, again: bool) -> None:
    """Draw the strip, the settings under it, and start a run when asked.

    Args:
        dataset: What is trained on.
        names: Every dataset that can be chosen instead.
        again: There is a run already, so that this is the next.
    """
    with ui.controls():
        state.choose(t("train.form.dataset"), "dataset", names, key="train-dataset")
        base = _base(dataset)
        preset = st.segmented_control(
            t("train.form.preset"), list(PRESETS), default=FIRST_PRESET, required=True,
            key="train-preset", help=t("train.form.preset_help"),
            format_func=lambda name: t(f"train.form.preset_{name}"),
        )  # fmt: skip
        place = st.container(width="content")
    blocks = unfit(state.workspace(), dataset)
    ignored = bool(blocks) and _ignored(dataset, blocks)
    wish = _settings(dataset, base, str(preset), ignore_gate=ignored)
    plan, error = _plan(dataset, wish)
    if plan:
        st.caption(_takes(plan))
        training_ready.panel(plan, wish.fields, wish.test_limit)
    with place:
        label = t("train.form.action_again") if again else t(
            "train.form.action", base=ui.literal(base), n=f"{dataset.splits['train']:,}"
        )  # fmt: skip
        pressed = ui.action(label, key="train", icon=":material/play_arrow:", disabled=not plan)
    if pressed and plan:
        try:
            run = _queue(plan, wish)
        except AssayError as refusal:
            error = str(refusal)
        else:
            there = state.link({"run": run, "dataset": dataset.name})
            st.switch_page(state.page("train"), query_params=there)
    if error and (ignored or not blocks):  # what blocks is said above
        st.markdown(ui.mark("risk"))
        st.text(error)


def _ignored(dataset: Dataset, blocks: Sequence[Finding]) -> bool:
    """Whether a dataset that is not fit to train on shall be trained on all the same."""
    st.markdown(f"{ui.mark('risk')} **{t('train.form.unfit')}**")
    for finding in blocks:
        st.markdown(f"- {sentence(finding, ui.lang(), ui.literal)}")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button(t("train.form.unfit_mend"), icon=":material/build:", key="train-unfit-mend"):
            st.switch_page(state.page("data"), query_params=state.link({"dataset": dataset.name}))
        return st.checkbox(t("train.form.unfit_ignore"), key=f"train-unfit-{dataset.title}")


def _base(dataset: Dataset) -> str:
    options = _bases(dataset)
    first = default_base(dataset.task)
    return str(
        st.selectbox(
            t("train.form.base"), options, index=options.index(first) if first in options else 0,
            key=f"train-base-{dataset.task}", width=230, accept_new_options=True,
            help=t("train.form.base_help"),
        )
    )  # fmt: skip


def _bases(dataset: Dataset) -> list[str]:
    """Names of models that can do the dataset's task: runs, starters, small ones of the Hub."""
    found = []
    for ref in list_models(state.workspace()):
        shape = shape_of(ref)
        if shape is None or (ref.kind == "hub" and parameters(shape).total > LARGEST):
            continue
        try:
            purpose_for(shape.family, dataset.task, ref.name)
        except RequestError:
            continue  # it cannot do the task, so it is not offered
        found.append(ref.name)
    return found


def _settings(dataset: Dataset, base: str, preset: str, *, ignore_gate: bool) -> Wish:
    tests = dataset.splits.get("test", 0)
    with (
        st.expander(t("train.form.more"), icon=":material/tune:"),
        st.container(horizontal=True, vertical_alignment="bottom", gap="medium"),
    ):
        method = st.selectbox(
            t("train.form.method"), METHODS, key="train-method", width=230,
            help=t("train.form.method_help"),
            format_func=lambda name: t(f"train.form.method_{name}"),
        )  # fmt: skip
        replay = st.number_input(
            t("train.form.replay"), 0.0, 0.9, 0.0, 0.05, key="train-replay", width=150,
            help=t("train.form.replay_help"),
        )  # fmt: skip
        seed = st.number_input(t("train.form.seed"), 0, 2**31, 0, key="train-seed", width=130)
        limit = st.number_input(
            t("train.form.limit"), 1, max(tests, 1), max(1, min(tests, MOST_TEST_ROWS)),
            key=f"train-limit-{dataset.title}", width=170, disabled=not tests,
        )  # fmt: skip
    carried = training_again.carried()
    fields = {
        "base": base,
        "preset": preset,
        "method": str(method),
        "settings": {
            **carried.get("settings", {}),
            **({"seed": int(seed)} if seed else {}),
            **training_advanced.settings(),
        },
        "replay_share": round(float(replay), 4),
        "general": carried.get("general"),
        "ignore_gate": ignore_gate,
    }
    return Wish(fields, int(limit) if limit < tests else None)


def _plan(dataset: Dataset, wish: Wish) -> tuple[Plan | None, str | None]:
    """The plan, or why there is none."""
    try:
        return make_plan(state.workspace(), dataset.title, **wish.fields), None
    except AssayError as error:
        return None, str(error)


def time_of(plan: Plan) -> str:
    """How long a run would take, and how that is known."""
    key = f"train.form.takes_{plan.seconds_from or 'unknown'}"
    return t(key, time=duration(plan.seconds, ui.lang()))


def _takes(plan: Plan) -> str:
    rows = f"{plan.rows + plan.replay_rows:,}"
    return t("train.form.takes", rows=rows, steps=f"{plan.steps:,}", time=time_of(plan))


def _queue(plan: Plan, wish: Wish) -> str:
    """Queue the run and return its name.

    Raises:
        AssayError: The base is on the Hub and cannot be had.
    """
    if plan.base.path is None:
        from core.models import hub  # its import takes a while, and local models need none

        hub.check(plan.base)
    _, run, _ = start_training(
        state.workspace(), plan.dataset.title, test_limit=wish.test_limit, **wish.fields
    )
    return run
