"""What the serving formulas say for published inference runs."""

from core.cost.hardware import Gpu, gpu
from core.cost.published import Pair, Row, shape_of
from core.cost.replica import Replica
from core.cost.steps import PRECISIONS, Precision

ENGINES = ("FasterTransformer", "TensorRT-LLM", "LMDeploy TurboMind", "NeMo Framework inference")
"""Compiled engines, which the constants are for."""


def card(row: Row) -> Gpu:
    """The GPU of a row; where only the memory is printed, the SXM form."""
    name = row.text("gpu_type").replace("A800", "A100")
    return gpu("A100-80-SXM" if name in ("A100", "A100-40/80 mix") else name)


def precision(row: Row) -> Precision | None:
    """The stored precision of a row's weights."""
    written = row.text("precision")
    for word, name in (("int4", "int4"), ("nf4", "int4"), ("int8", "int8"), ("fp32", "")):
        if word in written:
            return next((p for p in PRECISIONS if p.name == name), None)
    return PRECISIONS[0]


def replica(row: Row) -> Replica | None:
    """The model, GPUs and request size of a row; None where it does not say them."""
    shape, stored = shape_of(row), precision(row)
    if shape is None or stored is None or row.text("status") != "ok":
        return None
    into, out = row.whole("in_len", 0), row.whole("out_len", 0)
    if row.whole("pp", 1) > 1:
        return None
    return Replica(shape, card(row), row.whole("n_gpus", 1), stored, max(1, into), out)


def largest_throughput(row: Row) -> Pair | None:
    """Output tokens per second with as many requests as fit."""
    copy, measured = replica(row), row.number("out_tok_s_total")
    if copy is None or measured is None or copy.largest_batch < 1:
        return None
    return Pair(copy.output_tokens / copy.request_seconds(copy.largest_batch), measured)


def static_batch(row: Row) -> Pair | None:
    """Output tokens per second of one batch, from the prompts to the last token."""
    copy, measured = replica(row), row.number("out_tok_s_total")
    batch = row.number("batch")
    if copy is None or measured is None or not batch or row.text("engine") not in ENGINES:
        return None
    if not row.text("in_len") or not row.text("out_len") or copy.largest_batch < batch:
        return None
    seconds = copy.prompt_seconds(batch) + copy.output_tokens * copy.step_seconds(batch)
    return Pair(batch * copy.output_tokens / seconds, measured)


def first_token(row: Row) -> Pair | None:
    """Seconds until the first token of a prompt that is alone."""
    copy, measured = replica(row), row.number("ttft_ms")
    if copy is None or measured is None or not row.text("in_len") or row.whole("batch", 1) != 1:
        return None
    return Pair(copy.prompt_seconds(), measured / 1000)


def single_stream(row: Row) -> Pair | None:
    """Tokens per second of one request that is alone."""
    copy, measured = replica(row), row.number("out_tok_s_total")
    if copy is None or measured is None:
        return None
    return Pair(1 / copy.step_seconds(1), measured)
