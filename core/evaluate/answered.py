"""Answers that were given, kept apart from scores, so that none is ever asked for twice.

answers/KEY/record.json      what KEY stands for: a source and all that its answers depend on
answers/KEY/answers.jsonl    {asked, text, …} a line, appended batch by batch

A stopped evaluation goes on where it was; other metrics, another split, a larger limit ask only for
what is missing. A line that was torn when a process died is passed over, and asked for again.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from core import record
from core.data.dataset import Example
from core.evaluate.answer import Answer
from core.evaluate.source import Batches, Tell
from core.workspace import Workspace

Ask = Callable[[Sequence[Example], Tell], Batches]
Asked = Callable[[Example], str]
_FIELDS = tuple(field.name for field in fields(Answer))


def asked(example: Example) -> str:
    """Hash of what a model is given: the input, and the passage or conversation before it."""
    return record.hash_json([example.input, example.context])


def asked_about(example: Example) -> str:
    """The same, with the reference: for what depends on it."""
    return record.hash_json([example.input, example.context, example.target])


def collect(
    workspace: Workspace,
    key: Mapping[str, Any],
    examples: Sequence[Example],
    ask: Ask,
    tell: Tell,
    *,
    by: Asked = asked,
) -> list[Answer]:
    """Answers to the examples, in their order: those that are kept, and the others asked for now.

    Args:
        workspace: Where they are kept.
        key: All that an answer depends on besides the example, as JSON.
        examples: What is asked; two that give a model the same are asked once.
        ask: Answers what is missing.
        tell: Told how many of all are there, before the first is asked and after each batch that
            is kept; what it raises ends the work, and loses nothing.
        by: What an answer is kept under.
    """
    folder = workspace.answers(record.hash_json(key)[:16])
    names = [by(example) for example in examples]
    known = _read(folder / "answers.jsonl")
    wanted = {name: example for name, example in zip(names, examples, strict=True)
              if name not in known}  # fmt: skip
    if wanted:
        record.write(folder / "record.json", "answers", {"key": dict(key)})
        left = list(wanted)
        tell(sum(name in known for name in names), len(names))
        before = len(names) - len(wanted)  # a source knows of those alone that it is asked
        for batch in ask(list(wanted.values()), lambda done, _: tell(before + done, len(names))):
            given = [(left[number], answer) for number, answer in batch]
            _append(folder / "answers.jsonl", [pair for pair in given if pair[1].error is None])
            known.update(given)
            tell(sum(name in known for name in names), len(names))
    return [known[name] for name in names]


def _read(path: Path) -> dict[str, Answer]:
    """Answers by the hash they are kept under; of two the later."""
    return {line.pop("asked"): Answer(**line) for line in _lines(path)}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # torn: the process died while it wrote


def _append(path: Path, given: Sequence[tuple[str, Answer]]) -> None:
    """Write a batch and see it on the disk; two processes may append at once."""
    lines = [
        json.dumps({"asked": name, **_told(answer)}, ensure_ascii=False, allow_nan=False)
        for name, answer in given
    ]
    with path.open("ab") as file:
        # A torn line before this one must not take it along.
        torn = file.tell() > 0 and _last_byte(path) != b"\n"
        text = "\n" * torn + "".join(f"{line}\n" for line in lines)
        file.write(text.encode("utf-8", "replace"))
        file.flush()
        os.fsync(file.fileno())


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


def _told(answer: Answer) -> dict[str, Any]:
    """The fields that are known."""
    return {name: value for name in _FIELDS if (value := getattr(answer, name)) is not None}
