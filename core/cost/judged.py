"""A run with estimates beside its cells; and runs that break physics.

What is estimated is what a row's kind measures: tokens per second and GPU for a throughput of
training, GPU-hours for totals, output tokens per second of all GPUs for inference, milliseconds for
the time to the first token.
"""

from dataclasses import dataclass
from typing import Any

from core.cost import cases_serving as serving
from core.cost import cases_training as training
from core.cost import transformer
from core.cost.backtest import kinds_of, parameters_of
from core.cost.estimate import Spread
from core.cost.fits import fits
from core.cost.published import Row, shape_of
from core.cost.scores import spread
from core.units import GIB, GIGA, KILO, SECONDS_PER_HOUR

ESTIMATES = ("estimate_p5", "estimate_p50", "estimate_p95")
MEMORIES = ("memory_gb_p5", "memory_gb_p50", "memory_gb_p95")
MEMORY_KINDS = ("training-memory", "serving-memory")


@dataclass(frozen=True)
class Flag:
    """A row that cannot be as it is printed, and why."""

    name: str
    reason: str


def judge(row: Row) -> dict[str, Any]:
    """One row with its estimates."""
    found: dict[str, Any] = dict(row.cells)
    found |= dict.fromkeys((*ESTIMATES, *MEMORIES))
    for kind in kinds_of(row):
        value = kind.predict(row)
        if kind.name in MEMORY_KINDS and value is not None:
            unit = GIB if "GiB" in row.text("mem_scope") else GIGA
            found |= _around(MEMORIES, value / unit, spread(kind.name))
        elif value is not None:
            scale = KILO if kind.unit == "s" else 1
            found |= _around(ESTIMATES, value * scale, spread(kind.name))
    if found["memory_gb_p50"] is None:
        found |= _memory(row)
    found["fits"] = fits(row)
    return found


def _memory(row: Row) -> dict[str, Any]:
    """Memory of a row whose kind is not one of those that it is judged by."""
    serves = bool(row.text("engine"))
    value = serving.estimated_bytes(row) if serves else _training_bytes(row)
    if value is None:
        return {}
    return _around(MEMORIES, value / GIGA, spread(MEMORY_KINDS[int(serves)]))


def _training_bytes(row: Row) -> float | None:
    found = training.parts_of(row)
    return None if found is None else float(training.counted(row, found))


def _around(names: tuple[str, str, str], value: float, span: Spread) -> dict[str, float]:
    return dict(zip(names, (value * span.low, value, value * span.high), strict=True))


def flags(found: list[Row]) -> list[Flag]:
    """The rows of a file that break physics."""
    return [Flag(row.name, reason) for row in found if (reason := impossible(row))]


def impossible(row: Row) -> str | None:
    """Why a row cannot be as it is printed; None where nothing speaks against it.

    More operations a second than the peak, or more bytes than the memory can give: a token of one
    request alone reads every weight once.
    """
    if row.text("engine"):
        return _too_much_read(row)
    shape, seconds = shape_of(row), row.number("gpu_hours")
    length = row.whole("seq_len", training.ALPACA_TOKENS)
    rate = training.tokens_per_second(row) if row.text("kind").startswith("throughput") else None
    tokens = row.number("tokens_b")
    if row.text("kind") == "pretrain_total" and tokens and seconds:
        rate = tokens * GIGA / (seconds * SECONDS_PER_HOUR)
    if rate is None:
        return None
    frozen = training.method_of(row) != "full"
    if shape is not None:
        each = transformer.training(shape, 1, length, frozen_base=frozen).total / length
    else:
        size = parameters_of(row)
        if size is None:
            return None
        each = (4 if frozen else 6) * size
    share = rate * each / serving.card(row).peak_flops_per_second
    return f"{100 * share:.0f} % of the peak operations" if share > 1 else None


def _too_much_read(row: Row) -> str | None:
    case, measured = serving.asked(row), row.number("out_tok_s_total")
    if case is None or measured is None or row.text("kind") == "max_throughput":
        return None
    place = case.site()
    least = place.weights_bytes * place.gpus - 2 * place.head
    if case.shape.experts > 1:
        each = place.block + place.experts_active * place.expert
        least = place.weight_bytes * case.shape.layers * each
    bandwidth = case.gpu.bandwidth_bytes_per_second * case.gpus
    share = measured / case.batch * least / bandwidth
    return f"{100 * share:.0f} % of the memory bandwidth" if share > 1 else None
