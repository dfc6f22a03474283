"""Words and sinks: what is done to a matrix leaves it attention."""

import numpy as np
import pytest

from core.interpret.merge import Words, merged, without, words_of
from tests.interpret.captures import attention


@pytest.mark.parametrize(
    ("labels", "special", "words"),
    [
        (["·Where", "·re", "fund", "?", "</s>"], "00001", ["Where", "refund?", "</s>"]),
        (["[CLS]", "where", "re", "##fund", "?", "[SEP]"], "100001",
         ["[CLS]", "where", "refund", "?", "[SEP]"]),
        (["<s>", "Hel", "lo", "·you"], "1000", ["<s>", "Hello", "you"]),
        (["·退", "款", "在", "·ok", "ay"], "00000", ["退", "款", "在", "okay"]),
        (["a", "b"], "00", ["a", "b"]),
        (["·", "·", "x"], "000", ["·", "·x"]),
        (["·مر", "حبا", "·</script>"], "000", ["مرحبا", "</script>"]),
    ],
)  # fmt: skip
def test_tokens_make_words(labels, special, words) -> None:
    found = words_of(labels, [sign == "1" for sign in special])
    expected = [word if word != "·x" else "x" for word in words]
    assert list(found.labels) == expected
    assert len(found.of) == len(labels) and list(found.of) == sorted(found.of)


def by_hand(weights, queries, keys):
    made = np.zeros((max(queries) + 1, max(keys) + 1))
    for i, word in enumerate(queries):
        for j, key in enumerate(keys):
            made[word, key] += weights[i, j] / queries.count(word)
    return made


def test_merging_sums_over_keys_and_averages_over_queries() -> None:
    weights = attention(2, 3, 6, 5)
    queries = Words((0, 0, 1, 2, 2, 2), ("a", "b", "c"))
    keys = Words((0, 1, 1, 2, 3), ("a", "b", "c", "d"))
    found = merged(weights, queries, keys)
    assert found.shape == (2, 3, 3, 4)
    for layer in range(2):
        for head in range(3):
            expected = by_hand(weights[layer, head].astype(float), queries.of, keys.of)
            assert np.allclose(found[layer, head], expected, atol=1e-15)
    assert np.abs(found.sum(-1) - 1).max() < 1e-6


def test_merging_nothing_changes_nothing() -> None:
    weights = attention(1, 1, 4, 4)
    alone = Words((0, 1, 2, 3), tuple("abcd"))
    assert len(alone.labels) == len(alone.of)
    assert np.array_equal(merged(weights, alone, alone), weights.astype(np.float64))


def test_hidden_keys_leave_rows_that_add_up_to_one() -> None:
    weights = attention(1, 2, 4, 4).astype(np.float64)
    found = without(weights, [True, False, False, True])
    assert (found[..., [0, 3]] == 0).all()
    assert np.abs(found.sum(-1) - 1).max() < 1e-12
    assert np.allclose(found[..., 1] / found[..., 2], weights[..., 1] / weights[..., 2])


def test_a_row_that_looked_at_nothing_else_is_zero_not_nan() -> None:
    assert np.array_equal(without([[1.0, 0.0]], [True, False]), [[0.0, 0.0]])
