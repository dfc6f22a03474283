"""Learning from a teacher's scores beside the labels (Hinton, Vinyals and Dean 2015).

    loss = weight · T² · KL(teacher at T ‖ student at T) + (1 − weight) · loss on the labels

at temperature T, with softmax over the classes; where a row may have several labels, each class
is a yes or no and the divergence is summed over them. T² keeps the gradient's size as T grows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, kl_div, log_softmax

COLUMN = "teacher_scores"
"""The name of a row's scores among its features."""


@dataclass(frozen=True)
class Soft:
    """What a teacher said of each training row.

    Attributes:
        scores: Its logits, a row each, in the order of the dataset's classes.
        temperature: Both sides' logits are divided by it.
        weight: Of the divergence; the labels have the rest.
    """

    scores: Sequence[Sequence[float]]
    temperature: float = 2.0
    weight: float = 0.7

    def loss(self, hard: Tensor, logits: Tensor, teacher: Tensor, *, several: bool) -> Tensor:
        """The blend of the loss on the labels with the divergence, both means over rows."""
        ours, theirs = logits.float() / self.temperature, teacher.float() / self.temperature
        if several:
            wanted = torch.sigmoid(theirs)
            cross = binary_cross_entropy_with_logits(ours, wanted, reduction="none")
            own = binary_cross_entropy_with_logits(theirs, wanted, reduction="none")
            apart = (cross - own).sum(-1).mean()
        else:
            apart = kl_div(
                log_softmax(ours, -1), log_softmax(theirs, -1), log_target=True,
                reduction="batchmean",
            )  # fmt: skip
        return self.weight * self.temperature**2 * apart + (1 - self.weight) * hard
