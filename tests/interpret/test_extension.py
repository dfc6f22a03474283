"""Ways to extend the context, against Transformers' own functions and published values."""

import numpy as np
import pytest
import torch
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from core.errors import BadInput, NotFound
from core.interpret import extension, positions
from core.interpret.extension import EXTENSIONS, Stretch, ratios

CASES = [
    (dimension, base, trained, factor)
    for dimension, base, trained in (
        (128, 1e4, 4096),
        (64, 5e5, 8192),
        (32, 1e4, 512),
        (8, 1e6, 64),
    )
    for factor in (1.0, 2.0, 4.0, 8.0, 32.0)
]


@pytest.mark.parametrize(("dimension", "base", "trained", "factor"), CASES)
@pytest.mark.parametrize("name", [row.name for row in EXTENSIONS if row.name != "default"])
def test_frequencies_are_those_of_transformers(
    name: str, dimension: int, base: float, trained: int, factor: float
) -> None:
    what = Stretch(dimension, base, trained, factor)
    more = {
        "linear": {},
        "dynamic": {},
        "yarn": {"original_max_position_embeddings": trained},
        "llama3": {"original_max_position_embeddings": trained, "low_freq_factor": 1.0,
                   "high_freq_factor": 4.0},
    }[name]  # fmt: skip
    config = LlamaConfig(
        hidden_size=2 * dimension, num_attention_heads=2,
        max_position_embeddings=trained if name == "dynamic" else what.read,
        rope_parameters={"rope_theta": base, "rope_type": name, "factor": factor, **more},
    )  # fmt: skip
    theirs, scaled = ROPE_INIT_FUNCTIONS[name](config, torch.device("cpu"), seq_len=what.read)
    ours = extension.extension(name).stretch(what)
    assert np.allclose(ours.frequency, theirs.double().numpy(), rtol=2e-5, atol=0)
    assert ours.attention_factor == pytest.approx(scaled, rel=1e-12)


def test_without_extension_nothing_changes() -> None:
    what = Stretch(128)
    assert np.array_equal(extension.extension("default").stretch(what).frequency,
                          positions.frequencies(128))  # fmt: skip
    for row in EXTENSIONS:
        if row.name != "dynamic":
            assert np.allclose(ratios(row.name, Stretch(128, factor=1.0)), 1)


def test_golden_values() -> None:
    four = Stretch(128, 1e4, 4096, 4.0)
    assert np.allclose(ratios("linear", four), 4)
    yarn = ratios("yarn", four)
    assert yarn[0] == 1 and yarn[-1] == pytest.approx(4)
    assert (np.diff(yarn) >= -1e-12).all()
    assert extension.extension("yarn").stretch(four).attention_factor == pytest.approx(
        1.138629, abs=5e-7
    )
    eight = ratios("llama3", Stretch(128, 5e5, 8192, 8.0))
    assert eight[0] == 1 and eight[-1] == pytest.approx(8)
    # Base × 13^(d/(d−2)): the slowest pair turns 13 times slower, the fastest as before.
    dynamic = ratios("dynamic", four)
    assert dynamic[0] == 1 and dynamic[-1] == pytest.approx(13)
    assert np.allclose(
        extension.extension("dynamic").stretch(four).frequency,
        positions.frequencies(128, 1e4 * 13 ** (128 / 126)),
    )


def test_dynamic_follows_the_input_and_leaves_short_ones_alone() -> None:
    short = Stretch(64, 1e4, 4096, 4.0, length=1000)
    assert np.allclose(ratios("dynamic", short), 1)
    longer = [ratios("dynamic", Stretch(64, 1e4, 4096, 4.0, length=n))[-1] for n in (5000, 9000)]
    assert 1 < longer[0] < longer[1]


@pytest.mark.parametrize(("fields", "words"), [
    ({"dimension": 7}, "even number"),
    ({"dimension": 2}, "from 4 on"),
    ({"dimension": 8, "base": 1.0}, "above 1"),
    ({"dimension": 8, "trained": 0}, "training length"),
    ({"dimension": 8, "factor": 0.5}, "shortens"),
    ({"dimension": 8, "factor": float("nan")}, "shortens"),
])  # fmt: skip
def test_a_stretch_that_cannot_be_is_refused(fields: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Stretch(**fields)


def test_an_unknown_way_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="Known: default, linear, dynamic, yarn, llama3"):
        extension.extension("ntk")
