"""The only caches of the dashboard: the warm process, first batches, boards, examples, plans."""

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core import calibration
from core.cost.calibrate import Machine
from core.cost.measured import load
from core.cost.probe import machine_name
from core.evaluate import board, store
from core.evaluate.board import Delta, Entry, Group, rank
from core.evaluate.compare import Comparison, compare
from core.evaluate.rows import Row, rows_of
from core.evaluate.store import Evaluation
from core.interpret.captured import Capture
from core.interpret.store import open_capture
from core.jobs.warm import Warm
from core.record import canonical
from core.where import Where, where
from core.workspace import Workspace

Deltas = dict[str, Delta | None]


def warm(workspace: Workspace) -> Warm:
    """The one warm process for a workspace, shared by every reader.

    `cache.warm(workspace).call("core.work.attention:compute", {"model": …, "text": …})`
    """
    return _warm(str(workspace.root))


@st.cache_resource(max_entries=1, on_release=Warm.close, show_spinner=False)
def _warm(root: str) -> Warm:
    return Warm({"ASSAY_HOME": root})


def machine(workspace: Workspace) -> Machine | None:
    """What was measured of this machine, as `calibration.here` says; its name is asked for once."""
    if not workspace.calibrations.is_dir():
        return None
    return load(workspace, machine_name(_device_name()))


@st.cache_resource(show_spinner=False)
def _device_name() -> str:
    return calibration.device_name()


def capture(workspace: Workspace, key: str) -> Capture:
    """A capture of attention, read once: a long one is 150 MB. Nobody changes what is given here.

    Raises:
        AssayError: There is none with that key, or it cannot be read.
    """
    path = workspace.capture(key)
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    return _capture(str(workspace.root), key, stamp)


@st.cache_resource(max_entries=2, show_spinner=False)
def _capture(root: str, key: str, stamp: int) -> Capture:
    return open_capture(Workspace.open(root), key)


def first_batch(workspace: Workspace, request: dict[str, Any]) -> dict[str, Any]:
    """The first batch of a training, from the warm process; kept, as it never changes.

    Args:
        workspace: Where the dataset lives.
        request: As `core.work.batch.compute` takes it, the dataset with its version.

    Raises:
        AssayError: The request is wrong, or the base cannot be had.
    """
    return _first_batch(str(workspace.root), canonical(request))


@st.cache_data(max_entries=16, show_spinner=False)
def _first_batch(root: str, request: str) -> dict[str, Any]:
    asked = {**json.loads(request), "workspace": root}
    return _warm(root).call("core.work.batch:compute", asked)


def ranked(workspace: Workspace, group: Group, metric: str) -> list[Entry]:
    """The board of a group under one metric, tested once for all readers."""
    stamp = _stamp(*group.evaluations.values())
    return _ranked(str(workspace.root), tuple(group.evaluations), metric, stamp, group)


def beside(workspace: Workspace, entries: Sequence[Entry], baseline: str) -> Deltas:
    """The models of a board beside a baseline, tested once for all readers."""
    metric = entries[0].score.metric
    stamp = _stamp(*(entry.evaluation for entry in entries))
    return _beside(str(workspace.root), baseline, metric, stamp, list(entries))


@st.cache_data(max_entries=64, show_spinner=False)
def _ranked(
    root: str, names: tuple[str, ...], metric: str, stamp: tuple[str, ...], _group: Group
) -> list[Entry]:
    return rank(Workspace.open(root), _group, metric)


@st.cache_data(max_entries=64, show_spinner=False)
def _beside(
    root: str, baseline: str, metric: str, stamp: tuple[str, ...], _entries: list[Entry]
) -> Deltas:
    return board.beside(Workspace.open(root), _entries, baseline)


def comparison(workspace: Workspace, a: Evaluation, b: Evaluation) -> Comparison:
    """B beside A, read once for all readers; nobody changes what is given here."""
    return _comparison(str(workspace.root), a.evaluation, b.evaluation, _stamp(a, b))


def examples(workspace: Workspace, b: Evaluation) -> tuple[dict[str, Any], ...]:
    """The examples of an evaluation, read once for all readers."""
    return _examples(str(workspace.root), b.evaluation, _stamp(b))


def rows(workspace: Workspace, b: Evaluation, a: Evaluation | None, metric: str) -> tuple[Row, ...]:
    """The examples of B, beside those of A, with their flags: also read once."""
    names = b.evaluation, a.evaluation if a else None
    return _rows(str(workspace.root), *names, metric, b.task, _stamp(a, b))


def slices(workspace: Workspace, b: Evaluation, a: Evaluation | None, metric: str) -> Where:
    """The slices of B, beside A: measured once and kept in the workspace, read once here."""
    names = b.evaluation, a.evaluation if a else None
    return _slices(str(workspace.root), *names, metric, _stamp(a, b))


def _stamp(*made: Evaluation | None) -> tuple[str, ...]:
    """Changes when an evaluation of the same name is another one."""
    return tuple(part for one in made if one for part in (one.evaluation, one.key, one.created_at))


@st.cache_resource(max_entries=8, show_spinner=False)
def _comparison(root: str, a: str, b: str, stamp: tuple[str, ...]) -> Comparison:
    return compare(Workspace.open(root), a, b)


@st.cache_resource(max_entries=8, show_spinner=False)
def _examples(root: str, b: str, stamp: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    return tuple(store.examples(Workspace.open(root), b))


@st.cache_resource(max_entries=8, show_spinner=False)
def _rows(
    root: str, b: str, a: str | None, metric: str, task: str, stamp: tuple[str, ...]
) -> tuple[Row, ...]:
    if a is None:
        return rows_of(_examples(root, b, stamp), None, metric, task)
    both = _comparison(root, a, b, stamp)
    return rows_of(both.examples_b, both.examples_a, metric, task)


@st.cache_resource(max_entries=16, show_spinner=False)
def _slices(root: str, b: str, a: str | None, metric: str, stamp: tuple[str, ...]) -> Where:
    return where(Workspace.open(root), b, a, metric)


MOST_PLANS = 48


@dataclass
class Plans:
    """Plans made of late, by key; those that nobody looks at go first."""

    made: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: str) -> Any:
        """What was made under a key; None = nothing."""
        with self.lock:
            if key in self.made:
                self.made.move_to_end(key)
            return self.made.get(key)

    def put(self, key: str, plan: Any) -> None:
        """Keep what was made; nobody changes it from now on."""
        with self.lock:
            self.made[key] = plan
            while len(self.made) > MOST_PLANS:
                self.made.popitem(last=False)


@st.cache_resource(max_entries=1, show_spinner=False)
def plans() -> Plans:
    """The one place for the plans of all readers (`dashboard.plan_made` fills it)."""
    return Plans()
