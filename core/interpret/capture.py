"""Read a model's attention while it works, and prove that the picture is the model's own.

The weights are those of Transformers' plain ("eager") attention. They are drawn only if a second
computation from the same queries and keys gives the same weights, if they respect the mask, and if
the model's output is the same as with the fused kernel ("sdpa") that serves requests.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core import record
from core.errors import WorkFailed
from core.interpret import parity, tap
from core.interpret.anatomy import Anatomy, by_kind, reach, survey, window_of
from core.interpret.captured import Capture, Weights
from core.interpret.facts import Layer, Parity
from core.interpret.inputs import Tokens, tokenised
from core.interpret.layer import keep_layer, place
from core.interpret.long import ALL_BYTES, Long
from core.interpret.parity import Errors
from core.interpret.tap import Call
from core.interpret.tokens import is_byte_level, labels


def capture(
    model: Any, tokenizer: Any, text: str, target: str | None = None, *,
    name: str = "", prefix: str = "", window: int | None = None, generate: int | None = None,
    long: bool = False, kind: str | None = None, layer: int | None = None, digest: str = "",
) -> Capture:  # fmt: skip
    """Capture the attention of a model on a text.

    Args:
        model: A Transformers model: encoder, decoder, or both.
        tokenizer: Its tokenizer.
        text: What it reads; of a text over the model's limit, one window.
        target: For a model with both: what the decoder writes (None = what it writes by itself,
            greedily). For an encoder: a second text. For a decoder: how the text goes on.
        name: The model's name, for the record.
        prefix: Put before the text.
        window: Which window of a long text, from 1.
        generate: How many tokens the model writes itself; a decoder writes none unless asked.
        long: Keep one layer only, as is done for a text too long for all of them.
        kind: Kind of the layer to keep.
        layer: The layer to keep.
        digest: Hash of the model's files, for the record.

    Raises:
        BadInput: Nothing to read, or not for this model.
        WorkFailed: The picture could not be checked, or the check failed.
    """
    began = time.monotonic()
    name = name or type(model).__name__
    with tap.evaluating(model), torch.no_grad():
        body = survey(model, name)
        most = body.most_tokens()
        inputs = tokenised(
            model, tokenizer, text, target, prefix=prefix, window=window, generate=generate,
            limit=min(most, reach(model) or most),
        )  # fmt: skip
        big = body.all_bytes(len(inputs.source), len(inputs.target)) > ALL_BYTES
        if long or big:
            kept, checked = keep_layer(model, inputs.model, body, *place(body, kind, layer, name))
            found = Looked({}, body.layers, checked, kept)
        else:
            found = look(model, inputs.model, body)
    parity.check(found.parity, name)
    special = set(tokenizer.all_special_ids)

    def pieces(ids: list[int]) -> list[str]:
        return list(tokenizer.convert_ids_to_tokens(ids))

    def readable(ids: list[int]) -> tuple[str, ...]:
        return tuple(labels(pieces(ids), byte_level=is_byte_level(tokenizer)))

    return Capture(
        model=name,
        text=text,
        target=target,
        prefix=prefix,
        tokens=tuple(pieces(inputs.source)),
        target_tokens=tuple(pieces(inputs.target)),
        next_tokens=tuple(pieces(inputs.following)),
        labels=readable(inputs.source),
        target_labels=readable(inputs.target),
        next_labels=readable(inputs.following),
        special=tuple(token in special for token in inputs.source),
        target_special=tuple(token in special for token in inputs.target),
        generated=inputs.generated,
        head_dim=body.head_dim,
        scaling=body.scaling,
        parity=found.parity,
        weights={kind: found.array(kind) for kind in found.weights},
        created_at=record.now(),
        seconds=time.monotonic() - began,
        layers=found.layers,
        inputs={
            key: tuple(value[0].tolist())
            for key, value in inputs.model.items() if torch.is_tensor(value)
        },
        generated_from=inputs.generated_from,
        generate=generate,
        span=inputs.span,
        digest=digest,
        long=found.long,
    )  # fmt: skip


def forward(model: Any, found: Capture) -> dict[str, Any]:
    """The arguments of the forward pass that a capture was made with."""
    inputs: dict[str, Any] = {
        name: torch.tensor([values], device=model.device) for name, values in found.inputs.items()
    }
    return {**inputs, "use_cache": False} if model.can_generate() else inputs


@dataclass(frozen=True)
class Looked:
    """What one forward pass showed.

    Attributes:
        weights: By kind, (batch, heads, queries, keys) a layer; 0 in the rows of padding.
        layers: By kind, what is known of each layer.
        parity: How true the weights are.
        long: The one layer that is kept, where `weights` is empty.
    """

    weights: dict[str, list[Tensor]]
    layers: dict[str, tuple[Layer, ...]]
    parity: Parity
    long: Long | None = None

    def array(self, kind: str) -> Weights:
        """(layers, heads, queries, keys), float32, of the first text of the batch; asked once.

        A layer with fewer heads than the others has zeros in their place. Each layer's tensor is
        let go once it is copied, so that a long text does not need the memory twice.
        """
        layers, tensors = self.layers[kind], self.weights[kind]
        fits = next(t for layer, t in zip(layers, tensors, strict=True) if layer.heads)
        most = max(layer.heads for layer in layers)
        found: Weights = np.zeros((len(layers), most, *fits.shape[2:]), np.float32)
        for number, layer in enumerate(layers):
            tensor = tensors.pop(0)
            if layer.heads:
                found[number, : layer.heads] = tensor[0].float().cpu().numpy()
        return found


def look(model: Any, inputs: dict[str, Any], body: Anatomy) -> Looked:
    """Read every layer's weights, and compute them and the output another way.

    Args:
        model: In evaluation mode, gradients off.
        inputs: What goes into it; a batch may be padded where it says so by attention masks.
        body: What `survey` found.

    Raises:
        WorkFailed: Some layers cannot be checked, or no layer looks at tokens.
    """
    with tap.attention(model, "eager"):
        eager = model(**inputs, output_attentions=True)
    outputs = parity.numbers(eager)
    own = by_kind(eager, "decoder" in body.layers)
    del eager
    counts = {kind: len(tensors) for kind, tensors in own.items()}
    if counts != {kind: len(layers) for kind, layers in body.layers.items()}:
        raise WorkFailed(
            f"{sum(map(len, body.layers.values()))} attention layers could be recomputed and the "
            f"model reports {sum(counts.values())}; the picture cannot be checked, so it is not "
            "drawn."
        )
    checked = _Checked(own, Tokens.of(inputs))
    again = []
    if body.tapped:
        with tap.attending(model, checked.call):
            again = [parity.numbers(model(**inputs))]
    else:
        for kind, tensors in own.items():
            for number in range(len(tensors)):
                checked.layer(kind, number, None, None, None)
    served = parity.service(model, inputs, capped=body.capped)
    output = parity.output_error(outputs, [*again, *served], checked.tokens.shown)
    layers = {
        kind: tuple(
            layer if checked.tokens.fit(kind, tensor) else replace(layer, heads=0)
            for layer, tensor in zip(body.layers[kind], tensors, strict=True)
        )
        for kind, tensors in own.items()
    }
    # A kind none of whose layers look at tokens (Longformer's windows) is left out.
    layers = {kind: found for kind, found in layers.items() if any(layer.heads for layer in found)}
    own = {kind: own[kind] for kind in layers}
    if not layers:
        raise WorkFailed("No layer of this model looks at the text's tokens; nothing is drawn.")
    found = parity.measured(checked.errors, output, parity.dtype_of(model))
    return Looked(own, layers, found)


class _Checked:
    """Goes through a model's own weights, layer by layer, and hides the rows of padding."""

    def __init__(self, own: dict[str, list[Tensor]], tokens: Tokens) -> None:
        self.own, self.tokens, self.errors = own, tokens, Errors()

    def call(self, call: Call) -> Tensor:
        """Compare a layer's weights with those computed again from its queries and keys."""
        weights = call.weights()
        self.layer(call.kind, call.layer, weights, call.visible(), call.window)
        return call.mix(weights)

    def layer(
        self, kind: str, number: int, again: Tensor | None, visible: Tensor | None, window: Any
    ) -> None:
        tensor = self.own[kind][number]
        queries, keys = self.tokens.queries(kind), self.tokens.keys(kind)
        if self.tokens.fit(kind, tensor):
            may = parity.allowed(kind, tensor.shape[2], keys, visible, window_of(window))
        else:
            queries = tensor.new_ones((len(tensor), tensor.shape[2]), dtype=torch.bool)
            may = queries[..., None].expand(-1, -1, tensor.shape[3])
        self.errors.add(tensor, again, may, queries)
        hidden = ~(queries & may.any(-1))
        if hidden.any():
            self.own[kind][number] = tensor.masked_fill(hidden[:, None, :, None], 0)
