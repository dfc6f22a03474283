"""Which evaluations can stand side by side, and who leads, and who is tied with the leader."""

from dataclasses import dataclass

from core.evaluate.compare import compare
from core.evaluate.metrics import metric
from core.evaluate.score import Score
from core.evaluate.store import Evaluation, list_evaluations
from core.workspace import Workspace


@dataclass(frozen=True)
class Group:
    """Evaluations of the same examples.

    Attributes:
        key: Equal for the same examples.
        evaluations: The newest of each model by a name that is unique here, newest first.
    """

    key: str
    evaluations: dict[str, Evaluation]

    @property
    def newest(self) -> Evaluation:
        """The newest evaluation; it says which dataset, version and split."""
        return next(iter(self.evaluations.values()))


@dataclass(frozen=True)
class Entry:
    """A row of the board: a model under one metric, and whether it is tied with the leader."""

    name: str
    evaluation: Evaluation
    score: Score
    tied: bool


def groups(workspace: Workspace) -> list[Group]:
    """All evaluations, grouped by the examples they scored; newest group first."""
    found: dict[str, dict[str, Evaluation]] = {}
    for row in list_evaluations(workspace):
        names = found.setdefault(row.example_set, {})
        known = names.get(row.model)
        # A file of predictions may be called like a model.
        name = row.model if known is None or known.kind == row.kind else f"{row.model} ({row.kind})"
        names.setdefault(name, row)
    return [Group(key, names) for key, names in found.items()]


def rank(workspace: Workspace, group: Group, name: str) -> list[Entry]:
    """The board under one metric, best first.

    A model is tied with the leader if a paired test does not tell the two apart.
    """
    scored = [
        (model, row, score)
        for model, row in group.evaluations.items()
        if (score := row.measured(name))
    ]
    scored.sort(key=lambda entry: entry[2].number, reverse=bool(metric(name).higher_is_better))
    entries = []
    for place, (model, row, score) in enumerate(scored):
        tied = place == 0
        if not tied:
            paired = compare(workspace, scored[0][1].evaluation, row.evaluation)
            difference = paired.difference(name)
            tied = difference is not None and difference.verdict == "tie"
        entries.append(Entry(model, row, score, tied))
    return entries
