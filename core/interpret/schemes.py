"""The schemes by which models know word order: one row each, with its formula and its pictures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core import table
from core.interpret import positions
from core.interpret.panels import Array, Panel, by_head

T5_SHOWN_TOKENS = 150


@dataclass(frozen=True)
class Scheme:
    """A way to tell a model where its words stand.

    Attributes:
        name: What `--scheme` takes.
        formula: In LaTeX.
        plain: The same in plain text.
        source: Authors, year, title.
        url: The paper.
        draw: (positions, dimension, heads) to the pictures that the formula alone gives; a scheme
            that is learnt has none without a model.
    """

    name: str
    formula: str
    plain: str
    source: str
    url: str
    draw: Callable[[int, int, int], tuple[Panel, ...]]


def scheme(name: str) -> Scheme:
    """Look a scheme up.

    Raises:
        NotFound: There is none of that name; the message lists the known ones.
    """
    return table.find(SCHEMES, name, "position scheme")


def encoding(length: int, dimension: int) -> Panel:
    """Positions by dimensions of the sinusoidal encoding."""
    waves = positions.wavelengths(positions.frequencies(dimension))
    return Panel(
        "encoding",
        np.arange(dimension, dtype=np.float64),
        values={"shortest": float(waves[0]), "longest": float(waves[-1])},
        matrix=positions.sinusoidal(np.arange(length), dimension),
        y=np.arange(length, dtype=np.float64),
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


def _sinusoidal(length: int, dimension: int, _: int) -> tuple[Panel, ...]:
    omega = positions.frequencies(dimension)
    return encoding(length, dimension), likeness("similarity", length, omega), waves(omega)


def _learned(*_: int) -> tuple[Panel, ...]:
    return ()


def _t5(*_: int) -> tuple[Panel, ...]:
    distance = np.arange(-T5_SHOWN_TOKENS, T5_SHOWN_TOKENS + 1)
    both = positions.t5_saturation(bidirectional=True)
    back = positions.t5_saturation(bidirectional=False)
    return (
        Panel(
            "buckets",
            distance.astype(np.float64),
            values={"both": both, "back": back},
            lines={
                side: positions.t5_bucket(distance, bidirectional=side == "encoder").astype(float)
                for side in ("encoder", "decoder")
            },
            marks={"both": float(-both), "back": float(-back)},
        ),
    )


def _rope(length: int, dimension: int, _: int) -> tuple[Panel, ...]:
    omega = positions.frequencies(dimension)
    return likeness("score", length, omega), waves(omega)


def slopes(found: Array, length: int) -> Panel:
    """ALiBi's bias by distance for each head."""
    half = positions.half_life(found)
    distance = np.arange(1 - length, 1, dtype=np.float64)
    return by_head(
        "alibi",
        distance,
        positions.alibi_bias(found, distance),
        values={"shortest": float(half.min()), "longest": float(half.max())},
    )


def _alibi(length: int, _: int, heads: int) -> tuple[Panel, ...]:
    return (slopes(positions.alibi_slopes(heads), length),)


SCHEMES = (
    Scheme(
        "sinusoidal",
        r"\begin{aligned}"
        r"PE_{(pos,\,2i)} &= \sin\!\left(\frac{pos}{10000^{2i/d_{model}}}\right)\\"
        r"PE_{(pos,\,2i+1)} &= \cos\!\left(\frac{pos}{10000^{2i/d_{model}}}\right)"
        r"\end{aligned}",
        "PE(pos, 2i) = sin(pos / 10000^(2i/d)), PE(pos, 2i+1) = cos(pos / 10000^(2i/d))",
        "Vaswani et al. 2017, Attention Is All You Need, section 3.5",
        "https://arxiv.org/abs/1706.03762",
        _sinusoidal,
    ),
    Scheme(
        "learned",
        r"x_{pos} = E_{token} + P_{pos}",
        "x(pos) = E(token) + P(pos)",
        "Devlin et al. 2019, BERT, section 3",
        "https://arxiv.org/abs/1810.04805",
        _learned,
    ),
    Scheme(
        "t5",
        r"\mathrm{score}_h(q, k) = Q_q K_k^\top + b_{h,\,\mathrm{bucket}(k - q)}",
        "score_h(q, k) = Q(q)·K(k) + b(h, bucket(k − q))",
        "Raffel et al. 2020, Exploring the Limits of Transfer Learning (T5), section 2.1",
        "https://arxiv.org/abs/1910.10683",
        _t5,
    ),
    Scheme(
        "rope",
        r"\begin{aligned}\mathrm{score}(q, k) &= (R_{q} Q)^\top (R_{k} K) = Q^\top R_{k-q} K\\"
        r"\omega_i &= \theta^{-2i/d}\end{aligned}",
        "score(q, k) = (R(q) Q)·(R(k) K) = Q·R(k − q) K, ω_i = θ^(−2i/d)",
        "Su et al. 2021, RoFormer, section 3.2",
        "https://arxiv.org/abs/2104.09864",
        _rope,
    ),
    Scheme(
        "alibi",
        r"\begin{aligned}"
        r"\mathrm{score}_h(q, k) &= Q_q K_k^\top / \sqrt{d_k} - m_h\,(q - k)\\"
        r"m_h &= 2^{-8h/n}\end{aligned}",
        "score_h(q, k) = Q(q)·K(k) / √d_k − m_h·(q − k), m_h = 2^(−8h/n)",
        "Press et al. 2022, Train Short, Test Long, section 3",
        "https://arxiv.org/abs/2108.12409",
        _alibi,
    ),
)
"""One row a scheme."""
