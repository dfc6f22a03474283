import random

import pytest

from core.data import near
from core.data.near import alike, clusters

WORDS = [
    "parcel", "order", "refund", "invoice", "account", "password", "card", "payment", "delivery",
    "address", "voucher", "size", "colour", "return", "exchange", "customer", "monday", "tuesday",
    "evening", "morning", "broken", "missing", "late", "early", "wrong", "screen", "button",
    "battery", "charger", "cable", "manual", "repair", "warranty", "email", "phone", "chat",
    "agent", "answer", "question",
]  # fmt: skip


def texts(count, length=14, seed=1):
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=length)) for _ in range(count)]


def same(found, *indices):
    return len({found[index] for index in indices}) == 1


def test_a_word_more_in_a_long_text_is_a_near_duplicate():
    base = "could you tell me why my new card has still not arrived"
    found = clusters([base, f"{base} yet", "something else entirely, at some length", base])
    assert found == [0, 0, 2, 0]


def test_every_pair_above_the_threshold_is_found_and_none_below():
    rng = random.Random(7)
    given = texts(300)
    for text in given[:100]:
        words = text.split()
        words[rng.randrange(len(words))] = rng.choice(WORDS)
        given.append(" ".join(words))
    found = clusters(given)
    pairs = [(a, 300 + a) for a in range(100)]
    close = [(a, b) for a, b in pairs if alike(given[a], given[b]) >= near.ALIKE]
    assert len(close) > 10
    assert all(same(found, a, b) for a, b in close)
    far = [(a, b) for a, b in pairs if alike(given[a], given[b]) < near.ALIKE]
    assert not any(same(found, a, b) for a, b in far)


def test_likeness_is_the_share_of_runs_in_common():
    assert alike("abcdef", "abcdef") == 1.0
    assert alike("abcdef", "abcdeg") == 1 / 3
    assert alike("ab", "ab") == 1.0
    assert alike("ab", "cd") == 0.0


def test_numbers_make_another_text():
    given = [
        "your order number 17 has been sent to you",
        "your order number 18 has been sent to you",
    ]
    assert clusters(given) == [0, 1]


def test_long_texts_are_judged_by_a_sample():
    long = " ".join(texts(40))
    assert len(long) > 20 * near.MOST_RUNS / 10
    assert clusters([long, long + " and a word more", " ".join(texts(40, seed=2))]) == [0, 0, 2]


def test_texts_that_share_nothing_but_a_frame_do_not_hang_together():
    given = [f"please {word} my {other}" for word in WORDS[:20] for other in WORDS[20:]]
    assert clusters(given) == list(range(len(given)))


@pytest.mark.parametrize(
    "given", [[], ["a"], ["", ""], ["a", "b"], ["你好吗", "你好吗"], ["\ud800", "🙂" * 9]]
)
def test_the_smallest_and_strangest(given):
    found = clusters(given)
    assert len(found) == len(given)
    assert [given[index] for index in found] == given


def test_chinese():
    base = "我的订单已经过了三天还没有送到，请帮我查一下到底发生了什么事情好吗谢谢你们"
    assert clusters([base, base + "啊", "完全不同的一句话，说的是另外一件事情"]) == [0, 0, 2]


def test_beyond_the_most_texts_only_equal_ones_are_found(monkeypatch):
    monkeypatch.setattr(near, "MOST_TEXTS", 2)
    base = "could you tell me why my new card has still not arrived"
    assert clusters([base, f"{base} yet", "x", base]) == [0, 1, 2, 0]


def test_the_order_does_not_matter_for_who_is_together():
    given = texts(50) + [f"{text} now" for text in texts(50)]
    found = clusters(given)
    order = random.Random(3).sample(range(100), 100)
    shuffled = clusters([given[index] for index in order])
    for a in range(50):
        assert same(found, a, a + 50) == same(shuffled, order.index(a), order.index(a + 50))
