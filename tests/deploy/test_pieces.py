"""Tokens to text as they come."""

import random

import pytest
from tokenizers import Tokenizer

from core.deploy.pieces import Pieces
from core.workspace import assets


def words(ids):
    return "".join(f" {number}" for number in ids).strip()


def test_pieces_make_the_whole():
    pieces = Pieces(words)
    sent = [pieces.add(number) for number in (1, 22, 3)]
    assert sent == ["1", " 22", " 3"]
    assert pieces.finish() == ""
    assert pieces.text == "1 22 3"


def signs(ids):
    return bytes(ids).decode("utf-8", "replace")


def test_half_a_character_is_held_back():
    pieces = Pieces(signs)
    raw = "aé€😀".encode()
    sent = [pieces.add(byte) for byte in raw]
    assert [piece for piece in sent if piece] == ["a", "é", "€", "😀"]
    cut = Pieces(signs)
    for byte in "a€".encode()[:-1]:
        cut.add(byte)
    assert cut.finish() == "�"


@pytest.mark.parametrize(
    ("text", "stop", "whole", "stopped"),
    [
        ("one two. three", ["."], "one two", True),
        ("one END two", ["END", "two"], "one ", True),
        ("one EN", ["END"], "one EN", False),
        ("aab", ["ab"], "a", True),
        ("stop", ["stop"], "", True),
        ("one", ["", "x"], "one", False),
    ],
)
def test_a_text_that_ends_the_answer_is_never_sent(text, stop, whole, stopped):
    pieces = Pieces(signs, stop)
    sent = ""
    for byte in text.encode():
        sent += pieces.add(byte)
        assert whole.startswith(sent)
        if pieces.stopped:
            break
    sent += pieces.finish()
    assert (sent, pieces.text, pieces.stopped) == (whole, whole, stopped)


@pytest.mark.parametrize("name", ["starter-translate", "starter-causal"])
def test_pieces_of_real_tokens_are_the_decoded_whole(name):
    tokenizer = Tokenizer.from_file(str(assets() / "models" / name / "tokenizer.json"))

    def decode(ids):
        return tokenizer.decode(list(ids), skip_special_tokens=True)

    rng = random.Random(0)
    for text in ("Grüße aus Köln – 3 %!", "今天天气很好。", "a  b\n\nc", "😀 ok", "naïve café"):
        ids = tokenizer.encode(text).ids
        for row in (ids, rng.sample(range(5, 8_000), 40)):
            pieces = Pieces(decode)
            sent = "".join(pieces.add(token) for token in row) + pieces.finish()
            assert sent == decode(row)
