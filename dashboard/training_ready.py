"""The preflight panel: will it fit, how long, what will it cost; the command and the file."""

from typing import Any

import streamlit as st

from core import record
from core.ready import check
from core.text.format import duration, number, size, usd
from core.train.plan import Plan
from core.train.preflight import Preflight
from core.train.request import as_toml, command
from dashboard import state, training_advanced, ui

t = ui.t

MEASURED = "train-measured"
VERDICTS = {"green": ("green", ":material/check_circle:"), "amber": ("yellow", ":material/error:"),
            "red": ("red", ":material/cancel:")}  # fmt: skip
METHOD_KEY = "train-method"


def panel(plan: Plan, fields: dict[str, Any], test_limit: int | None) -> None:
    """Draw the panel for a plan.

    Args:
        plan: The checked plan.
        fields: What was asked for, as `core.train.plan.make_plan` takes it.
        test_limit: Test examples to score at most.
    """
    found = _found(plan, fields)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            color, icon = VERDICTS[found.verdict]
            st.markdown(f":{color}-badge[{icon} {t(f'train.ready.{found.verdict}')}]",
                        width="content")  # fmt: skip
            if found.memory_from != "probe":
                st.button(
                    t("train.ready.measure"), key="train-measure", icon=":material/straighten:",
                    help=t("train.ready.measure_help"), on_click=_measure, args=(plan, fields),
                )  # fmt: skip
        ui.readings(_readings(found), key="ready")
        _change(found)
        with st.expander(t("train.ready.why"), icon=":material/info:"):
            for reason in plan.reasons:
                st.markdown(f"- {reason.say(ui.lang())}")
        with st.expander(t("train.ready.command"), icon=":material/terminal:"):
            text = as_toml(plan, fields, test_limit)
            st.code(command(plan, fields, test_limit), language=None, wrap_lines=True)
            st.caption(t("train.ready.file"))
            st.code(text, language=None, wrap_lines=True)
            st.download_button(t("train.ready.download"), text, "run.toml", "application/toml",
                               icon=":material/download:")  # fmt: skip


def _found(plan: Plan, fields: dict[str, Any]) -> Preflight:
    """What was measured for exactly this plan, else an estimate."""
    kept = state.kept(MEASURED)
    if kept and kept[0] == _mark(plan, fields):
        measured: Preflight = kept[1]
        return measured
    return check(state.workspace(), plan, fields, probe=False)


def _mark(plan: Plan, fields: dict[str, Any]) -> str:
    return record.hash_json([plan.to_json(), fields])


def _measure(plan: Plan, fields: dict[str, Any]) -> None:
    with st.spinner(t("train.ready.measuring")):
        found = check(state.workspace(), plan, fields, probe=True)
    state.keep(MEASURED, (_mark(plan, fields), found))


def _readings(found: Preflight) -> list[ui.Reading]:
    lang = ui.lang()
    measured = "measured" if found.memory_from == "probe" else "estimated"
    energy = number(found.energy_kwh, 2, lang)
    device = "cpu" if found.room.device == "cpu" else "gpu"
    free = size(found.room.memory_bytes, lang)
    items = [
        ui.Reading(
            t("train.ready.memory"), _about(size(found.memory_bytes, lang), measured), measured,
            None, t(f"train.ready.memory_{device}", free=free),
            help=t(f"train.ready.memory_help_{measured}"),
        ),
        ui.Reading(
            t("train.ready.time"), _about(duration(found.seconds, lang), "estimated"), "estimated",
            _range_of_time(found, lang),
            t(f"train.ready.time_{found.seconds_from or 'unknown'}", energy=energy),
        ),
        ui.Reading(
            t("train.ready.disk"), _about(size(found.disk_bytes, lang), "estimated"), "estimated",
            None, t("train.ready.disk_n", free=size(found.room.disk_bytes, lang)),
        ),
    ]  # fmt: skip
    if found.a100:
        low, high = usd(found.a100["usd_low"], lang), usd(found.a100["usd_high"], lang)
        hours = duration(3600 * found.a100["hours"], lang)
        items.insert(2, ui.Reading(
            t("train.ready.a100"), _about(usd(found.a100["usd"], lang), "estimated"), "estimated",
            f"{low}–{high}", t("train.ready.a100_n", time=hours),
            help=t("train.ready.a100_help", gpu=found.a100["gpu"]),
        ))  # fmt: skip
    return items


def _range_of_time(found: Preflight, lang: str) -> str | None:
    if found.seconds_low is None or found.seconds_high is None:
        return None
    return f"{duration(found.seconds_low, lang)}–{duration(found.seconds_high, lang)}"


def _about(value: str, kind: str) -> str:
    unknown = value == t("common.not_known")
    return value if kind == "measured" or unknown else t("common.approximately", value=value)


def _change(found: Preflight) -> None:
    """What went wrong and the one change that helps."""
    if found.probe_error:
        st.text(t("train.ready.probe_failed", why=found.probe_error))
    if not found.change:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.text(found.change.say(ui.lang()))
        if found.settings:
            st.button(t("train.ready.apply"), key="train-apply", icon=":material/build:",
                      on_click=_apply, args=(found.settings,))  # fmt: skip


def _apply(settings: dict[str, Any]) -> None:
    rest = dict(settings)
    if "method" in rest:
        state.fill(METHOD_KEY, rest.pop("method"))
    training_advanced.put(rest)
