"""Conversations: from a file to token ids, with the loss on the last answer alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import chat as conversations
from core.data import dataset as datasets
from core.data.collect import Files, Options, Source
from core.data.dataset import Dataset, Example
from core.data.imports import import_files
from core.errors import BadInput
from core.evaluate.predict import answer, load
from core.models import chat
from core.models.load import load_tokenizer
from core.models.resolve import ModelRef
from core.train.config import TrainConfig, from_preset
from core.train.loop import train
from core.train.objectives import IGNORED, MAKERS
from core.workspace import Workspace

TEMPLATE = (
    "{% for m in messages %}{{ '[CLS] ' + m['content'] + ' </s> ' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '[CLS] ' }}{% endif %}"
)
TALK = [
    {"role": "system", "content": "one"},
    {"role": "user", "content": "two"},
    {"role": "assistant", "content": "zwei"},
    {"role": "user", "content": "three"},
    {"role": "assistant", "content": "drei"},
]


def row(talk: list[dict[str, str]]) -> Example:
    found = conversations.parts(json.dumps(talk))
    assert isinstance(found, dict)
    return Example("e1", found["input"], found["target"], found.get("context"))


def words(tokenizer: Any, ids: list[int]) -> list[str]:
    return [str(token) for token in tokenizer.convert_ids_to_tokens(ids)]


def test_a_row_reads_like_any_other_and_gives_the_conversation_back() -> None:
    example = row(TALK)
    assert (example.input, example.target) == ("three", "drei")
    assert conversations.messages_of(example) == TALK[:-1]
    assert row(TALK[1:3]).context is None
    # What comes after the last answer is no part of it.
    assert row([*TALK, {"role": "user", "content": "more"}]) == example


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("hello", "must be a list of role"),
        ('{"role": "user"}', "must be a list of role"),
        ('[{"role": "user", "content": 3}]', "must be a list of role"),
        ('[{"role": "tool", "content": "x"}]', r"role \(system, user, assistant\)"),
        ("[]", "no answer of the assistant"),
        ('[{"role": "assistant", "content": "x"}]', "no answer of the assistant"),
        ('[{"role": "user", "content": "x"}]', "no answer of the assistant"),
    ],
)
def test_what_is_no_conversation_is_refused_with_the_reason(cell: str, reason: str) -> None:
    import re

    found = conversations.parts(cell)
    assert isinstance(found, str)
    assert re.search(reason, found)


def test_the_loss_is_on_the_answer_alone_by_the_template(
    llama: ModelRef, dataset: Callable[..., Dataset]
) -> None:
    tokenizer = load_tokenizer(llama)
    tokenizer.chat_template = TEMPLATE
    data = dataset("text-generation", columns={"messages": "messages"})
    made = MAKERS["causal"](tokenizer, data, [row(TALK)], TrainConfig())
    ids, labels = made.rows[0]["input_ids"], made.rows[0]["labels"]
    assert words(tokenizer, ids) == [
        "[CLS]",
        "one",
        "</s>",
        "[CLS]",
        "two",
        "</s>",
        "[CLS]",
        "zwei",
        "</s>",
        "[CLS]",
        "three",
        "</s>",
        "[CLS]",
        "drei",
        "</s>",
    ]
    # The earlier answer is context; the last one, and what closes it, is what is learnt.
    learnt = [token for token, label in zip(ids, labels, strict=True) if label != IGNORED]
    assert words(tokenizer, learnt) == ["drei", "</s>"]
    assert all(label in (IGNORED, token) for token, label in zip(ids, labels, strict=True))


def test_the_plain_template_is_the_documented_one(
    llama: ModelRef, dataset: Callable[..., Dataset]
) -> None:
    tokenizer = load_tokenizer(llama)
    assert conversations.plain(TALK[:2]) == "System: one\n\nUser: two\n\nAssistant:"
    data = dataset("text-generation", columns={"messages": "messages"})
    made = MAKERS["causal"](tokenizer, data, [row(TALK)], TrainConfig())
    ids, labels = made.rows[0]["input_ids"], made.rows[0]["labels"]
    learnt = [token for token, label in zip(ids, labels, strict=True) if label != IGNORED]
    assert words(tokenizer, learnt) == ["drei", "</s>"]
    assert words(tokenizer, ids).count("three") == 1
    assert data.model_input(row(TALK)).endswith("User: three\n\nAssistant:")


def test_a_template_that_rewrites_what_came_before_still_ends_the_answer(llama: ModelRef) -> None:
    tokenizer = load_tokenizer(llama)
    tokenizer.chat_template = "{{ messages | length }} {{ messages[-1]['content'] }}"
    ids = chat.answer_ids(tokenizer, TALK[:2], "zwei")
    assert words(tokenizer, ids) == ["zwei", "</s>"]


def test_a_template_without_the_end_token_gets_it(llama: ModelRef) -> None:
    tokenizer = load_tokenizer(llama)
    tokenizer.chat_template = TEMPLATE.replace("</s>", "[SEP]")
    ids = chat.answer_ids(tokenizer, TALK[:2], "zwei")
    assert words(tokenizer, ids) == ["zwei", "</s>"]


@pytest.mark.parametrize("templated", [True, False])
def test_a_model_learns_to_answer_and_is_asked_in_the_same_way(
    llama: ModelRef, dataset: Callable[..., Dataset], told: Any, folder: Path, templated: bool
) -> None:
    import shutil

    base = folder / "base"
    assert llama.path
    shutil.copytree(llama.path, base)
    if templated:
        tokenizer = load_tokenizer(llama)
        tokenizer.chat_template = TEMPLATE
        tokenizer.save_pretrained(base)
    data = dataset("text-generation", columns={"messages": "messages"})
    pairs = {"one": "eins", "two": "zwei", "three": "drei"}
    rows = [Example(f"e{n}", asked, said) for n, (asked, said) in enumerate(pairs.items())]
    config = from_preset("balanced", {"batch_size": 3, "max_steps": 120, "epochs": 200,
                                      "learning_rate": 1e-2})  # fmt: skip
    train(ModelRef("chat", "folder", base), data, config, {"train": rows * 2, "validation": []},
          None, folder, told())  # fmt: skip
    tuned = ModelRef("tuned", "folder", folder / "model")
    assert answer(*load(tuned, data), data, rows) == list(pairs.values())


def test_a_file_of_conversations_is_imported(tmp_path: Path) -> None:
    place = Workspace.open(tmp_path)
    file = tmp_path / "talks.jsonl"
    talks = [
        [{"role": "user", "content": f"question {n}"}, {"role": "assistant", "content": f"yes {n}"}]
        for n in range(20)
    ]
    lines = [json.dumps({"id": f"t{n}", "messages": talk}) for n, talk in enumerate(talks)]
    lines += [json.dumps({"id": "bad", "messages": [{"role": "user", "content": "x"}]})]
    file.write_text("\n".join(lines))
    source = Files((Source(file, "talks.jsonl"),))
    made = import_files(place, Options("text-generation"), source)
    assert made.dataset.chat
    assert made.dataset.rows == 20
    assert [refused.line for refused in made.collected.refused] == [21]
    assert "no answer of the assistant" in made.collected.refused[0].reason
    kept = {e.id: e for e in datasets.read(place, made.dataset, "all")}
    assert (kept["t3"].input, kept["t3"].target, kept["t3"].context) == (
        "question 3",
        "yes 3",
        None,
    )


def test_a_context_that_is_no_conversation_is_refused() -> None:
    with pytest.raises(BadInput, match="The context of x is no conversation"):
        conversations.messages_of(Example("x", "a", "b", "some passage"))
