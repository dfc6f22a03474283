"""Where the tokens of a text stand in it."""

from typing import Any

from core.interpret.tokens import WORD_START

Span = tuple[int, int]


def offsets_of(tokenizer: Any, text: str, *, target: bool = False) -> list[Span]:
    """First and last character of each token of a text; (0, 0) for what is no text.

    A tokenizer that does not say so itself (Marian's) is followed piece by piece; a piece that is
    not found, as it was written in another way, counts as no text.

    Args:
        tokenizer: A Transformers tokenizer.
        text: What it reads.
        target: Whether it reads it as what a decoder shall write.
    """
    encode = {"text_target": text} if target else {"text": text}
    if getattr(tokenizer, "is_fast", False):
        found: list[Span] = tokenizer(**encode, return_offsets_mapping=True)["offset_mapping"]
        return found
    ids = tokenizer(**encode)["input_ids"]
    special = set(tokenizer.all_special_ids)
    return followed(
        ["" if token in special else piece
         for token, piece in zip(ids, tokenizer.convert_ids_to_tokens(ids), strict=True)],
        text,
    )  # fmt: skip


def followed(pieces: list[str], text: str) -> list[Span]:
    """Where pieces of a vocabulary stand in a text, each looked for after the one before."""
    cursor, found = 0, []
    for piece in pieces:
        letters = piece.removeprefix(WORD_START).removeprefix("##")
        at = text.find(letters, cursor) if letters else -1
        if at < 0:
            found.append((0, 0))
            continue
        cursor = at + len(letters)
        found.append((at, cursor))
    return found
