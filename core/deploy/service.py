"""What is served now, what was last, and how fast it answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.deploy.latency import Latency, summarise
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.workspace import Workspace

FIRST_PORT, LAST_PORT = 8_600, 65_535
DEFAULT_URL = f"http://127.0.0.1:{FIRST_PORT}"


@dataclass(frozen=True)
class Service:
    """A server, under way or ended.

    Attributes:
        job: The job that runs it.
        model: What answers.
        url: Where.
        ready: Whether it has loaded its model and answers.
        milliseconds: Measured times of single answers, in the order they were made.
        dataset: Where the measured inputs come from; None before the measurement.
        device: "cpu" or the GPU's name; None before the measurement.
        engine, task, chats: As the engine tells them; None, and False, before it is ready.
        unevaluated: Whether it is a bundle whose quality nobody knows.
        asked_engine: What whoever started it asked for.
        champion: The dataset whose champion answers; None = always the same model.
    """

    job: Job
    model: str
    url: str
    ready: bool
    milliseconds: tuple[float, ...]
    dataset: str | None
    device: str | None
    engine: str | None = None
    task: str | None = None
    chats: bool = False
    unevaluated: bool = False
    asked_engine: str = "auto"
    champion: str | None = None

    @property
    def since(self) -> float:
        """When it was started, in seconds since 1970, UTC."""
        return self.job.started_at or self.job.created_at

    @property
    def latency(self) -> Latency | None:
        """The times, summarised."""
        return summarise(self.milliseconds)


def services(workspace: Workspace, model: str | None = None) -> list[Service]:
    """Servers of this workspace, newest first; of one model if so asked."""
    with JobStore(workspace) as store:
        found = []
        for job in store.jobs(kind="serve"):
            events = {event.kind: event.payload for event in store.events(job.id)}
            # The champion of a dataset may be another one than when the server was started.
            told = events.get("swapped") or events.get("ready") or {}
            answers = told.get("model", job.request["model"])
            if model is not None and answers != model:
                continue
            measured = events.get("latency", {})
            found.append(
                Service(
                    job=job,
                    model=answers,
                    url=f"http://{job.request['host']}:{job.request['port']}",
                    ready=job.state == "running" and "ready" in events,
                    milliseconds=tuple(measured.get("milliseconds", ())),
                    dataset=measured.get("dataset"),
                    device=measured.get("device"),
                    engine=told.get("engine"),
                    task=told.get("task"),
                    chats=bool(told.get("chats")),
                    unevaluated=bool(told.get("unevaluated")),
                    asked_engine=job.request.get("engine") or "auto",
                    champion=job.request.get("champion"),
                )
            )
    return found


def free_port(servers: Sequence[Service]) -> int:
    """The first port from FIRST_PORT on that no server under way was given."""
    taken = {one.job.request["port"] for one in servers if one.job.active}
    return next(port for port in range(FIRST_PORT, LAST_PORT) if port not in taken)


def folder_bytes(folder: Path) -> tuple[int, int]:
    """Total size and number of the files of a model's folder."""
    sizes = [path.stat().st_size for path in folder.iterdir() if path.is_file()]
    return sum(sizes), len(sizes)
