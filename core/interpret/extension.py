"""Context extension: how a rotary model is made to read more than it was trained on.

Each way is a change of the frequencies ω_i; YaRN also raises the scores. Arrays are float64.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core import table
from core.errors import BadInput
from core.interpret.positions import BASE, Array, check_dimension, frequencies, wavelengths

BETA_FAST, BETA_SLOW = 32.0, 1.0
"""YaRN: pairs that turn more often than this within the training length stay as they are, pairs
that turn less often are stretched in full (Peng et al. 2023, section 3.2, for Llama)."""
LOW_FREQUENCY, HIGH_FREQUENCY = 1.0, 4.0
"""The same two borders for Llama 3 (its `low_freq_factor` and `high_freq_factor`)."""


@dataclass(frozen=True)
class Stretch:
    """What is stretched, and how far.

    Attributes:
        dimension: Numbers of a head that are turned; an even number from 4 on.
        base: θ of ω_i = θ^(−2i/d).
        trained: Tokens that the model was trained on.
        factor: How many times as long the input is meant to be; 1 = no longer.
        length: Tokens that are read: "dynamic" follows the input; None = trained · factor.
    """

    dimension: int
    base: float = BASE
    trained: int = 4096
    factor: float = 4.0
    length: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no formula holds for."""
        check_dimension(self.dimension)
        if self.dimension < 4:
            raise BadInput(f"{self.dimension} numbers are one pair; give a dimension from 4 on.")
        if not self.base > 1:
            raise BadInput(f"The base {self.base:g} makes no waves; give a number above 1.")
        if self.trained < 1:
            raise BadInput(f"A training length of {self.trained} tokens cannot be; give 1 or more.")
        if not self.factor >= 1:
            raise BadInput(f"The factor {self.factor:g} shortens the input; give 1 or more.")

    @property
    def read(self) -> int:
        """Tokens that are read."""
        return round(self.trained * self.factor) if self.length is None else self.length


@dataclass(frozen=True)
class Stretched:
    """The frequencies of a way to extend, (dimension/2,), and what scores are multiplied with.

    `attention_factor` multiplies queries and keys alike, so scores grow by its square.
    """

    frequency: Array
    attention_factor: float = 1.0


@dataclass(frozen=True)
class Extension:
    """A way to extend the context of a rotary model.

    Attributes:
        name: The `rope_type` of Transformers.
        plain: Its formula in plain text.
        source: Who found it, and when.
        url: Where it is written.
        stretch: The formula.
    """

    name: str
    plain: str
    source: str
    url: str
    stretch: Callable[[Stretch], Stretched]


def extension(name: str) -> Extension:
    """Look a way to extend up.

    Raises:
        NotFound: There is none of that name; the message lists the known ones.
    """
    return table.find(EXTENSIONS, name, "context extension")


def ratios(name: str, what: Stretch) -> Array:
    """How many times slower each pair turns than without extension, (dimension/2,)."""
    plain = frequencies(what.dimension, what.base)
    return np.asarray(plain / extension(name).stretch(what).frequency)


def _default(what: Stretch) -> Stretched:
    return Stretched(frequencies(what.dimension, what.base))


def _linear(what: Stretch) -> Stretched:
    """All positions are squeezed into the training length."""
    return Stretched(frequencies(what.dimension, what.base) / what.factor)


def _dynamic(what: Stretch) -> Stretched:
    """A larger base: fast pairs stay, the slowest is stretched by the whole ratio."""
    d, reach = what.dimension, max(what.read, what.trained) / what.trained
    base = what.base * (what.factor * reach - (what.factor - 1)) ** (d / (d - 2))
    return Stretched(frequencies(d, base))


def _yarn(what: Stretch) -> Stretched:
    """Between two pairs a ramp leads from "as it is" to "divided by the factor"."""
    plain = frequencies(what.dimension, what.base)
    last = what.dimension - 1
    low = max(math.floor(_pair_that_turns(BETA_FAST, what)), 0)
    high = min(math.ceil(_pair_that_turns(BETA_SLOW, what)), last)
    width = high - low if high != low else 0.001
    ramp = np.clip((np.arange(len(plain)) - low) / width, 0, 1)
    found = plain / what.factor * ramp + plain * (1 - ramp)
    return Stretched(found, 1.0 if what.factor <= 1 else 0.1 * math.log(what.factor) + 1)


def _pair_that_turns(times: float, what: Stretch) -> float:
    """The pair, as a fraction, that turns so many times within the training length."""
    turns = math.log(what.trained / (times * 2 * math.pi))
    return what.dimension * turns / (2 * math.log(what.base))


def _llama3(what: Stretch) -> Stretched:
    """By wavelength: short ones stay, long ones are divided, those between are blended."""
    plain = frequencies(what.dimension, what.base)
    turns = what.trained / wavelengths(plain)
    smooth = np.clip((turns - LOW_FREQUENCY) / (HIGH_FREQUENCY - LOW_FREQUENCY), 0, 1)
    return Stretched((1 - smooth) * plain / what.factor + smooth * plain)


EXTENSIONS = (
    Extension(
        "default",
        "ω_i = θ^(−2i/d)",
        "Su et al. 2021, RoFormer, section 3.2",
        "https://arxiv.org/abs/2104.09864",
        _default,
    ),
    Extension(
        "linear",
        "ω_i / s",
        "Chen et al. 2023, Position Interpolation, section 3",
        "https://arxiv.org/abs/2306.15595",
        _linear,
    ),
    Extension(
        "dynamic",
        "θ' = θ · (s·L/T − (s − 1))^(d/(d − 2)), ω_i = θ'^(−2i/d)",
        "Peng et al. 2023, YaRN, section 3.3 (NTK-aware, after u/bloc97 and u/emozilla)",
        "https://arxiv.org/abs/2309.00071",
        _dynamic,
    ),
    Extension(
        "yarn",
        "ω_i · ((1 − γ_i)/1 + γ_i/s), scores · (0.1·ln s + 1)²",
        "Peng et al. 2023, YaRN, section 3.2",
        "https://arxiv.org/abs/2309.00071",
        _yarn,
    ),
    Extension(
        "llama3",
        "ω_i where λ_i < T/4, ω_i / s where λ_i > T, blended between",
        "Dubey et al. 2024, The Llama 3 Herd of Models, section 3.4; rope_type llama3",
        "https://arxiv.org/abs/2407.21783",
        _llama3,
    ),
)
"""One row a way; s = factor, T = training length, L = length of the input."""
