"""Position schemes against what must hold of them and against Transformers' own code."""

import math

import numpy as np
import pytest
import torch
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb
from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor
from transformers.models.t5.modeling_t5 import T5Attention

from core.errors import BadInput
from core.interpret import positions

RNG = np.random.default_rng(0)


def test_sinusoidal_is_the_formula_of_the_paper() -> None:
    table = positions.sinusoidal(np.arange(50), 16)
    for pos in (0, 1, 7, 49):
        for i in range(8):
            angle = pos / 10_000 ** (2 * i / 16)
            assert table[pos, 2 * i] == pytest.approx(math.sin(angle), abs=1e-12)
            assert table[pos, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-12)
    assert table[0].tolist() == [0.0, 1.0] * 8


def test_every_sinusoidal_row_has_the_same_length() -> None:
    table = positions.sinusoidal(np.arange(5000), 128)
    assert np.allclose((table**2).sum(-1), 64, atol=1e-12)


def test_sinusoidal_products_depend_on_distance_alone() -> None:
    table = positions.sinusoidal(np.arange(200), 128)
    products = table @ table.T
    assert np.allclose(products[:-1, :-1], products[1:, 1:], atol=1e-11)  # Toeplitz
    omega = positions.frequencies(128)
    assert np.allclose(products[0], 64 * positions.similarity(np.arange(200), omega), atol=1e-11)
    # It is not monotone: with 128 dimensions it first rises after a distance of 11.
    assert int(np.argmax(np.diff(products[0]) > 0)) == 11


def test_a_step_is_a_rotation_that_does_not_depend_on_where() -> None:
    dimension, step = 64, 9
    table = positions.sinusoidal(np.arange(100), dimension)
    turn = np.zeros((dimension, dimension))
    for i, omega in enumerate(positions.frequencies(dimension)):
        cos, sin = math.cos(omega * step), math.sin(omega * step)
        turn[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[cos, sin], [-sin, cos]]
    assert np.allclose(turn @ turn.T, np.eye(dimension))
    assert np.allclose(table[:-step] @ turn.T, table[step:], atol=1e-11)


def turn(step: int, dimension: int = 64) -> np.ndarray:
    """R_step of PE(p + step) = R_step·PE(p), for interleaved pairs."""
    found = np.zeros((dimension, dimension))
    for i, omega in enumerate(positions.frequencies(dimension)):
        cos, sin = math.cos(omega * step), math.sin(omega * step)
        found[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[cos, sin], [-sin, cos]]
    return found


@pytest.mark.parametrize(("a", "b"), [(1, 1), (9, 30), (100, 1000), (7, -7)])
def test_two_steps_are_one_step_of_their_sum(a: int, b: int) -> None:
    assert np.allclose(turn(a) @ turn(b), turn(a + b), atol=1e-12)
    assert np.abs(turn(a) @ turn(a).T - np.eye(64)).max() < 5e-14


def test_five_thousand_positions_differ_and_still_span_few_directions() -> None:
    table = positions.sinusoidal(np.arange(5000), 512)
    assert len(np.unique(table.round(12), axis=0)) == 5000
    rank = np.linalg.matrix_rank(positions.sinusoidal(np.arange(512), 128))
    assert 55 <= rank <= 67  # About 61; slow pairs are alike over so short a stretch.


def test_precision_of_positions() -> None:
    place = np.arange(5000)
    exact = positions.sinusoidal(place, 512)
    omega = positions.frequencies(512).astype(np.float32)
    angle = place.astype(np.float32)[:, None] * omega
    rough = np.stack([np.sin(angle), np.cos(angle)], -1).reshape(5000, 512)
    assert 1e-4 < np.abs(rough - exact).max() < 6e-4  # 4e-4 in float32
    # bf16 has so few whole numbers that most positions fall onto others.
    assert len(torch.arange(5000).to(torch.bfloat16).unique()) == 797


def test_wavelengths_run_from_two_pi_to_just_below_the_papers_limit() -> None:
    found = positions.wavelengths(positions.frequencies(128))
    assert len(found) == 64
    assert found[0] == pytest.approx(6.2832, abs=5e-5)
    assert found[-1] == pytest.approx(54_410.14, abs=5e-3)
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("dimension", [0, -2, 7])
def test_a_dimension_that_makes_no_pairs_is_refused(dimension: int) -> None:
    with pytest.raises(BadInput, match="even number"):
        positions.sinusoidal(np.arange(3), dimension)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("buckets", "max_distance"), [(32, 128), (32, 20), (16, 64), (64, 512)])
def test_t5_buckets_are_those_of_transformers(
    bidirectional: bool, buckets: int, max_distance: int
) -> None:
    distances = np.arange(-2000, 2001)
    theirs = T5Attention._relative_position_bucket(
        torch.from_numpy(distances), bidirectional, buckets, max_distance
    )
    ours = positions.t5_bucket(
        distances, bidirectional=bidirectional, buckets=buckets, max_distance=max_distance
    )
    assert (ours == theirs.numpy()).all()


def test_t5_sees_no_farther_than_91_tokens_both_ways_and_113_back() -> None:
    assert positions.t5_saturation(bidirectional=True) == 91
    assert positions.t5_saturation(bidirectional=False) == 113
    both = positions.t5_bucket(np.arange(-500, 501), bidirectional=True)
    assert set(range(32)) - set(both.tolist()) == {16}
    assert len({*positions.t5_bucket(np.arange(-7, 8), bidirectional=True).tolist()}) == 15
    assert (positions.t5_bucket(np.arange(1, 50), bidirectional=False) == 0).all()


def test_t5_bias_takes_its_values_from_the_table_by_distance() -> None:
    table = RNG.normal(size=(32, 4))
    bias = positions.t5_bias(table, np.arange(-3, 4), bidirectional=True)
    assert bias.shape == (4, 7)
    assert bias[:, 3].tolist() == table[0].tolist()  # distance 0 is bucket 0
    assert bias[:, 2].tolist() == table[1].tolist()  # one back
    assert bias[:, 4].tolist() == table[17].tolist()  # one ahead


def test_rotary_frequencies_and_rotation_are_those_of_llama() -> None:
    config = LlamaConfig(
        hidden_size=64, num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=128
    )
    theirs = LlamaRotaryEmbedding(config)
    omega = positions.frequencies(32)
    assert np.allclose(theirs.inv_freq.numpy(), omega, rtol=1e-6)
    x = RNG.normal(size=(20, 32))
    cos, sin = theirs(torch.zeros(1, dtype=torch.float32), torch.arange(20)[None])
    query = torch.from_numpy(x).float()[None, None]
    turned, _ = apply_rotary_pos_emb(query, query, cos, sin)
    assert np.allclose(turned[0, 0].numpy(), positions.rotate(x, np.arange(20), omega), atol=1e-5)


def test_rotation_keeps_length_and_scores_depend_on_distance_alone() -> None:
    omega = positions.frequencies(64)
    place = np.arange(4096)
    query, key = RNG.normal(size=(2, 64))
    q = positions.rotate(np.tile(query, (4096, 1)), place, omega)
    k = positions.rotate(np.tile(key, (4096, 1)), place, omega)
    assert np.allclose(np.linalg.norm(q, axis=-1), np.linalg.norm(query))
    assert np.allclose(q[0], query)
    for distance in (1, 17, 300):
        scores = (q[distance:] * k[: 4096 - distance]).sum(-1)
        assert np.allclose(scores, scores[0], atol=1e-9)
    ones = positions.rotate(np.ones((300, 64)), np.arange(300), omega)
    assert np.allclose(ones @ ones[0] / 64, positions.similarity(np.arange(300), omega))


@pytest.mark.parametrize(
    ("base", "trained", "slow"), [(1e4, 4096, 18), (5e5, 8192, 29), (1e6, 32768, 24)]
)
def test_pairs_slower_than_the_training_length(base: float, trained: int, slow: int) -> None:
    found = positions.wavelengths(positions.frequencies(128, base))
    assert int((found > trained).sum()) == slow


def test_alibi_slopes_of_eight_and_of_twelve_heads() -> None:
    eight = [2.0**-i for i in range(1, 9)]
    assert positions.alibi_slopes(8).tolist() == eight
    assert positions.alibi_slopes(12)[:8].tolist() == eight
    assert np.allclose(positions.alibi_slopes(12)[8:], [0.7071, 0.3536, 0.1768, 0.0884], atol=5e-5)


@pytest.mark.parametrize("heads", [1, 2, 3, 6, 8, 12, 14])
def test_alibi_bias_is_blooms_up_to_a_constant(heads: int) -> None:
    theirs = build_alibi_tensor(torch.ones(1, 10, dtype=torch.long), heads, torch.float32)
    ours = positions.alibi_bias(positions.alibi_slopes(heads), np.arange(10) - 9)
    shifted = theirs[:, 0].numpy() - theirs[:, 0, -1:].numpy()
    assert np.allclose(ours, shifted, atol=1e-5)


@pytest.mark.parametrize("heads", [4, 6, 8, 12])
def test_bloom_and_mpt_put_the_same_weights_on_keys(heads: int) -> None:
    scores = torch.from_numpy(RNG.normal(size=(heads, 1, 10))).float()
    bloom = build_alibi_tensor(torch.ones(1, 10, dtype=torch.long), heads, torch.float32)
    mpt = build_mpt_alibi_tensor(heads, 10)
    ours = positions.alibi_bias(positions.alibi_slopes(heads), np.arange(10) - 9)
    weights = (scores + bloom.reshape(heads, 1, 10)).softmax(-1)
    assert torch.allclose(weights, (scores + mpt).softmax(-1), atol=1e-6)
    mine = (scores + torch.from_numpy(ours[:, None]).float()).softmax(-1)
    assert torch.allclose(weights, mine, atol=1e-6)


def test_another_strongest_slope_is_mpts() -> None:
    theirs = build_mpt_alibi_tensor(8, 2, alibi_bias_max=16)[:, 0, 0].numpy()
    assert np.allclose(-positions.alibi_slopes(8, 16), theirs)


def test_principal_directions_are_those_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    table = RNG.normal(size=(40, 12)) * np.arange(1, 13)
    along, shares = positions.principal(table)
    theirs = PCA(2).fit(table)
    assert np.allclose(shares, theirs.explained_variance_ratio_)
    assert np.allclose(np.abs(along), np.abs(theirs.transform(table)))
    assert (along[0] >= 0).all()


def test_half_life_halves_the_weight() -> None:
    slopes = positions.alibi_slopes(8)
    bias = -slopes * positions.half_life(slopes)
    assert np.allclose(np.exp(bias), 0.5)


def test_cosines_of_learned_rows() -> None:
    table = RNG.normal(size=(30, 8))
    matrix = positions.cosines(table)
    assert np.allclose(np.diagonal(matrix), 1) and np.allclose(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > -1e-9
    assert np.isfinite(positions.cosines(np.zeros((3, 4)))).all()
    by_distance = positions.mean_by_distance(matrix)
    assert len(by_distance) == 30 and by_distance[0] == pytest.approx(1)
    assert by_distance[29] == pytest.approx(matrix[0, 29])
