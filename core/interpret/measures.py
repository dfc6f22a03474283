"""What a head does, in numbers: entropy, distance, sink mass, and the name of its pattern.

Every function takes attention as an array (..., queries, keys) whose rows add up to 1, and gives
one number for each leading index. Nothing here knows a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

NAMED_SHARE = 0.5
"""A pattern names a head that puts at least half of its weight there …"""
NAMED_LIFT = 2.0
"""… and at least twice what even attention over the same keys would put there."""
BAND_TOKENS = 1
"""Half-width of the diagonal, in keys."""

INDUCTION_ROWS = 3
"""Fewer repeated tokens than this say nothing about a head."""

PLACES = ("induction", "previous", "next", "self", "delimiter", "diagonal")
PATTERNS = (*PLACES, "focused", "broad")


@dataclass(frozen=True)
class Head:
    """One head's measures.

    Attributes:
        kind: "encoder", "decoder" or "cross".
        layer: Counted from 0, as in the arrays.
        head: Counted from 0, as in the arrays.
        entropy_nats: 0 (one key) to ln(keys) (even), mean over queries.
        mean_distance_tokens: Mean of |query − key| under the weights.
        sink_mass: Share of all weight on the first key and on separators.
        pattern: One of PATTERNS.
        pattern_share: Share of weight where the pattern says, for "focused" the mean of each row's
            largest weight; None for "broad".
    """

    kind: str
    layer: int
    head: int
    entropy_nats: float
    mean_distance_tokens: float
    sink_mass: float
    pattern: str
    pattern_share: float | None


def entropy_nats(weights: ArrayLike) -> Array:
    """Shannon entropy −Σ p ln p of each row, mean over rows, in nats (0 ln 0 = 0)."""
    w = np.asarray(weights, np.float64)
    logs = np.log(w, out=np.zeros_like(w), where=w > 0)
    return np.asarray(-(w * logs).sum(-1).mean(-1))


def mean_distance_tokens(weights: ArrayLike) -> Array:
    """Σ p·|i − j| of each row i, mean over rows, in tokens.

    For cross attention i counts target tokens and j source tokens: how far off the main diagonal.
    """
    w = np.asarray(weights, np.float64)
    distance = np.abs(_offsets(*w.shape[-2:])) / w.shape[-2]
    return np.asarray(w.reshape(*w.shape[:-2], -1) @ distance.ravel())


def sink_mass(weights: ArrayLike, separators: Sequence[bool]) -> Array:
    """Weight on the first key and on keys that are separators, mean over rows (0 to 1).

    Args:
        weights: Attention (..., queries, keys).
        separators: For each key, whether it is a special token ("</s>", "[SEP]", …).
    """
    w = np.asarray(weights, np.float64)
    return np.asarray(w[..., sinks(separators)].sum(-1).mean(-1))


def sinks(separators: Sequence[bool]) -> NDArray[np.bool_]:
    """Which keys count as a sink: the first, and every separator."""
    chosen = np.array(separators, bool)
    chosen[:1] = True
    return chosen


def induction(tokens: Sequence[str], special: Sequence[bool]) -> NDArray[np.bool_]:
    """Keys that stand right after an earlier copy of the query's own token, (tokens, tokens).

    A head that looks there continues a text as it went on before (Olsson et al. 2022, "In-context
    learning and induction heads", arXiv 2209.11895). Special tokens repeat for other reasons.
    """
    names = np.array(tokens)
    same = (names[:, None] == names[None, :]) & ~np.array(special, bool)[:, None]
    found = np.zeros_like(same)
    found[:, 1:] = same[:, :-1]
    return np.tril(found, -1)


def regions(
    queries: int, keys: int, separators: Sequence[bool], *, cross: bool
) -> dict[str, NDArray[np.bool_]]:
    """Where each pattern's weight lies, as masks (queries, keys).

    previous: key = query − 1; next: key = query + 1; self: key = query (none of the three for
    cross attention, whose queries and keys count different texts); delimiter: the keys of `sinks`;
    diagonal: keys within BAND_TOKENS of the line from the first query and key to the last ones.
    """
    found: dict[str, NDArray[np.bool_]] = {}
    if not cross:
        offset = _offsets(queries, keys)
        found = {"previous": offset == -1, "next": offset == 1, "self": offset == 0}
    found["delimiter"] = np.broadcast_to(sinks(separators), (queries, keys))
    line = np.linspace(0, keys - 1, queries)[:, None]
    found["diagonal"] = np.abs(np.arange(keys)[None, :] - line) <= BAND_TOKENS
    return found


def patterns(
    weights: ArrayLike, separators: Sequence[bool], *, cross: bool, causal: bool,
    tokens: Sequence[str] | None = None,
) -> list[tuple[str, float | None]]:  # fmt: skip
    """Name each matrix of (n, queries, keys) by where its weight lies.

    A row counts for a region if it can see that region and something else as well. A region
    qualifies with NAMED_SHARE of these rows' weight and NAMED_LIFT times what even attention over
    the visible keys gives. Induction comes first, as its rows are few and nothing else explains
    them; then the largest single place (previous, next, self, delimiter); failing all of them the
    diagonal. A head that none of these names is "focused" if the largest weight of
    a row qualifies in the same way, wherever it lies: it follows the words, not their places. Any
    other head is "broad".

    Args:
        weights: (n, queries, keys).
        separators: For each key, whether it is a special token.
        cross: Whether queries and keys are of two texts.
        causal: Whether a query sees only keys up to itself.
        tokens: The tokens, for induction: it exists in causal self-attention only, where at least
            INDUCTION_ROWS tokens repeat.

    Returns:
        For each matrix the pattern's name and its share, None for "broad".
    """
    w = np.asarray(weights, np.float64)
    _, queries, keys = w.shape
    visible = np.tril(np.ones((queries, keys), bool)) if causal else np.ones((queries, keys), bool)
    shares: dict[str, Array] = {}
    places = regions(queries, keys, separators, cross=cross)
    if tokens is not None and causal and not cross:
        repeated = induction(tokens, separators)
        if repeated.any(-1).sum() >= INDUCTION_ROWS:
            places["induction"] = repeated
    for name, region in places.items():
        seen = region & visible
        rows = np.asarray(seen.any(-1) & (visible & ~region).any(-1))
        if not rows.any():
            continue
        even = float((seen.sum(-1) / visible.sum(-1))[rows].mean())
        # One product for all heads: a page with 144 of them waits for this.
        chosen = (seen & rows[:, None]).ravel() / rows.sum()
        shares[name] = _qualified(w.reshape(len(w), -1) @ chosen, even)
    choice = visible.sum(-1) > 1
    if choice.any():
        even = float((1 / visible.sum(-1)[choice]).mean())
        shares["focused"] = _qualified(w[:, choice].max(-1).mean(-1), even)
    return [_name({name: float(share[i]) for name, share in shares.items()}) for i in range(len(w))]


def _qualified(share: Array, even: float) -> Array:
    """The shares that name a head; 0 for the others."""
    return np.where((share >= NAMED_SHARE) & (share >= NAMED_LIFT * even), share, 0.0)


def _name(shares: dict[str, float]) -> tuple[str, float | None]:
    for group in (PLACES[:1], PLACES[1:-1], PLACES[-1:], ("focused",)):
        found = {name: shares[name] for name in group if shares.get(name)}
        if found:
            best = max(found, key=lambda name: found[name])
            return best, found[best]
    return "broad", None


def heads_summary(
    kind: str, weights: ArrayLike, separators: Sequence[bool], *, causal: bool,
    tokens: Sequence[str] | None = None,
) -> list[Head]:  # fmt: skip
    """The measures of every head of one kind, layer by layer.

    Args:
        kind: "encoder", "decoder" or "cross".
        weights: Attention (layers, heads, queries, keys).
        separators: For each key, whether it is a special token.
        causal: Whether a query sees only keys up to itself.
        tokens: The tokens of causal self-attention, for induction.
    """
    w = np.asarray(weights, np.float64)
    layers, heads, queries, keys = w.shape
    entropy = entropy_nats(w)
    distance = mean_distance_tokens(w)
    sink = sink_mass(w, separators)
    named = patterns(
        w.reshape(-1, queries, keys), separators, cross=kind == "cross", causal=causal,
        tokens=tokens,
    )  # fmt: skip
    return [
        Head(
            kind, layer, head, float(entropy[layer, head]), float(distance[layer, head]),
            float(sink[layer, head]), *named[layer * heads + head],
        )
        for layer in range(layers) for head in range(heads)
    ]  # fmt: skip


def _offsets(queries: int, keys: int) -> NDArray[np.int64]:
    """Key index minus query index, (queries, keys)."""
    return np.arange(keys)[None, :] - np.arange(queries)[:, None]
