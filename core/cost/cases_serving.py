"""What the serving formulas say for published inference runs."""

from core.cost.hardware import Gpu, gpu
from core.cost.published import Pair, Row, shape_of
from core.cost.replica import Replica
from core.cost.steps import ENGINE, PRECISIONS, Engine, Precision
from core.units import GIGA

ENGINES = ("FasterTransformer", "TensorRT-LLM", "LMDeploy TurboMind", "NeMo Framework inference")
"""Compiled engines, which the constants are for."""

_STORED = (("int4", "int4"), ("nf4", "int4"), ("fp4", "int4"), ("int8", "int8"), ("fp32", ""))
"""How the tables write a precision -> ours; "" = none of ours."""


def card(row: Row) -> Gpu:
    """The GPU of a row; where only the memory is printed, the SXM form."""
    name = row.text("gpu_type").replace("A800", "A100")
    return gpu("A100-80-SXM" if name in ("A100", "A100-40/80 mix") else name)


def precision(row: Row) -> Precision | None:
    """The stored precision of a row's weights."""
    written = row.text("precision")
    for word, name in _STORED:
        if word in written:
            return next((p for p in PRECISIONS if p.name == name), None)
    return PRECISIONS[0]


def replica(row: Row, engine: Engine = ENGINE) -> Replica | None:
    """The model, GPUs and request size of a row; None where it does not say them."""
    shape, stored = shape_of(row), precision(row)
    if shape is None or stored is None:
        return None
    into, out = row.whole("in_len", 0), row.whole("out_len", 0)
    if row.whole("pp", 1) > 1:
        return None
    return Replica(shape, card(row), row.whole("n_gpus", 1), stored, max(1, into), out, engine)


def largest_throughput(row: Row, engine: Engine = ENGINE) -> Pair | None:
    """Output tokens per second with as many requests as fit."""
    copy, measured = replica(row, engine), row.number("out_tok_s_total")
    if copy is None or measured is None or copy.largest_batch < 1:
        return None
    return Pair(copy.output_tokens / copy.request_seconds(copy.largest_batch), measured)


def static_batch(row: Row, engine: Engine = ENGINE) -> Pair | None:
    """Output tokens per second of one batch, from the prompts to the last token."""
    copy, measured = replica(row, engine), row.number("out_tok_s_total")
    batch = row.number("batch")
    if copy is None or measured is None or not batch or row.text("engine") not in ENGINES:
        return None
    if not row.text("in_len") or not row.text("out_len") or copy.largest_batch < batch:
        return None
    seconds = copy.prompt_seconds(batch) + copy.output_tokens * copy.step_seconds(batch)
    return Pair(batch * copy.output_tokens / seconds, measured)


def first_token(row: Row, engine: Engine = ENGINE) -> Pair | None:
    """Seconds until the first token of a prompt that is alone."""
    copy, measured = replica(row, engine), row.number("ttft_ms")
    if copy is None or measured is None or not row.text("in_len") or row.whole("batch", 1) != 1:
        return None
    return Pair(copy.prompt_seconds(), measured / 1000)


def single_stream(row: Row, engine: Engine = ENGINE) -> Pair | None:
    """Tokens per second of one request that is alone."""
    copy, measured = replica(row, engine), row.number("out_tok_s_total")
    if copy is None or measured is None:
        return None
    return Pair(1 / copy.step_seconds(1), measured)


def memory(row: Row) -> Pair | None:
    """Peak bytes on the fullest GPU; a pool that an engine reserves whole says nothing."""
    printed, predicted = row.number("mem_gb"), need(row)
    scope, status = row.text("mem_scope"), row.text("status")
    if printed is None or predicted is None or "pool" in scope or status != "ok":
        return None
    share = row.whole("n_gpus", 1) if scope.startswith("sum") else 1
    return Pair(predicted, printed * GIGA / share)


def need(row: Row) -> float | None:
    """Bytes that a run needs on its fullest GPU, whether it went well or not."""
    copy = replica(row)
    if copy is None:
        return None
    return copy.memory(row.number("batch") or 1).total_bytes
