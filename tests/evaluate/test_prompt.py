"""What is asked: the words, the examples shown, and which label an answer names."""

from dataclasses import replace

import pytest

from core.data.dataset import Dataset, Example
from core.errors import BadInput, NotFound
from core.evaluate import prompt as prompts
from core.evaluate.named_label import as_label
from core.evaluate.prompt import make, read_template

TRAIN = [Example(f"t{n}", f"in {n}", ("pay", "lost card", "card")[n % 3 if n % 5 else 0])
         for n in range(30)]  # fmt: skip


def dataset(task="translation", **more):
    fields = {
        "name": "demo", "version": "0" * 12, "task": task, "splits": {"train": 30},
        "columns": {"input": "a", "target": "b"}, "source": "", "prefix": "",
        "source_language": "en", "target_language": "de", "labels": (), "synthetic": False,
        "created_at": "", "notes": "",
    }  # fmt: skip
    return Dataset(**{**fields, **more})


BANK = dataset("text-classification", labels=("card", "lost card", "pay"))


def test_the_default_names_the_languages_and_shows_solved_examples():
    made = make(dataset(), TRAIN, 2, None)
    turns = made.messages(Example("x", "Good day.", "Guten Tag."))
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * 2 + ["user"]
    assert turns[-1]["content"] == (
        "Translate the text from English to German. Answer with the translation alone.\n\n"
        "Text: Good day."
    )
    shown = {e.id: e for e in TRAIN}
    assert [turn["content"] for turn in turns if turn["role"] == "assistant"] == [
        shown[id_].target for id_ in made.to_json()["shots"]
    ]
    assert all("Guten Tag" not in turn["content"] for turn in turns)


def test_a_text_to_go_on_with_ends_where_the_answer_begins():
    text = make(dataset(), TRAIN, 1, "De: {input}").text(Example("x", "Good day.", "Guten Tag."))
    assert text.count("De: ") == 2
    assert text.endswith("\n\nDe: Good day.\nAnswer:")


def test_without_languages_and_with_several_labels_the_words_are_others():
    example = Example("x", "text", "")
    unknown = make(dataset(source_language=None), (), 0, None).messages(example)
    assert unknown[0]["content"].startswith("Translate the text. Answer")
    several = replace(BANK, columns={**BANK.columns, "label_separator": ";"}, labels=("a;b", "c"))
    asked = make(several, (), 0, None).messages(example)[0]["content"]
    assert "with ';' between them" in asked
    assert "Labels:\na\nb\nc\n" in asked


def test_examples_are_drawn_the_same_each_time_and_show_different_labels():
    first, again = make(BANK, TRAIN, 3, None), make(BANK, TRAIN[::-1], 3, None)
    assert first.shots == again.shots
    assert {shot.target for shot in first.shots} == {"card", "lost card", "pay"}
    assert make(BANK, TRAIN, 5, None).shots[:3] == first.shots
    assert len(make(BANK, TRAIN, None, None).shots) == prompts.SHOTS
    assert make(BANK, (), None, None).shots == ()


def test_no_example_is_shown_its_own_answer():
    made = make(BANK, TRAIN, 3, None)
    twin = replace(made.shots[1], id="elsewhere", target="")
    shown = [turn["content"] for turn in made.messages(twin) if turn["role"] == "user"]
    assert len(shown) == 3
    assert sum(words.endswith(f"Text: {twin.input}") for words in shown) == 1


def test_words_are_put_in_once_and_as_they_are():
    template = '{"q": "{input}", "labels": "{labels}"} {} {0} {{input}}'
    made = make(BANK, (), 0, template)
    hostile = "{labels} {input.__class__} %s \\1 \\g<0>"
    (turn,) = made.messages(Example("x", hostile, ""))
    labels = "card\nlost card\npay"
    expected = f'{{"q": "{hostile}", "labels": "{labels}"}} {{}} {{0}} {{{hostile}}}'
    assert turn["content"] == expected


@pytest.mark.parametrize(
    ("made_for", "template", "words"),
    [
        (BANK, "Which? {labels}", "has no {input}"),
        (BANK, "{input} {text}", "names {text}; known are {input}, {context}, {labels}"),
        (BANK, "{input.__class__}", "names {input.__class__}"),
        (BANK, "{input!r} {input}", "names {input!r}"),
        (dataset(), "{input} {labels}", "names {labels}, which demo@000000000000 does not say"),
        (dataset(source_language=None), "{input} {source_language}", "does not say"),
        (
            dataset("question-answering", columns={"input": "q", "target": "a", "context": "p"}),
            "{input}",
            "has no {context}",
        ),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(made_for, template, words):
    with pytest.raises(BadInput) as error:
        make(made_for, TRAIN, 0, template)
    assert words in str(error.value)


def test_shots_that_there_are_not_are_refused():
    for shots in (-1, 31, 33):
        with pytest.raises(BadInput, match=f"{shots} examples cannot be shown; expected 0 to 30"):
            make(BANK, TRAIN, shots, None)


def test_a_conversation_is_sent_as_it_is():
    talk = dataset("text-generation", columns={"messages": "m"})
    said = '[{"role": "system", "content": "Be brief."}]'
    made = make(talk, TRAIN, None, None)
    assert made.messages(Example("x", "Hi", "", said)) == [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]  # fmt: skip
    with pytest.raises(BadInput, match="leave out --prompt"):
        make(talk, TRAIN, 2, None)


def test_the_key_holds_all_that_the_question_depends_on():
    made = make(BANK, TRAIN, 3, None)
    others = [
        make(BANK, TRAIN, 2, None),
        make(BANK, TRAIN, 3, "{input}"),
        make(replace(BANK, labels=("card", "pay")), TRAIN, 3, None),
        make(BANK, [replace(e, target=e.target.upper()) for e in TRAIN], 3, None),
        replace(made, chat=True),
    ]
    assert len({made.key, *(other.key for other in others)}) == 6
    assert make(BANK, TRAIN, 3, None).key == made.key


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("pay", "pay"),
        ("  PAY.\n", "pay"),
        ('"Lost Card"', "lost card"),
        ("The label is: pay", "pay"),
        ("It is about a lost card!", "lost card"),
        ("card", "card"),
        ("pay or card", "pay or card"),
        ("lost card, or card", "lost card, or card"),
        ("payment", "payment"),
        ("", ""),
        ("none of them", "none of them"),
    ],
)
def test_an_answer_is_the_label_that_it_names(answer, label):
    assert as_label(answer, BANK) == label


def test_labels_without_spaces_around_them_and_several_labels():
    chinese = replace(BANK, labels=("退款", "发货"))
    assert as_label("标签是退款。", chinese) == "退款"
    several = replace(BANK, columns={**BANK.columns, "label_separator": "; "})
    assert as_label("Pay; the lost card\nodd", several) == "pay; lost card; odd"


def test_a_file_of_words_is_read(tmp_path):
    path = tmp_path / "p.txt"
    path.write_bytes("\ufeffSag: {input}\n".encode())
    assert read_template(path) == "Sag: {input}"
    path.write_bytes(b"\xff{input}")
    with pytest.raises(BadInput, match="not UTF-8"):
        read_template(path)
    path.write_text("x" * (prompts.MOST_CHARACTERS + 1))
    with pytest.raises(BadInput, match="20,001 characters; at most 20,000"):
        read_template(path)
    with pytest.raises(NotFound, match="There is no file"):
        read_template(tmp_path / "none")
