"""Memory of training, by named parts that sum.

    weights       16-bit in use; a 4-bit base takes `NF4_BYTES`, its embeddings and head 16-bit;
                  adapters beside it
    gradients     as they are accumulated
    optimizer     its states, and in mixed precision the 32-bit weights that it keeps
    activations   what the backward pass needs: Korthikanti et al. 2022 (arXiv:2205.05198),
                  section 4, with grouped queries and gated MLPs counted as they are
    logits        the scores of every token and vocabulary entry, with copies and gradient
    buffers       where weights are sharded, what is whole at a time
    context       the CUDA context and libraries
    reserve       what the allocator holds beside that and gives back when it must

A run ends for want of memory when the parts without the reserve are more than the card; a monitor
of the card shows all of them. Where it is checkpointed, a layer keeps its input alone, and one
layer at a time is whole. Every number may be an array.
"""

from dataclasses import dataclass

import numpy as np

from core import table
from core.cost import transformer
from core.cost.plan import Plan
from core.cost.transformer import Number, lora_parameters
from core.models.shape import Shape, parameters
from core.units import GIB

WEIGHT_BYTES = 2
MASTER_BYTES = 4
"""32-bit weights that mixed precision keeps."""
CONTEXT_BYTES = 1.57 * GIB
"""CUDA context of one process, as published fact sheets give it."""
NF4_BYTES = 0.537
"""4 bits, and the scales of each block (Dettmers et al. 2023, arXiv:2305.14314)."""


@dataclass(frozen=True)
class Optimizer:
    """Bytes of state of a trained parameter, beside 32-bit weights, and in pure 16-bit training."""

    name: str
    state_bytes: float
    narrow_bytes: float


OPTIMIZERS = (
    Optimizer("adamw", 8, 4),
    Optimizer("adamw-8bit", 2, 2),
    Optimizer("adafactor", 0.1, 0.1),
    Optimizer("sgd", 4, 2),
)
"""Two moments of Adam; one byte each in 8 bits; sums of rows and columns; one momentum."""


@dataclass(frozen=True)
class Footprint:
    """The constants of the formula, fitted by `core.cost.fit`."""

    gradient_bytes: float = 2.95
    """Of a parameter in mixed precision: 16-bit, in part accumulated in 32."""
    adapter_state_bytes: float = 5.27
    """Gradient and optimizer of an adapter's parameter."""
    logit_bytes: float = 6
    chunked_share: float = 0.245
    """Of the logits, where the loss is computed piece by piece."""
    adapter_activations: float = 1.17
    """Times as much as a layer keeps for its backward pass does one with adapters."""
    activation_share: float = 1.05
    """Of the formula's activations."""
    reserve_share: float = 0.187
    """Of everything but the context, what the allocator holds beside it."""
    reserve_bytes: float = 8.87e8
    counted_share: float = 1.01
    """What the allocator's own counter says, beside the parts."""
    counted_bytes: float = 2.14e8


FOOTPRINT = Footprint()


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes on the fullest GPU, by part."""

    weights_bytes: Number
    gradients_bytes: Number
    optimizer_bytes: Number
    activations_bytes: Number
    logits_bytes: Number
    buffers_bytes: Number
    context_bytes: Number
    reserve_bytes: Number

    @property
    def total_bytes(self) -> Number:
        """All parts: what a monitor of the card shows."""
        return sum(self.parts().values())

    @property
    def needed_bytes(self) -> Number:
        """What must be there for the run to go on: all but the reserve."""
        return self.total_bytes - self.reserve_bytes

    def plain(self) -> "TrainingMemory":
        """The same as plain numbers, where it is of one plan."""
        return TrainingMemory(*(float(value) for value in vars(self).values()))

    def parts(self) -> dict[str, Number]:
        """Part -> bytes, in the order in which a bar stacks them."""
        return {name.removesuffix("_bytes"): value for name, value in vars(self).items()}


def optimizer(name: str) -> Optimizer:
    """Look an optimizer up.

    Raises:
        NotFound: There is none of that name; the message lists the known ones.
    """
    return table.find(OPTIMIZERS, name, "optimizer")


def layer_activation_bytes(shape: Shape, tokens: Number, plan: Plan) -> Number:
    """What one layer keeps for its backward pass, on one GPU of a tensor-parallel group."""
    hidden, queries = shape.hidden, shape.heads * shape.head_dim
    whole = (10 if plan.dropout else 8) * hidden
    ffn = shape.experts_active * shape.ffn
    split = 4 * queries + 4 * shape.kv_heads * shape.head_dim + (8 if shape.gated_mlp else 4) * ffn
    scores = 0 if plan.fused_attention else 5 * shape.heads * plan.length
    # Korthikanti et al. 2022, section 4.2: sequence parallel splits what tensor parallel leaves.
    spread = np.where(plan.sequence_parallel, plan.tensor, 1)
    return tokens * (whole / spread + (split + scores) / plan.tensor)


def training_memory(
    shape: Shape, plan: Plan, trained: int | None = None, footprint: Footprint = FOOTPRINT
) -> TrainingMemory:
    """Bytes on the fullest GPU during training.

    Args:
        shape: The model.
        plan: Method and layout.
        trained: Trained parameters; None = all of them, or adapters of the plan's rank.
        footprint: The constants.
    """
    full = plan.method == "full"
    counts = parameters(shape)
    if trained is None:
        trained = counts.total if full else lora_parameters(shape, plan.lora_rank)
    cut = plan.tensor * plan.pipeline
    shards = np.where(plan.sharded, plan.data, 1)
    spread = np.where(plan.sharded, plan.data, plan.optimizer_shards)
    # The first and the last stage of a pipeline hold an embedding or the head beside their layers.
    ends = counts.embedding + counts.head
    there = np.where(np.asarray(plan.pipeline) > 1, ends / 2, ends) / plan.tensor
    local = (counts.total - ends) / cut + there
    weight = 4 if plan.numbers == "32-bit" else WEIGHT_BYTES
    base = weight * local
    if plan.method == "qlora":
        wide = counts.embedding + counts.norms + counts.head
        base = WEIGHT_BYTES * wide + NF4_BYTES * (counts.total - wide)
    held = base / shards + (base if plan.whole_weights else 0.0)
    own = 0.0 if full else WEIGHT_BYTES * trained / cut / shards
    gradients, states = _states(plan, full, local, trained / cut, shards, spread, footprint)

    activations, layer = _activations(shape, plan, footprint)
    tokens = plan.micro_batch * transformer.sequence_tokens(shape, plan.length, plan.target_length)
    logits = footprint.logit_bytes * tokens / shape.stacks * shape.vocab / plan.tensor
    logits = logits * (footprint.chunked_share if plan.chunked_loss else 1.0) * shape.generates
    widest = np.maximum((counts.total - ends) / shape.all_layers, shape.vocab * shape.hidden)
    buffers = np.where(plan.sharded, 2 * WEIGHT_BYTES * widest / cut, 0.0)
    parts = (held + own, gradients, states, activations + layer, logits, buffers)
    reserve = footprint.reserve_share * sum(parts) + footprint.reserve_bytes
    return TrainingMemory(*parts, CONTEXT_BYTES, reserve)


def counted_bytes(memory: TrainingMemory, footprint: Footprint = FOOTPRINT) -> Number:
    """What PyTorch's own counter (`max_memory_allocated`) says: no context, no reserve."""
    parts = memory.needed_bytes - memory.context_bytes
    return footprint.counted_share * parts + footprint.counted_bytes


def _states(
    plan: Plan, full: bool, local: Number, adapters: Number, shards: Number, spread: Number,
    footprint: Footprint,
) -> tuple[Number, Number]:  # fmt: skip
    """Bytes of gradients and of the optimizer."""
    if not full:
        both = footprint.adapter_state_bytes * adapters / shards
        return both / 3, both * 2 / 3
    chosen = optimizer(plan.optimizer)
    gradient, state = {
        "mixed": (footprint.gradient_bytes, MASTER_BYTES + chosen.state_bytes),
        "16-bit": (WEIGHT_BYTES, chosen.narrow_bytes),
        "32-bit": (4, chosen.state_bytes),
    }[plan.numbers]
    # An optimizer that steps inside the backward pass keeps the gradients of a few layers alone.
    left = 0.3 if plan.step_in_backward else 1.0
    apart = np.maximum(shards, plan.gradient_shards)
    return left * gradient * local / apart, state * local / spread


def _activations(shape: Shape, plan: Plan, footprint: Footprint) -> tuple[Number, Number]:
    """Bytes kept of all layers, and of the one that is whole while it is recomputed."""
    sequence = transformer.sequence_tokens(shape, plan.length, plan.target_length)
    tokens = plan.micro_batch * sequence / shape.stacks
    layer = footprint.activation_share * layer_activation_bytes(shape, tokens, plan)
    layer = layer * (footprint.adapter_activations if plan.method != "full" else 1.0)
    layer = layer * (0.7 if plan.compiled else 1.0)
    recompute = np.asarray(plan.recompute, bool)
    inputs = 0.0 if plan.offloaded else 2 * tokens * shape.hidden
    inputs = inputs / np.where(plan.sequence_parallel, plan.tensor, 1)
    kept = np.where(recompute, inputs, layer)
    waiting = np.minimum(plan.pipeline, plan.micro_steps)
    return kept * shape.all_layers / plan.pipeline * waiting, np.where(recompute, layer, 0.0)
