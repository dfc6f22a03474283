"""Which model leads on a dataset, and whether it really leads: scores side by side, then paired."""

from dataclasses import dataclass

from core.evaluate.compare import compare
from core.evaluate.metrics import metric
from core.evaluate.paired import Difference
from core.evaluate.score import Score
from core.evaluate.store import Evaluation, list_evaluations
from core.train.runs import list_runs
from core.workspace import Workspace

SHOWN = 6
"""Models in the picture; the rest stay on the Evaluate page."""


@dataclass(frozen=True)
class Leaders:
    """The newest evaluation of each model on the same examples, best first.

    Attributes:
        metric: The headline metric.
        evaluations: Best first, at most SHOWN of them.
        gain: The first beside the second, paired; None where there is no second.
        tuned: Names of those that were tuned here.
    """

    metric: str
    evaluations: tuple[Evaluation, ...]
    gain: Difference | None
    tuned: frozenset[str]

    @property
    def decimals(self) -> int:
        """Decimals that a score of the metric is shown with."""
        return 3 if self.evaluations[0].headline.unit == "share" else 1

    def score(self, evaluation: Evaluation) -> Score:
        """The headline score of one of them."""
        return evaluation.score(self.metric) or evaluation.headline


def leaders(workspace: Workspace, dataset: str) -> Leaders | None:
    """Rank what was scored on the test split of a dataset; None = nothing was."""
    found = [row for row in list_evaluations(workspace, dataset) if row.split == "test"]
    if not found:
        return None
    name = next((score.metric for score in found[0].scores if score.value is not None), None)
    if name is None:
        return None
    same: dict[str, Evaluation] = {}
    for row in found:
        alike = row.settings["example_set"] == found[0].settings["example_set"]
        if alike and row.measured(name):
            same.setdefault(row.model, row)
    ranked = sorted(
        same.values(),
        key=lambda row: (row.measured(name) or row.headline).number,
        reverse=bool(metric(name).higher_is_better),
    )[:SHOWN]
    gain = None
    if len(ranked) > 1:
        gain = compare(workspace, ranked[1].evaluation, ranked[0].evaluation).difference(name)
    tuned = {run.run for run in list_runs(workspace, dataset)}
    return Leaders(name, tuple(ranked), gain, frozenset(tuned))
