"""Disturbances: as strong as they say, the same each time, a stronger one holding a weaker one."""

import difflib
import subprocess
import sys

import pytest

from core.data.dataset import Example
from core.evaluate.disturb import _NEIGHBOURS, DISTURBANCES, STRENGTHS, disturbed
from core.table import find
from core.text.catalog import topic

SENTENCE = ("Where is my order, and why does it take so long? I don't understand what is going on "
            "with the parcel: it's been two weeks, isn't it?")  # fmt: skip
EXAMPLES = [Example(str(n), SENTENCE, "delivery") for n in range(200)]


def change(name, text=SENTENCE, strength=0.4, id_="1", language="en", task="translation", seed=0):
    row = find(DISTURBANCES, name, "disturbance")
    return disturbed(Example(id_, text, "t"), row, strength, language, task, seed).input


NAMES = [row.name for row in DISTURBANCES]


@pytest.mark.parametrize("name", NAMES)
def test_strength_nothing_changes_nothing_and_the_same_is_the_same(name):
    assert change(name, strength=0) == SENTENCE
    assert change(name, id_="7") == change(name, id_="7")
    if name != "truncation":
        assert len({change(name, id_=str(n)) for n in range(40)}) > 5
        assert len({change(name, seed=n) for n in range(40)}) > 5
    assert change(name, "", strength=1) == ""


def test_it_is_the_same_in_another_process():
    code = ("from core.evaluate.disturb import *; from core.data.dataset import Example;"
            f"print(disturbed(Example('7', {SENTENCE!r}, 't'), DISTURBANCES[0], 0.4, 'en',"
            "'translation', 0).input)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip("\n") == change("typos", id_="7")


@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_share_of_words_with_a_typing_error_is_the_strength(strength):
    words = [w.strip(",?:") for w in SENTENCE.split()]
    changed = total = 0
    for n in range(400):
        said = [w.strip(",?:") for w in change("typos", strength=strength, id_=str(n)).split()]
        places = [i for i, w in enumerate(words) if len(w) > 1 and "'" not in w]
        changed += sum(said[i] != words[i] for i in places if i < len(said))
        total += len(places)
    # A swap of two equal letters changes nothing: a little below the strength.
    assert 0.85 * strength < changed / total < 1.1 * strength


def test_a_typing_error_is_one_of_three():
    seen = set()
    for n in range(300):
        said = change("typos", "parcel", 1.0, str(n))
        if len(said) == 5:
            assert any("parcel"[:i] + "parcel"[i + 1 :] == said for i in range(6))
            seen.add("lost")
        elif sorted(said) == sorted("parcel"):
            seen.add("swapped")
        else:
            [i] = [i for i in range(6) if said[i] != "parcel"[i]]
            assert said[i] in _NEIGHBOURS["parcel"[i]]
            seen.add("neighbour")
    assert seen == {"lost", "swapped", "neighbour"}


def test_the_keyboard_is_a_keyboard():
    assert set(_NEIGHBOURS["g"]) == set("fhtyvb")
    assert set(_NEIGHBOURS["q"]) == set("wa")
    for key, near in _NEIGHBOURS.items():
        assert all(key in _NEIGHBOURS[other] for other in near)


@pytest.mark.parametrize("name", ["typos", "case", "punctuation", "paraphrase"])
def test_a_stronger_one_holds_the_changes_of_a_weaker_one(name):
    for n in range(40):
        distances = []
        for strength in (0, *STRENGTHS, 1.0):
            said = change(name, strength=strength, id_=str(n), task="text-classification")
            same = difflib.SequenceMatcher(None, SENTENCE, said, autojunk=False).ratio()
            distances.append(round(1 - same, 9))
        assert distances == sorted(distances)


def test_case_and_punctuation_keep_the_letters():
    assert change("case").casefold() == SENTENCE.casefold()
    assert change("case", "LOUD words", 1.0) == "loud WORDS"
    assert change("punctuation", strength=1.0) == "".join(c for c in SENTENCE if c not in ",?:'")
    assert change("punctuation", "你好，世界。", 1.0) == "你好世界"


def test_truncation_cuts_the_end_and_leaves_a_word():
    assert change("truncation", "one two three four five", 0.4) == "one two three"
    assert change("truncation", "one two three four five", 1.0) == "one"
    assert change("truncation", "one", 1.0) == "one"
    assert change("truncation", "我今天很累", 0.4) == "我今天"


def test_paraphrases_keep_the_meaning_and_frames_stand_around_questions_alone():
    assert change("paraphrase", "It's late, do not go.", 1.0) == "It is late, don't go."
    assert change("paraphrase", "然后怎么办", 1.0, language="zh") == "然后如何办"
    assert change("paraphrase", "ça va", 1.0, language="fr") == "ça va"
    assert (
        change("paraphrase", "Μπορώ;", 1.0, language="el", task="text-classification") == "Μπορώ;"
    )
    framed = {change("paraphrase", "Lost card", 1.0, str(n), task="text-classification")
              for n in range(50)}  # fmt: skip
    assert framed == {"Hello, Lost card", "I have a question: Lost card",
                      "Lost card Thanks in advance.", "Quick one: Lost card"}  # fmt: skip
    assert change("paraphrase", "Lost card", 1.0, task="translation") == "Lost card"


def test_chinese_characters_are_doubled_or_lost():
    for n in range(30):
        assert change("typos", "你", 1.0, str(n)) in ("", "你你")


def test_what_is_not_the_input_stays():
    row = find(DISTURBANCES, "case", "disturbance")
    given = Example("1", "Who was it?", "Bob", "It was Bob.", columns={"a": "b"})
    made = disturbed(given, row, 1.0, "en", "question-answering", 0)
    assert (made.id, made.target, made.context, made.columns) == (
        "1",
        "Bob",
        "It was Bob.",
        {"a": "b"},
    )
    assert made.input == "WHO WAS IT?"


def test_every_disturbance_has_its_words():
    for language in ("en", "zh"):
        assert {f"disturbance.{name}" for name in NAMES} <= set(topic("where", language))
