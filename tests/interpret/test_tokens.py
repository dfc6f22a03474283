"""Tokens as people read them."""

from tokenizers import Tokenizer, decoders, models
from tokenizers.pre_tokenizers import ByteLevel
from transformers import ByT5Tokenizer, PreTrainedTokenizerFast

from core.interpret.tokens import BYTE_LETTERS, is_byte_level, labels


def test_a_word_start_and_a_space_are_a_dot() -> None:
    assert labels(["▁will", "▁", "ing", "</s>", "##ed"], byte_level=False) == [
        "·will", "·", "ing", "</s>", "##ed",
    ]  # fmt: skip


def test_byte_letters_are_those_of_the_tokenizers_library() -> None:
    assert set(BYTE_LETTERS) == set(ByteLevel.alphabet())
    assert sorted(BYTE_LETTERS.values()) == list(range(256))


def test_bytes_are_decoded_and_halves_of_a_character_are_written_out() -> None:
    pieces = [piece for text in (" refund", "é", "退", "\n") for piece, _ in
              ByteLevel(add_prefix_space=False).pre_tokenize_str(text)]  # fmt: skip
    assert labels(pieces, byte_level=True) == ["·refund", "é", "退", "↵"]
    half = next(letter for letter, byte in BYTE_LETTERS.items() if byte == 0xE9)
    assert labels([half], byte_level=True) == ["<0xE9>"]
    assert labels(["<|endoftext|>"], byte_level=True) == ["<|endoftext|>"]


def test_letters_that_turn_a_line_round_are_written_out() -> None:
    pieces = ["\u202ecat", "a\x00b", "\u200fقط", "می\u200cشود", "soft\xadhyphen", "\t"]
    assert labels(pieces, byte_level=False) == [
        "<U+202E>cat", "a<0x00>b", "<U+200F>قط", "می\u200cشود", "soft<0xAD>hyphen", "⇥",
    ]  # fmt: skip


def test_bytes_that_are_tokens_of_their_own_are_written_out() -> None:
    tokenizer = ByT5Tokenizer()
    pieces = tokenizer.convert_ids_to_tokens(tokenizer("a 猫")["input_ids"])
    assert is_byte_level(tokenizer)
    assert labels(pieces, byte_level=True) == ["a", "·", "<0xE7>", "<0x8C>", "<0xAB>", "</s>"]


def test_a_byte_level_tokenizer_is_known_by_its_decoder() -> None:
    backend = Tokenizer(models.BPE())
    assert not is_byte_level(PreTrainedTokenizerFast(tokenizer_object=backend))
    backend.decoder = decoders.ByteLevel()
    assert is_byte_level(PreTrainedTokenizerFast(tokenizer_object=backend))
    backend.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Fuse()])
    assert is_byte_level(PreTrainedTokenizerFast(tokenizer_object=backend))
    assert not is_byte_level(object())
