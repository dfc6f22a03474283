"""One model asked by a person: its answer, what that took and costs.

Where a model is served, its server answers, as a program would be answered; else the warm process.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from core.cost.estimate import Estimate
from core.cost.serving import estimate_serving
from core.deploy.bundle import read_bundle
from core.deploy.variants import open_variant
from core.errors import RequestError, WorkFailed
from core.models.resolve import ModelRef, shape_of
from core.train.runs import open_run
from core.update.traffic_read import Request, request_of
from core.workspace import Workspace

STARTER_TASKS = {"encoder-decoder": "translation", "decoder": "text-generation"}
"""What an untuned model does; an encoder gives vectors alone."""
ANSWER_SECONDS = 120.0
KEPT_SECONDS = 2.0
"""Until the server has written a request down; it writes twice a second."""

Warm = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Asks the warm process: the function and its request."""


@dataclass(frozen=True)
class Answer:
    """What a model said.

    Attributes:
        model: Its name.
        output: The text.
        seconds: It took, without loading.
        served: Whether its server answered; else the warm process did.
        request_id: Of the server; None = the request is not in its table.
        usd: What the answer costs on one GPU that is always busy; an estimate. None = not known.
    """

    model: str
    output: str
    seconds: float
    served: bool
    request_id: str | None = None
    usd: Estimate | None = None


def task_of(workspace: Workspace, ref: ModelRef) -> str:
    """What a model does: one of `core.pipeline.TASKS`, or "embedding"."""
    if ref.kind == "run":
        return open_run(workspace, ref.name).task
    if ref.kind == "variant":
        return open_variant(workspace, ref.name).task
    if ref.kind == "bundle" and ref.path is not None:
        return read_bundle(ref.path).task
    shape = shape_of(ref)
    return STARTER_TASKS.get(shape.family, "embedding") if shape else "embedding"


def ask_warm(
    workspace: Workspace, warm: Warm, ref: ModelRef, text: str, context: str | None
) -> Answer:
    """Ask the warm process.

    Raises:
        AssayError: The model cannot be loaded or cannot answer.
    """
    found = warm("core.work.answer:compute", {
        "workspace": str(workspace.root), "model": ref.name, "inputs": [text],
        "contexts": [context],
    })  # fmt: skip
    read, written = found["tokens"][0]
    return Answer(ref.name, found["outputs"][0], found["seconds"], served=False,
                  usd=answer_usd(ref, read, written))  # fmt: skip


def ask_served(
    workspace: Workspace, url: str, ref: ModelRef, text: str, context: str | None, key: str | None
) -> Answer:
    """Ask the server of a model.

    Args:
        workspace: Where it writes its requests down.
        url: Of the server.
        ref: What it serves.
        text: What is asked.
        context: For question answering, the passage.
        key: Opens the server; None = none is wanted.

    Raises:
        WorkFailed: It does not answer, or refuses.
    """
    body: dict[str, Any] = {"inputs": [text]}
    if context is not None:
        body["contexts"] = [context]
    found, seconds = _posted(f"{url}/v1/predict", body, key)
    try:
        output, name = str(found["outputs"][0]), str(found["request_id"])
    except (LookupError, TypeError):
        raise WorkFailed(f"What listens at {url} is not this server; check the port.") from None
    row = _written(workspace, name)
    usd = None
    if row is not None and row.input_tokens is not None:
        usd = answer_usd(ref, row.input_tokens, row.output_tokens or 0)
    return Answer(ref.name, output, seconds, True, row.id if row else None, usd)


def _posted(url: str, body: dict[str, Any], key: str | None) -> tuple[Any, float]:
    """What a server gives, and the seconds from the request to the whole answer."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        with httpx2.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
            started = time.perf_counter()  # making the client is no part of the answer
            answer = client.post(url, json=body, headers=headers)
            seconds = time.perf_counter() - started
    except (httpx2.HTTPError, OSError) as error:
        raise WorkFailed(f"Nothing answers at {url} ({type(error).__name__}); see the server's "
                         "log.") from None  # fmt: skip
    try:
        found = answer.json()
    except ValueError:
        found = None
    if answer.status_code != httpx2.codes.OK:
        said = found.get("error") if isinstance(found, dict) else None
        raise WorkFailed(str(said or f"The server answered {answer.status_code}; see its log."))
    return found, seconds


def _written(workspace: Workspace, request_id: str) -> Request | None:
    """The server's row of a request, once it is there; None = it was let go."""
    deadline = time.monotonic() + KEPT_SECONDS
    while (row := request_of(workspace, request_id)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    return row


def answer_usd(ref: ModelRef, input_tokens: int, output_tokens: int) -> Estimate | None:
    """What one answer costs on one GPU of the estimate's default kind that is always busy.

    None where it cannot be estimated: the model's sizes are not known, or the text is too long.
    """
    try:
        shape = shape_of(ref)
        if shape is None:
            return None
        return estimate_serving(
            shape, input_tokens=max(1, input_tokens), output_tokens=max(1, output_tokens),
            requests_per_second=1.0,
        ).usd_per_request_at_full_use  # fmt: skip
    except RequestError:
        return None
