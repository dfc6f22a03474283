"""The pictures of the schemes, each made from numbers: frequencies, slopes, tables."""

import numpy as np

from core.interpret import clock, positions
from core.interpret.panels import Array, Panel, by_head

T5_SHOWN_TOKENS = 150
FAN_MOST = 12
"""Straight lines of one colour, named at their ends, can be more than curves."""
TRIANGLE_TOKENS = 32
"""Positions of a picture of query by key: more cells than that say nothing more."""


def encoding(
    length: int,
    dimension: int,
    base: float = positions.BASE,
    layout: str = "interleaved",
    chosen: clock.Hand | None = None,
) -> Panel:
    """Positions by dimensions of the sinusoidal encoding; the cells of `chosen` are framed."""
    waves = positions.wavelengths(positions.frequencies(dimension, base))
    cells = tuple((int(chosen.position), column) for column in chosen.columns) if chosen else ()
    return Panel(
        "encoding",
        np.arange(dimension, dtype=np.float64),
        finding=layout,
        values={"shortest": float(waves[0]), "longest": float(waves[-1])},
        matrix=clock.laid_out(np.arange(length), dimension, base, layout),
        y=np.arange(length, dtype=np.float64),
        cells=cells,
    )


def likeness(name: str, length: int, frequency: Array) -> Panel:
    """Similarity against distance; its finding says where it first rises, because it does."""
    curve = positions.similarity(np.arange(length), frequency)
    rising = np.flatnonzero(np.diff(curve) > 0)
    values = {"near": float(curve[min(1, length - 1)])}
    if len(rising):
        values["rise"] = int(rising[0])
    return Panel(
        name,
        np.arange(length, dtype=np.float64),
        finding="rises" if len(rising) else "falls",
        values=values,
        lines={"": curve},
    )


def waves(frequency: Array, trained: int | None = None) -> Panel:
    """Wavelength of each pair, and how many are longer than what the model was trained on."""
    found = positions.wavelengths(frequency)
    values = {"shortest": float(found[0]), "longest": float(found[-1]), "pairs": len(found)}
    levels = {}
    if trained:
        values |= {"slow": int((found > trained).sum()), "trained": trained}
        levels = {"trained": float(trained)}
    return Panel(
        "wavelengths",
        np.arange(len(found), dtype=np.float64),
        finding="slow" if trained else "finding",
        values=values,
        lines={"": found},
        levels=levels,
        logarithmic=True,
    )


def by_kind(frequency: dict[str, Array], trained: int | None, length: int) -> tuple[Panel, Panel]:
    """Wavelengths and scores of a model whose kinds of layers turn differently (Gemma 3)."""
    waves_of = {kind: positions.wavelengths(found) for kind, found in frequency.items()}
    slow = max(waves_of, key=lambda kind: waves_of[kind][-1])
    fast = min(waves_of, key=lambda kind: waves_of[kind][-1])
    distance = np.arange(length)
    scores = {kind: positions.similarity(distance, found) for kind, found in frequency.items()}
    return (
        Panel(
            "kinds_waves",
            np.arange(max(map(len, waves_of.values())), dtype=np.float64),
            values={"slow": slow, "fast": fast, "longest": float(waves_of[slow][-1]),
                    "shortest": float(waves_of[fast][-1])},
            lines=waves_of,
            levels={"trained": float(trained)} if trained else {},
            logarithmic=True,
        ),
        Panel(
            "kinds_scores",
            distance.astype(np.float64),
            values={"slow": slow, "fast": fast, "far": float(scores[slow][-1]),
                    "near": float(scores[fast][-1]), "distance": length - 1},
            lines=scores,
        ),
    )  # fmt: skip


def buckets(count: int = 32, max_distance: int = 128, chosen: int | None = None) -> Panel:
    """T5's staircase from distance to bucket, with the distances from which all share one.

    `chosen`: a distance that is marked.
    """
    sizes = {"buckets": count, "max_distance": max_distance}
    reach = max(T5_SHOWN_TOKENS, max_distance + max_distance // 8)
    distance = np.arange(-reach, reach + 1)
    both = positions.t5_saturation(bidirectional=True, **sizes)
    back = positions.t5_saturation(bidirectional=False, **sizes)
    far = np.arange(-4 * max_distance, 4 * max_distance + 1)
    used = set(positions.t5_bucket(far, bidirectional=True, **sizes).tolist())
    unused = sorted(set(range(count)) - used)
    return Panel(
        "buckets",
        distance.astype(np.float64),
        values={"both": both, "back": back, "unused": unused[0], "count": count,
                "max_distance": max_distance},
        lines={
            side: positions.t5_bucket(distance, bidirectional=side == "encoder", **sizes).astype(
                float
            )
            for side in ("encoder", "decoder")
        },
        marks={"both": float(-both), "back": float(-back)}
        | ({} if chosen is None else {"chosen": float(chosen)}),
        levels={"unused": float(unused[0])},
        steps=True,
    )  # fmt: skip


def slopes(found: Array, length: int) -> Panel:
    """ALiBi's bias by distance back, for each head: a fan of straight lines."""
    half = positions.half_life(found)
    distance = np.arange(length, dtype=np.float64)
    values = {"shortest": float(half.min()), "longest": float(half.max())}
    bias = positions.alibi_bias(found, distance)
    if len(bias) > FAN_MOST:
        return by_head("alibi", distance, bias, values=values)
    fan = {str(head): row for head, row in enumerate(bias)}
    return Panel("alibi", distance, values=values, lines=fan,
                 hues=dict.fromkeys(fan, 0))  # fmt: skip


def half_lives(found: Array) -> Panel:
    """After how many tokens a key has half of its weight, for each head, in the model's order."""
    half = positions.half_life(found)
    order = "sorted" if (np.diff(half) > 0).all() else "unsorted"
    return Panel(
        "half_lives",
        np.arange(len(half), dtype=np.float64),
        finding=order,
        values={"shortest": float(half.min()), "longest": float(half.max()), "heads": len(half)},
        lines={"": half},
        logarithmic=True,
    )


def triangle(found: Array, head: int = 0, length: int = TRIANGLE_TOKENS) -> Panel:
    """ALiBi's bias of one head, query by key; what lies ahead is not there."""
    place = np.arange(length)
    bias = positions.alibi_bias(found[head : head + 1], (place[None] - place[:, None]).ravel())
    matrix = bias.reshape(length, length)
    matrix[place[None] > place[:, None]] = np.nan
    return Panel(
        "triangle",
        place.astype(np.float64),
        values={"head": head, "slope": float(found[head]), "last": float(matrix[-1, 0]),
                "distance": length - 1},
        matrix=matrix,
        y=place.astype(np.float64),
    )  # fmt: skip


def biases(side: str, bias: Array, distance: Array, saturation: int) -> Panel:
    """What each head of a T5 adds at each distance: bias (heads, distances)."""
    span = bias.max(axis=1) - bias.min(axis=1)
    head = int(span.argmax())
    return by_head(
        f"bias_{side}",
        distance,
        bias,
        values={
            "head": head,
            "span": float(span[head]),
            "best": int(distance[bias[head].argmax()]),
            "saturation": saturation,
        },
        marks={"saturation": -float(saturation)},
    )


def toeplitz(side: str, table: Array, head: int, max_distance: int) -> Panel:
    """T5's bias of one head, query by key: every diagonal has one value."""
    place = np.arange(TRIANGLE_TOKENS)
    distance = place[None] - place[:, None]
    bias = positions.t5_bias(
        table[:, head : head + 1], distance.ravel(), bidirectional=side == "encoder",
        max_distance=max_distance,
    )  # fmt: skip
    matrix = bias.reshape(distance.shape)
    if side == "decoder":
        matrix[distance > 0] = np.nan
    values = len(np.unique(matrix[~np.isnan(matrix)]))
    return Panel(
        f"toeplitz_{side}",
        place.astype(np.float64),
        values={"head": head, "values": values, "tokens": len(place)},
        matrix=matrix,
        y=place.astype(np.float64),
    )


def components(rows: Array, shares: Array) -> tuple[Panel, Panel]:
    """A learnt table along its two main directions: by position, and as a path.

    Args:
        rows: (positions, 2), from `positions.principal`.
        shares: Of the variance, (2,).
    """
    place = np.arange(len(rows), dtype=np.float64)
    values = {"first": float(100 * shares[0]), "second": float(100 * shares[1])}
    marked = np.unique(np.linspace(0, len(rows) - 1, 5).round().astype(int))
    return (
        Panel("components", place, values=values,
              lines={"component_1": rows[:, 0], "component_2": rows[:, 1]}),
        Panel("path", rows[:, 0], values={"both": sum(values.values())}, lines={"": rows[:, 1]},
              notes=tuple((float(rows[n, 0]), float(rows[n, 1]), str(n)) for n in marked)),
    )  # fmt: skip
