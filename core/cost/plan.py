"""What one step of training does, and how it is laid out over GPUs."""

from dataclasses import dataclass
from typing import Literal

from core.cost import transformer
from core.cost.transformer import LORA_RANK, Number
from core.models.shape import Shape

Method = Literal["full", "lora", "qlora"]
Numbers = Literal["mixed", "16-bit", "32-bit"]
"""16-bit with 32-bit weights beside them; 16-bit alone; 32-bit alone."""
Software = Literal["current", "megatron-lm", "megatron-deepspeed", "deepspeed"]
GPUS_PER_NODE = 8
NETWORK_BYTES_PER_SECOND = 25e9
"""Of one GPU between machines, where nobody says: 200 Gbit/s InfiniBand."""


@dataclass(frozen=True)
class Plan:
    """What one step does and how it is laid out; each number may be an array.

    `micro_batch` sequences of `length` tokens are on a GPU at once, `micro_steps` times a step.
    `sharded` = weights are spread over the data-parallel GPUs (FSDP, ZeRO-3); `optimizer_shards` =
    over how many the optimizer's states are, `gradient_shards` the gradients; `whole_weights` =
    each GPU holds them whole as well; `sequence_parallel` = norms are split like the layers.
    `network_bytes_per_second` is what one GPU gets between machines. `compiled`: a compiler fuses
    what it can; `chunked_loss`: logits are made piece by piece; `step_in_backward`: gradients are
    used at once; `offloaded`: kept activations wait in the host's memory.
    """

    method: Method = "full"
    length: Number = 2048
    target_length: Number | None = None
    micro_batch: Number = 1
    micro_steps: Number = 1
    recompute: Number = True
    fused_attention: bool = True
    dropout: bool = False
    tensor: Number = 1
    pipeline: Number = 1
    data: Number = 1
    sharded: Number = False
    optimizer_shards: Number = 1
    gradient_shards: Number = 1
    sequence_parallel: Number = False
    network_bytes_per_second: float = NETWORK_BYTES_PER_SECOND
    software: Software = "current"
    compiled: bool = False
    lora_rank: int = LORA_RANK
    optimizer: str = "adamw"
    numbers: Numbers = "mixed"
    whole_weights: bool = False
    chunked_loss: bool = False
    step_in_backward: bool = False
    offloaded: bool = False

    @property
    def gpus(self) -> Number:
        """All GPUs."""
        return self.tensor * self.pipeline * self.data

    def tokens_per_step(self, shape: Shape) -> Number:
        """Tokens of all GPUs in one step."""
        once = transformer.sequence_tokens(shape, self.length, self.target_length)
        return once * self.micro_batch * self.micro_steps * self.data
