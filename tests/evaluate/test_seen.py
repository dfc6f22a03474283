"""Words and runs of a training split, against counts made by hand and by brute force."""

import random

from core.evaluate.seen import RUN_WORDS, seen

TRAINING = ["The cat sleeps on the mat near the old red door.", "A cat!", "Save", "die Katze 1234"]


def test_rare_and_unseen_words_are_counted_without_numbers():
    found = seen(["the cat flies", "1234 77", "", "The mat", "a"], TRAINING)
    assert dict(found.words) == {"the": 3, "cat": 2, "flies": 0, "mat": 1, "a": 1}
    assert found.rows == 4
    assert found.rare_share("the cat flies") == 2 / 3
    assert found.unseen_share(["the cat flies", "a mat", ""]) == 1 / 5
    assert found.rare_share("1234 77") is None
    assert found.rare_share("") is None


def test_an_overlap_is_the_share_of_runs_of_eight_words():
    test = "the cat sleeps on the mat near the old blue door"  # 11 words, 4 runs
    found = seen([test, "SAVE", "a cat sleeps", "", "old red door"], TRAINING)
    assert found.overlap(test) == 2 / 4
    assert found.overlap("SAVE") == 1.0  # a whole training text
    assert found.overlap("a cat sleeps") == 0.0
    assert found.overlap("old red door") == 0.0  # three words within a longer one are no leak
    assert found.overlap("") is None
    assert found.overlap("1234 77") is None  # numbers alone are no text


def test_chinese_is_taken_by_character():
    found = seen(["我今天在北京吃饭很开心"], ["昨天我今天在北京吃饭吗"])
    # 11 characters, 4 runs of 8; 我今天在北京吃饭 is the only one of them in the training text.
    assert found.overlap("我今天在北京吃饭很开心") == 1 / 4


def test_the_same_as_looking_for_every_run_in_every_text():
    rng = random.Random(3)
    words = [f"w{i}x" for i in range(3)]
    texts = [" ".join(rng.choices(words, k=rng.randrange(1, 14))) for _ in range(60)]
    test, training = texts[:20], texts[20:]
    found = seen(test, training)
    for text in test:
        tokens = text.split()
        if len(tokens) < RUN_WORDS:
            expected = float(text in training)
        else:
            runs = [" ".join(tokens[i : i + 8]) for i in range(len(tokens) - 7)]
            expected = sum(any(f" {run} " in f" {t} " for t in training) for run in runs) / len(
                runs
            )
        assert found.overlap(text) == expected
