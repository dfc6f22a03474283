"""The model that is wanted is the one that answers."""

import asyncio

import pytest

from core.deploy.follow import follow
from core.errors import BadInput, Busy


def followed(wanted, change, looks):
    """Follow for so many looks; returns what was said."""
    said = []
    left = iter(range(looks))

    def look():
        if next(left, None) is None:
            raise KeyboardInterrupt
        return wanted()

    async def main():
        await follow(look, change, "a", say=lambda *v, **k: said.append((v, k)), look_seconds=0)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    return said


def test_it_changes_once_for_each_decision():
    decisions = iter([None, "a", "b", "b", "c", "c", None, "a"])
    made = []

    async def change(name):
        made.append(name)

    assert followed(lambda: next(decisions), change, 8) == []
    assert made == ["b", "c", "a"]


def test_a_model_that_cannot_be_loaded_is_not_tried_again_at_once():
    tried = []

    async def change(name):
        tried.append(name)
        if name == "bad":
            raise BadInput("It is damaged.")

    decisions = iter(["bad", "bad", "bad", "b", "bad"])
    said = followed(lambda: next(decisions), change, 5)
    assert tried == ["bad", "b", "bad"]
    assert [values["error"] for _, values in said] == ["It is damaged."] * 2


def test_a_look_that_fails_is_made_again():
    answers = iter([Busy("It is locked."), "b"])
    made = []

    def wanted():
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    async def change(name):
        made.append(name)

    said = followed(wanted, change, 2)
    assert made == ["b"]
    assert said[0][0] == ("follow_failed",)
