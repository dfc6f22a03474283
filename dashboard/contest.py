"""Which evaluations the Evaluate page sets side by side: chosen by the URL and the controls."""

from collections import Counter
from dataclasses import dataclass

import streamlit as st

from core.evaluate import notation
from core.evaluate.board import Group
from core.evaluate.compare import Changes, Comparison
from core.evaluate.metrics import metric
from core.evaluate.paired import Difference
from core.evaluate.score import Score
from core.evaluate.store import Evaluation
from core.train.runs import Run, list_runs
from dashboard import cache, state, ui

t = ui.t


@dataclass(frozen=True)
class View:
    """What the page shows: `b`, beside `a` if there is one, under one metric.

    `names` are those of the group; `run` is the run that made `b`, if one did.
    """

    group: Group
    metric: str
    b_name: str
    b: Evaluation
    a_name: str
    comparison: Comparison | None
    run: Run | None

    @property
    def score(self) -> Score:
        """The score of b."""
        return self.b.score(self.metric) or self.b.headline

    @property
    def difference(self) -> Difference | None:
        """B beside a; None without a."""
        return self.comparison.difference(self.metric) if self.comparison else None

    @property
    def changes(self) -> Changes | None:
        """What happened to each example; None without a."""
        return self.comparison.changes(self.metric) if self.comparison else None

    @property
    def against_base(self) -> bool:
        """Whether a is what b was tuned from."""
        return bool(self.run and self.comparison and self.comparison.a.model == self.run.base)


def choose(found: list[Group], datasets: list[str]) -> tuple[str | None, View | None]:
    """What is chosen in the strip of controls, or, in presenter mode, without one.

    Args:
        found: Evaluations by the examples they scored.
        datasets: Names of all datasets, the likeliest first.

    Returns:
        The dataset's name, and what was scored on it; None where there is none.
    """
    # Where nothing is asked for, a dataset with scores is shown, not the one imported last.
    scored = [group.newest.dataset for group in found]
    known = list(dict.fromkeys([*(n for n in datasets if n in scored), *scored, *datasets]))
    if not known:
        return None, None
    if ui.presenting():
        return _chosen(found, known, draw=False)
    with ui.controls():
        return _chosen(found, known, draw=True)


def _chosen(found: list[Group], known: list[str], *, draw: bool) -> tuple[str, View | None]:
    dataset = _pick("dataset", "dataset", known, draw=draw)
    groups = {group.key: group for group in found if group.newest.dataset == dataset}
    if not groups:
        return dataset, None
    key = _pick(
        "examples", "examples", list(groups), _labels(groups), draw=draw and len(groups) > 1
    )
    runs = {run.run: run for run in list_runs(state.workspace())}
    rows = groups[key].evaluations
    # A run is what one comes to judge; then whatever was scored last.
    b = _pick("model", "run", sorted(rows, key=lambda n: rows[n].model not in runs), draw=draw)
    run = runs.get(rows[b].model)
    others = sorted((n for n in rows if n != b), key=lambda n: rows[n].model != (run and run.base))
    a = _pick("against", "against", others, draw=draw) if others else ""
    valued = [s.metric for s in rows[b].scores if s.value is not None]
    good = [name for name in valued if not metric(name).also]
    shared = [name for name in good if not a or rows[a].measured(name)]
    if not shared:
        a, shared = "", good or valued or [rows[b].headline.metric]
    comparison = None
    if a:
        comparison = cache.comparison(state.workspace(), rows[a], rows[b])
    view = View(groups[key], _metric(shared, draw=draw), b, rows[b], a, comparison, run)
    return dataset, view


def _pick(
    name: str, parameter: str, known: list[str], show: dict[str, str] | None = None, *, draw: bool
) -> str:
    """A choice that lives in the URL, with its box or without."""
    if not draw:
        return state.chosen(parameter, known) or known[0]
    shown, label = show or {}, t(f"evaluate.control.{name}")
    chosen = state.choose(label, parameter, known, key=f"evaluate-{name}",
                          show=lambda one: shown.get(one, one))  # fmt: skip
    return chosen or known[0]


def _labels(groups: dict[str, Group]) -> dict[str, str]:
    """A name for each set of examples; with the version where two would be called alike.

    A box cannot tell names apart that are the same, so what is still alike gets a part of its key.
    """

    def label(group: Group, name: str) -> str:
        one = group.newest
        return t(f"evaluate.control.{name}", version=one.data_version[:6], n=f"{one.n:,}",
                 split=t(f"evaluate.split.{one.split}"))  # fmt: skip

    short = {key: label(group, "examples_option") for key, group in groups.items()}
    longer = {key: label(group, "examples_option_version") for key, group in groups.items()}
    seen, exact = Counter(short.values()), Counter(longer.values())
    return {
        key: name if seen[name] == 1
        else longer[key] if exact[longer[key]] == 1
        else f"{longer[key]} ({key[:8]})"
        for key, name in short.items()
    }  # fmt: skip


def _metric(names: list[str], *, draw: bool) -> str:
    kept = state.kept("evaluate-metric")
    first = kept if kept in names else names[0]
    if draw and len(names) > 1:
        chosen = st.segmented_control(
            t("evaluate.control.metric"), names, default=first, required=True,
            key=f"evaluate-metric-{'-'.join(names)}",
            format_func=lambda name: notation.title(name, ui.lang()),
        )  # fmt: skip
        first = chosen or first
        state.keep("evaluate-metric", first)
    return str(first)
