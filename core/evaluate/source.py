"""Where answers come from: what a model, an endpoint and a baseline have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from core.data.dataset import Example
from core.evaluate.answer import Answer

Tell = Callable[[int, int], None]
"""Called with the number answered and the number of all; what it raises ends the work."""
Batches = Iterator[list[tuple[int, Answer]]]
"""Answers as they come, each with the place of its example in what was asked; in any order."""


class Source(Protocol):
    """Answers examples.

    An answer depends on `key` and on what `core.evaluate.answered.asked` hashes of the example, and
    on nothing else: so it is kept under the two, and never asked for twice.
    """

    @property
    def name(self) -> str:
        """What the board calls it."""
        ...

    @property
    def kind(self) -> str:
        """One of `core.evaluate.store.KINDS`."""
        ...

    @property
    def key(self) -> Mapping[str, Any]:
        """All that its answers depend on, as JSON: weights or address, prompt template, decoding.

        Never a secret: it is written beside the answers.
        """
        ...

    def answer(self, examples: Sequence[Example], tell: Tell) -> Batches:
        """Answer every example once.

        Whoever asks keeps each batch before it takes the next one, and tells the progress; a source
        calls `tell` itself only where it waits long between two batches, so that a stop is heard.
        An answer with an `error` is not kept: it is asked for again next time.
        """
        ...
