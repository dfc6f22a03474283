"""The cleaning panel of the Data page: choose steps, look at what they would do, make a version."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.data import dataset as store
from core.data.cleaning.apply import Cleaned, Tally, clean, try_out
from core.data.cleaning.filters import text_parts
from core.data.cleaning.recipe import Recipe, as_flags, as_json, as_toml, load, make
from core.data.cleaning.steps import STEPS, Setting, Step
from core.data.dataset import Dataset
from core.errors import AssayError
from core.run import CleanRequest
from dashboard import data_jobs, state, ui

t = ui.t
AT_ONCE_ROWS = 10_000
"""So many rows are cleaned while the reader waits, in about a second; more by a job."""
PREVIEWED = 5_000
"""Rows of each split that a preview looks at."""
PAIRS = ("ratio",)
"""Steps that compare input and target."""


def panel(dataset: Dataset) -> None:
    """Draw how this version was cleaned, if it was, and the panel to clean it."""
    _made(dataset)
    if not ui.presenting():
        with st.expander(t("clean.title"), icon=":material/mop:", key="clean"):
            _choose(dataset.title)


def _made(dataset: Dataset) -> None:
    """What cleaning did to make this version."""
    kept = dataset.report.get("cleaning")
    if not kept:
        return
    with st.expander(t("clean.made_title"), icon=":material/history:", key="cleaned"):
        names = ", ".join(t(f"clean.name.{step['step']}") for step in kept["steps"])
        parent = f"{dataset.name}@{dataset.report.get('parent')}"
        st.markdown(t("clean.made", parent=ui.literal(parent), steps=names))
        _tables([Tally(**step) for step in kept["steps"]], "kept")


@st.fragment
def _choose(title: str) -> None:
    """The panel; it reads the dataset anew, for a fragment runs when the page does not."""
    dataset = store.open_dataset(state.workspace(), title)
    st.caption(t("clean.words"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        names = st.pills(
            t("clean.steps"), [step.name for step in _possible(dataset)],
            key=f"clean-steps-{title}", selection_mode="multi", help=t("clean.order"),
            format_func=lambda name: t(f"clean.name.{name}"),
        )  # fmt: skip
        again = _again(dataset)
    chosen = [step for step in STEPS if step.name in names]
    said = {} if again else _settings(dataset, chosen)
    with st.container(horizontal=True, gap="small"):
        look = st.button(t("clean.try"), key="clean-try", icon=":material/preview:",
                         disabled=not (chosen or again))  # fmt: skip
        keep = ui.action(t("clean.apply"), key="clean-apply", icon=":material/save:",
                         disabled=not (chosen or again))  # fmt: skip
    if not look and not keep:
        return
    try:
        recipe = load(state.workspace(), again) if again else make(names, said)
        if keep:
            _apply(dataset, recipe)
        else:
            _preview(dataset, recipe)
    except AssayError as error:
        st.markdown(f"{ui.mark('failed')} **{t('clean.failed')}**")
        st.text(str(error))


def _possible(dataset: Dataset) -> list[Step]:
    pairs = text_parts(dataset.task) == ("input", "target")
    return [step for step in STEPS if pairs or step.name not in PAIRS]


def _again(dataset: Dataset) -> str | None:
    """A version whose recipe is to be used instead; None = the steps chosen here are."""
    workspace = state.workspace()
    found = {one.title: one for one in (*store.versions(workspace, dataset.name),
                                        *store.list_datasets(workspace))}  # fmt: skip
    titles = [title for title, one in found.items() if one.report.get("cleaning")]
    if not titles:
        return None
    options: list[str | None] = [None, *titles]
    return st.selectbox(
        t("clean.again"), options, key=f"clean-again-{dataset.title}", width=280,
        format_func=lambda title: t("clean.again_none") if title is None else title,
    )  # fmt: skip


def _settings(dataset: Dataset, chosen: Sequence[Step]) -> dict[str, dict[str, Any]]:
    """What is said of each chosen step; its words stand above."""
    said: dict[str, dict[str, Any]] = {}
    for step in chosen:
        st.markdown(f"**{t(f'clean.name.{step.name}')}** {t(f'clean.does.{step.name}')}")
        shown = [setting for setting in step.settings if _matters(dataset, step, setting)]
        if shown:
            with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
                said[step.name] = {row.name: _input(dataset, step, row) for row in shown}
    return said


def _matters(dataset: Dataset, step: Step, setting: Setting) -> bool:
    """Whether there is something to choose: a label is no text, and only answers have a passage."""
    parts = text_parts(dataset.task)
    if setting.name == "parts":
        return len(parts) > 1
    part = setting.name.split("_")[0]
    return part not in ("input", "target", "context") or part in parts


def _input(dataset: Dataset, step: Step, setting: Setting) -> Any:
    label = t(f"clean.setting.{setting.name}")
    key = f"clean-{dataset.title}-{step.name}-{setting.name}"
    if setting.choices:
        parts = text_parts(dataset.task)
        options = [x for x in setting.choices if setting.name != "parts" or x in parts]
        names = "data.part" if setting.name == "parts" else "clean.kind"
        taken = st.multiselect(
            label, options, options, key=key, width=380, format_func=lambda x: t(f"{names}.{x}")
        )
        return None if taken == options else taken
    if setting.code:
        return st.text_input(label, key=key, max_chars=3, width=180)
    kind = int if setting.whole else float
    value = None if setting.default is None else kind(setting.default)
    return st.number_input(
        label, kind(setting.least), kind(setting.most), value, key=key, width=200
    )


def _apply(dataset: Dataset, recipe: Recipe) -> None:
    if dataset.rows > AT_ONCE_ROWS:
        data_jobs.begin(CleanRequest(dataset.title, as_json(recipe)))
    with st.spinner(t("clean.applying")):
        done = clean(state.workspace(), dataset, recipe)
    if done.dataset is None:
        st.markdown(t("clean.found_none", rows=f"{sum(done.rows.values()):,}"))
        return
    st.switch_page(state.page("data"), query_params=state.link({"dataset": dataset.name}))


def _preview(dataset: Dataset, recipe: Recipe) -> None:
    with st.spinner(t("clean.trying")):
        done = try_out(state.workspace(), dataset, recipe, most=PREVIEWED)
    st.subheader(_finding(done), anchor=False)
    if dataset.rows > sum(done.rows.values()):
        st.caption(t("clean.some", n=f"{PREVIEWED:,}"))
    if any(sum(tally.dropped.values()) for tally in done.tallies):
        tests = sum(tally.dropped["test"] for tally in done.tallies)
        words = t("clean.test", n=f"{tests:,}") if tests else t("clean.test_none")
        st.markdown(f"{ui.mark('risk')} {words}" if tests else words)
    _tables(done.tallies, "tried")
    st.caption(t("clean.command"))
    st.code(f"assay data clean {dataset.title} {as_flags(recipe)}", language=None, wrap_lines=True)
    with st.popover(t("clean.recipe"), type="tertiary", icon=":material/description:"):
        st.code(as_toml(recipe), language=None)


def _finding(done: Cleaned) -> str:
    rows = f"{sum(done.rows.values()):,}"
    if not done.anything:
        return t("clean.found_none", rows=rows)
    changed = sum(sum(tally.changed.values()) for tally in done.tallies)
    dropped = sum(sum(tally.dropped.values()) for tally in done.tallies)
    return t("clean.found", changed=f"{changed:,}", dropped=f"{dropped:,}", rows=rows)


def _tables(tallies: Sequence[Tally], key: str) -> None:
    """Counts of each step, then its examples before and after, letter for letter."""
    ui.table(
        [
            {"step": t(f"clean.name.{tally.step}"), "changed": sum(tally.changed.values()),
             "dropped": sum(tally.dropped.values()), "dropped_test": tally.dropped["test"]}
            for tally in tallies
        ],
        key=f"clean-{key}",
        column_config={
            name: t(f"clean.{name}") for name in ("step", "changed", "dropped", "dropped_test")
        },
    )  # fmt: skip
    for tally in tallies:
        for kind, rows in (("changes", tally.changes), ("drops", tally.drops)):
            if rows:
                st.caption(t(f"clean.{kind}", step=t(f"clean.name.{tally.step}")))
                ui.table(_shown(rows), key=f"clean-{key}-{kind}-{tally.step}",
                         column_config={name: t(f"clean.{name}") for name in rows[0]})  # fmt: skip


def _shown(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Examples with the names of splits and parts in the reader's language."""
    return [
        {
            name: t(f"common.split.{value}") if name == "split"
            else t(f"data.part.{value}") if name == "part" else value
            for name, value in row.items()
        }
        for row in rows
    ]  # fmt: skip
