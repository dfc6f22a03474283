"""Measures of heads, on matrices small enough to work out by hand."""

import math

import numpy as np
import pytest

from core.interpret import measures

N = 6
NONE = [False] * N


def shift(offset: int) -> np.ndarray:
    """Each query looks at the key `offset` away; at the edge it looks at itself."""
    matrix = np.zeros((N, N))
    for query in range(N):
        key = query + offset
        matrix[query, key if 0 <= key < N else query] = 1
    return matrix


def name_of(matrix: np.ndarray, separators=NONE, *, cross=False, causal=False) -> str:
    return measures.patterns(matrix[None], separators, cross=cross, causal=causal)[0][0]


def test_entropy_runs_from_one_key_to_all_keys_alike() -> None:
    assert measures.entropy_nats(np.eye(N)) == 0
    assert measures.entropy_nats(np.full((N, N), 1 / N)) == pytest.approx(math.log(N))
    half = np.array([[0.5, 0.5, 0], [1, 0, 0]])
    assert measures.entropy_nats(half) == pytest.approx(math.log(2) / 2)


def test_distance_counts_tokens_between_query_and_key() -> None:
    assert measures.mean_distance_tokens(np.eye(N)) == 0
    # Five rows one token back, the first row on itself.
    assert measures.mean_distance_tokens(shift(-1)) == pytest.approx(5 / 6)
    # Row 0 is 1 away on average, row 1 is 2/3, row 2 is 1.
    assert measures.mean_distance_tokens(np.full((3, 3), 1 / 3)) == pytest.approx(8 / 9)


def test_sink_is_the_first_key_and_the_separators() -> None:
    row = np.array([[0.3, 0.1, 0.2, 0.4]])
    assert measures.sink_mass(row, [False, False, False, True]) == pytest.approx(0.7)
    assert measures.sink_mass(row, [False] * 4) == pytest.approx(0.3)
    assert measures.sink_mass(row, [True, True, True, True]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("matrix", "pattern"),
    [
        (shift(-1), "previous"),
        (shift(1), "next"),
        (np.eye(N), "self"),
        (np.eye(N)[[0] * N], "delimiter"),
        (np.full((N, N), 1 / N), "broad"),
    ],
)
def test_a_head_is_named_for_where_its_weight_lies(matrix: np.ndarray, pattern: str) -> None:
    assert name_of(matrix) == pattern


def test_separators_make_a_delimiter_head() -> None:
    last = np.eye(N)[[N - 1] * N]
    assert name_of(last) == "focused"
    assert name_of(last, [False] * (N - 1) + [True]) == "delimiter"


def test_a_head_that_shares_its_weight_round_itself_is_diagonal() -> None:
    n = 12
    band = np.eye(n) * 0.34 + np.eye(n, k=1) * 0.33 + np.eye(n, k=-1) * 0.33
    band /= band.sum(-1, keepdims=True)
    name, share = measures.patterns(band[None], [False] * n, cross=False, causal=False)[0]
    assert (name, share) == ("diagonal", pytest.approx(1))


def test_cross_attention_knows_only_the_diagonal_and_the_delimiters() -> None:
    monotone = np.zeros((4, 10))
    for query, key in enumerate((0, 3, 6, 9)):
        monotone[query, key] = 1
    assert name_of(monotone, [False] * 10, cross=True) == "diagonal"
    assert name_of(monotone[::-1], [False] * 10, cross=True) == "focused"


def test_a_sharp_head_at_no_fixed_place_is_focused_not_broad() -> None:
    scattered = np.eye(8)[[3, 6, 0, 7, 1, 2, 4, 5]] * 0.9 + 0.1 / 8
    ((name, share),) = measures.patterns(scattered[None], [False] * 8, cross=False, causal=False)
    assert (name, share) == ("focused", pytest.approx(0.9 + 0.1 / 8))


def test_even_causal_attention_is_not_taken_for_a_pattern() -> None:
    even = np.tril(np.ones((N, N)))
    even /= even.sum(-1, keepdims=True)
    # Its first rows can hardly look elsewhere than at the start; that alone names nothing.
    assert name_of(even, causal=True) == "broad"


def test_one_token_has_no_pattern() -> None:
    assert measures.patterns(np.ones((1, 1, 1)), [False], cross=False, causal=True) == [
        ("broad", None)
    ]


def test_summary_names_every_head_once_counted_from_zero() -> None:
    weights = np.stack([np.stack([shift(-1), np.eye(N)]), np.stack([np.eye(N), shift(1)])])
    found = measures.heads_summary("encoder", weights, NONE, causal=False)
    assert [(h.layer, h.head, h.pattern) for h in found] == [
        (0, 0, "previous"), (0, 1, "self"), (1, 0, "self"), (1, 1, "next"),
    ]  # fmt: skip
    assert found[1].entropy_nats == 0 and found[1].pattern_share == 1
    assert {h.kind for h in found} == {"encoder"}


def repeated(shift: int) -> tuple[np.ndarray, list[str]]:
    """A causal head that looks at the token `shift` after an earlier copy, on "a b c d a b c d"."""
    tokens = list("abcdabcd")
    weights = np.zeros((8, 8))
    for query in range(8):
        key = query - 4 + shift if query >= 4 else 0
        weights[query, min(key, query)] = 1
    return weights, tokens


def test_a_head_that_goes_on_as_the_text_did_is_named_induction() -> None:
    weights, tokens = repeated(1)
    ((name, share),) = measures.patterns(
        weights[None], [False] * 8, cross=False, causal=True, tokens=tokens
    )
    assert name == "induction" and share == pytest.approx(1)
    region = measures.induction(tokens, [False] * 8)
    assert {tuple(map(int, cell)) for cell in np.argwhere(region)} == {
        (4, 1),
        (5, 2),
        (6, 3),
        (7, 4),
    }


@pytest.mark.parametrize("case", ["copy", "no repeats", "not causal", "cross", "unknown tokens"])
def test_nothing_else_is_induction(case: str) -> None:
    weights, tokens = repeated(0 if case == "copy" else 1)
    tokens = list("abcdefgh") if case == "no repeats" else tokens
    (name, _), = measures.patterns(
        weights[None], [False] * 8, cross=case == "cross", causal=case != "not causal",
        tokens=None if case == "unknown tokens" else tokens,
    )  # fmt: skip
    assert name != "induction"


def test_special_tokens_repeat_for_other_reasons() -> None:
    tokens = ["<s>", "a", "<s>", "b", "<s>", "c"]
    special = [piece == "<s>" for piece in tokens]
    assert not measures.induction(tokens, special).any()
    assert measures.induction(["a", "a", "a"], [False] * 3).tolist() == [
        [False] * 3,
        [False] * 3,
        [False, True, False],
    ]
