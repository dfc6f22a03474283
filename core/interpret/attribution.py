"""Which input tokens an output hangs on: attention times gradient, and integrated gradients.

Gradients are asked for by `torch.autograd.grad`: nothing is added up in the weights, and the model
is as it was afterwards.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import BadInput, WorkFailed
from core.interpret import tap
from core.interpret.aim import Aim
from core.interpret.tap import Call, evaluating

Array = NDArray[np.float64]

TOLERANCE = 0.01
"""Share of f(x) − f(baseline) that integrated gradients may miss."""
SMALLEST = 1e-6
"""An error that float32 cannot tell from none."""
NODES = 8
"""Gauss–Legendre nodes of a piece of the way."""
FIRST_PIECES = 2
MOST_GRADIENTS = 1024
"""Gradients along the way before it is given up."""
_ROWS = 16
"""Points of the way in one batch."""
Piece = tuple[float, float]
"""From where to where, 0 = baseline, 1 = input."""


@dataclass(frozen=True)
class Integrated:
    """Integrated gradients.

    Attributes:
        scores: One a token of the source; a token that is its own baseline has 0.
        value: f(x).
        baseline_value: f(baseline).
        gradients: How many points of the way were looked at.
        converged: Whether the error is within TOLERANCE.
    """

    scores: Array
    value: float
    baseline_value: float
    gradients: int
    converged: bool

    @property
    def error(self) -> float:
        """Completeness error: Σ scores − (f(x) − f(baseline))."""
        return float(self.scores.sum()) - (self.value - self.baseline_value)

    @property
    def error_share(self) -> float | None:
        """The error as a share of f(x) − f(baseline); None where that is 0."""
        whole = self.value - self.baseline_value
        return abs(self.error / whole) if whole else None


def attention_weights(aim: Aim) -> dict[str, Array]:
    """Attention by kind, (layers, heads, queries, keys); {} for a model that has none to show."""
    with torch.no_grad(), evaluating(aim.model), tap.tapped(aim.model) as calls:
        aim.model(**aim.inputs)
    found: dict[str, list[Tensor]] = {}
    for call in calls:
        found.setdefault(call.kind, []).append(call.weights)
    if not found:
        found = _own_weights(aim)
    kinds = {kind: torch.cat(layers).cpu().numpy() for kind, layers in found.items()
             if len({layer.shape for layer in layers}) == 1}  # fmt: skip
    return {kind: np.asarray(weights, np.float64) for kind, weights in kinds.items()}


def _own_weights(aim: Aim) -> dict[str, list[Tensor]]:
    """Of a model that computes attention with its own code (Bloom, MPT): what it hands out."""
    try:
        with torch.no_grad(), evaluating(aim.model), tap.attention(aim.model, "eager"):
            outputs = aim.model(**aim.inputs, output_attentions=True)
    except (ValueError, TypeError, AttributeError):
        return {}  # It knows no attention: a state-space model.
    layers = getattr(outputs, "attentions", None) or ()
    whole = [layer for layer in layers if torch.is_tensor(layer) and layer.dim() == 4]
    return {"decoder" if aim.kind == "causal" else "encoder": whole} if whole else {}


def gradient_attention(aim: Aim) -> Array | None:
    """Attention · ∂f/∂attention, summed over queries: (layers, heads, source).

    It is what f would lose, to first order, if a head stopped looking at a token. Cross-attention
    where there is an encoder, else self-attention; a sum over layers and heads scores the tokens.

    Returns:
        None for a model that computes attention with its own code (Bloom, MPT) or has none.
    """
    kept: list[tuple[str, Tensor]] = []

    def attend(call: Call) -> Tensor:
        weights = call.weights(torch.float32)
        kept.append((call.kind, weights))
        return call.mix(weights)

    vectors = aim.embed(aim.ids).requires_grad_()
    with evaluating(aim.model), torch.enable_grad(), tap.attending(aim.model, attend):
        value = aim.of_embeddings(vectors)
    wanted = "cross" if aim.kind == "sequence" else ("decoder" if aim.kind == "causal" else None)
    weights = [w for kind, w in kept if wanted is None or kind == wanted]
    if not weights:
        return None
    # Layers above the one that f is read from may not matter to it at all.
    found = torch.autograd.grad(_differentiable(value, aim), weights, allow_unused=True)
    layers = [
        (w * (torch.zeros_like(w) if g is None else g)).sum(-2)[..., : aim.source].detach()
        for w, g in zip(weights, found, strict=True)
    ]
    return np.asarray(torch.cat(layers).double().cpu().numpy())


def gradient_input(aim: Aim) -> Array:
    """Embedding · ∂f/∂embedding, summed over dimensions: one a token of the source."""
    vectors = aim.embed(aim.ids)
    scores = (_gradient(aim, vectors) * vectors)[0, : aim.source].sum(-1)
    return np.asarray(scores.double().cpu().numpy())


def integrated_gradients(
    aim: Aim, *, tolerance: float = TOLERANCE, most: int = MOST_GRADIENTS
) -> Integrated:
    """(x − baseline) · ∫₀¹ ∂f/∂x (baseline + t·(x − baseline)) dt (Sundararajan et al., 2017).

    The scores must add up to f(x) − f(baseline). Because that holds on each piece of the way as
    well, the integral is refined where it is wrong: a piece whose sum misses the rise of f by more
    than its share is halved, until the misses together are within `tolerance` or `most` gradients
    are spent. Special tokens, and what is kept of the text, are their own baseline.
    """
    way = _Way(aim)
    pieces: dict[Piece, Tensor] = {}
    todo = list(pairwise(np.linspace(0, 1, FIRST_PIECES + 1).tolist()))
    spent = 0
    with evaluating(aim.model):
        whole = way.rise((0.0, 1.0))
        allowed = max(tolerance * abs(whole), SMALLEST)
        while todo:
            pieces |= zip(todo, way.integrals(todo), strict=True)
            spent += NODES * len(todo)
            todo = []
            misses = {piece: abs(float(sums.sum()) - way.rise(piece))
                      for piece, sums in pieces.items()}  # fmt: skip
            if sum(misses.values()) > allowed:
                most_halved = (most - spent) // (2 * NODES)
                wrong = [piece for piece, miss in misses.items() if miss > allowed / len(misses)]
                for low, high in sorted(wrong, key=lambda piece: -misses[piece])[:most_halved]:
                    del pieces[low, high]
                    todo += [(low, (low + high) / 2), ((low + high) / 2, high)]
    scores = np.asarray(torch.stack(list(pieces.values())).sum(0).numpy()[: aim.source])
    error = abs(float(scores.sum()) - whole)
    return Integrated(scores, way.height(1.0), way.height(0.0), spent, error <= allowed)


class _Way:
    """The straight way from the baseline to the input; the number is kept where it was read."""

    def __init__(self, aim: Aim) -> None:
        self._aim = aim
        end = aim.embed(aim.ids)
        self._start = _baseline(aim, end)
        self._path = end - self._start
        self._known: dict[float, float] = {}
        nodes, shares = np.polynomial.legendre.leggauss(NODES)
        self._nodes, self._shares = (nodes + 1) / 2, torch.from_numpy(shares / 2).view(-1, 1)

    def height(self, place: float) -> float:
        """The number at a place of the way."""
        if place not in self._known:
            with torch.no_grad():
                value = self._aim.of_embeddings(self._start + place * self._path)
            self._known[place] = float(value)
        return self._known[place]

    def rise(self, piece: Piece) -> float:
        """By how much it rises on a piece."""
        return self.height(piece[1]) - self.height(piece[0])

    def integrals(self, pieces: list[Piece]) -> list[Tensor]:
        """Gradient · path, integrated over each piece: (tokens,) each, float64."""
        at = [low + (high - low) * node for low, high in pieces for node in self._nodes]
        places = torch.tensor(at, dtype=self._path.dtype, device=self._path.device).view(-1, 1, 1)
        found = [
            (_gradient(self._aim, self._start + part * self._path) * self._path).sum(-1)
            for part in places.split(_ROWS)
        ]
        by_piece = torch.cat(found).double().cpu().split(NODES)
        return [
            (high - low) * (self._shares * part).sum(0)
            for (low, high), part in zip(pieces, by_piece, strict=True)
        ]


def _baseline(aim: Aim, end: Tensor) -> Tensor:
    """The embeddings with every removable token at its baseline, (1, tokens, d)."""
    fixed = torch.ones(end.shape[1], dtype=torch.bool)
    fixed[: aim.source] = ~torch.tensor(aim.removable)
    fixed = fixed.to(end.device)
    if aim.baseline is None:
        away = torch.zeros_like(end)
    else:
        away = aim.embed(torch.full_like(aim.ids, aim.baseline))
    return torch.where(fixed[None, :, None], end, away)


def _gradient(aim: Aim, vectors: Tensor) -> Tensor:
    """∂f/∂embedding for a batch of embeddings, of their shape."""
    vectors = vectors.detach().requires_grad_()
    with evaluating(aim.model), torch.enable_grad():
        value = aim.of_embeddings(vectors)
        (gradient,) = torch.autograd.grad(_differentiable(value, aim), vectors)
    if not bool(torch.isfinite(gradient).all()):
        raise WorkFailed("A gradient of this model is no number, so nothing can be attributed.")
    return gradient


def _differentiable(value: Tensor, aim: Aim) -> Tensor:
    """The sum of a batch, if gradients reach it.

    Raises:
        BadInput: They do not.
    """
    if not value.requires_grad:
        raise BadInput(
            f"No gradient reaches the input of {type(aim.model).__name__} (its weights are "
            "quantised, or cut off); name the model that it was made from."
        )
    return value.sum()


def named(tokenizer: Any, token: int | None) -> str:
    """A token's name; "0" for a vector of zeros."""
    return "0" if token is None else str(tokenizer.convert_ids_to_tokens([token])[0])
