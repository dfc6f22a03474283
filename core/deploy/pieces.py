"""Tokens to text as they come: whole characters only, and nothing of a text that ends the answer.

Standard library only.
"""

from collections.abc import Callable, Sequence

_HALF = "�"
"""What a tokenizer writes for a character of which it has not seen all bytes."""


class Pieces:
    """The text of one answer while it is written.

    Args:
        decode: Ids to text, without special tokens.
        stop: Texts that end the answer and are no part of it.

    Attributes:
        ids: The tokens so far.
        text: The answer so far, ready to be sent: a half character, or what may become a text that
            ends the answer, is held back.
        stopped: Whether such a text came.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], stop: Sequence[str] = ()) -> None:
        self.ids: list[int] = []
        self.text = ""
        self.stopped = False
        self._decode, self._stop = decode, tuple(filter(None, stop))
        self._held = max((len(words) for words in self._stop), default=1) - 1
        self._seen = ""
        self._from = self._read = 0

    def add(self, token: int) -> str:
        """Take a token; returns what can be sent now."""
        self.ids.append(token)
        # A tokenizer drops the space before its first word: so some tokens are read twice.
        before = self._decode(self.ids[self._from : self._read])
        now = self._decode(self.ids[self._from :])
        if now.endswith(_HALF) or len(now) <= len(before):
            return ""
        self._from, self._read = self._read, len(self.ids)
        return self._take(now[len(before) :], last=False)

    def finish(self) -> str:
        """The end of the answer; returns what was held back."""
        before = self._decode(self.ids[self._from : self._read])
        rest = self._decode(self.ids[self._from :])[len(before) :]
        return self._take(rest, last=True)

    def _take(self, new: str, *, last: bool) -> str:
        if self.stopped:
            return ""
        begin = max(0, len(self._seen) - self._held)
        self._seen += new
        places = [place for words in self._stop if (place := self._seen.find(words, begin)) >= 0]
        if places:
            self.stopped = True
            ready = self._seen[: min(places)]
        else:
            ready = self._seen if last else self._seen[: max(0, len(self._seen) - self._held)]
        piece = ready[len(self.text) :]
        self.text += piece
        return piece
