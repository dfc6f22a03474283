"""What is said of a capture: how it was checked, what was written, how its heads share keys."""

import dataclasses

import pytest

from core.interpret import capture_words as words
from core.interpret import looks
from core.interpret.facts import Layer, Parity
from tests.interpret.captures import seq2seq

RECOMPUTED = Parity(2e-7, 3e-6, 1e-7, 1e-4, 1e-3, "float32", 0.0)
OWN = dataclasses.replace(RECOMPUTED, attention_max_abs_error=None)


def test_the_proof_names_each_check_with_its_limit() -> None:
    checks = words.checks(RECOMPUTED, "en")
    assert len(checks) == 4
    assert "they differ by 2.0" in checks[0] and "limit 1.0" in checks[0]
    assert "the largest weight is 0 (" in checks[2]
    assert words.parity(RECOMPUTED, "en").endswith("mask 0")
    assert words.checked(RECOMPUTED, "zh").startswith("图中就是模型自己的注意力")


def test_what_was_not_recomputed_is_not_called_so() -> None:
    assert words.error(OWN, "en") == "own output" and words.error(RECOMPUTED, "en")[0] == "2"
    assert "own output" in words.checked(OWN, "en") and "within" not in words.checked(OWN, "en")
    assert "were not recomputed" in words.parity(OWN, "en")
    assert "hands out no queries and keys" in words.checks(OWN, "en")[0]


@pytest.mark.parametrize(("layers", "said"), [
    ([Layer(4, 4, None, True)] * 2, []),
    ([Layer(8, 2, None, True)] * 2,
     ["Grouped-query attention: 8 heads share 2 key and value heads, 4 heads each."]),
    ([Layer(4, 4, 16, True), Layer(4, 4, None, True)],
     ["Sliding window: 1 of 2 layers see the last 16 tokens only."]),
    ([Layer(4, 4, 16, True), Layer(4, 4, 32, True)],
     ["Sliding window: 2 of 2 layers see only some of the last tokens, 16 to 32."]),
    ([Layer(4, 4, 65, False), Layer(4, 4, None, False)],
     ["Sliding window: 1 of 2 layers see only tokens up to 64 places away."]),
    ([Layer(4, None, None, True)], []),
])  # fmt: skip
def test_groups_and_windows_in_words(layers, said) -> None:
    capture = dataclasses.replace(seq2seq(), layers={"decoder": tuple(layers)})
    assert words.facts(capture, "decoder", "en") == said
    assert len(words.facts(capture, "decoder", "zh")) == len(said)


def test_what_the_model_wrote_is_said_and_not_interpreted() -> None:
    capture = dataclasses.replace(seq2seq(), generated="</script> **x**", generated_from=1)
    assert words.generated(capture, "en") == "The model wrote the target itself: </script> **x**"
    alone = dataclasses.replace(capture, target_tokens=())
    assert str(words.generated(alone, "en")).startswith("The model wrote the text from token 2 on")
    empty = dataclasses.replace(capture, generated=" ")
    assert "nothing but special tokens" in str(words.generated(empty, "en"))
    assert words.generated(seq2seq(), "en") is None
    assert words.left_out(seq2seq(), "en") == ""


def test_the_strongest_looks_leave_out_sinks_and_rows_without_a_choice() -> None:
    capture = seq2seq()
    found = looks.strongest(capture, ("decoder", 1, 0), 99)
    assert {look.key for look in found} <= {1, 2, 3} and 0 not in {look.query for look in found}
    weights = capture.weights["decoder"][1, 0]
    assert found[0].weight == pytest.approx(float(weights[1:, 1:].max()))
    mean = looks.strongest(capture, ("cross", 1, None), 1)[0]
    cross = capture.weights["cross"][1].mean(0)
    assert mean.weight == pytest.approx(float(cross[:, 1:4].max()))
