"""Load tests that were made, in the workspace."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core import record
from core.cost.estimate import Estimate
from core.deploy.loadtest import Plan
from core.deploy.loadtest_knee import Knee
from core.deploy.loadtest_predicted import Compared, Predicted
from core.deploy.loadtest_quantile import Quantile, Vector
from core.deploy.loadtest_summary import Summary, Times
from core.errors import BadInput
from core.workspace import Workspace, require

SHARES = tuple(round(0.01 * step, 2) for step in range(1, 100))
"""Of the requests, at which times are kept for a picture."""
KIND = "loadtest"


@dataclass(frozen=True)
class LoadTest:
    """How a server did under load.

    Attributes:
        name: Of the test.
        target: Whom it asked, as `core.deploy.loadtest_target.Target` has it.
        plan: How.
        stream: Whether answers were asked for piece by piece.
        inputs: Where the texts are from, how many, and how long on average in characters.
        ended: Why it ended; "done", or what cut it short.
        stages: What each measured.
        curves: Of each stage, times in seconds that shares of the requests took at most (SHARES);
            None = longer than was waited.
        alone: Place of the stage with one request at a time.
        knee: Of a ramp.
        predicted: What the cost engine says; None = the model or the engine is not known.
        calibrated: Whether later estimates learnt from it.
        sayings: The first words of each kind of error.
        machine: Of the client: its name.
        own: Whether the server was on the same machine.
        created_at: UTC, ISO 8601.
        environment: Versions and machine, as `core.record.environment` has them.
    """

    name: str
    target: dict[str, Any]
    plan: Plan
    stream: bool
    inputs: dict[str, Any]
    ended: str
    stages: tuple[Summary, ...]
    curves: tuple[tuple[float | None, ...], ...]
    alone: int | None
    knee: Knee | None
    predicted: Predicted | None
    calibrated: bool
    sayings: dict[str, str]
    machine: str
    own: bool
    created_at: str
    environment: dict[str, Any]

    @property
    def loaded(self) -> tuple[Summary, ...]:
        """The stages but for the one with one request at a time before a ramp."""
        return tuple(s for place, s in enumerate(self.stages) if place != self.alone)

    @property
    def trustworthy(self) -> bool:
        """Whether the client was on time in all of them."""
        return all(stage.trustworthy for stage in self.stages)

    def to_json(self) -> dict[str, Any]:
        """As a record holds it; the error of each comparison goes along."""
        body = asdict(self)
        if self.predicted:
            for row, one in zip(
                body["predicted"]["compared"], self.predicted.compared, strict=True
            ):
                row["error"] = one.error
        return body


def curve(times: Vector) -> tuple[float | None, ...]:
    """Times that shares of the requests took at most; empty where there are none."""
    if not len(times):
        return ()
    found = np.quantile(times, SHARES, method="higher")
    return tuple(float(value) if np.isfinite(value) else None for value in found)


def save(workspace: Workspace, made: LoadTest) -> LoadTest:
    """Keep a test under the first free name that begins as it is called; returns it so named."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", made.name).strip("-")[:48] or "server"
    workspace.loadtests().mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        named = replace(made, name=f"{stem}-{number}")
        path = workspace.loadtest(named.name)
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            number += 1
            continue
        record.write(path, KIND, named.to_json())
        return named


def open_loadtest(workspace: Workspace, name: str) -> LoadTest:
    """A test by its name.

    Raises:
        NotFound: There is none; the message lists what is.
    """
    path = workspace.loadtest(name)
    return _read(record.read(require(path, "load test", name, names(workspace)), KIND))


def names(workspace: Workspace) -> list[str]:
    """Of all tests, newest first; one that is being written is not there yet."""
    folder = workspace.loadtests()
    found = [path for path in folder.glob("*.json") if path.stat().st_size] if folder.is_dir() \
        else []  # fmt: skip
    return [p.stem for p in sorted(found, key=lambda p: p.stat().st_mtime_ns, reverse=True)]


def list_loadtests(workspace: Workspace, url: str | None = None) -> list[LoadTest]:
    """All tests, newest first; those of one server if so asked."""
    found = [open_loadtest(workspace, name) for name in names(workspace)]
    return [made for made in found if url is None or made.target["url"] == url.rstrip("/")]


def _read(body: dict[str, Any]) -> LoadTest:
    known = {key: body[key] for key in LoadTest.__dataclass_fields__ if key in body}
    try:
        return LoadTest(**{
            **known,
            "plan": Plan(**body["plan"]),
            "stages": tuple(_summary(row) for row in body["stages"]),
            "curves": tuple(tuple(row) for row in body["curves"]),
            "knee": Knee(**body["knee"]) if body["knee"] else None,
            "predicted": _predicted(body["predicted"]) if body["predicted"] else None,
        })  # fmt: skip
    except (TypeError, KeyError) as error:
        raise BadInput(f"The load test {body.get('name')!r} is damaged ({error}).") from None


def _summary(row: dict[str, Any]) -> Summary:
    return Summary(**{
        **row, "total": _times(row["total"]),
        **{name: _times(row[name]) if row[name] else None for name in ("first", "token")},
    })  # fmt: skip


def _times(row: dict[str, Any]) -> Times:
    half, tail, end = (Quantile(**row[name]) for name in ("p50", "p95", "p99"))
    return Times(half, tail, end, row["mean"])


def _predicted(row: dict[str, Any]) -> Predicted:
    compared: Sequence[dict[str, Any]] = row["compared"]
    return Predicted(**{
        **row, "rates": tuple(row["rates"]), "seconds": tuple(row["seconds"]),
        "compared": tuple(
            Compared(**{**{k: v for k, v in one.items() if k != "error"},
                        "predicted": Estimate(**one["predicted"])})
            for one in compared
        ),
    })  # fmt: skip
