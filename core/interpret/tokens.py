"""Tokens as a person reads them: every piece shown, spaces visible, bytes decoded."""

import unicodedata
from typing import Any

SPACE = "·"
WORD_START = "▁"
JOINERS = "\u200c\u200d"
"""They shape the letters beside them in Persian, in Hindi and in signs of several parts."""
MARKS = {" ": SPACE, "\n": "↵", "\t": "⇥"}


def _byte_letters() -> dict[str, int]:
    """The letter that byte-level BPE writes for each byte, the other way round (GPT-2's table)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {chr(byte): byte for byte in printable}
    rest = [byte for byte in range(256) if byte not in printable]
    letters.update({chr(256 + number): byte for number, byte in enumerate(rest)})
    return letters


BYTE_LETTERS = _byte_letters()


def labels(pieces: list[str], *, byte_level: bool) -> list[str]:
    """What to write for each piece of a vocabulary.

    A space is "·", a line's end "↵"; "##" of WordPiece stays, because it says that the word goes
    on. Bytes that are no whole character are written as hexadecimal, "<0xE9>", and letters that
    are not seen by their number, "<U+202E>".

    Args:
        pieces: As the tokenizer names them, special tokens included.
        byte_level: Whether the vocabulary writes bytes as letters (GPT-2, Llama 3).
    """
    return [_visible(_decoded(piece) if byte_level else piece) for piece in pieces]


def _decoded(piece: str) -> str:
    if not all(letter in BYTE_LETTERS for letter in piece):
        return piece
    raw = bytes(BYTE_LETTERS[letter] for letter in piece)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "".join(f"<0x{byte:02X}>" for byte in raw)


def _visible(piece: str) -> str:
    shown = piece.replace(WORD_START, SPACE)
    return "".join(MARKS.get(letter) or _spelled(letter) for letter in shown)


def _spelled(letter: str) -> str:
    """A letter, or the number of one that is not seen and could turn the line round (U+202E)."""
    if letter in JOINERS or unicodedata.category(letter) not in ("Cc", "Cf"):
        return letter
    return f"<0x{ord(letter):02X}>" if ord(letter) < 256 else f"<U+{ord(letter):04X}>"


def is_byte_level(tokenizer: Any) -> bool:
    """Whether a tokenizer's vocabulary writes bytes as letters (ByT5 has nothing else)."""
    if type(tokenizer).__name__ == "ByT5Tokenizer":
        return True
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return "ByteLevel" in repr(getattr(backend, "decoder", None))
