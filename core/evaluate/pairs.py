"""The evaluations of two models that can be held against each other, if there are some."""

from core.evaluate import store
from core.evaluate.compare import tested
from core.evaluate.paired import Difference
from core.evaluate.store import Evaluation
from core.workspace import Workspace


def of_models(
    workspace: Workspace, a: str, b: str, dataset: str, version: str
) -> tuple[Evaluation, Evaluation, tuple[Difference, ...]] | None:
    """The newest evaluations of two models on the same examples of a dataset, and b beside a.

    None where one of the two was not scored there, or not on the same examples.
    """
    known = [made for made in store.list_evaluations(workspace, dataset)
             if made.kind == "model" and made.data_version == version]  # fmt: skip
    for right in (made for made in known if made.model == b):
        left = next(
            (made for made in known if made.model == a and made.example_set == right.example_set),
            None,
        )
        if left is not None:
            return left, right, tested(workspace, left, right)
    return None
