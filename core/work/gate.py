"""The gate job: champion and challenger on the test split and on the new slice, and a verdict.

Answers and scores that are known are not made again, so that asking twice costs nothing.
"""

from typing import Any

from core.data import dataset as datasets
from core.data.dataset import Dataset
from core.data.looks import rows_hash
from core.errors import BadInput
from core.evaluate.compare import compare
from core.evaluate.metrics import metric
from core.evaluate.store import Evaluation
from core.jobs.context import Context
from core.train.runs import Run, has_run, open_run
from core.update.champion import champion, fit
from core.update.gate import Gate, Side, judged, margin_of, side
from core.update.slice import held, kept
from core.update.verdicts import keep
from core.work.evaluate import evaluate
from core.workspace import Workspace

TEST, NEW = (0.0, 0.7), (0.7, 1.0)
"""Stretches of progress: the test split is much larger than the slice."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Judge as a GateRequest says; the result is the verdict, which is kept beside the run."""
    challenger = open_run(context.workspace, request["run"])
    return measure(challenger, request["margin"], context).to_json()


def measure(challenger: Run, margin: float | None, context: Context) -> Gate:
    """Hold a run against the champion of its dataset, and keep the verdict beside it.

    Nobody promoted: it is held against the run it was made from, if that is one on the same
    dataset.

    Args:
        challenger: A finished run.
        margin: How many points it may be worse; None = the usual.
        context: Told how far it is.

    Raises:
        BadInput: It may not serve at all; its test split is not the champion's; the margin is
            wrong.
    """
    workspace, name = context.workspace, challenger.dataset
    fit(workspace, name, challenger.run)
    now = champion(workspace, name)
    if now == challenger.run:
        raise BadInput(f"{now} serves {name!r} already; there is nothing to hold it against.")
    rival = _rival(workspace, challenger, now)
    data = datasets.open_dataset(workspace, f"{name}@{challenger.data_version}")
    headline = challenger.scores[0]
    allowed = margin_of(margin, metric(headline["metric"]).title, headline["unit"])
    locked = new = None
    part = None
    if rival is not None:
        theirs = datasets.open_dataset(workspace, f"{name}@{rival.data_version}")
        _same_test(workspace, data, theirs, challenger, rival)
        locked = _side(data, rival.run, challenger.run, context.part(*TEST))
        part = kept(workspace, data, held(workspace, data, theirs))
        if part is not None:
            new = _side(part, rival.run, challenger.run, context.part(*NEW))
    not_worse, better, reason = judged(locked, new, allowed)
    made = Gate(
        name, now, rival.run if rival else None, challenger.run, headline["metric"],
        headline["unit"], allowed, locked, new, not_worse, better, reason,
        rows_hash(workspace, data), part.version if part else None,
    )  # fmt: skip
    keep(workspace, made)
    return made


def _rival(workspace: Workspace, challenger: Run, now: str | None) -> Run | None:
    if now is not None:
        return open_run(workspace, now)
    if has_run(workspace, challenger.base):
        made_from = open_run(workspace, challenger.base)
        if made_from.dataset == challenger.dataset and made_from.state == "succeeded":
            return made_from
    return None


def _same_test(
    workspace: Workspace, data: Dataset, theirs: Dataset, challenger: Run, rival: Run
) -> None:
    if rows_hash(workspace, data) != rows_hash(workspace, theirs):
        raise BadInput(
            f"The test split changed between {theirs.title}, on which {rival.run} was judged, and "
            f"{data.title} of {challenger.run}: the gate compares on one locked test split alone. "
            f"Train a run on {data.title} from {rival.run}'s base and promote that first, or go "
            "back to the version with the old test split."
        )


def _side(data: Dataset, champion_: str, challenger: str, context: Context) -> Side:
    """Both on one test split, every row of it."""
    a, b = (_scored(data, name, context.part(low, high))
            for name, low, high in ((champion_, 0.0, 0.5), (challenger, 0.5, 1.0)))  # fmt: skip
    found = compare(context.workspace, a.evaluation, b.evaluation).difference(a.headline.metric)
    if found is None:
        raise BadInput(
            f"{champion_} and {challenger} have no score in common on {data.title}, so the gate "
            f"cannot compare them; `assay compare {a.evaluation} {b.evaluation}` shows what each "
            "has."
        )
    return side(found, a.n, (a.evaluation, b.evaluation))


def _scored(data: Dataset, model: str, context: Context) -> Evaluation:
    return evaluate(context.workspace, data.title, model=model, split="test", context=context)
