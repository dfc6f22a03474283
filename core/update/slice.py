"""The new slice: accepted corrections that no model learnt, kept as a dataset of their own.

A correction is new to champion and challenger alike if it was held out in a version of the data
that the challenger descends from and the champion does not: what was held out before has judged
the champion already.
"""

from collections.abc import Iterable, Sequence

from core import record
from core.data import dataset as datasets
from core.data.dataset import Dataset
from core.data.derive import lineage
from core.errors import BadInput
from core.update.feedback import Feedback, entries
from core.update.learn import example_of, held_out, same_input
from core.update.teach import learners
from core.workspace import Workspace

ENDING = "-corrections"
MOST_NAME = 64


def slice_name(dataset: str) -> str:
    """What the dataset of a dataset's held-out corrections is called."""
    whole = f"{dataset}{ENDING}"
    if len(whole) <= MOST_NAME:
        return whole
    return f"{dataset[:40].rstrip('.-_')}-{record.hash_json(dataset)[:8]}{ENDING}"


def slice_of(dataset: Dataset) -> str | None:
    """The dataset whose corrections this one holds; None = it is no slice."""
    found = dataset.report.get("slice_of")
    return str(found) if found else None


def held(workspace: Workspace, challenger: Dataset, champion: Dataset | None) -> list[Feedback]:
    """Held-out corrections that are new to both models, newest of each input, newest first.

    Args:
        workspace: Whose.
        challenger: The data that the challenger was trained on.
        champion: Those of the champion; None = there is none.
    """
    seen = {one.version for one in lineage(workspace, champion)} if champion else set()
    new = {one.version for one in lineage(workspace, challenger)} - seen
    found = entries(workspace, "held", learners(workspace, challenger.name))
    return _newest(entry for entry in found if entry.used_in in new)


def _newest(found: Iterable[Feedback]) -> list[Feedback]:
    by_input: dict[tuple[str, str], Feedback] = {}
    for entry in found:
        by_input.setdefault(same_input(entry.input, entry.context), entry)
    return list(by_input.values())


def kept(workspace: Workspace, data: Dataset, corrections: Sequence[Feedback]) -> Dataset | None:
    """Keep held-out corrections as a version of the slice's dataset; None = there are none.

    Raises:
        BadInput: A dataset of that name is somebody's own; or a correction was learnt.
    """
    if not corrections:
        return None
    name = slice_name(data.name)
    for one in datasets.versions(workspace, name):
        if slice_of(one) != data.name:
            raise BadInput(
                f"The dataset {name!r} is needed for the held-out corrections of {data.name!r}, "
                "but it holds something else; keep yours under another name."
            )
    learnt = {same_input(e.input, e.context) for e in datasets.each(workspace, data, "train")}
    for entry in corrections:
        if (
            not held_out(entry.input, entry.context)
            or same_input(entry.input, entry.context) in learnt
        ):
            raise BadInput(
                f"The correction {entry.id} stands in the training split of {data.title}, so it "
                "cannot judge a model; take it out of the data, then update again."
            )
    return datasets.save(
        workspace, name, data.task, {"test": [example_of(entry) for entry in corrections]},
        columns=data.columns, source="feedback", prefix=data.prefix,
        source_language=data.source_language, target_language=data.target_language,
        report={"slice_of": data.name, "judges": data.version},
    )  # fmt: skip
