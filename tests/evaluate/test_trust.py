"""What speaks against leaning on a score."""

import pytest

from core.evaluate import scoring
from core.evaluate.answer import of_texts


@pytest.mark.parametrize(
    ("name", "language", "text", "other"),
    [
        ("bleu", "en", "the cat sat", False),
        ("bleu", "zh", "猫坐在垫子上", False),
        ("bleu", None, "猫坐在垫子上", True),
        ("bleu", "zh-CN", "the cat sat", True),
        ("bleu", "ko", "고양이가 앉았다", False),
        ("bleu", "th", "แมวนั่งบนเสื่อ", True),
        ("ter", "en", "猫坐在垫子上", True),
        ("chrf", None, "猫坐在垫子上", False),
        ("chrf++", "zh", "猫坐在垫子上", True),
        ("rougel", None, "猫坐在垫子上", False),
        ("token_f1", None, "แมวนั่งบนเสื่อ", True),
        ("bleu", "de", "12 + 3", False),
        ("accuracy", None, "退款", False),
    ],
)
def test_references_in_another_script_than_the_tokenisers(
    name: str, language: str | None, text: str, other: bool
) -> None:
    (score,) = scoring.score([name], [text], of_texts([text]), language=language)
    assert ("script" in score.warnings) == other


def test_few_examples_and_equal_ones_are_marked() -> None:
    few, many = (
        scoring.score(["token_f1"], ["b"] * n, of_texts(["b"] * n), language=None)[0]
        for n in (99, 100)
    )
    assert few.warnings == ("few", "all_equal")
    assert many.warnings == ("all_equal",)


def test_some_empty_references_are_marked_and_scored() -> None:
    (score,) = scoring.score(["exact_match"], ["", "b"], of_texts(["", "c"]), language=None)
    assert (score.value, score.n) == (0.5, 2)
    assert score.warnings == ("few", "empty_references")
