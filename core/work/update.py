"""The update job: accepted corrections, a new version of the data, a new run, old against new."""

from dataclasses import asdict
from typing import Any

from core.data import dataset as datasets
from core.data.derive import derive, read_all
from core.errors import BadInput
from core.evaluate.metrics import metric
from core.jobs.context import Context
from core.run import TrainRequest
from core.train.runs import list_runs, open_run
from core.update import feedback
from core.update.decide import judge
from core.update.learn import learn
from core.update.standing import corrections
from core.work import train


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Retrain `base` on the dataset with its accepted corrections, and judge the new run.

    The new run begins from the old one's weights, so its base score is the old run's score on the
    same test rows, and the comparison of tuned with base is new against old.

    Raises:
        BadInput: No accepted correction can be learnt from.
    """
    workspace = context.workspace
    old = open_run(workspace, request["base"])
    data = datasets.open_dataset(workspace, request["dataset"])
    models = {r.run for r in list_runs(workspace) if r.dataset == data.name} | {old.base}
    accepted = corrections(feedback.entries(workspace, "accepted", sorted(models)))
    splits = read_all(workspace, data)
    learnt = learn(splits, accepted)
    if not learnt.used:
        raise BadInput(
            f"There is no accepted correction to learn from on {data.name!r} "
            f"({len(learnt.withheld)} were withheld because their input is a validation or test "
            "row); judge answers, then accept corrections with `assay feedback review`."
        )
    context.report(0.0, "update.preparing", n=len(learnt.used), dataset=data.name)
    # An update that failed after this point has left its version: it is gone on with.
    version = data
    if learnt.splits != splits:
        change = {"kind": "update", "corrections": len(learnt.used)}
        version = derive(workspace, data, learnt.splits, change)
    train.run(
        asdict(
            TrainRequest(
                version.title,
                request["run"],
                base=old.run,
                preset=request["preset"],
                settings=request["settings"],
                # Whoever trained on data that is not fit for it has said so once.
                ignore_gate=bool(old.training.get("unfit")),
            )
        ),
        context,
    )
    feedback.settle(
        workspace, [e.id for e in learnt.used], [e.id for e in learnt.withheld], version.version
    )
    return {
        "run": request["run"],
        "base": old.run,
        "data_version": version.version,
        "corrections": len(learnt.used),
        "withheld": len(learnt.withheld),
        **_judged(open_run(workspace, request["run"]).comparison),
    }


def _judged(comparison: dict[str, Any]) -> dict[str, Any]:
    """Verdict by the headline metric, from a run's comparison of tuned with base."""
    headline = comparison["metrics"][0]
    row = metric(headline["metric"])
    verdict = judge(
        headline["difference"], headline["low"], headline["high"],
        higher_is_better=bool(row.higher_is_better),
    )  # fmt: skip
    return {"metric": row.title, "n": comparison["n"], "verdict": asdict(verdict)}
