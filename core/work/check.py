"""The check job: look a dataset over, alone and with a base's tokenizer; what is found is kept."""

from typing import Any

from core.data.dataset import open_dataset
from core.data.profile import profile
from core.data.tokenize import count
from core.data.tokens import Limits
from core.gate import Gate, gate
from core.jobs.context import Context
from core.models import hub
from core.models.resolve import default_base, resolve, shape_of
from core.workspace import Workspace

FAMILY = "encoder-decoder"
"""Where a model's family is not known: input and target are both counted."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Check as a CheckRequest says."""
    context.report(None, "gate.checking", name=request["dataset"])
    made = check(
        context.workspace, request["dataset"], request["base"],
        Limits(request["input_tokens"], request["target_tokens"]),
    )  # fmt: skip
    return {"fit": made.fit, "findings": [finding.name for finding in made.findings]}


def check(workspace: Workspace, dataset: str, base: str | None, limits: Limits) -> Gate:
    """Look a dataset over.

    Args:
        workspace: Where it is.
        dataset: NAME or NAME@VERSION.
        base: Whose tokenizer counts; None = the starter of the task.
        limits: Where training cuts rows.

    Raises:
        NotFound: There is no such dataset or model.
        BadInput: The model has no tokenizer.json, or a split's file is damaged.
    """
    data = open_dataset(workspace, dataset)
    ref = hub.fetch(resolve(workspace, base or default_base(data.task)))
    shape = shape_of(ref)
    found = profile(workspace, data)
    family = shape.family if shape else FAMILY
    tokens = count(workspace, data, ref.name, ref.path, family) if ref.path else None
    return gate(found, tokens, limits)
