"""Where updating stands for one dataset: what users said, what waits, what the last update did."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.evaluate.share import Share, share
from core.jobs.store import JobStore
from core.update.feedback import Feedback, entries
from core.update.learn import learnable
from core.workspace import Workspace


@dataclass(frozen=True)
class Standing:
    """Feedback on the models of a dataset, counted.

    Attributes:
        feedback: All of it, newest first.
        liked: Share of thumbs up; None where there is none.
        by_model: The same for each model.
        waiting: Corrections that nobody has reviewed.
        ready: Accepted corrections that the next update learns.
        holding: Accepted corrections that are held out: they judge the next model, or did.
        last: Result of the newest finished update (see `core.work.update`), or None.
    """

    feedback: list[Feedback]
    liked: Share | None
    by_model: dict[str, Share]
    waiting: int
    ready: int
    holding: int
    last: dict[str, Any] | None


def standing(workspace: Workspace, dataset: str, models: Sequence[str]) -> Standing:
    """Count the feedback on `models`, and find the last update of `dataset`."""
    found = entries(workspace, models=models)
    groups: dict[str, list[Feedback]] = defaultdict(list)
    for entry in found:
        groups[entry.model].append(entry)
    by_model = {model: counted for model, group in groups.items() if (counted := liked(group))}
    accepted = corrections(found)
    with JobStore(workspace) as store:
        updates = [
            job.result
            for job in store.jobs(kind="update")
            if job.state == "succeeded" and job.request["dataset"] == dataset
        ]
    return Standing(
        feedback=found,
        liked=liked(found),
        by_model=by_model,
        waiting=sum(e.state == "new" and e.correction is not None for e in found),
        ready=len(learnable(accepted)),
        holding=len(accepted) - len(learnable(accepted)) + sum(e.state == "held" for e in found),
        last=updates[0] if updates else None,
    )


def liked(found: Sequence[Feedback]) -> Share | None:
    """Share of thumbs up among the thumbs; a note has none."""
    thumbs = [entry.verdict for entry in found if entry.verdict in ("up", "down")]
    return share(thumbs.count("up"), len(thumbs))


def corrections(feedback: Sequence[Feedback]) -> list[Feedback]:
    """Accepted feedback that says what the answer should have been."""
    return [entry for entry in feedback if entry.state == "accepted" and entry.correction]
