"""A second, independent reading of a model's attention, and the one place to change it.

While the tap is on, every attention layer that uses Transformers' attention interface hands over
its queries, keys and values, after any rotation, and goes on with what it is given back. One tap
serves every architecture: nothing of a model's own code is patched.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS, PreTrainedModel

NAME = "assay-tap"
CROSS = ("EncDecAttention", "encoder_attn", "crossattention")
"""What cross attention is called in Transformers."""


@dataclass(frozen=True)
class Call:
    """One attention layer at work in a forward pass.

    Attributes:
        kind: "encoder", "decoder" or "cross".
        layer: Counted from 0 within its kind.
        module: The layer itself.
        query: (batch, heads, queries, d_k), rotated already.
        key: (batch, key heads, keys, d_k); with fewer key heads, each serves a group of heads.
        value: (batch, key heads, keys, d_v).
        mask: Added to the scores: 0, or a very low number where a query may not look.
        bias: Added to the scores: T5's bias by distance, (1, heads, queries, keys).
        scaling: What the scores are multiplied with: 1/√d_k, or 1 for T5.
        softcap: Scores become softcap·tanh(score/softcap) (Gemma 2).
        window: How many keys back a query sees; None = all.
        causal: Whether the layer looks back only.
        rest: What else the layer passed to its attention function.
        turn: How often the module has run before in this pass: layers may share one (ALBERT).
    """

    kind: str
    layer: int
    module: torch.nn.Module
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None
    bias: Tensor | None
    scaling: float
    softcap: float | None
    window: int | None
    causal: bool
    rest: dict[str, Any]
    turn: int = 0

    @property
    def head_dim(self) -> int:
        """Size of a key, the d_k of the formula."""
        return int(self.query.shape[-1])

    def weights(self, dtype: torch.dtype = torch.float64) -> Tensor:
        """Attention weights (batch, heads, queries, keys): softmax(Q·Kᵀ·scaling + bias + mask)."""
        return weigh(
            self.query, self.key, self.scaling, self.mask, self.bias, self.softcap, dtype=dtype
        )

    def mix(self, weights: Tensor) -> Tensor:
        """Weights · V, (batch, heads, queries, d_v), in the type of the weights."""
        groups = self.query.shape[1] // self.value.shape[1]
        return weights @ self.value.to(weights.dtype).repeat_interleave(groups, dim=1)

    def visible(self) -> Tensor:
        """Where a query may look, bool (batch, queries, keys); all heads of a layer look alike."""
        batch, _, queries, _ = self.query.shape
        if self.mask is None:
            return torch.ones(
                batch, queries, self.key.shape[2], dtype=torch.bool, device=self.query.device
            )
        # Half of the lowest number: what forbids is that number, or −∞.
        may = self.mask[:, 0] > torch.finfo(self.mask.dtype).min / 2
        return may.expand(batch, -1, -1)

    def fused(self) -> Tensor:
        """What the fused kernel that serves requests makes of it, (batch, heads, queries, d_v).

        Scores with a cap have no fused kernel; their model is served without one.
        """
        if self.softcap is not None:
            return self.mix(self.weights(torch.float32))
        run = ALL_ATTENTION_FUNCTIONS["sdpa"]
        bias = {} if self.bias is None else {"position_bias": self.bias}
        found = run(
            self.module, self.query, self.key, self.value, self.mask, scaling=self.scaling, **bias
        )[0]
        return torch.as_tensor(found).transpose(1, 2)


Attend = Callable[[Call], Tensor]
"""Gives a layer what it goes on with: (batch, heads, queries, d_v), as `Call.mix` makes it."""


def weigh(
    query: Tensor,
    key: Tensor,
    scaling: float,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    softcap: float | None = None,
    *,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    """Attention weights; the arguments are those of `Call`."""
    groups = query.shape[1] // key.shape[1]
    keys = key.to(dtype).repeat_interleave(groups, dim=1)
    scores = torch.einsum("bhqd,bhkd->bhqk", query.to(dtype), keys) * scaling
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if bias is not None:
        scores = scores + bias.to(dtype)
    if mask is not None:
        scores = scores + mask.to(dtype)
    return scores.softmax(-1)


@contextmanager
def attention(model: Any, implementation: str) -> Iterator[None]:
    """Run a model with another implementation of attention, then give it back its own."""
    before = model.config._attn_implementation
    if model._can_set_attn_implementation():
        model.set_attn_implementation(implementation)
        try:
            yield
        finally:
            model.set_attn_implementation(before)
        return
    # It has code of its own, and Transformers would warn every time. Some of it (Falcon's) asks the
    # config all the same, and gives weights without the mask unless that says "eager".
    if implementation == "eager" != before:
        model.config._attn_implementation = implementation
    try:
        yield
    finally:
        if model.config._attn_implementation != before:
            model.config._attn_implementation = before


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Evaluation mode, without dropout; a model in training goes back to it, part by part."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


@contextmanager
def attending(model: Any, attend: Attend) -> Iterator[None]:
    """Let `attend` do the attention of every layer; gradients flow through what it does.

    A layer that computes attention with its own code (Bloom, MPT) does not ask.
    """
    names = {id(module): name for name, module in model.named_modules()}
    seen: dict[tuple[int, int], tuple[str, int]] = {}
    turns: dict[int, int] = {}

    def place(module: torch.nn.Module, causal: bool) -> tuple[str, int, int]:
        """Kind and number of a layer, from its name and the order in which layers first run."""
        turn = turns.get(id(module), 0)
        turns[id(module)] = turn + 1
        if (id(module), turn) not in seen:
            kind = kind_of(names[id(module)], causal, model.config.is_encoder_decoder)
            seen[id(module), turn] = kind, sum(other == kind for other, _ in seen.values())
        return *seen[id(module), turn], turn

    def layer(
        module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None,
        scaling: float | None = None, position_bias: Tensor | None = None,
        softcap: float | None = None, sliding_window: int | None = None, **rest: Any,
    ) -> tuple[Tensor, None]:  # fmt: skip
        factor = query.shape[-1] ** -0.5 if scaling is None else float(scaling)
        causal = bool(getattr(module, "is_causal", False))
        kind, number, turn = place(module, causal)
        call = Call(
            kind, number, module, query, key, value, mask, position_bias, factor, softcap,
            sliding_window, causal, rest, turn,
        )  # fmt: skip
        return attend(call).to(query.dtype).transpose(1, 2).contiguous(), None

    AttentionInterface.register(NAME, layer)
    AttentionMaskInterface.register(NAME, eager_mask)
    parts = [part for part in model.modules() if isinstance(part, PreTrainedModel)]
    hooks = [part.register_forward_pre_hook(_begin(part, turns)) for part in parts]
    try:
        with attention(model, NAME):
            yield
    finally:
        for hook in hooks:
            hook.remove()


def _begin(part: torch.nn.Module, turns: dict[int, int]) -> Callable[..., None]:
    """A pass through a part begins: none of its layers has run yet."""
    inside = [id(module) for module in part.modules()]

    def begin(*_: Any) -> None:
        for number in inside:
            turns.pop(number, None)

    return begin


def kind_of(name: str, causal: bool, encoder_decoder: bool) -> str:
    """Kind of an attention layer, from its name in the model."""
    if any(word in name for word in CROSS):
        return "cross"
    if encoder_decoder:
        return "decoder" if "decoder." in name else "encoder"
    return "decoder" if causal else "encoder"


@dataclass(frozen=True)
class Tapped:
    """What is kept of a call to check a picture with: its weights, float64."""

    kind: str
    weights: Tensor
    head_dim: int
    scaling: float
    causal: bool
    softcap: bool


@contextmanager
def tapped(model: Any) -> Iterator[list[Tapped]]:
    """Collect every attention layer's weights, in the order in which the layers run."""
    calls: list[Tapped] = []

    def attend(call: Call) -> Tensor:
        weights = call.weights()
        capped = call.softcap is not None
        calls.append(Tapped(call.kind, weights, call.head_dim, call.scaling, call.causal, capped))
        return call.mix(weights)

    with attending(model, attend):
        yield calls
