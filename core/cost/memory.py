"""Memory of training, by named parts that sum.

    weights       16-bit in use; a 4-bit base takes `NF4_BYTES`, its embeddings and head 16-bit
    gradients     32-bit of a full model, as they are accumulated; 16-bit of adapters
    optimizer     the two moments of Adam in 32 bits, and of a full model its 32-bit weights
    activations   what the backward pass needs: Korthikanti et al. 2022 (arXiv:2205.05198),
                  section 4, with grouped queries and gated MLPs counted as they are
    logits        16-bit, their 32-bit copy and its gradient, for every token and entry
    context       the CUDA context, libraries and fragments

Where it is checkpointed, a layer keeps its input alone, and one layer at a time is whole.
"""

from dataclasses import dataclass

from core.cost import transformer
from core.cost.throughput import Plan
from core.models.shape import ParameterCounts, Shape, parameters
from core.units import GIB

WEIGHT_BYTES = 2
FULL_BYTES = (4, 12)
"""Gradient and optimizer bytes of a parameter, where all are trained in mixed precision."""
ADAPTER_BYTES = (2, 8)
"""The same for adapters, which are trained in 16 bits."""
NF4_BYTES = 0.516
"""4 bits, and 0.127 bits for doubly quantised scales (Dettmers et al. 2023, arXiv:2305.14314)."""
LOGIT_BYTES = 10
CONTEXT_BYTES = 1.57 * GIB
"""CUDA context of one process, as published fact sheets give it."""
FRAGMENT_SHARE = 0.07
"""Of everything else, what the allocator cannot use."""
LORA_RANK = 16


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes on the fullest GPU, by part."""

    weights_bytes: float
    gradients_bytes: float
    optimizer_bytes: float
    activations_bytes: float
    logits_bytes: float
    context_bytes: float

    @property
    def total_bytes(self) -> float:
        """All parts."""
        return sum(self.parts().values())

    def parts(self) -> dict[str, float]:
        """Part -> bytes, in the order in which a bar stacks them."""
        return {
            "weights": self.weights_bytes,
            "gradients": self.gradients_bytes,
            "optimizer": self.optimizer_bytes,
            "activations": self.activations_bytes,
            "logits": self.logits_bytes,
            "context": self.context_bytes,
        }


def lora_parameters(shape: Shape, rank: int = LORA_RANK) -> int:
    """Parameters of adapters of a rank on every matrix of every layer.

    A matrix of m × n gets rank · (m + n).
    """
    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    attention = 2 * (shape.hidden + queries) + 2 * (shape.hidden + keys)
    blocks = shape.all_layers + (shape.layers if shape.family == "encoder-decoder" else 0)
    mlp = (3 if shape.gated_mlp else 2) * (shape.hidden + shape.ffn) * shape.experts
    return rank * (blocks * attention + shape.all_layers * mlp)


def layer_activation_bytes(shape: Shape, tokens: float, plan: Plan) -> float:
    """What one layer keeps for its backward pass, on one GPU of a tensor-parallel group."""
    hidden, queries = shape.hidden, shape.heads * shape.head_dim
    whole = 10 * hidden
    ffn = shape.experts_active * shape.ffn
    split = 4 * queries + 4 * shape.kv_heads * shape.head_dim + (8 if shape.gated_mlp else 4) * ffn
    scores = 0 if plan.fused_attention else 5 * shape.heads * plan.length
    return tokens * (whole + (split + scores) / plan.tensor)


def training_memory(shape: Shape, plan: Plan, trained: int | None = None) -> TrainingMemory:
    """Bytes on the fullest GPU during training.

    Args:
        shape: The model.
        plan: Method and layout.
        trained: Trained parameters; None = all of them, or adapters of `LORA_RANK`.
    """
    counts = parameters(shape)
    cut = plan.tensor * plan.pipeline
    shards = cut * (plan.data if plan.sharded else 1)
    wide = counts.embedding + counts.norms + counts.head
    base = WEIGHT_BYTES * float(counts.total)
    if plan.method == "qlora":
        base = WEIGHT_BYTES * wide + NF4_BYTES * (counts.total - wide)
    if trained is None:
        trained = counts.total if plan.method == "full" else lora_parameters(shape)
    own = 0 if plan.method == "full" else WEIGHT_BYTES * trained

    tokens = plan.micro_batch * transformer.sequence_tokens(shape, plan.length, plan.target_length)
    per_stack = tokens / shape.stacks
    layer = layer_activation_bytes(shape, per_stack, plan)
    held = 2 * per_stack * shape.hidden if plan.recompute else layer
    waiting = min(plan.pipeline, plan.micro_steps)
    activations = held * shape.all_layers / plan.pipeline * waiting
    activations += layer if plan.recompute else 0.0
    logits = LOGIT_BYTES * per_stack * shape.vocab / plan.tensor if shape.generates else 0.0
    gradient, moments = FULL_BYTES if plan.method == "full" else ADAPTER_BYTES
    parts = (
        (base + own) / shards + _gathered(shape, plan, counts) / cut,
        gradient * trained / shards,
        moments * trained / (cut * plan.data if plan.sharded_optimizer else shards),
        activations,
        logits,
    )
    return TrainingMemory(*parts, CONTEXT_BYTES + FRAGMENT_SHARE * sum(parts))


def _gathered(shape: Shape, plan: Plan, counts: ParameterCounts) -> float:
    """Where weights are sharded: what is whole at a time, this layer and the next."""
    if not plan.sharded:
        return 0.0
    layer = (counts.attention + counts.mlp) / shape.all_layers
    return 2 * WEIGHT_BYTES * max(layer, shape.vocab * shape.hidden)
