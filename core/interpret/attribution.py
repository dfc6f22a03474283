"""Which input tokens an output hangs on: attention times gradient, and integrated gradients.

Gradients are asked for by `torch.autograd.grad`: nothing is added up in the weights, and the model
is as it was afterwards.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import BadInput, WorkFailed
from core.interpret import tap
from core.interpret.aim import Aim, evaluating
from core.interpret.tap import Call

Array = NDArray[np.float64]

TOLERANCE = 0.01
"""Share of f(x) − f(baseline) that integrated gradients may miss."""
NODES = 8
"""Gauss–Legendre nodes of an interval."""
FIRST_INTERVALS = 2
MOST_GRADIENTS = 1024
"""Gradients along the path before it is given up."""
_ROWS = 16
"""Points of the path in one batch."""


@dataclass(frozen=True)
class Integrated:
    """Integrated gradients.

    Attributes:
        scores: One a token of the source; a token that is its own baseline has 0.
        value: f(x).
        baseline_value: f(baseline).
        gradients: How many points of the path were looked at.
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
    with torch.enable_grad(), evaluating(aim.model), tap.attending(aim.model, attend):
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
    gradient, _ = _gradients(aim, vectors)
    return _tokens(gradient * vectors, aim)


def integrated_gradients(
    aim: Aim, *, tolerance: float = TOLERANCE, most: int = MOST_GRADIENTS
) -> Integrated:
    """(x − baseline) · ∫₀¹ ∂f/∂x (baseline + t·(x − baseline)) dt (Sundararajan et al., 2017).

    The scores must add up to f(x) − f(baseline). Because that holds on each piece of the path as
    well, the integral is refined where it is wrong: a piece whose sum misses the rise of f by more
    than its share is halved, until the whole is within `tolerance` or `most` gradients are spent.
    Special tokens, and what is kept of the text, are their own baseline.
    """
    end = aim.embed(aim.ids)
    start = _baseline(aim, end)
    path = end - start
    nodes, shares = np.polynomial.legendre.leggauss(NODES)
    nodes, shares = (nodes + 1) / 2, shares / 2
    known: dict[float, float] = {}

    def heights(places: list[float]) -> None:
        new = [place for place in places if place not in known]
        if new:
            with torch.no_grad():
                points = start + torch.tensor(new, dtype=end.dtype, device=end.device).view(
                    -1, 1, 1
                ) * path  # fmt: skip
                values = torch.cat([aim.of_embeddings(part) for part in points.split(_ROWS)])
            known.update(zip(new, values.double().tolist(), strict=True))

    edges = np.linspace(0, 1, FIRST_INTERVALS + 1).tolist()
    todo = list(zip(edges[:-1], edges[1:], strict=True))
    pieces: dict[tuple[float, float], Tensor] = {}
    spent = 0
    with evaluating(aim.model):
        while todo:
            heights([place for piece in todo for place in piece])
            at = [low + (high - low) * node for low, high in todo for node in nodes]
            found = _path_gradients(aim, start, path, at)
            spent += len(at)
            for number, (low, high) in enumerate(todo):
                part = found[number * NODES : (number + 1) * NODES]
                weight = torch.tensor(shares * (high - low), dtype=part.dtype)
                pieces[low, high] = (weight.view(-1, 1) * part).sum(0)
            whole = known[1.0] - known[0.0]
            allowed = max(tolerance * abs(whole), 1e-6)
            misses = {piece: abs(float(sums.sum()) - (known[piece[1]] - known[piece[0]]))
                      for piece, sums in pieces.items()}  # fmt: skip
            if sum(misses.values()) <= allowed or spent >= most:
                break
            share = allowed / len(misses)
            wrong = sorted((p for p, miss in misses.items() if miss > share),
                           key=lambda p: -misses[p])  # fmt: skip
            wrong = wrong[: max(1, (most - spent) // (2 * NODES))]
            todo = []
            for low, high in wrong:
                del pieces[low, high]
                middle = (low + high) / 2
                todo += [(low, middle), (middle, high)]
    scores = torch.stack(list(pieces.values())).sum(0).numpy()[: aim.source]
    made = Integrated(np.asarray(scores), known[1.0], known[0.0], spent, True)
    within = abs(made.error) <= max(tolerance * abs(made.value - made.baseline_value), 1e-6)
    return Integrated(made.scores, made.value, made.baseline_value, spent, within)


def _path_gradients(aim: Aim, start: Tensor, path: Tensor, at: list[float]) -> Tensor:
    """Gradient · path at places of the path, summed over dimensions: (places, tokens), float64."""
    places = torch.tensor(at, dtype=start.dtype, device=start.device).view(-1, 1, 1)
    found = [
        (_gradients(aim, start + part * path)[0] * path).sum(-1).double().cpu()
        for part in places.split(_ROWS)
    ]
    return torch.cat(found)


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


def _gradients(aim: Aim, vectors: Tensor) -> tuple[Tensor, Tensor]:
    """∂f/∂embedding for a batch of embeddings, and f."""
    vectors = vectors.detach().requires_grad_()
    with torch.enable_grad(), evaluating(aim.model):
        value = aim.of_embeddings(vectors)
        (gradient,) = torch.autograd.grad(_differentiable(value, aim), vectors)
    if not bool(torch.isfinite(gradient).all()):
        raise WorkFailed("A gradient of this model is no number, so nothing can be attributed.")
    return gradient, value.detach()


def _differentiable(value: Tensor, aim: Aim) -> Tensor:
    """The sum of a batch, if gradients reach it.

    Raises:
        BadInput: They do not.
    """
    if not value.requires_grad:
        raise BadInput(
            f"No gradient reaches the input of {type(aim.model).__name__} (its weights are "
            "quantised, or cut off); ask for attention or rollout, or name the model that it was "
            "made from."
        )
    return value.sum()


def _tokens(values: Tensor, aim: Aim) -> Array:
    """Sum over dimensions, of the source: (source,)."""
    return np.asarray(values[0, : aim.source].sum(-1).double().detach().cpu().numpy())


def named(tokenizer: Any, token: int | None) -> str:
    """A token's name; "0" for a vector of zeros."""
    return "0" if token is None else str(tokenizer.convert_ids_to_tokens([token])[0])
