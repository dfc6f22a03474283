"""The life cycle: six stages, the last of which leads back to the third; and the pages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A stage of the life cycle, and where it lives.

    `leads_to` is the name of the next stage. The question is the text `stage.NAME.question`.
    """

    name: str
    module: str
    page: str
    leads_to: str


STAGES = (
    Stage("collect", "core.data.collect", "data", "prepare"),
    Stage("prepare", "core.data.preprocess", "data", "train"),
    Stage("train", "core.train.loop", "train", "evaluate"),
    Stage("evaluate", "core.evaluate.metrics", "evaluate", "deploy"),
    Stage("deploy", "core.deploy.serve", "deploy", "update"),
    Stage("update", "core.update.feedback", "update", "train"),
)
"""Collection, preprocessing, training, evaluation, deployment, update, and round again."""

TASKS = (
    "translation",
    "summarization",
    "question-answering",
    "text-classification",
    "text-generation",
)
"""Task names, as Transformers has them."""
