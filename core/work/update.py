"""The update job: accepted corrections, a new version of the data, a new run, and the gate."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.data import dataset as datasets
from core.data.dataset import Dataset, Example
from core.data.derive import derive, read_all
from core.errors import BadInput, RequestError
from core.evaluate.metrics import metric
from core.jobs.context import Context
from core.run import TrainRequest
from core.train.runs import Run, open_run
from core.update import feedback
from core.update.decide import judge
from core.update.learn import Learnt, check_replay, learn, mixed
from core.update.review import settle
from core.update.standing import corrections
from core.update.teach import learners
from core.work import gate, train
from core.workspace import Workspace

TRAINING, JUDGING = (0.0, 0.85), (0.85, 1.0)
"""Stretches of the job's progress."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Retrain `base` on the dataset with its accepted corrections, and ask the gate.

    The new run begins from the old one's weights, so its base score is the old run's score on the
    same test rows, and the comparison of tuned with base is new against old. One correction in five
    is held out and never learnt; on these the gate asks whether the new run is better.

    Raises:
        BadInput: No accepted correction can be learnt from, or the share of replay is wrong.
    """
    workspace, share = context.workspace, request.get("replay")
    check_replay(share)
    old = open_run(workspace, request["base"])
    data = whole(workspace, request["dataset"])
    accepted = corrections(feedback.entries(workspace, "accepted", learners(workspace, data.name)))
    splits = read_all(workspace, data)
    learnt = learn(splits, accepted)
    if not learnt.used:
        raise BadInput(
            f"There is no accepted correction to learn from on {data.name!r} "
            f"({len(learnt.withheld)} were withheld because their input is a validation or test "
            f"row, {len(learnt.held)} are held out to judge the next model); judge answers, then "
            "accept corrections with `assay feedback review`."
        )
    context.report(0.0, "update.preparing", n=len(learnt.used), dataset=data.name)
    # An update that failed after this point has left its version: it is gone on with.
    version = data
    if learnt.splits != splits:
        change = {
            "kind": "update", "corrections": len(learnt.used), "held": len(learnt.held),
            "feedback": [example.id for example in learnt.corrected],
        }  # fmt: skip
        version = derive(workspace, data, learnt.splits, change)
    learning = version if share is None else _replayed(workspace, version, learnt, share)
    train.run(_training(request, old, learning), context.part(*TRAINING))
    settle(workspace, _ids(learnt.used), _ids(learnt.withheld), version.version,
           _ids(learnt.held))  # fmt: skip
    new = open_run(workspace, request["run"])
    return {
        "run": new.run,
        "base": old.run,
        "data_version": version.version,
        "trained_on": learning.version,
        "corrections": len(learnt.used),
        "held": len(learnt.held),
        "withheld": len(learnt.withheld),
        "replay": share,
        "old_rows": learning.splits["train"] - len(learnt.corrected),
        **_judged(new.comparison),
        **_gated(new, request.get("margin"), context.part(*JUDGING)),
    }


def whole(workspace: Workspace, dataset: str) -> Dataset:
    """The newest version with all rows: one that was drawn for a replay is a part of its parent."""
    data = datasets.open_dataset(workspace, dataset)
    while (data.report.get("change") or {}).get("kind") == "replay":
        data = datasets.open_dataset(workspace, f"{data.name}@{data.report['parent']}")
    return data


def _replayed(workspace: Workspace, version: Dataset, learnt: Learnt, share: float) -> Dataset:
    """A version to train on: the corrections, and old rows drawn to make up `share` of all."""
    labels = version.labels if version.task == "text-classification" else ()
    rows = mixed(learnt, share, labels=labels)
    if len(rows) == len(learnt.splits["train"]):
        return version
    splits: dict[str, Sequence[Example]] = {**learnt.splits, "train": rows}
    change = {"kind": "replay", "corrections": len(learnt.corrected),
              "old": len(rows) - len(learnt.corrected), "share": share}  # fmt: skip
    drawn = derive(workspace, version, splits, change)
    # Whoever opens the dataset next is to find all of its rows.
    datasets.renew(workspace, version)
    return drawn


def _training(request: dict[str, Any], old: Run, data: Dataset) -> dict[str, Any]:
    return asdict(
        TrainRequest(
            data.title,
            request["run"],
            base=old.run,
            preset=request["preset"],
            settings=request["settings"],
            # Whoever trained on data that is not fit for it has said so once.
            ignore_gate=bool(old.training.get("unfit")),
        )
    )


def _ids(found: Sequence[feedback.Feedback]) -> list[str]:
    return [entry.id for entry in found]


def _judged(comparison: dict[str, Any]) -> dict[str, Any]:
    """Verdict by the headline metric, from a run's comparison of tuned with base."""
    headline = comparison["metrics"][0]
    row = metric(headline["metric"])
    verdict = judge(
        headline["difference"], headline["low"], headline["high"],
        higher_is_better=bool(row.higher_is_better),
    )  # fmt: skip
    return {"metric": row.title, "n": comparison["n"], "verdict": asdict(verdict)}


def _gated(new: Run, margin: float | None, context: Context) -> dict[str, Any]:
    """What the gate says; where it cannot be asked, why, for the run itself is made by then."""
    try:
        return {"gate": gate.measure(new, margin, context).to_json()}
    except RequestError as error:
        return {"gate": None, "gate_error": str(error)}
