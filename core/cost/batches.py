"""Published measurements of a model on a card, to stand beside what is estimated for it."""

from dataclasses import dataclass
from functools import lru_cache

from core.cost.backtest import parameters_of
from core.cost.published import rows
from core.models.shape import Shape, parameters
from core.units import KILO

ALIKE = 0.05
"""A model whose size differs by less is taken for the same."""


@dataclass(frozen=True)
class Point:
    """A measured batch: its throughput, and the time between two tokens of each request."""

    name: str
    model: str
    batch: float
    input_tokens: int
    output_tokens: int
    tokens_per_second: float
    token_ms: float
    source: str


TIMES = 2.5
"""Lengths that differ by no more than so many times are taken for alike."""


@lru_cache(maxsize=64)
def batches(
    shape: Shape, gpu: str, gpus: int, input_tokens: int, output_tokens: int
) -> tuple[Point, ...]:
    """Batches of a model of that size and of such requests, in 16 bits, on so many of that card.

    The time between two tokens is batch ÷ throughput: it has a share of the prompt's time in it.
    """
    size = parameters(shape).total
    found = []
    for row in rows("inference_runs"):
        rate, batch, own = row.number("out_tok_s_total"), row.number("batch"), parameters_of(row)
        if row.text("kind") != "static_batch" or row.text("status") != "ok":
            continue
        if row.text("gpu_type") != gpu or row.whole("n_gpus", 1) != gpus:
            continue
        if row.text("precision") not in ("fp16", "bf16") or not rate or not batch or not own:
            continue
        lengths = (row.number("in_len"), input_tokens), (row.number("out_len"), output_tokens)
        if not all(said and 1 / TIMES <= said / asked <= TIMES for said, asked in lengths):
            continue
        if abs(own / size - 1) < ALIKE:
            found.append(
                Point(row.name, row.text("model"), batch, row.whole("in_len", 0),
                      row.whole("out_len", 0), rate, KILO * batch / rate, row.text("source"))
            )  # fmt: skip
    return tuple(found)
