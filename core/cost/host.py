"""Memory of the machine around the GPUs.

No published run prints it, so this is a sum of known needs and not back-tested: one process a GPU
with Python, PyTorch and its pinned buffers; the weights once more while they are loaded, by each
process that holds a whole copy; and on saving, what one process gathers to write a checkpoint.
"""

from core.cost.memory import NF4_BYTES, WEIGHT_BYTES
from core.cost.plan import Plan
from core.models.shape import Shape, parameters
from core.units import GIB

PROCESS_BYTES = 4 * GIB
"""One training process with PyTorch and data loading."""
SYSTEM_BYTES = 4 * GIB
SEED_BYTES = 128 * GIB
"""What the article that this project starts from recommends beside an A100."""
CHECKPOINT_BYTES = 12
"""Of a parameter that was trained in full: 32-bit weights and the moments of Adam."""


def host_memory_bytes(shape: Shape, plan: Plan, trained: int) -> float:
    """Memory the host needs, for all processes on one machine of up to 8 GPUs."""
    processes = min(8, plan.gpus)
    total = parameters(shape).total
    copies = 1 if plan.sharded else processes
    loading: float = copies * WEIGHT_BYTES * total
    if plan.method == "qlora":
        loading = copies * NF4_BYTES * total + WEIGHT_BYTES * total / max(1, shape.all_layers)
    saving = CHECKPOINT_BYTES * trained
    return float(SYSTEM_BYTES + processes * PROCESS_BYTES + max(loading, saving))
