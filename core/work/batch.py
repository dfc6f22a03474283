"""The first batch of a training, computed in the warm process or by the command line."""

from typing import Any

from core.data import dataset as datasets
from core.models import hub
from core.train.plan import make_plan
from core.train.preview import first_batch
from core.workspace import Workspace


def compute(request: dict[str, Any]) -> dict[str, Any]:
    """The first batch of the run that a request asks for.

    Args:
        request: `workspace` (folder), and the fields of `core.run.TrainRequest` that make a plan:
            `dataset`, `base`, `preset`, `method`, `settings`, `replay_share`, `general`.

    Returns:
        As `core.train.preview.first_batch`.
    """
    workspace = Workspace.open(request["workspace"])
    plan = make_plan(
        workspace, request["dataset"], request["base"], request["preset"], request["method"],
        request["settings"], request["replay_share"], request["general"],
        request.get("ignore_gate", False),
    )  # fmt: skip
    replay = None
    if plan.general and plan.config.replay_share:
        general = datasets.open_dataset(workspace, plan.general)
        replay = (general, datasets.read(workspace, general, "train"))
    examples = datasets.read(workspace, plan.dataset, "train")
    return first_batch(hub.fetch(plan.base), plan.dataset, plan.config, examples, replay)
