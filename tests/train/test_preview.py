"""The batch that is shown is the batch that is trained on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.models.resolve import ModelRef
from core.train import trainer as training
from core.train.config import from_preset
from core.train.loop import train
from core.train.preview import first_batch

MakeDataset = Callable[..., Dataset]
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
ROWS = [
    Example(f"e{n}", " ".join(WORDS[: 1 + n % 5]), f"{WORDS[n % 8]} lamp", "the lamp broke")
    for n in range(24)
]


def settings(**fields: Any) -> Any:
    return from_preset("balanced", {"batch_size": 4, "max_steps": 1, **fields})


@pytest.mark.parametrize(("kind", "task"), [("t5", "translation"), ("llama", "text-generation")])
def test_it_is_the_runs_first_batch(
    kind: str, task: str, dataset: MakeDataset, told: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    ref: ModelRef = request.getfixturevalue(kind)
    data, config = dataset(task), settings(seed=3)
    rows = [Example(e.id, e.input, e.target) for e in ROWS]
    shown = first_batch(ref, data, config, rows)
    fed: list[Any] = []
    step = training.ClockedTrainer.training_step

    def watched(self: Any, model: Any, inputs: Any, *rest: Any) -> Any:
        fed.append({name: tensor.tolist() for name, tensor in inputs.items()})
        return step(self, model, inputs, *rest)

    monkeypatch.setattr(training.ClockedTrainer, "training_step", watched)
    train(ref, data, config, {"train": rows, "validation": []}, None, folder, told())
    first = fed[0]
    assert [[cell["id"] for cell in row["input"]] for row in shown["rows"]] == first["input_ids"]
    counted = [[cell["counted"] for cell in row["labels"]] for row in shown["rows"]]
    assert counted == [[label != -100 for label in row] for row in first["labels"]]
    assert shown["learnt_tokens"] == sum(map(sum, counted))
    masked = [len(row) - sum(row) for row in first["attention_mask"]]
    assert [row["padding"] for row in shown["rows"]] == masked
    assert shown["padding_share"] == pytest.approx(
        sum(masked) / sum(map(len, first["attention_mask"]))
    )


def test_special_tokens_and_padding_are_named(t5: ModelRef, dataset: MakeDataset) -> None:
    rows = [Example("a", "one", "eins"), Example("b", "one two three", "zwei drei")]
    found = first_batch(t5, dataset("translation"), settings(batch_size=2), rows)
    short = next(row for row in found["rows"] if row["padding"])
    assert [(cell["token"], cell["role"]) for cell in short["input"]] == [
        ("one", "text"), ("</s>", "special"), ("<pad>", "padding"), ("<pad>", "padding"),
    ]  # fmt: skip
    assert short["tokens"] == ["one", "</s>"]
    assert short["target"] == ["eins", "</s>"]
    assert [cell["counted"] for cell in short["labels"]] == [True, True, False]
    assert (found["considered_rows"], found["whole"]) == (2, True)


def test_what_was_cut_is_said(t5: ModelRef, dataset: MakeDataset) -> None:
    rows = [Example("a", "one " * 30, "eins"), Example("b", "one", "eins zwei drei"),
            Example("c", "one", "eins")]  # fmt: skip
    config = settings(batch_size=3, max_input_tokens=16, max_target_tokens=3)
    found = first_batch(t5, dataset("translation"), config, rows)["rows"]
    assert sorted((row["cut_input"], row["cut_target"]) for row in found) == [
        (False, False), (False, True), (True, False),
    ]  # fmt: skip


def test_a_prompt_is_not_counted_and_can_be_cut(llama: ModelRef, dataset: MakeDataset) -> None:
    rows = [Example("a", "one two three", "lamp broke"), Example("b", "one " * 40, "lamp")]
    config = settings(batch_size=2, max_input_tokens=16)
    found = first_batch(llama, dataset("text-generation"), config, rows)["rows"]
    short = next(row for row in found if row["padding"])
    assert short["target"] == ["lamp", "broke", "</s>"]
    assert [cell["token"] for cell in short["labels"] if cell["counted"]] == short["target"]
    assert not any(cell["counted"] for cell in short["labels"][:3])
    assert [row["cut_input"] for row in found] == [row is not short for row in found]


def test_classes_and_answers_stand_by_name(bert: ModelRef, dataset: MakeDataset) -> None:
    data = dataset("text-classification", labels=("good", "bad"))
    rows = [Example("a", "lamp broke", "bad"), Example("b", "lamp", "good")]
    found = first_batch(bert, data, settings(batch_size=2), rows)["rows"]
    assert sorted(row["target"] for row in found) == [["bad"], ["good"]]
    rows = [Example("a", "two", "lamp broke", "one lamp broke three")]
    (row,) = first_batch(bert, dataset("question-answering"), settings(), rows)["rows"]
    assert row["target"] == ["lamp", "broke"]
    with pytest.raises(BadInput, match="no training example"):
        first_batch(bert, data, settings(), [])
