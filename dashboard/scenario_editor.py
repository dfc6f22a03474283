"""The Strategy page's controls: choose a scenario, change it, keep it."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from core.errors import AssayError
from core.record import hash_json
from core.strategy import store
from core.strategy.fields import rule
from core.strategy.scenario import dump, samples
from core.strategy.sections import Option, Scenario
from dashboard import state, ui

t = ui.t

HORIZONS = (12, 24, 36, 60)
COMPANY = ("cash_usd", "monthly_cost_usd", "customers", "revenue_per_customer_usd",
           "growth_per_month", "churn_per_month", "raise_months")  # fmt: skip
DEMAND = ("input_tokens", "output_tokens", "growth_per_month", "peak_factor", "cacheable_share")
Part = TypeVar("Part")
OPTION = ("one_time_usd", "team_usd_per_month", "prompt_tokens", "usd_per_gpu_hour")


@dataclass(frozen=True)
class Source:
    """A scenario that can be chosen: `name` lives in the URL, `saved` tells it from a sample."""

    name: str
    path: Path
    saved: bool


def sources() -> list[Source]:
    """Saved scenarios, newest first, then the samples that come along."""
    saved = [Source(path.stem, path, True) for path in store.scenarios(state.workspace())]
    ours = [Source(f"sample-{path.stem}", path, False) for path in _samples()]
    return saved + ours


def _samples() -> list[Path]:
    """The sample that the demo decides with comes first."""
    return sorted(samples(), key=lambda path: path.stem != "translation-desk")


def chosen() -> Source:
    """The scenario that the URL names, else the first."""
    known = {source.name: source for source in sources()}
    return known[state.chosen("plan", list(known)) or next(iter(known))]


def draw(base: Scenario) -> Scenario:
    """Draw the controls and return the scenario as they have it."""
    known = {source.name: source for source in sources()}
    stem = f"plan-{base.name}-{hash_json(dump(base))[:8]}"
    with ui.controls():
        state.choose(t("strategy.control.scenario"), "plan", list(known), key="plan",
                     show=lambda name: _shown(known[name]))  # fmt: skip
        volume = _number(stem, "requests_per_day", base.demand, t("strategy.control.requests"))
        demand = replace(base.demand, requests_per_day=volume)
        months = sorted({*HORIZONS, base.horizon_months})
        horizon = st.segmented_control(
            t("strategy.control.horizon"), months, default=base.horizon_months, required=True,
            key=f"{stem}-horizon", persist_state="session",
        )  # fmt: skip
        with st.popover(t("strategy.control.assumptions"), icon=":material/tune:", width="content"):
            now = replace(base, demand=demand, horizon_months=horizon or base.horizon_months)
            now = _editor(stem, now)
            _keep(stem, now)
    return now


def _shown(source: Source) -> str:
    key = "saved" if source.saved else "sample"
    return t(f"strategy.control.{key}", name=source.path.stem)


def _editor(stem: str, now: Scenario) -> Scenario:
    st.markdown(f"**{t('strategy.control.company')}**")
    company = _section(stem, now.company, COMPANY)
    st.markdown(f"**{t('strategy.control.demand')}**")
    demand = _section(stem, now.demand, DEMAND)
    quality = now.quality
    metric = t(f"evaluate.metric.{quality.metric}")
    if quality.floor is not None:
        st.markdown(f"**{t('strategy.control.quality')}**")
        floor = _number(stem, "floor", quality, t("strategy.field.floor", metric=metric))
        quality = replace(quality, floor=floor)
    options = tuple(_option(stem, option, metric) for option in now.options)
    return replace(now, company=company, demand=demand, quality=quality, options=options)


def _option(stem: str, option: Option, metric: str) -> Option:
    st.markdown(f"**{ui.literal(option.name)}**")
    names = [name for name in OPTION if getattr(option, name, None) is not None]
    place = f"{stem}-{option.name}"
    changed = _section(place, option, tuple(names))
    if option.quality is not None:
        value = _number(
            place, "quality", option, t("strategy.field.entered_quality", metric=metric)
        )
        if value != option.quality:
            source = t("strategy.field.entered_here")
            changed = replace(changed, quality=value, quality_source=source)
    return changed


def _section(stem: str, part: Part, names: tuple[str, ...]) -> Part:
    """Number fields for some of a section's fields, two in a row."""
    grid = st.grid(2, min_column_width=150, gap="small")
    values = {}
    for name in names:
        with grid.cell():
            values[name] = _number(stem, name, part, t(f"strategy.field.{name}"))
    return replace(part, **values)  # type: ignore[type-var]


def _number(stem: str, name: str, part: Any, label: str) -> Any:
    """A number field that keeps to the field's own limits."""
    row = next(row for row in fields(part) if row.name == name)
    limits, value = rule(row), getattr(part, name)
    kind = type(value)
    low = limits.low if limits.low is not None else limits.above
    share = kind is float and limits.high is not None and limits.high <= 2
    step = kind(0.01 if share else max(1, 10 ** (len(str(int(value))) - 2)))
    form = "%d" if kind is int else "%.2f" if share else "%g"
    high = None if limits.high is None else kind(limits.high)
    typed = st.number_input(
        label, None if low is None else kind(low), high, value, step=step, format=form,
        key=f"{stem}-{type(part).__name__}-{name}", persist_state="session",
        width=200 if name == "requests_per_day" else "stretch",
    )  # fmt: skip
    return value if typed is None or limits.problem(typed) else typed


def _keep(stem: str, now: Scenario) -> None:
    """Save under a name in the workspace, or take the file away."""
    name = st.text_input(t("strategy.control.save"), now.name, key=f"{stem}-name", max_chars=64)
    with st.container(horizontal=True):
        if ui.action(t("strategy.control.save_button"), key="save-plan", icon=":material/save:"):
            _save(now, name)
        st.download_button(t("strategy.control.download"), dump(now), f"{now.name}.toml",
                           "application/toml", on_click="ignore",
                           icon=":material/download:")  # fmt: skip


def _save(now: Scenario, name: str) -> None:
    try:
        path = state.workspace().plan(name)
        store.save_scenario(state.workspace(), replace(now, name=name))
        store.rank(state.workspace(), path)
    except AssayError as error:
        st.error(str(error))
        return
    st.toast(t("strategy.control.saved_toast", name=name), icon=":material/check:")
    st.switch_page(state.page("strategy"), query_params=state.link({"plan": name}))
