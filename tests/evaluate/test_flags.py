"""Flags of answers: empty, failed, copied, facts lost."""

import pytest

from core.evaluate.flags import FLAGS, copied, flags
from core.text.catalog import topic


def row(source, reference, prediction, **more):
    return {"input": source, "reference": reference, "prediction": prediction, **more}


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (row("Save 3 files", "3 Dateien speichern", "3 Dateien speichern"), ()),
        (row("Save 3 files", "3 Dateien speichern", "Dateien speichern"), ("number_lost",)),
        (row("Save 3 files", "3 Dateien speichern", "4 Dateien sichern"),
         ("number_lost", "number_invented")),
        (row("Save 3 files", "3 Dateien speichern", " \n"), ("empty",)),
        (row("Save 3 files", "3 Dateien speichern", "", error="429"), ("failed",)),
        (row("Save 3 files", "3 Dateien speichern", "save 3  files"), ("copied",)),
        (row("See https://a.example/x", "Siehe https://a.example/x", "Siehe https://b.example"),
         ("address_lost", "address_invented")),
    ],
)  # fmt: skip
def test_flags_of_a_translation(example, found):
    assert flags(example, "translation") == found


def test_an_answer_from_a_passage_is_judged_by_passage_and_question():
    example = row("When?", "in 1999", "in 1999", context="Founded in 1999.")
    assert flags(example, "question-answering") == ()
    assert flags({**example, "prediction": "in 2001"}, "question-answering") == (
        "number_lost", "number_invented",
    )  # fmt: skip
    # It is a part of its source by its nature.
    assert flags({**example, "prediction": "Founded in 1999."}, "question-answering") == ()


def test_a_label_holds_no_facts():
    assert flags(row("card 3 lost", "card_3", "card_4"), "text-classification") == ()
    assert flags(row("card 3 lost", "card_3", ""), "text-classification") == ("empty",)


@pytest.mark.parametrize(
    ("source", "reference", "answer", "is_copy"),
    [
        ("The cat sleeps.", "Die Katze schläft.", "The cat sleeps.", True),
        ("The cat sleeps.", "Die Katze schläft.", "The cat sleeps!", True),
        ("The cat sleeps.", "Die Katze schläft.", "Die Katze schläft.", False),
        ("OK", "OK", "OK", False),  # to copy is right here
        ("The cat sleeps.", "The cat sleeps!", "The cat sleeps.", False),
        ("", "x", "x", False),
    ],
)
def test_a_copy_is_one_only_where_the_reference_is_another_text(source, reference, answer, is_copy):
    assert copied(source, reference, answer) is is_copy


def test_every_flag_has_its_words():
    for language in ("en", "zh"):
        words = topic("where", language)
        assert [flag for flag in FLAGS if f"slice.{flag}" not in words] == []
