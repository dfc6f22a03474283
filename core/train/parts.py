"""A batch in parts, computed one after the other where the whole takes too much memory."""

from collections.abc import Iterator

from torch import Tensor

from core.train.objectives import IGNORED


def divided(inputs: dict[str, Tensor], parts: int) -> Iterator[tuple[dict[str, Tensor], float]]:
    """A batch in parts of rows, each with its share of the batch's mean loss.

    A generator's loss is a mean over the tokens of its labels, every other one over rows.
    """
    labels = inputs.get("labels")
    by_token = labels is not None and labels.dim() == 2 and not labels.is_floating_point()
    rows = inputs["attention_mask"].shape[0]
    size = max(1, -(-rows // parts))
    for start in range(0, rows, size):
        part = {name: value[start : start + size] for name, value in inputs.items()}
        if by_token and labels is not None:
            share = float((part["labels"] != IGNORED).sum() / (labels != IGNORED).sum())
        else:
            share = part["attention_mask"].shape[0] / rows
        yield part, share
