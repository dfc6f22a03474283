"""What the serving formulas say for published inference runs.

Where a row does not print the prompt's length it is `PROMPT_TOKENS`: the sources say "a few".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.cost.engines import ENGINES, PACE, Engine, Pace
from core.cost.hardware import Gpu, gpu
from core.cost.published import Row, shape_of
from core.cost.replica import RESERVED_BYTES, Replica, largest_batch, request_seconds
from core.cost.steps import PRECISIONS, Precision, Site, site, stack
from core.models.shape import Shape
from core.units import GIGA, KILO

Vector = NDArray[np.float64]
PROMPT_TOKENS = 10
OUTPUT_TOKENS = 100
POOL_SHARE = 0.9
"""Of the card, what an engine takes that reserves its cache before it knows what it needs."""
QUANTISED_HEADS = 1.2
"""Times the 16-bit output matrix: what a library holds besides while it quantises or unpacks."""
COUNTED = ("HF", "LitGPT")
"""Libraries that report what PyTorch's counter says, not a monitor of the card."""
_STORED = (
    ("int4", "int4"), ("nf4-dq", "nf4-dq"), ("fp4-dq", "nf4-dq"), ("nf4", "nf4"), ("fp4", "nf4"),
    ("int8", "int8"), ("fp32", "fp32"),
)  # fmt: skip
"""How the tables write a precision -> ours."""


@dataclass(frozen=True)
class Asked:
    """What a row says of a run: model, place, requests."""

    shape: Shape
    gpu: Gpu
    gpus: int
    precision: Precision
    engine: Engine
    batch: float
    input_tokens: int
    output_tokens: int

    @property
    def memory_bytes(self) -> int:
        """Of one GPU."""
        return self.gpu.memory_bytes

    def site(self, pace: Pace = PACE) -> Site:
        """Where it ran."""
        return site(self.shape, self.gpu, self.gpus, self.precision, self.engine, pace)

    def replica(self) -> Replica:
        """The model where it ran."""
        return Replica(self.shape, self.gpu, self.gpus, self.precision, self.input_tokens,
                       self.output_tokens, self.engine)  # fmt: skip


def card(row: Row) -> Gpu:
    """The GPU of a row; where only the memory is printed, the SXM form."""
    name = row.text("gpu_type").replace("A800", "A100")
    return gpu("A100-80-SXM" if name in ("A100", "A100-40/80 mix") else name)


def precision(row: Row) -> Precision:
    """The stored precision of a row's weights."""
    written = row.text("precision")
    name = next((name for word, name in _STORED if word in written), "fp16")
    return next(one for one in PRECISIONS if one.name == name)


def engine_of(row: Row) -> Engine | None:
    """The engine of a row; None for one that is not modelled."""
    written = row.text("engine")
    return next((one for one in ENGINES if written.startswith(one.begins)), None)


def asked(row: Row) -> Asked | None:
    """What a row says; None where that is not enough."""
    shape, software = shape_of(row), engine_of(row)
    if shape is None or software is None or row.whole("pp", 1) > 1:
        return None
    return Asked(
        shape, card(row), row.whole("n_gpus", 1), precision(row), software,
        row.number("batch") or 1.0, max(1, row.whole("in_len", PROMPT_TOKENS)),
        row.whole("out_len", OUTPUT_TOKENS),
    )  # fmt: skip


def measured(row: Row) -> float | None:
    """What a row measures: output tokens per second, or seconds to the first token."""
    if row.text("kind") != "ttft":
        return row.number("out_tok_s_total")
    printed = row.number("ttft_ms")
    return None if printed is None or row.whole("batch", 1) != 1 else printed / KILO


def measured_bytes(row: Row) -> float | None:
    """Peak bytes on the fullest GPU, as a row's library counts them."""
    printed = row.number("mem_gb")
    if printed is None:
        return None
    share = row.whole("n_gpus", 1) if row.text("mem_scope").startswith("sum") else 1
    return printed * GIGA / share


def estimated_bytes(row: Row) -> float | None:
    """Bytes on the fullest GPU, as the row's library counts them."""
    case = asked(row)
    if case is None:
        return None
    if "pool" in row.text("mem_scope"):
        return POOL_SHARE * case.gpu.memory_bytes
    parts = case.replica().memory(case.batch, prompt_tokens=case.batch * case.input_tokens)
    if not row.text("engine").startswith(COUNTED):
        return parts.total_bytes
    head = 2 * case.shape.vocab * case.shape.hidden / case.gpus
    extra = QUANTISED_HEADS * head if case.precision.weight_bytes < 2 else 0.0
    return parts.weights_bytes + parts.cache_bytes + parts.activations_bytes + extra


def need(row: Row) -> float | None:
    """Bytes that a run needs on its fullest GPU, whether it went well or not."""
    case = asked(row)
    if case is None:
        return None
    copy = case.replica()
    if case.engine.paged and copy.largest_batch >= 1:
        return copy.weights_bytes + RESERVED_BYTES
    parts = copy.memory(case.batch, prompt_tokens=case.batch * case.input_tokens)
    return parts.total_bytes


def estimates(kind: str, cases: Sequence[Asked], pace: Pace = PACE) -> Vector:
    """What the formulas say for runs of one kind.

    Args:
        kind: A kind of the table: "static_batch", "max_throughput", "ttft"; anything else is one
            request that is alone.
        cases: The runs.
        pace: The constants.

    Returns:
        Output tokens per second, or seconds to the first token.
    """
    found = np.zeros(len(cases))
    for software in {case.engine.name for case in cases}:
        chosen = [i for i, case in enumerate(cases) if case.engine.name == software]
        found[chosen] = _estimates(kind, [cases[i] for i in chosen], pace)
    return found


def _estimates(kind: str, cases: Sequence[Asked], pace: Pace) -> Vector:
    place = stack([case.site(pace) for case in cases])
    batch, into, out, memory = (
        np.array([getattr(case, name) for case in cases], float)
        for name in ("batch", "input_tokens", "output_tokens", "memory_bytes")
    )
    context = into + out / 2
    if kind == "ttft":
        return np.asarray(place.prefill_seconds(1.0, into))
    if kind == "static_batch":
        steps = np.maximum(out - 1, 0) * place.decode_seconds(batch, context)
        return np.asarray(batch * out / (place.prefill_seconds(batch, into) + steps))
    if kind == "max_throughput":
        running = np.maximum(1.0, largest_batch(place, memory, into, out))
        return np.asarray(out / request_seconds(place, running, into, out))
    return np.asarray(1 / place.decode_seconds(1.0, context))
