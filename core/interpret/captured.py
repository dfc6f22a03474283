"""A capture: the attention of one model on one text, with what was read and how it was checked.

Made by `core.interpret.capture`, kept by `core.interpret.store`. Nothing here needs torch.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.interpret.facts import Layer, Parity, Span, all_bytes
from core.interpret.long import Long
from core.interpret.measures import Head, heads_summary

KINDS = ("encoder", "decoder", "cross")
NO_CROSS = ", as it has no decoder that reads what an encoder made"

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Capture:
    """What a model attends to.

    Token i of an array is token i of `tokens` (encoder, and a decoder without encoder) or of
    `target_tokens` (queries of cross, and a decoder beside an encoder).

    Attributes:
        model: Its name.
        text: What was asked about; the model also read `prefix` before it.
        target: The target or second text that was given, or None.
        prefix: What a run was trained to find before every text.
        tokens: Pieces of the input, special tokens included, as the tokenizer names them.
        target_tokens: What the decoder reads: its start token, then the target but for its last.
        next_tokens: What stands after each target token: the token that its row helps to choose.
        labels: `tokens` as a person reads them.
        target_labels: `target_tokens` as a person reads them.
        next_labels: `next_tokens` as a person reads them.
        special: For each of `tokens`, whether it is a separator or another special token.
        target_special: The same for `target_tokens`.
        generated: What the model wrote itself: the target, or how a decoder's text goes on.
        head_dim: d_k of the formula.
        scaling: What Q·Kᵀ is multiplied with; None where the model does not tell.
        parity: How true the picture is.
        weights: By kind, float32 (layers, heads, queries, keys); a layer with fewer heads than the
            others has zeros in their place. Empty if the text is long: then there is `long`.
        created_at: UTC.
        seconds: Time for the capture.
        layers: By kind, what is known of each layer.
        inputs: What the model was given: token ids and the like by name, one number a token.
        generated_from: The first of `tokens` (of `target_tokens`, beside an encoder) that the model
            wrote itself; None = it wrote nothing.
        generate: How many tokens it was asked to write at most; None = as many as it does.
        span: Which part of the text was read.
        digest: Hash of the model's files.
        long: The one layer that is kept of a text too long for all of them.
        measured: The measures of every head, as they were saved.
    """

    model: str
    text: str
    target: str | None
    prefix: str
    tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    next_tokens: tuple[str, ...]
    labels: tuple[str, ...]
    target_labels: tuple[str, ...]
    next_labels: tuple[str, ...]
    special: tuple[bool, ...]
    target_special: tuple[bool, ...]
    generated: str | None
    head_dim: int
    scaling: float | None
    parity: Parity
    weights: dict[str, Weights]
    created_at: str
    seconds: float
    layers: dict[str, tuple[Layer, ...]]
    inputs: dict[str, tuple[int, ...]]
    generated_from: int | None = None
    generate: int | None = None
    span: Span = field(default_factory=Span)
    digest: str = ""
    long: Long | None = None
    measured: tuple[Head, ...] | None = None

    @property
    def kinds(self) -> list[str]:
        """The kinds of attention that can be drawn."""
        if self.long:
            return [self.long.detail.kind]
        return [kind for kind in KINDS if kind in self.weights]

    def own_texts(self, kind: str) -> bool:
        """Whether a kind's queries are target tokens."""
        return kind == "cross" or (kind == "decoder" and bool(self.target_tokens))

    def queries(self, kind: str) -> tuple[str, ...]:
        """Labels of the rows of a kind."""
        return self.target_labels if self.own_texts(kind) else self.labels

    def keys(self, kind: str) -> tuple[str, ...]:
        """Labels of the columns of a kind."""
        return self.labels if kind == "cross" else self.queries(kind)

    def separators(self, kind: str) -> tuple[bool, ...]:
        """Which columns of a kind are special tokens."""
        if kind == "cross":
            return self.special
        return self.target_special if self.own_texts(kind) else self.special

    def heads(self, kind: str) -> int:
        """Heads of the layer of a kind that has most."""
        return max(layer.heads for layer in self.layers[kind])

    def key_heads(self, kind: str) -> int | None:
        """Key and value heads of a kind; None where the model does not tell, or layers differ."""
        counts = {layer.key_heads for layer in self.layers[kind] if layer.heads}
        return counts.pop() if len(counts) == 1 else None

    def windows(self, kind: str) -> list[int | None]:
        """The sliding window of each layer of a kind, in tokens; None = it sees everything."""
        return [layer.window for layer in self.layers[kind]]

    def causal(self, kind: str) -> bool:
        """Whether the queries of a kind see only what stands before them."""
        return any(layer.causal for layer in self.layers[kind])

    @property
    def all_bytes(self) -> int:
        """Memory of every layer's weights, kept or not."""
        return all_bytes(self.layers, len(self.tokens), len(self.target_tokens))

    def matrix(self, kind: str, layer: int, head: int | None) -> Weights:
        """The weights of one head, (queries, keys); of a long text computed again, exactly.

        Args:
            kind: One of `kinds`.
            layer: Counted from 0; of a long text the one that is kept.
            head: Counted from 0; None = the mean of the layer's heads.
        """
        if head is not None:
            if self.long:
                return self.long.matrix(head)
            return np.asarray(self.weights[kind][layer, head])
        heads = self.layers[kind][layer].heads
        if self.long is None:
            return np.asarray(self.weights[kind][layer, :heads].mean(0))
        total = self.long.matrix(0)
        for number in range(1, heads):
            total += self.long.matrix(number)
        return np.asarray(total / heads)

    def summary(self) -> list[Head]:
        """The measures of every head of every kind; of the kept layer's, if the text is long."""
        if self.measured is not None:
            return list(self.measured)
        found: list[Head] = []
        if self.long:
            return self._long_summary(self.long)
        for kind in self.kinds:
            for number, layer in enumerate(self.layers[kind]):
                # A layer at a time: in float64 a whole long text would take gigabytes.
                weights = self.weights[kind][number : number + 1, : layer.heads]
                if layer.heads:
                    measured = self._measure(kind, weights, layer.causal)
                    found += [replace(head, layer=number) for head in measured]
        return found

    def _measure(self, kind: str, weights: Weights, causal: bool) -> list[Head]:
        return heads_summary(
            kind, weights, self.separators(kind), causal=causal, tokens=self._own_tokens(kind)
        )

    def _long_summary(self, long: Long) -> list[Head]:
        """Head by head, as a whole layer in float64 would take a gigabyte."""
        kind, layer = long.detail.kind, long.detail.layer
        causal = self.layers[kind][layer].causal
        return [
            replace(measured, layer=layer, head=head)
            for head in range(long.detail.heads)
            for measured in self._measure(kind, long.matrix(head)[None, None], causal)
        ]

    def _own_tokens(self, kind: str) -> tuple[str, ...] | None:
        """The tokens that a kind's queries and keys both are; None for cross attention."""
        if kind == "cross":
            return None
        return self.target_tokens if self.own_texts(kind) else self.tokens


def check_place(capture: Capture, kind: str, layer: int, head: int | None = None) -> None:
    """Refuse a layer or a head that a capture does not have; both count from 0.

    Raises:
        BadInput: The message says what there is.
    """
    if kind not in capture.kinds:
        why = NO_CROSS if kind == "cross" and kind not in capture.layers else ""
        raise BadInput(
            f"There is no {kind!r} attention of {capture.model} for this text{why}; choose "
            f"{' or '.join(capture.kinds)}."
        )
    if capture.long and layer != capture.long.detail.layer:
        raise BadInput(
            f"Of this long text only {kind} layer {capture.long.detail.layer} was kept; ask for "
            f"layer {layer} to see it."
        )
    layers = capture.layers[kind]
    counts = {"layer": (layer, len(layers))}
    if 0 <= layer < len(layers) and not layers[layer].heads:
        raise BadInput(
            f"{kind.capitalize()} layer {layer} of {capture.model} looks at other things than "
            "tokens and is not drawn; choose another."
        )
    if head is not None and 0 <= layer < len(layers):
        counts["head"] = (head, layers[layer].heads)
    for what, (number, count) in counts.items():
        if not 0 <= number < count:
            raise BadInput(
                f"There is no {kind} {what} {number} in {capture.model}; choose one from 0 to "
                f"{count - 1}."
            )
