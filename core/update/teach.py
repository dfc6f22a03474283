"""An example that went wrong, put into the next training set; never one that judges the model.

What stands in the test or validation split stays out of training, or the next score would measure
how well the exam was learnt by heart. So a person writes an example like it: another input of the
same kind, with its right answer.
"""

from core.data import dataset as datasets
from core.data.dataset import Dataset
from core.errors import BadInput
from core.train.runs import list_runs
from core.update import feedback
from core.update.feedback import Feedback
from core.update.learn import same_input
from core.update.review import review
from core.workspace import Workspace

HELD_OUT = ("test", "validation")


def learners(workspace: Workspace, dataset: str) -> list[str]:
    """The models whose corrections an update of a dataset learns from: its runs and their bases."""
    runs = list_runs(workspace, dataset)
    return list(dict.fromkeys([*(run.run for run in runs), *(run.base for run in runs)]))


def teach(
    workspace: Workspace,
    dataset: Dataset,
    *,
    model: str,
    input: str,
    answer: str,
    said: str = "",
    context: str | None = None,
) -> Feedback:
    """Keep an example as accepted feedback, which the next update of the dataset learns from.

    One in five, by the hash of its input, judges that update instead (`core.update.learn`).

    Args:
        workspace: Where it is kept.
        dataset: Whose next training set it is for.
        model: Who answered: a run on the dataset, or the base of one.
        input: What was asked.
        answer: What is right.
        said: What the model answered.
        context: For question answering, the passage.

    Raises:
        BadInput: The input stands in the test or validation split; a text is empty, or the answer
            not in its passage; no update would learn from that model.
    """
    known = learners(workspace, dataset.name)
    if model not in known:
        raise BadInput(
            f"No update of {dataset.name!r} learns from what {model!r} answered; expected a run on "
            f"it or the base of one: {', '.join(known) or 'there is none yet, train one first'}."
        )
    if not answer.strip():
        raise BadInput("The right answer is empty; write what the model should have said.")
    if context is not None and answer not in context:
        raise BadInput(
            "The answer does not stand in the passage word for word; copy it from there."
        )
    for split in HELD_OUT:
        for row in datasets.each(workspace, dataset, split):
            if same_input(row.input, row.context) == same_input(input, context):
                raise BadInput(
                    f"This is row {row.id!r} of the {split} split, which judges the next model: "
                    "learnt, it would measure nothing any more. Change the input, so that it is "
                    "another example of its kind."
                )
    verdict = "up" if said.strip() == answer.strip() else "down"
    made = feedback.add(workspace, model=model, input=input, output=said, verdict=verdict,
                        correction=answer, context=context, source="evaluation")  # fmt: skip
    review(workspace, [made.id], "accepted")
    return feedback.entry(workspace, made.id)
