"""What a model that was not tuned on the data is asked: an instruction, examples, the input.

The words are a template with placeholders in braces. They are put in by plain replacement, once
and all together: a text that happens to hold "{labels}", or Python's own format signs, stays as it
is.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import record
from core.chat import Message, messages_of
from core.data import languages
from core.data.dataset import Dataset, Example
from core.errors import BadInput, NotFound

SHOTS = 3
"""Solved examples shown where the user does not say how many."""
MOST_SHOTS = 32
MOST_CHARACTERS = 20_000
SEED = 0
PLACEHOLDERS = ("input", "context", "labels", "source_language", "target_language")
_KNOWN = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
_MEANT = re.compile(r"\{([A-Za-z_][\w.\[\]!:]*)\}")
"""What looks like a placeholder; other braces, as of JSON, are braces."""

DEFAULTS = {
    "translation": "Translate the text from {source_language} to {target_language}. "
    "Answer with the translation alone.\n\nText: {input}",
    "summarization": "Summarise the text. Answer with the summary alone.\n\nText: {input}",
    "question-answering": "Answer the question with words of the passage. "
    "Answer with them alone.\n\nPassage: {context}\n\nQuestion: {input}",
    "text-classification": "Choose the label that fits the text. "
    "Answer with the label alone.\n\nLabels:\n{labels}\n\nText: {input}",
    "text-generation": "{input}",
}
_UNKNOWN_PAIR = "Translate the text. Answer with the translation alone.\n\nText: {input}"
_SEVERAL = (
    "Choose all labels that fit the text. Answer with the labels alone, with SEPARATOR between "
    "them.\n\nLabels:\n{labels}\n\nText: {input}"
)


_CUE, _BREAK = "\nAnswer:", "\n\n"
"""What asks for the answer in a text without turns, and what ends it."""


@dataclass(frozen=True)
class Prompt:
    """A template, and what is put into it for a dataset.

    Attributes:
        template: The words, with placeholders.
        shots: Solved examples that go before the question.
        words: What stands for the placeholders that are the same for all examples.
        chat: Each example is a conversation, which is sent as it is.
    """

    template: str
    shots: tuple[Example, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    chat: bool = False

    def messages(self, example: Example) -> list[Message]:
        """The question as a conversation: each shot a question that was answered."""
        if self.chat:
            return messages_of(example)
        turns: list[Message] = []
        for shot in self._shots_for(example):
            turns += [_turn("user", self._filled(shot)), _turn("assistant", shot.target)]
        return [*turns, _turn("user", self._filled(example))]

    def text(self, example: Example) -> str:
        """The question as one text, for a model to go on with."""
        solved = [f"{self._filled(shot)}{_CUE}{self.answered(shot.target)}{_BREAK}"
                  for shot in self._shots_for(example)]  # fmt: skip
        return "".join(solved) + f"{self._filled(example)}{_CUE}"

    def answered(self, target: str) -> str:
        """How an answer stands after `text`."""
        return f" {target}"

    def read(self, written: str) -> str:
        """The answer in what a model wrote after `text`: it may go on with a next question."""
        return written.strip().split(_BREAK)[0].strip()

    @property
    def key(self) -> str:
        """Hash of all that the question depends on besides the example."""
        shots = [[shot.input, shot.context, shot.target] for shot in self.shots]
        return record.hash_json([self.template, shots, self.words, self.chat])

    def to_json(self) -> dict[str, Any]:
        """What is kept with a result: the words, which examples were shown, and the hash of it."""
        return {"template": None if self.chat else self.template, "hash": self.key[:16],
                "shots": [shot.id for shot in self.shots]}  # fmt: skip

    def _shots_for(self, example: Example) -> list[Example]:
        """No example is shown its own answer, wherever the split was drawn."""
        asked = (example.input, example.context)
        return [shot for shot in self.shots if (shot.input, shot.context) != asked]

    def _filled(self, example: Example) -> str:
        words = {**dict(self.words), "input": example.input, "context": example.context or ""}
        return _KNOWN.sub(lambda found: words[found[1]], self.template)


def _turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def make(
    dataset: Dataset, train: Sequence[Example], shots: int | None, template: str | None
) -> Prompt:
    """The prompt for a dataset.

    Args:
        dataset: Task, labels and languages.
        train: Its training split, from which the shots are drawn.
        shots: How many; None = SHOTS, or as many as there are.
        template: The user's own words; None = the task's.

    Raises:
        BadInput: The words lack or misname a placeholder, or there are too few examples to show.
    """
    if dataset.chat:
        if template is not None or shots:
            raise BadInput(f"{dataset.title} holds conversations, which are sent as they are; "
                           "leave out --prompt and --shots.")  # fmt: skip
        return Prompt("", chat=True)
    words = _words(dataset)
    chosen = checked(template, dataset, words) if template is not None else _default(dataset, words)
    return Prompt(chosen, _drawn(train, shots), tuple(sorted(words.items())))


def read_template(path: Path) -> str:
    """The words of a file.

    Raises:
        NotFound: There is none.
        BadInput: It is no text, or too long.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {str(path)!r}; give a text with {{input}} in it.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"The prompt {path.name} is not UTF-8 text; save it as UTF-8.") from None
    if len(text) > MOST_CHARACTERS:
        raise BadInput(f"The prompt {path.name} has {len(text):,} characters; at most "
                       f"{MOST_CHARACTERS:,} can be used.")  # fmt: skip
    return text.rstrip("\n")


def checked(template: str, dataset: Dataset, words: dict[str, str]) -> str:
    """The user's words, if every placeholder in them has something to stand for it.

    Raises:
        BadInput: One is unknown, empty for this dataset, or missing.
    """
    named = set(_MEANT.findall(template))
    unknown = sorted(named - set(PLACEHOLDERS))
    if unknown:
        raise BadInput(f"The prompt names {{{unknown[0]}}}; known are "
                       f"{', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}.")  # fmt: skip
    empty = sorted(named - {"input", "context"} - set(words))
    if empty:
        raise BadInput(f"The prompt names {{{empty[0]}}}, which {dataset.title} does not say; "
                       "write it out.")  # fmt: skip
    for name in ("input", "context") if "context" in dataset.columns else ("input",):
        if name not in named:
            raise BadInput(f"The prompt has no {{{name}}}; write it where the {name} of each "
                           "example shall stand.")  # fmt: skip
    return template


def _words(dataset: Dataset) -> dict[str, str]:
    found = {"labels": "\n".join(dataset.classes)} if dataset.classes else {}
    known = languages.names()
    for name, code in (("source_language", dataset.source_language),
                       ("target_language", dataset.target_language)):  # fmt: skip
        if code is not None:
            found[name] = known.get(code, code)
    return found


def _default(dataset: Dataset, words: dict[str, str]) -> str:
    if dataset.task == "translation" and not {"source_language", "target_language"} <= set(words):
        return _UNKNOWN_PAIR
    if dataset.task == "text-classification" and dataset.label_separator is not None:
        return _SEVERAL.replace("SEPARATOR", repr(dataset.label_separator))
    return DEFAULTS[dataset.task]


def _drawn(train: Sequence[Example], shots: int | None) -> tuple[Example, ...]:
    """Examples by lot, the same each time: those with new answers first, as of rare labels."""
    wanted = min(SHOTS, len(train)) if shots is None else shots
    if not 0 <= wanted <= min(MOST_SHOTS, len(train)):
        raise BadInput(f"{wanted} examples cannot be shown; expected 0 to "
                       f"{min(MOST_SHOTS, len(train))}, as the training split has "
                       f"{len(train):,}.")  # fmt: skip
    if not wanted:
        return ()
    lot = sorted(train, key=lambda e: hashlib.sha256(f"{SEED}:{e.id}".encode()).digest())
    first: dict[str, Example] = {}
    for example in lot:
        first.setdefault(example.target, example)
    chosen = list(first.values())[:wanted]
    return tuple(chosen + [e for e in lot if first[e.target] is not e][: wanted - len(chosen)])
