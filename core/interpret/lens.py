"""Logit lens: what the model would answer if it stopped after each layer.

nostalgebraist, "interpreting GPT: the logit lens" (2020). The hidden state that a layer hands on is
put in the place of the last layer's, and the model does the rest itself: its final norm, its
scaling, its output head. So the row of the last layer is the model's own answer, for every family.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import BadInput, WorkFailed
from core.interpret.aim import Aim
from core.interpret.tap import evaluating

TOP = 5
"""Tokens kept for each layer and position."""
_CELLS = 2**25
"""Logits held at once: 128 MB."""


@dataclass(frozen=True)
class Lens:
    """What each layer would answer.

    Attributes:
        tokens: The likeliest tokens, (layers + 1, positions, TOP); row 0 is before any layer.
        probabilities: Theirs, the same shape.
        chosen: Probability of the token that the target has there, (layers + 1, positions).
        rank: How many tokens are likelier than that one, (layers + 1, positions).
    """

    tokens: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    chosen: NDArray[np.float32]
    rank: NDArray[np.int64]

    @property
    def settled(self) -> NDArray[np.int64]:
        """For each position, the first layer from which the likeliest token is the last layer's."""
        top = self.tokens[:, :, 0]
        same = top == top[-1]
        return np.asarray(len(top) - np.cumprod(same[::-1], axis=0).sum(0), np.int64)


def has_lens(aim: Aim) -> bool:
    """Whether the model answers in tokens."""
    return aim.kind in ("sequence", "causal", "gap")


def logit_lens(aim: Aim) -> Lens:
    """Read every layer at every position that chooses a token of the target.

    Raises:
        BadInput: The model answers in classes or places, not in tokens.
        WorkFailed: Its layers cannot be told apart.
    """
    model = aim.model
    if not has_lens(aim):
        raise BadInput(
            f"{type(model).__name__} has no head over a vocabulary, so there is no token that a "
            "layer would answer."
        )
    rows = list(aim.rows)
    with evaluating(model), torch.inference_mode():
        blocks = _blocks(aim)
        with _listening(blocks) as heard:
            own = model(**aim.inputs).logits
        if len(heard) != len(blocks) + 1:
            raise WorkFailed(f"The layers of {type(model).__name__} cannot be read one by one.")
        at_once = max(1, _CELLS // own[0].numel())
        parts = []
        for some in torch.cat(heard).split(at_once):
            with _speaking(blocks[-1], some):
                parts.append(model(**aim.batch(len(some))).logits[:, rows].float())
        logits = torch.cat([part.cpu() for part in parts])
    chances = logits.softmax(-1)
    top = chances.topk(min(TOP, chances.shape[-1]), -1)
    wanted = torch.tensor(aim.following).expand(len(chances), -1)[..., None]
    chosen = chances.gather(-1, wanted)
    return Lens(
        top.indices.numpy(), top.values.numpy(), chosen[..., 0].numpy(),
        (chances > chosen).sum(-1).numpy(),
    )  # fmt: skip


def _blocks(aim: Aim) -> list[nn.Module]:
    """The layers that lead to the output, in order: the longest list of equal modules in its part.

    Raises:
        WorkFailed: There is none.
    """
    model = aim.model
    part = model.get_decoder() if aim.kind == "sequence" else model
    lists = [
        module for module in part.modules() if isinstance(module, nn.ModuleList) and len(module)
    ]
    whole = [one for one in lists if len({type(block) for block in one}) == 1]
    # Of nested lists (a T5 block holds one) the outer one comes first.
    layers = getattr(model.config, "num_decoder_layers", None) if aim.kind == "sequence" else None
    layers = layers or getattr(model.config, "num_hidden_layers", None)
    fitting = [one for one in whole if len(one) == layers] or whole
    if not fitting:
        raise WorkFailed(f"The layers of {type(model).__name__} cannot be found.")
    return list(fitting[0])


@contextmanager
def _listening(blocks: list[nn.Module]) -> Iterator[list[Tensor]]:
    """What goes into the first layer, and what each layer hands on, (1, tokens, d) each."""
    heard: list[Tensor] = []

    def before(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        heard.append(args[0] if args else kwargs["hidden_states"])

    def after(_module: nn.Module, _args: Any, output: Any) -> None:
        heard.append(output[0] if isinstance(output, tuple) else output)

    handles = [blocks[0].register_forward_pre_hook(before, with_kwargs=True)]
    handles += [block.register_forward_hook(after) for block in blocks]
    try:
        yield heard
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _speaking(block: nn.Module, states: Tensor) -> Iterator[None]:
    """Let a layer hand on other states than its own."""

    def instead(_module: nn.Module, _args: Any, output: Any) -> Any:
        return (states, *output[1:]) if isinstance(output, tuple) else states

    handle = block.register_forward_hook(instead)
    try:
        yield
    finally:
        handle.remove()
