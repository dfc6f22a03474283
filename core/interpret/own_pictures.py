"""The pictures of a model's own positions, out of what was read from it."""

import numpy as np

from core.interpret import pictures, positions
from core.interpret.own import Own
from core.interpret.panels import Panel

SHOWN_TOKENS = 256
"""Longest distance of a curve."""


def panels(own: Own) -> tuple[Panel, ...]:
    """The pictures of a model's own scheme."""
    return {
        "t5": _t5,
        "learned": _table,
        "sinusoidal": _table,
        "rope": _rope,
        "alibi": _alibi,
    }[own.scheme](own)


def _t5(own: Own) -> tuple[Panel, ...]:
    farthest = int(own.facts["max_distance_tokens"])
    found = []
    for side in ("encoder", "decoder"):
        table = own.arrays.get(f"{side}_bias")
        if table is None:
            continue
        both = side == "encoder"
        reach = min(pictures.T5_SHOWN_TOKENS, farthest + farthest // 8)
        distance = np.arange(-reach, (reach if both else 0) + 1)
        bias = positions.t5_bias(table, distance, bidirectional=both, max_distance=farthest)
        saturation = own.facts[f"{side}_saturation_tokens"]
        curves = pictures.biases(side, bias, distance.astype(np.float64), saturation)
        head = int(curves.values["head"])
        found += [curves, pictures.toeplitz(side, table, head, farthest)]
    return (*found, pictures.buckets(int(own.facts["buckets"]), farthest))


def _table(own: Own) -> tuple[Panel, ...]:
    near = own.arrays["by_distance"]
    shown = near[:SHOWN_TOKENS]
    sampled = own.arrays["sampled"].astype(np.float64)
    layout = own.facts["layout"]
    numbers = Panel(
        "table",
        own.arrays["columns"].astype(np.float64),
        finding=layout or "finding",
        values={"rows": own.facts["rows"], "dimension": own.facts["dimension"],
                "lowest": own.facts["row_norm_lowest"], "highest": own.facts["row_norm_highest"]},
        matrix=own.arrays["table"].astype(np.float64),
        y=sampled,
    )  # fmt: skip
    cosine = Panel(
        "cosine",
        sampled,
        values={"near": float(near[min(1, len(near) - 1)]), "rows": own.facts["rows"]},
        matrix=own.arrays["cosine"].astype(np.float64),
        y=sampled,
    )
    distance = Panel(
        "by_distance",
        np.arange(len(shown), dtype=np.float64),
        values={"near": float(shown[min(1, len(shown) - 1)]), "far": float(shown[-1]),
                "distance": len(shown) - 1},
        lines={"": shown.astype(np.float64)},
    )  # fmt: skip
    along = pictures.components(own.arrays["components"], own.arrays["shares"])
    return (numbers, cosine, distance, *along)


def _rope(own: Own) -> tuple[Panel, ...]:
    omega = own.arrays["frequency"].astype(np.float64)
    kinds = own.facts["kinds"]
    if len(kinds) == 1:
        return (
            pictures.waves(omega, own.limit.tokens),
            pictures.likeness("score", SHOWN_TOKENS, omega),
        )
    by_kind = {
        kind["kind"]: own.arrays.get(f"frequency_{kind['kind']}", omega).astype(np.float64)
        for kind in kinds
    }
    return pictures.by_kind(by_kind, own.limit.tokens, SHOWN_TOKENS)


def _alibi(own: Own) -> tuple[Panel, ...]:
    found = own.arrays["slopes"].astype(np.float64)
    steepest = int(found.argmax())
    return (
        pictures.slopes(found, SHOWN_TOKENS), pictures.half_lives(found),
        pictures.triangle(found, steepest),
    )  # fmt: skip
