"""The serve job: load a model, measure its latency, answer over HTTP until somebody stops it.

This process holds the connections; the model is in another one (`core.deploy.worker`), which is
started again if it breaks.
"""

import asyncio
import contextlib
import os
import socket
import time
from typing import Any

import uvloop

from core.data.dataset import Example, open_dataset, read
from core.deploy import traffic
from core.deploy.api import Server
from core.deploy.app import build
from core.deploy.call import Call
from core.deploy.engine import EngineInfo, EngineRequest, EngineSpec
from core.deploy.follow import follow
from core.deploy.keys import Doorkeeper
from core.deploy.limits import Limits
from core.deploy.log import Log
from core.deploy.metrics import Metrics
from core.deploy.serve import is_loopback, listen, serve
from core.deploy.supervise import QUEUE, Supervisor
from core.errors import NotFound, WorkFailed
from core.jobs.context import Context
from core.jobs.log import log_path
from core.jobs.warm import Warm
from core.update.champion import champion
from core.update.intake import received
from core.work.study import study
from core.workspace import Workspace

MEASURED_INPUTS = 50
WARM_UP_INPUTS = 2
STUCK_SECONDS = 60.0
"""Beyond a request's own limit: then the engine is held to have stopped."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Serve as a ServeRequest says; ends when the job is cancelled."""
    workspace = context.workspace
    door = Doorkeeper(workspace, os.environ.get("ASSAY_TOKEN"))
    listener = listen(request["host"], request["port"], guarded=door.guarded)
    with listener:
        model = _first_model(workspace, request)
        context.report(None, "deploy.loading", model=model)
        log = Log(texts=bool(request.get("log_texts")), file=log_path(workspace, context.job_id))
        try:
            spec = _prepared(workspace, request, model, log)
        except WorkFailed:
            context.check()  # a stop ends the process that prepares, too
            raise
        uvloop.run(_serve(request, context, spec, door, log, listener))
    context.check()
    return {}


def _first_model(workspace: Workspace, request: dict[str, Any]) -> str:
    dataset = request.get("champion")
    if not dataset:
        return str(request["model"])
    found = champion(workspace, dataset)
    if found is None:
        raise NotFound(
            f"No run is the champion of {dataset!r} yet; promote one (`assay promote RUN`), or "
            "name a model to serve."
        )
    return found


def _prepared(
    workspace: Workspace, request: dict[str, Any], model: str, log: Log
) -> EngineSpec:  # fmt: skip
    """What to load; found out in another process, as it takes torch."""
    warm = Warm(retry=False)
    try:
        found = warm.call("core.work.serving:prepare", {
            "workspace": str(workspace.root), "model": model,
            "engine": request.get("engine", "auto"), "max_batch": request.get("max_batch"),
        })  # fmt: skip
    finally:
        warm.close()
    for note in found["notes"]:
        log.say("prepared", model=model, note=note)
    return EngineSpec(**found["spec"])


async def _serve(
    request: dict[str, Any], context: Context, spec: EngineSpec, door: Doorkeeper, log: Log,
    listener: socket.socket,
) -> None:  # fmt: skip
    workspace = context.workspace
    limits = Limits(seconds=float(request.get("timeout") or Limits().seconds))
    supervisor = Supervisor(
        spec, queue=request.get("queue") or QUEUE, stuck_seconds=limits.seconds + STUCK_SECONDS,
        say=log.say,
    )  # fmt: skip
    kept = traffic.Traffic(workspace, texts=log.texts)
    try:
        info = await supervisor.start()
        kept.study = study(workspace, info.tuned_on)
        await _measure(supervisor, context)
        server = Server(
            supervisor, door, limits, Metrics(supervisor), log, _rememberer(workspace, supervisor),
            lambda name: traffic.knows(workspace, name), kept, alias=request.get("champion"),
        )  # fmt: skip
        host = request["host"]
        hosts = ["127.0.0.1", "localhost", "::1", host] if is_loopback(host) else None
        app = build(server, allowed_hosts=hosts)
        async with _following(request, context, supervisor, log):
            context.report(None, "deploy.serving", url=f"http://{host}:{request['port']}")
            context.event("ready", port=request["port"], **_told(supervisor))
            await serve(app, listener, lambda: context.stopping, limits.head_seconds)
    finally:
        await supervisor.close()
        kept.close()
        log.flush()


@contextlib.asynccontextmanager
async def _following(
    request: dict[str, Any], context: Context, supervisor: Supervisor, log: Log
) -> Any:
    """While the block runs, the champion of a dataset is what answers."""
    dataset = request.get("champion")
    if not dataset:
        yield
        return
    workspace = context.workspace

    async def change(name: str) -> None:
        spec = await asyncio.to_thread(_prepared, workspace, request, name, log)
        await supervisor.swap(spec)
        context.event("swapped", **_told(supervisor))

    task = asyncio.create_task(
        follow(lambda: champion(workspace, dataset), change, supervisor.spec.name, say=log.say)
    )
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _told(supervisor: Supervisor) -> dict[str, Any]:
    """What answers from now on, for whoever looks at the job."""
    info = supervisor.info
    return {
        "model": info.name, "engine": info.engine, "task": info.task, "chats": info.chats,
        "unevaluated": bool(supervisor.spec.about.get("unevaluated")),
    }  # fmt: skip


def _rememberer(workspace: Workspace, supervisor: Supervisor) -> Any:
    def remember(body: dict[str, Any]) -> str:
        return received(workspace, body, model=supervisor.info.name, sender=body.get("sender")).id

    return remember


async def _measure(supervisor: Supervisor, context: Context) -> None:
    """Time single answers to test inputs, after some to warm up."""
    info = supervisor.info
    if info.tuned_on is None:
        return
    data = open_dataset(context.workspace, info.tuned_on)
    examples = read(context.workspace, data, "test")[: MEASURED_INPUTS + WARM_UP_INPUTS]
    if len(examples) <= WARM_UP_INPUTS:
        return
    times = []
    for number, example in enumerate(examples):
        context.report(None, "deploy.measuring", done=number, total=len(examples))
        started = time.perf_counter()
        if await _answered(supervisor, info, number, example):
            times.append(round(1_000 * (time.perf_counter() - started), 3))
    context.event(
        "latency", milliseconds=times[WARM_UP_INPUTS:], device=info.device, dataset=data.title
    )


async def _answered(
    supervisor: Supervisor, info: EngineInfo, number: int, example: Example
) -> bool:  # fmt: skip
    """Whether a test input could be answered: one that is too long for the model cannot."""
    call = Call(
        EngineRequest(f"measure-{number}", "predict", example.input, example.context), "measure"
    )
    supervisor.submit([call])
    await asyncio.wait([call.answer])
    return call.answer.exception() is None
