"""The job that prices a finished run's training on one A100, at its own data."""

from typing import Any

from core.cost.document import training_document
from core.cost.subject import shape_for
from core.errors import BadInput
from core.jobs.context import Context
from core.train.equivalent import on_a100
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
    estimate = on_a100(shape_for(workspace, name), tokens, finished.steps, finished.config)
    return {"run": name, **training_document(name, estimate)}


def tokens_seen(finished: Run) -> int | None:
    """Tokens that a run trained on, input and target, every epoch counted; None = not recorded."""
    tokens = finished.training.get("tokens")
    return int(tokens) if tokens else None
