"""The schemes by which models know word order: one row each, with its formula and its pictures."""

from collections.abc import Callable
from dataclasses import dataclass

from core import table
from core.interpret import pictures, positions
from core.interpret.panels import Panel


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


def _sinusoidal(length: int, dimension: int, _: int) -> tuple[Panel, ...]:
    omega = positions.frequencies(dimension)
    return (
        pictures.encoding(length, dimension),
        pictures.likeness("similarity", length, omega),
        pictures.waves(omega),
    )


def _learned(*_: int) -> tuple[Panel, ...]:
    return ()


def _t5(*_: int) -> tuple[Panel, ...]:
    return (pictures.buckets(),)


def _rope(length: int, dimension: int, _: int) -> tuple[Panel, ...]:
    omega = positions.frequencies(dimension)
    return pictures.likeness("score", length, omega), pictures.waves(omega)


def _alibi(length: int, _: int, heads: int) -> tuple[Panel, ...]:
    found = positions.alibi_slopes(heads)
    return (
        pictures.slopes(found, length), pictures.half_lives(found), pictures.triangle(found),
    )  # fmt: skip


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
