"""The only user of `st.session_state` and of the URL: language, presenter mode, choices, pages.

Going to another page empties the URL and forgets its widgets, so what belongs to the reader is
kept under names of its own and written back into the URL: a link copied from any page keeps it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from core.jobs.job import Job
from core.text.catalog import LANGUAGES
from core.workspace import Workspace


def _kept(parameter: str) -> str | None:
    """What the URL says, else what it said on the page before."""
    name = f"url-{parameter}"
    if parameter in st.query_params:
        st.session_state[name] = st.query_params[parameter]
    value: str | None = st.session_state.get(name)
    return value


def _keep(parameter: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(parameter, None)
        st.session_state.pop(f"url-{parameter}", None)
    else:
        st.query_params[parameter] = st.session_state[f"url-{parameter}"] = value


def language() -> str:
    """The reader's language code: from the URL, the switch, the browser; else English."""
    code = _kept("lang") or (st.context.locale or "en").split("-")[0]
    return code if code in LANGUAGES else "en"


def presenting() -> bool:
    """Whether the page is shown to a room."""
    return _kept("present") == "1"


def workspace() -> Workspace:
    """The workspace this dashboard was started on ($ASSAY_HOME)."""
    return Workspace.open()


def switches(present_label: str, language_label: str) -> None:
    """Draw the two switches of the strip; both live in the URL, so that a link keeps them."""
    for parameter in ("lang", "present"):
        value = _kept(parameter)
        if value and parameter not in st.query_params:
            st.query_params[parameter] = value
    st.session_state["switch-present"] = presenting()
    st.session_state["switch-lang"] = language()
    st.toggle(present_label, key="switch-present", on_change=_switched, args=("present",))
    st.segmented_control(
        language_label, list(LANGUAGES), format_func=LANGUAGES.__getitem__, key="switch-lang",
        required=True, on_change=_switched, args=("lang",), label_visibility="collapsed",
    )  # fmt: skip


def _switched(parameter: str) -> None:
    value = st.session_state.get(f"switch-{parameter}")
    _keep(parameter, "1" if value is True else value or None)


def chosen(parameter: str, known: Sequence[str]) -> str | None:
    """What the URL names (`?run=…`), here or on the page before, if known; else the first."""
    wanted = _kept(parameter)
    return wanted if wanted in known else (known[0] if known else None)


def choose(
    label: str,
    parameter: str,
    known: Sequence[str],
    *,
    key: str,
    show: Callable[[str], str] = str,
) -> str | None:
    """A selectbox of names that lives in the URL; draws nothing where there is nothing to choose.

    `chosen(parameter, known)` gives the same answer before the box is drawn.
    """
    first = chosen(parameter, known)
    if first is None:
        return None
    st.session_state[key] = first
    return st.selectbox(
        label, known, key=key, format_func=show, width=280, on_change=_chose, args=(parameter, key)
    )


def choose_or_none(
    label: str, parameter: str, known: Sequence[str], *, key: str, nothing: str,
    show: Callable[[str], str] = str,
) -> None:  # fmt: skip
    """As `choose`, but nothing needs to be chosen: `nothing` is what that is called."""
    wanted = _kept(parameter)
    # A box that can be cleared has a button too small to be hit for certain (WCAG 2.2, 2.5.8).
    st.session_state[key] = wanted if wanted in known else ""
    st.selectbox(
        label, ["", *known], key=key, format_func=lambda name: show(name) if name else nothing,
        width=280, on_change=_chose, args=(parameter, key),
    )  # fmt: skip


def _chose(parameter: str, key: str) -> None:
    _keep(parameter, st.session_state.get(key) or None)


def section(
    label: str, parameter: str, known: Sequence[str], *, key: str, show: Callable[[str], str] = str
) -> str:
    """One of the sections of a page: a row of buttons that lives in the URL, as `choose` does."""
    first = chosen(parameter, known) or known[0]
    st.session_state[key] = first
    said: str | None = st.segmented_control(
        label, known, key=key, format_func=show, required=True, on_change=_chose,
        args=(parameter, key), label_visibility="collapsed",
    )  # fmt: skip
    return said or first


def given(parameter: str) -> str | None:
    """What the URL says under a name, once: for what one page hands to another."""
    value: str | None = st.query_params.get(parameter)
    return value


def named(parameter: str) -> str | None:
    """What the URL says under a name, here or on the page before; not checked."""
    return _kept(parameter)


def several(parameter: str, known: Sequence[str]) -> list[str]:
    """The known ones among what the URL names (`?runs=a,b`), in its order."""
    named = dict.fromkeys((_kept(parameter) or "").split(","))
    return [name for name in named if name in known]


def set_several(parameter: str, names: Sequence[str]) -> None:
    """Name several things in the URL; none = take the parameter away."""
    _keep(parameter, ",".join(names) or None)


def choose_several(
    label: str,
    parameter: str,
    known: Sequence[str],
    first: Sequence[str],
    *,
    key: str,
    show: Callable[[str], str] = str,
    **options: Any,
) -> list[str]:
    """Several of some names, kept in the URL; `first` where it names none that is known."""
    st.session_state[key] = several(parameter, known) or list(first)
    found: list[str] = st.pills(
        label, known, selection_mode="multi", key=key, format_func=show, on_change=_chose_several,
        args=(parameter, key), **options,
    )  # fmt: skip
    return found


def _chose_several(parameter: str, key: str) -> None:
    set_several(parameter, st.session_state[key])


def set_choice(parameter: str, name: str | None) -> None:
    """Name one thing in the URL, as the box of `choose` does."""
    _keep(parameter, name)


def table_rows(key: str) -> list[int]:
    """The rows that are selected in a table, for callbacks."""
    chosen: list[int] = st.session_state[key].selection.rows
    return chosen


def number(parameter: str, first: float, low: float, high: float) -> float:
    """A number that lives in the URL; `first` where it names none, or none that can be used."""
    try:
        value = float(_kept(parameter) or first)
    except ValueError:
        return first
    return value if low <= value <= high else first


def set_number(
    label: str, parameter: str, first: float, low: float, high: float, **options: Any
) -> None:
    """The box for such a number; `options` are further arguments of `st.number_input`."""
    key = f"number-{parameter}"
    st.session_state[key] = number(parameter, first, low, high)
    st.number_input(
        label, low, high, key=key, format="%g", width=170, on_change=_numbered,
        args=(parameter, key), **options,
    )  # fmt: skip


def _numbered(parameter: str, key: str) -> None:
    value = st.session_state[key]
    _keep(parameter, None if value is None else f"{value:.12g}")


def optional_number(label: str, parameter: str, low: float, high: float, **options: Any) -> None:
    """The box for a number that lives in the URL and may be left open; its first is None."""
    key = f"number-{parameter}"
    try:
        value = float(_kept(parameter) or "nan")
    except ValueError:
        value = float("nan")
    st.session_state[key] = value if low <= value <= high else None
    st.number_input(
        label, low, high, key=key, format="%g", width=170, on_change=_numbered,
        args=(parameter, key), **options,
    )  # fmt: skip


def set_all(values: dict[str, str | None]) -> None:
    """Put several values into the URL at once (for callbacks); None = take one away."""
    for parameter, value in values.items():
        _keep(parameter, value)


def slide(
    label: str, parameter: str, first: int, low: int, high: int, *, step: int = 1, **options: Any
) -> int:
    """A slider for a whole number that lives in the URL; `options` are those of `st.slider`."""
    key = f"slide-{parameter}"
    start = number(parameter, first, low, high)
    st.session_state[key] = low + round((start - low) / step) * step
    value: int = st.slider(
        label, low, high, step=step, key=key, on_change=_numbered, args=(parameter, key), **options
    )
    return value


def fill(key: str, value: Any) -> None:
    """Put a value into a widget before it is drawn (for callbacks)."""
    st.session_state[key] = value


def sent(key: str, name: str) -> Any:
    """What a component of ours said under a name (for callbacks); None = nothing."""
    return st.session_state[key].get(name)


def held(key: str) -> Any:
    """What a widget holds now (for callbacks)."""
    return st.session_state[key]


def keep(name: str, value: Any) -> None:
    """Keep a value for this reader until the tab is closed; None = forget it."""
    st.session_state[f"kept-{name}"] = value


def kept(name: str) -> Any:
    """What was kept under a name; None = nothing."""
    return st.session_state.get(f"kept-{name}")


def typed(key: str) -> str | None:
    """What stands in a text widget now (for callbacks); None = nothing."""
    value = st.session_state.get(key)
    return str(value) if value else None


def current(key: str) -> Any:
    """What a widget holds now (for callbacks); None = it is not drawn."""
    return st.session_state.get(key)


def changed(name: str, mark: object) -> bool:
    """Whether `mark` is another than at the last look; False at the first."""
    key = f"mark-{name}"
    before = st.session_state.get(key, mark)
    st.session_state[key] = mark
    return bool(before != mark)


def ended(name: str, job: Job | None) -> bool:
    """Whether the job that was under way at the last look has ended: True once."""
    key = f"active-{name}"
    before = st.session_state.get(key)
    active = job.id if job and job.active else None
    st.session_state[key] = active
    return before is not None and before != active


def date(at: float) -> str:
    """The day of a time in seconds since 1970, UTC, as 2026-11-23."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def link(values: dict[str, str]) -> dict[str, str]:
    """Query parameters for a link to another page: `values`, and what belongs to the reader."""
    kept = {name: value for name in ("lang", "present") if (value := _kept(name))}
    return {**kept, **values}


def set_pages(pages: dict[str, Any]) -> None:
    """Remember the pages of this session, by name."""
    st.session_state["pages"] = pages


def page(name: str) -> Any:
    """A page by name, for `st.switch_page` and `st.page_link`."""
    return st.session_state["pages"][name]
