"""One model measured in a process of its own: memory, latency, throughput, energy.

    python -m core.jobs.warm  <-  ["core.work.weigh:weigh", {…}]

Nothing heavy is imported before the memory of the empty process was noted, and then only what the
model's engine needs: a model of CTranslate2 answers without torch, as it would on a small device.
The processor computes, whatever else the machine has.
"""

import importlib
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import psutil

from core.cost.rapl import POWERCAP, rapl
from core.data import dataset as datasets
from core.data.dataset import Dataset, Example
from core.deploy.measured import joules, mean
from core.models.resolve import ModelRef
from core.units import KIB
from core.workspace import Workspace

WARM_UP = 3
"""Requests before the clock."""
ALONE_SECONDS, TOGETHER_SECONDS = 30.0, 10.0
"""No further request, or batch, is begun after so long."""
FEWEST = 20
"""Requests that are timed however long they take: fewer say nothing of the slow ones."""
LOOK_SECONDS = 0.002
_STATUS = Path("/proc/self/status")
_MODULES = {"transformers": "core.work.weigh_torch", "ctranslate2": "core.work.weigh_ct2"}


class Engine(Protocol):
    """A loaded model: answers a batch, and tells the tokens read and written of each request."""

    threads: int
    writes: bool

    def answer(self, examples: Sequence[Example]) -> list[tuple[int, int]]:
        """Answer; (input tokens, output tokens) of each."""
        ...


def weigh(request: dict[str, Any]) -> dict[str, Any]:
    """Measure as asked.

    Args:
        request: `workspace`, `dataset` (a title), `ids` of its test rows, `model` {name, path,
            engine}, `batch`, `limit` (tokens of an answer), `watts` or None.

    Returns:
        The fields of `core.deploy.measured.Measured` that this process can know.
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    data, examples = _rows(request)
    power = rapl(POWERCAP)
    with Peak() as peak:
        empty, begun = peak.now(), time.perf_counter()
        engine: Engine = importlib.import_module(_MODULES[request["model"]["engine"]]).load(
            _ref(request["model"]), data, request["limit"]
        )
        engine.answer(examples[:1])
        seconds = time.perf_counter() - begun
        loaded = peak.now()
        for example in examples[:WARM_UP]:
            engine.answer([example])
        load = Load()
        times = _alone(engine, examples)
        before = power() if power else None
        tokens, worked = _together(engine, examples, request["batch"])
        others = load.others()
        counted = power() - before if power and before is not None else None
    # Only now: it brings NumPy along, which no engine shall find there for nothing.
    from core.cost.probe import WATTS_PER_CORE, cores, machine_name

    reads, writes = (mean(column) for column in zip(*tokens, strict=True))
    energy, source = joules(worked, cores(), request["watts"], counted, WATTS_PER_CORE)
    counts = sum(row[engine.writes] for row in tokens)
    return {
        "loaded_bytes": max(0, loaded - empty), "peak_bytes": max(0, peak.bytes - empty),
        "load_seconds": round(seconds, 3), "milliseconds": times, "batch": request["batch"],
        "tokens_per_second": counts / worked, "tokens_of": "output" if engine.writes else "input",
        "input_tokens": reads, "output_tokens": writes,
        "joules_per_token": energy / max(1, counts), "joules_from": source,
        "device": machine_name(), "threads": engine.threads, "cores": cores(), "n": len(times),
        "others": others,
    }  # fmt: skip


def _rows(request: dict[str, Any]) -> tuple[Dataset, list[Example]]:
    workspace = Workspace.open(request["workspace"])
    data = datasets.open_dataset(workspace, request["dataset"])
    wanted = set(request["ids"])
    return data, [row for row in datasets.read(workspace, data, "test") if row.id in wanted]


def _ref(said: dict[str, Any]) -> ModelRef:
    return ModelRef(said["name"], said["kind"], Path(said["path"]), engine=said["engine"])


def _alone(engine: Engine, examples: Sequence[Example]) -> list[float]:
    """Milliseconds of each request, one after the other."""
    times: list[float] = []
    begun = time.perf_counter()
    for example in examples:
        started = time.perf_counter()
        if started - begun > ALONE_SECONDS and len(times) >= FEWEST:
            break
        engine.answer([example])
        times.append(round(1_000 * (time.perf_counter() - started), 3))
    return times


def _together(
    engine: Engine, examples: Sequence[Example], batch: int
) -> tuple[list[tuple[int, int]], float]:
    """Tokens of each request in batches as they arrive, and the seconds of all."""
    found: list[tuple[int, int]] = []
    begun = time.perf_counter()
    for start in range(0, len(examples), batch):
        if found and time.perf_counter() - begun > TOGETHER_SECONDS:
            break
        found += engine.answer(examples[start : start + batch])
    return found, time.perf_counter() - begun


class Load:
    """How much of the processor other programs take from now on."""

    def __init__(self) -> None:
        self._first = self._now()

    def others(self) -> float:
        """Their share of all that the cores could do."""
        busy, own, idle = (b - a for a, b in zip(self._first, self._now(), strict=True))
        return max(0.0, min(1.0, (busy - own) / (busy + idle))) if busy + idle > 0 else 0.0

    def _now(self) -> tuple[float, float, float]:
        """Seconds: busy of all programs, of this one, and idle of all cores."""
        system, own = psutil.cpu_times(), psutil.Process().cpu_times()
        idle = system.idle + getattr(system, "iowait", 0.0)
        return sum(system) - idle, own.user + own.system, idle


class Peak:
    """The most memory that this process held; by the kernel where it tells, else by looking."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._seen = 0
        self._over = threading.Event()
        self._looking: threading.Thread | None = None

    def __enter__(self) -> "Peak":
        if self._kernel() is None:
            self._looking = threading.Thread(target=self._look, daemon=True)
            self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._looking:
            self._looking.join()

    def now(self) -> int:
        """What it holds."""
        return int(self._process.memory_info().rss)

    @property
    def bytes(self) -> int:
        """The most so far."""
        return self._kernel() or max(self._seen, self.now())

    def _kernel(self) -> int | None:
        # Of this program alone; `getrusage` counts what the parent held when it began, too.
        if not _STATUS.is_file():
            return None
        rows = (line.split() for line in _STATUS.read_text().splitlines())
        return next((int(row[1]) * KIB for row in rows if row and row[0] == "VmHWM:"), None)

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._seen = max(self._seen, self.now())
