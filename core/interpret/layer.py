"""One layer's queries, keys and values, while all the others run as they do in service."""

import itertools
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import BadInput, WorkFailed
from core.interpret import parity, tap
from core.interpret.anatomy import Anatomy, window_of
from core.interpret.captured import NO_CROSS
from core.interpret.detail import Detail, diagonals, rows, spread
from core.interpret.facts import Parity
from core.interpret.inputs import Tokens
from core.interpret.long import Long, roots
from core.interpret.parity import Errors
from core.interpret.tap import Call


def place(body: Anatomy, kind: str | None, layer: int | None, name: str) -> tuple[str, int]:
    """The layer to keep: as asked, else cross attention's, which shows most, and the middle one.

    Raises:
        BadInput: There is no such layer, or none can be kept alone.
    """
    if not body.tapped:
        raise BadInput(
            f"{name} computes attention with code of its own, so no single layer can be kept; give "
            "a shorter text and let all layers be shown."
        )
    kind = kind or ("cross" if "cross" in body.layers else next(iter(body.layers)))
    if kind not in body.layers:
        why = NO_CROSS if kind == "cross" else ""
        raise BadInput(
            f"There is no {kind!r} attention in {name}{why}; choose {' or '.join(body.layers)}."
        )
    count = len(body.layers[kind])
    layer = count // 2 if layer is None else layer
    if not 0 <= layer < count:
        raise BadInput(
            f"There is no {kind} layer {layer} in {name}; choose one from 0 to {count - 1}."
        )
    return kind, layer


def read_layer(model: Any, inputs: dict[str, Any], kind: str, layer: int) -> Detail:
    """Run the model once and keep what one attention layer worked with.

    Args:
        model: A Transformers model in evaluation mode, gradients off.
        inputs: What goes into it; the first row of the batch is kept.
        kind: "encoder", "decoder" or "cross".
        layer: Counted from 0 within its kind.

    Raises:
        BadInput: The model has no such layer, or computes its attention with its own code.
    """
    kept: list[Detail] = []

    def attend(call: Call) -> Tensor:
        if (call.kind, call.layer) == (kind, layer):
            kept.append(detail_of(call))
        return call.fused()

    with tap.attending(model, attend):
        model(**inputs)
    if not kept:
        raise BadInput(
            f"The queries and keys of {kind} layer {layer} cannot be read: the model has no such "
            "layer, or computes its attention with code of its own; choose another."
        )
    return kept[0]


def keep_layer(
    model: Any, inputs: dict[str, Any], body: Anatomy, kind: str, layer: int
) -> tuple[Long, Parity]:
    """Keep one layer of a long text, and check it against the model's plain attention.

    Its own weights are caught where the layer gives them back, so that the other layers' are gone
    before the next one runs; head by head they become pixels and are compared with what the kept
    queries and keys give.

    Raises:
        WorkFailed: The layer hands out no weights to compare with.
    """
    found: list[Call] = []
    details: list[Detail] = []

    def attend(call: Call) -> Tensor:
        if (call.kind, call.layer) == (kind, layer):
            found.append(call)
            details.append(detail_of(call))
        return call.fused()

    with tap.attending(model, attend):
        fused = parity.numbers(model(**inputs))
    call, detail = found.pop(), details[0]
    module, visible, window = call.module, call.visible()[:1], window_of(call.window)
    turn = call.turn
    shape = (detail.queries.shape[1], detail.keys.shape[1])
    del call
    caught: list[Tensor] = []
    turns = itertools.count()

    def catch(_: Any, __: Any, output: Any) -> None:
        if next(turns) == turn:  # Layers may share one module (ALBERT).
            caught.extend(t for t in output if torch.is_tensor(t) and tuple(t.shape[2:]) == shape)

    hook = module.register_forward_hook(catch)
    try:
        with tap.attention(model, "eager"):
            eager = parity.numbers(model(**inputs))
    finally:
        hook.remove()
    if not caught:
        raise WorkFailed(
            f"{kind.capitalize()} layer {layer} hands out no weights to check the picture with, so "
            "it is not drawn."
        )
    tokens, errors = Tokens.of(inputs), Errors()
    queries = tokens.queries(kind)[:1]
    may = parity.allowed(kind, shape[0], tokens.keys(kind)[:1], visible, window)
    everything = np.arange(shape[0])
    pixels = np.empty((detail.heads, *shape), np.uint8)
    for head in range(detail.heads):
        # T5 gives its bias back as well, of the same shape: the weights come last.
        own = caught[-1][:1, head : head + 1]
        again = torch.from_numpy(rows(detail, head, everything))[None, None].to(own.device)
        errors.add(own, again, may, queries)
        pixels[head] = roots(own[0, 0].float().cpu().numpy())
    output = parity.output_error(eager, [fused], tokens.shown)
    return Long(detail, pixels), parity.measured(errors, output, parity.dtype_of(model))


def detail_of(call: Call) -> Detail:
    """What a layer was called with, as arrays, for the first text of the batch."""
    bias = None
    if call.bias is not None and call.bias.any():
        bias = _array(call.bias)
        small = diagonals(bias)
        bias = bias if small is None else spread(small, bias.shape[1])
    return Detail(
        call.kind, call.layer, _array(call.query), _array(call.key), _array(call.value), bias,
        call.visible()[0].cpu().numpy(), call.scaling, call.softcap,
    )  # fmt: skip


def _array(tensor: Tensor) -> Any:
    """The first of a batch, float32, in memory of its own."""
    return np.array(tensor[0].detach().float().cpu().numpy(), order="C")
