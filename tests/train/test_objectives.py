from collections.abc import Callable

import pytest
import torch

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.models.load import load_tokenizer
from core.models.resolve import ModelRef
from core.train.config import TrainConfig
from core.train.objectives import IGNORED, MAKERS, Collator

MakeDataset = Callable[..., Dataset]


def ids(tokenizer: object, text: str) -> list[int]:
    return tokenizer.convert_tokens_to_ids(text.split())  # type: ignore[attr-defined, no-any-return]


def test_seq2seq_reads_the_prefix_and_learns_the_target(t5: ModelRef, dataset: MakeDataset) -> None:
    tokenizer = load_tokenizer(t5)
    data = dataset("translation", prefix="kettle leaks ")
    made = MAKERS["seq2seq"](tokenizer, data, [Example("a", "one two", "eins zwei")], TrainConfig())
    assert made.rows == [
        {
            "input_ids": ids(tokenizer, "kettle leaks one two </s>"),
            "labels": ids(tokenizer, "eins zwei </s>"),
        }
    ]
    assert (made.cut_inputs, made.cut_targets) == (0, 0)


def test_long_texts_are_cut_counted_and_still_end(t5: ModelRef, dataset: MakeDataset) -> None:
    tokenizer = load_tokenizer(t5)
    config = TrainConfig(max_input_tokens=4, max_target_tokens=3)
    long = Example("a", "one two three four five", "eins zwei drei vier")
    made = MAKERS["seq2seq"](tokenizer, dataset("translation"), [long], config)
    assert made.rows[0]["input_ids"] == ids(tokenizer, "one two three </s>")
    assert made.rows[0]["labels"] == ids(tokenizer, "eins zwei </s>")
    assert (made.cut_inputs, made.cut_targets) == (1, 1)


def test_seq2seq_question_answering_names_question_and_context(
    t5: ModelRef, dataset: MakeDataset
) -> None:
    tokenizer = load_tokenizer(t5)
    example = Example("a", "one", "lamp", "lamp broke")
    made = MAKERS["seq2seq"](tokenizer, dataset("question-answering"), [example], TrainConfig())
    unknown = tokenizer.unk_token_id
    expected = [unknown, *ids(tokenizer, "one"), unknown, *ids(tokenizer, "lamp broke </s>")]
    assert made.rows[0]["input_ids"] == expected


def test_classification_numbers_the_labels(bert: ModelRef, dataset: MakeDataset) -> None:
    data = dataset("text-classification", labels=("fault", "usage"))
    examples = [Example("a", "kettle leaks", "fault"), Example("b", "lamp", "usage")]
    made = MAKERS["classification"](load_tokenizer(bert), data, examples, TrainConfig())
    assert [row["labels"] for row in made.rows] == [0, 1]


def test_a_label_outside_the_training_split_is_named(bert: ModelRef, dataset: MakeDataset) -> None:
    data = dataset("text-classification", labels=("fault", "usage"))
    with pytest.raises(
        BadInput, match=r"label 'other' of b in tiny@0+ is not in the training split"
    ):
        MAKERS["classification"](
            load_tokenizer(bert), data, [Example("b", "lamp", "other")], TrainConfig()
        )


def span(ref: ModelRef, data: Dataset, example: Example, limit: int) -> list[tuple[int, ...]]:
    tokenizer = load_tokenizer(ref)
    config = TrainConfig(max_input_tokens=limit)
    made = MAKERS["question-answering"](tokenizer, data, [example], config)
    found = []
    for row in made.rows:
        first, last = row["start_positions"], row["end_positions"]
        words = tokenizer.convert_ids_to_tokens(row["input_ids"][first : last + 1])
        found.append((first, last, " ".join(words)))
    return found


def test_a_span_points_at_the_answers_tokens(bert: ModelRef, dataset: MakeDataset) -> None:
    example = Example("a", "one two", "kettle leaks", "lamp broke kettle leaks three")
    # [CLS] one two [SEP] lamp broke kettle leaks three [SEP]
    assert span(bert, dataset("question-answering"), example, 32) == [(6, 7, "kettle leaks")]


def test_a_long_passage_becomes_windows_and_the_answer_is_in_some(
    bert: ModelRef, dataset: MakeDataset
) -> None:
    passage = "one two three four five six seven eight kettle leaks lamp broke"
    example = Example("a", "lamp", "kettle leaks", passage)
    found = span(bert, dataset("question-answering"), example, 10)
    assert len(found) > 1
    whole = [row for row in found if row[:2] != (0, 0)]
    assert {text for *_, text in whole} == {"kettle leaks"}
    assert {text for first, last, text in found if (first, last) == (0, 0)} <= {"[CLS]"}


def test_an_answer_that_is_not_in_its_passage_is_named(
    bert: ModelRef, dataset: MakeDataset
) -> None:
    example = Example("q7", "one", "lamp", "kettle leaks")
    with pytest.raises(BadInput, match=r"answer 'lamp' of q7 .* does not stand in its passage"):
        span(bert, dataset("question-answering"), example, 32)


def test_a_question_longer_than_the_model_is_cut(bert: ModelRef, dataset: MakeDataset) -> None:
    example = Example("a", "one two three four five six", "lamp", "lamp broke")
    # Four tokens of 8 for the question, three for the marks: one is left for the passage.
    found = span(bert, dataset("question-answering"), example, 8)
    assert [text for *_, text in found] == ["lamp", "[CLS]"]


def test_causal_learns_the_completion_and_its_end_alone(
    llama: ModelRef, dataset: MakeDataset
) -> None:
    tokenizer = load_tokenizer(llama)
    data = dataset("text-generation")
    made = MAKERS["causal"](tokenizer, data, [Example("a", "one two", "eins zwei")], TrainConfig())
    assert made.rows == [
        {
            "input_ids": ids(tokenizer, "one two eins zwei </s>"),
            "labels": [IGNORED, IGNORED, *ids(tokenizer, "eins zwei </s>")],
        }
    ]


def test_causal_keeps_the_end_of_a_long_prompt(llama: ModelRef, dataset: MakeDataset) -> None:
    tokenizer = load_tokenizer(llama)
    config = TrainConfig(max_input_tokens=2)
    example = Example("a", "one two three", "eins")
    made = MAKERS["causal"](tokenizer, dataset("text-generation"), [example], config)
    assert made.rows[0]["input_ids"] == ids(tokenizer, "two three eins </s>")


def test_a_batch_is_padded_to_its_longest_row() -> None:
    rows = [{"input_ids": [5, 6, 1], "labels": [7, 1]}, {"input_ids": [8, 1], "labels": [9, 10, 1]}]
    batch = Collator(pad_id=0)(rows)
    assert batch["input_ids"].tolist() == [[5, 6, 1], [8, 1, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch["labels"].tolist() == [[7, 1, IGNORED], [9, 10, 1]]


def test_a_batch_of_numbers_is_stacked() -> None:
    rows = [{"input_ids": [5], "token_type_ids": [1], "labels": 3},
            {"input_ids": [5, 6], "token_type_ids": [0, 1], "labels": 4}]  # fmt: skip
    batch = Collator(pad_id=2)(rows)
    assert batch["labels"].tolist() == [3, 4]
    assert batch["token_type_ids"].tolist() == [[1, 0], [0, 1]]
    assert batch["input_ids"].tolist() == [[5, 2], [5, 6]]
    assert batch["input_ids"].dtype == torch.long
