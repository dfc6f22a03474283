"""The job that prices a finished run's training on one A100, at its own data."""

from typing import Any

from core.cost.document import training_document
from core.cost.hardware import DEFAULT_GPU
from core.cost.subject import shape_for
from core.cost.training import estimate_training
from core.errors import BadInput
from core.jobs.context import Context
from core.train.runs import Run, open_run
from core.workspace import Workspace


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Price the training of the run at `request["run"]`."""
    context.report(None, "cost.working", run=request["run"])
    return price_run(context.workspace, request["run"])


def price_run(workspace: Workspace, name: str) -> dict[str, Any]:
    """What training a run would cost on one A100 with the tokens that it saw, as JSON.

    Raises:
        NotFound: There is no such run.
        BadInput: It has not finished, or did not record its tokens.
    """
    finished = open_run(workspace, name)
    tokens = tokens_seen(finished)
    if tokens is None:
        raise BadInput(
            f"The run {name!r} ({finished.state}) recorded no tokens; price one that has finished."
        )
    shape = shape_for(workspace, name)
    batch = finished.config.get("batch_size")
    estimate = estimate_training(
        shape, tokens, DEFAULT_GPU, 1, "full",
        sequence_length=_length(finished, tokens, shape.stacks), batch_per_gpu=batch,
    )  # fmt: skip
    return {"run": name, **training_document(name, estimate)}


def tokens_seen(finished: Run) -> int | None:
    """Tokens that a run trained on, input and target, every epoch counted; None = not recorded."""
    tokens = finished.training.get("tokens")
    return int(tokens) if tokens else None


def _length(finished: Run, tokens: int, stacks: int) -> int | None:
    """Mean tokens of one sequence: of each stack, where there are two."""
    batch = finished.config.get("batch_size")
    if not finished.steps or not batch:
        return None
    return max(1, round(tokens / (finished.steps * int(batch) * stacks)))
