"""The store of answers: what is asked, what is kept, and what a crash leaves behind."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.data.dataset import Example
from core.evaluate.answer import Answer
from core.evaluate.answered import asked, asked_about, collect
from core.evaluate.source import Batches, Tell
from core.workspace import Workspace

KEY = {"kind": "model", "model": "abc"}


class Echo:
    """Answers in upper case, two at a time, last first; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def answer(self, examples: Sequence[Example], tell: Tell) -> Batches:
        self.asked += [example.input for example in examples]
        places = list(range(len(examples)))[::-1]
        for start in range(0, len(places), 2):
            yield [(n, Answer(examples[n].input.upper(), output_tokens=1))
                   for n in places[start : start + 2]]  # fmt: skip


def quiet(_done: int, _total: int) -> None:
    pass


def rows(*inputs: str) -> list[Example]:
    return [Example(str(n), text, "") for n, text in enumerate(inputs)]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def file(workspace: Workspace) -> Path:
    (found,) = workspace.root.glob("answers/*/answers.jsonl")
    return found


def test_only_what_is_missing_is_asked(workspace: Workspace) -> None:
    echo, told = Echo(), []
    first = collect(workspace, KEY, rows("a", "b", "a"), echo.answer, quiet)
    assert [one.text for one in first] == ["A", "B", "A"]
    assert echo.asked == ["a", "b"]
    found = collect(workspace, KEY, rows("c", "b", "d", "e"), echo.answer,
                    lambda *counts: told.append(counts))  # fmt: skip
    assert [one.text for one in found] == ["C", "B", "D", "E"]
    assert [one.output_tokens for one in found] == [1, 1, 1, 1]
    assert echo.asked == ["a", "b", "c", "d", "e"]
    assert told == [(1, 4), (3, 4), (4, 4)]


def test_another_source_knows_nothing_of_it(workspace: Workspace) -> None:
    echo = Echo()
    for key in (KEY, {**KEY, "model": "abd"}, dict(reversed(KEY.items()))):
        collect(workspace, key, rows("a"), echo.answer, quiet)
    assert echo.asked == ["a", "a"]
    kept = [json.loads(path.read_text())["key"] for path in workspace.root.glob("answers/*/rec*")]
    assert sorted(key["model"] for key in kept) == ["abc", "abd"]


def test_a_stop_loses_nothing_that_was_answered(workspace: Workspace) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, _total: int) -> None:
        if done == 6:
            raise StopError

    echo, texts = Echo(), [f"t{n}" for n in range(10)]
    with pytest.raises(StopError):
        collect(workspace, KEY, rows(*texts), echo.answer, stop)
    echo.asked.clear()
    told: list[int] = []
    found = collect(workspace, KEY, rows(*texts), echo.answer, lambda done, _: told.append(done))
    assert [one.text for one in found] == [text.upper() for text in texts]
    assert echo.asked == texts[:4]
    assert told[0] == 6


@pytest.mark.parametrize("torn", [b'{"asked": "12', b'{"asked": "12", "text": "\xc3', b"\0\0\0"])
def test_a_torn_line_is_asked_again_and_takes_none_along(workspace: Workspace, torn: bytes) -> None:
    echo = Echo()
    collect(workspace, KEY, rows("a", "b"), echo.answer, quiet)
    with file(workspace).open("ab") as kept:
        kept.write(torn)
    collect(workspace, KEY, rows("a", "c"), echo.answer, quiet)
    assert echo.asked == ["a", "b", "c"]
    collect(workspace, KEY, rows("a", "b", "c"), echo.answer, quiet)
    assert echo.asked == ["a", "b", "c"]


def test_an_answer_that_failed_is_told_and_not_kept(workspace: Workspace) -> None:
    def fails(examples: Sequence[Example], tell: Tell) -> Batches:
        yield [(0, Answer("", error="It did not answer.")), (1, Answer("B"))]

    found = collect(workspace, KEY, rows("a", "b"), fails, quiet)
    assert [one.error for one in found] == ["It did not answer.", None]
    echo = Echo()
    assert collect(workspace, KEY, rows("a", "b"), echo.answer, quiet)[0].text == "A"
    assert echo.asked == ["a"]


def test_what_was_answered_is_kept_to_the_last_sign(workspace: Workspace) -> None:
    strange = Answer("\u2028\n\r </s> \\ \" 東京 \ud800",
                     probabilities={"a\n": 0.123456, "b": 0.876544}, reference_nats=1.25,
                     reference_tokens=3, seconds=0.5, input_tokens=0, dollars=1e-9)  # fmt: skip

    def once(examples: Sequence[Example], tell: Tell) -> Batches:
        yield [(0, strange)]

    collect(workspace, KEY, rows("a"), once, quiet)
    (again,) = collect(workspace, KEY, rows("a"), Echo().answer, quiet)
    # Half a character cannot be written; all else comes back.
    assert again.text == strange.text.replace("\ud800", "?")
    assert again.probabilities == strange.probabilities
    assert (again.reference_nats, again.seconds, again.input_tokens, again.dollars) == (
        1.25, 0.5, 0, 1e-9)  # fmt: skip


def test_what_a_model_is_given_is_hashed_and_nothing_else() -> None:
    one = Example("1", "in", "out", "before")
    assert asked(one) == asked(Example("2", "in", "other", "before", "group"))
    assert asked(one) != asked(Example("1", "in ", "out", "before"))
    assert asked(one) != asked(Example("1", "in", "out", None))
    assert asked_about(one) != asked_about(Example("1", "in", "other", "before"))
    assert asked_about(one) == asked_about(Example("2", "in", "out", "before"))
