"""What a model of a family is loaded for, so that it can do a task."""

from core.errors import BadInput


def purpose_for(family: str, task: str, model: str) -> str:
    """The purpose that `core.models.load.load_model` takes.

    Args:
        family: "encoder", "decoder" or "encoder-decoder".
        task: One of `core.pipeline.TASKS`.
        model: The model's name, for the message.

    Raises:
        BadInput: It is an encoder, which cannot write, and the task asks for writing.
    """
    if family == "encoder-decoder":
        return "seq2seq"
    if task == "text-classification":
        return "classification"
    if family == "decoder":
        return "causal"
    if task == "question-answering":
        return "question-answering"
    raise BadInput(
        f"{model} is an encoder model and cannot write a {task} answer: choose an encoder-decoder "
        "or decoder model."
    )
