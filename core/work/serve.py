"""The serve job: load a model, measure its latency, answer over HTTP until somebody stops it."""

import os
import time
from typing import Any

from core.data.dataset import Example, read
from core.deploy.app import build
from core.deploy.serve import check_address, is_loopback, serve
from core.jobs.context import Context
from core.update.intake import received
from core.work.answer import Answerer

MEASURED_INPUTS = 50
WARM_UP_INPUTS = 2


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Serve as a ServeRequest says; ends when the job is cancelled."""
    workspace, host, port = context.workspace, request["host"], request["port"]
    check_address(host, port)
    context.report(None, "deploy.loading", model=request["model"])
    answerer = Answerer(workspace, request["model"])
    if answerer.dataset:
        examples = read(workspace, answerer.dataset, "test")[: MEASURED_INPUTS + WARM_UP_INPUTS]
        if len(examples) > WARM_UP_INPUTS:
            _measure(answerer, examples, context)

    def remember(body: dict[str, Any]) -> str:
        return received(workspace, body, model=answerer.name).id

    app = build(
        answerer,
        {
            "model": answerer.name,
            "task": answerer.task,
            "dataset": answerer.dataset.title if answerer.dataset else None,
            "device": answerer.device,
        },
        remember,
        token=os.environ.get("ASSAY_TOKEN"),
        allowed_hosts=["127.0.0.1", "localhost", host] if is_loopback(host) else ["*"],
    )
    context.report(None, "deploy.serving", url=f"http://{host}:{port}")
    context.event("ready", port=port)
    serve(app, host, port, lambda: context.stopping)
    context.check()
    return {}


def _measure(answerer: Answerer, examples: list[Example], context: Context) -> None:
    """Time single answers to test inputs, after some to warm up."""
    times = []
    for number, example in enumerate(examples):
        context.report(None, "deploy.measuring", done=number, total=len(examples))
        started = time.perf_counter()
        answerer([example.input], [example.context])
        times.append(round(1_000 * (time.perf_counter() - started), 3))
    context.event(
        "latency",
        milliseconds=times[WARM_UP_INPUTS:],
        device=answerer.device,
        dataset=answerer.dataset.title if answerer.dataset else None,
    )
