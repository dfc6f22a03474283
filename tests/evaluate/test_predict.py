"""Answers of the starter models: against one-at-a-time decoding by hand, and their limits."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.evaluate import batches, predict
from core.evaluate.answer import Answer
from core.evaluate.baselines import CopySource, baseline
from core.evaluate.extract import extract
from core.evaluate.spans import best_span
from core.models.load import load_model, load_tokenizer
from core.models.resolve import ModelRef
from core.workspace import assets


def starter(name: str) -> ModelRef:
    return ModelRef(name, "starter", assets() / "models" / name)


def dataset(task: str, prefix: str = "", labels: tuple[str, ...] = ()) -> Dataset:
    return Dataset("demo", "0" * 12, task, {"test": 1}, {}, "", prefix, None, None, labels,
                   True, "", "")  # fmt: skip


TEXTS = ("The cat sleeps.", "Where is the station?", "I would like two cups of coffee, please.",
         "Save", "He gave her the book that he had bought on Monday.")  # fmt: skip


def examples(texts: Sequence[str] = TEXTS, target: str = "ein paar Wörter hier") -> list[Example]:
    return [Example(str(i), text, target) for i, text in enumerate(texts)]


def answers(ref: ModelRef, data: Dataset, rows: Sequence[Example], **how: int) -> list[str]:
    return predict.answer(*predict.load(ref, data), data, rows, **how)


def by_hand(model: Any, tokenizer: Any, text: str, limit: int) -> str:
    """Greedy decoding of one text, a forward pass over the whole sequence for each token."""
    ids = torch.tensor([tokenizer(text)["input_ids"]])
    seq2seq = model.config.is_encoder_decoder
    written = torch.tensor([[model.config.decoder_start_token_id]]) if seq2seq else ids
    begun = written.shape[1]
    with torch.inference_mode():
        for _ in range(limit):
            if seq2seq:
                logits = model(input_ids=ids, decoder_input_ids=written).logits
            else:
                logits = model(input_ids=written).logits
            token = logits[0, -1].argmax().view(1, 1)
            written = torch.cat([written, token], dim=1)
            if token.item() == tokenizer.eos_token_id:
                break
    return str(tokenizer.decode(written[0, begun:], skip_special_tokens=True)).strip()


@pytest.mark.parametrize(
    ("name", "purpose", "task", "prefix"),
    [("starter-translate", "seq2seq", "translation", "translate English to German: "),
     ("starter-causal", "causal", "text-generation", "")],
)  # fmt: skip
def test_batches_write_what_one_at_a_time_writes(
    name: str, purpose: str, task: str, prefix: str
) -> None:
    model, tokenizer = load_model(starter(name), purpose), load_tokenizer(starter(name))
    rows = examples()
    limit = batches.answer_tokens(tokenizer, rows)
    data = dataset(task, prefix)
    given = list(predict.each(*predict.load(starter(name), data), data, rows, most_rows=3))
    assert [len(batch) for batch in given] == [3, 2]
    found = dict(pair for batch in given for pair in batch)
    texts = [by_hand(model, tokenizer, prefix + row.input, limit) for row in rows]
    assert [found[place].text for place in range(len(rows))] == texts
    assert any(texts)
    for place, row in enumerate(rows):
        assert found[place].input_tokens == len(tokenizer(prefix + row.input)["input_ids"])
        tokens = found[place].output_tokens
        assert tokens is not None
        assert bool(texts[place]) <= tokens <= limit


def test_order_is_kept_and_mode_restored() -> None:
    ref = starter("starter-translate")
    model, tokenizer = load_model(ref, "seq2seq"), load_tokenizer(ref)
    model.train()
    data = dataset("translation", "translate English to German: ")
    rows = examples()
    forth = predict.answer(model, tokenizer, data, rows, most_rows=2)
    back = predict.answer(model, tokenizer, data, rows[::-1], most_rows=2)
    assert model.training
    assert forth == back[::-1]
    assert predict.answer(model, tokenizer, data, []) == []


def test_limits_come_from_the_references() -> None:
    tokenizer = load_tokenizer(starter("starter-translate"))
    short = batches.answer_tokens(tokenizer, examples(target="eins"))
    long = batches.answer_tokens(tokenizer, examples(target="eins zwei drei " * 10))
    tokens = len(tokenizer("eins zwei drei " * 10)["input_ids"])
    assert long == int(np.ceil(1.5 * tokens)) + 8
    assert short < long
    assert batches.answer_tokens(tokenizer, examples(target="")) == batches.NEW_TOKENS_UNKNOWN
    huge = batches.answer_tokens(tokenizer, examples(target="eins zwei drei " * 500))
    assert huge == batches.MOST_NEW_TOKENS
    assert batches.room_for(tokenizer) == tokenizer.model_max_length
    assert batches.room_for(tokenizer, taken=10**6) == 1


@pytest.mark.parametrize("name", ["starter-translate", "starter-causal"])
def test_hostile_and_empty_inputs_are_answered(name: str) -> None:
    hostile = ["", "</s>", "<script>alert(1)</script>", "=1+1", "\x00\u2028", "word " * 3000]
    task = "translation" if name == "starter-translate" else "text-generation"
    found = answers(starter(name), dataset(task), examples(hostile, target="kurz"))
    assert len(found) == len(hostile)
    assert all(isinstance(text, str) for text in found)


def test_a_new_head_answers_with_the_datasets_labels() -> None:
    labels = ("billing", "delivery", "refund")
    data = dataset("text-classification", labels=labels)
    found = answers(starter("starter-encode"), data, examples())
    assert set(found) <= set(labels)
    assert found == answers(starter("starter-encode"), data, examples(), most_rows=2)


def test_an_encoder_is_not_asked_to_write() -> None:
    with pytest.raises(BadInput, match="starter-encode is an encoder model and cannot write"):
        answers(starter("starter-encode"), dataset("translation"), examples())


@pytest.mark.parametrize("seed", range(20))
def test_the_best_span_is_that_of_a_search_over_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, most = int(rng.integers(3, 25)), int(rng.integers(1, 6))
    start, end = rng.normal(size=n), rng.normal(size=n)
    inside = np.arange(n) >= rng.integers(1, n)
    every = [
        (start[i] + end[j] - start[0] - end[0], i, j)
        for i in range(n) for j in range(i, min(n, i + most)) if inside[i] and inside[j]
    ]  # fmt: skip
    score, first, last = max(every)
    found = best_span(start, end, inside, most)
    assert found is not None
    assert found[:2] == (first, last)
    assert found[2] == pytest.approx(score)


def test_no_passage_no_span() -> None:
    assert best_span(np.zeros(3), np.zeros(3), np.zeros(3, dtype=bool), 5) is None


class Pointer:
    """Points at the token of a word it was told, wherever a window shows it."""

    device = torch.device("cpu")

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last

    def __call__(self, input_ids: torch.Tensor, **_: torch.Tensor) -> Any:
        out = type("Out", (), {})()
        out.start_logits = (input_ids == self.first).float()
        out.end_logits = (input_ids == self.last).float()
        return out


def test_an_answer_is_found_in_a_passage_longer_than_the_model() -> None:
    tokenizer = load_tokenizer(starter("starter-encode"))
    passage = "It rains. " * 200 + "Lisbon 1755 was shaken. " + "It rains. " * 200
    ids = tokenizer("Lisbon 1755", add_special_tokens=False)["input_ids"]
    rows = [
        Example("1", "Where?", "Lisbon 1755", passage),
        Example("2", "Where? " * 400, "Lisbon 1755", "Lisbon 1755 it was."),
        Example("3", "Where?", "Lisbon 1755", ""),
    ]
    given = list(extract(Pointer(ids[0], ids[-1]), tokenizer, rows, 16, 8))
    found = dict(pair for batch in given for pair in batch)
    assert sorted(place for batch in given for place, _ in batch) == [0, 1, 2]
    assert [found[place].text for place in range(3)] == ["Lisbon 1755", "Lisbon 1755", ""]


def test_answers_of_the_starter_stand_in_the_passage() -> None:
    passage = "The parcel <b>left</b> Leeds on 3 May, *twice*. Café 東京 $5 </s>."
    rows = [Example(str(i), text, "Leeds", passage) for i, text in enumerate(TEXTS)]
    found = answers(starter("starter-encode"), dataset("question-answering"), rows)
    assert all(text in passage for text in found)


def test_copy_source_gives_the_input_or_the_passage() -> None:
    rows = [Example("1", "in", "out"), Example("2", "question", "a", "a passage")]
    (batch,) = CopySource().answer(rows, lambda *_: None)
    assert batch == [(0, Answer("in")), (1, Answer("a passage"))]


def test_of_labels_as_common_the_first_by_name_is_said() -> None:
    train = [Example(str(n), "x", label) for n, label in enumerate(["b", "a", "c", "b", "a"])]
    (batch,) = baseline("text-classification", train).answer(train[:2], lambda *_: None)
    assert batch == [(0, Answer("a")), (1, Answer("a"))]
    assert baseline("translation", []) == CopySource()


@pytest.mark.parametrize("separator", [None, ";"])
def test_a_classifier_says_how_likely_each_label_is(separator: str | None) -> None:
    labels = ("billing", "delivery", "refund")
    columns = {"label_separator": separator} if separator else {}
    data = replace(dataset("text-classification", labels=labels), columns=columns)
    model, tokenizer = predict.load(starter("starter-encode"), data)
    with torch.no_grad():
        # A new head says nearly nothing; this one has an opinion.
        model.classifier.weight.normal_(0, 1.0)
    found = dict(pair for batch in predict.each(model, tokenizer, data, examples(), most_rows=2)
                 for pair in batch)  # fmt: skip
    for place, row in enumerate(examples()):
        with torch.inference_mode():
            logits = model(torch.tensor([tokenizer(row.input)["input_ids"]])).logits[0]
        alone = 1 / (1 + np.exp(-logits.numpy())) if separator else (
            np.exp(logits.numpy()) / np.exp(logits.numpy()).sum())  # fmt: skip
        expected = {model.config.id2label[n]: pytest.approx(p, abs=1e-5)
                    for n, p in enumerate(alone.tolist())}  # fmt: skip
        assert found[place].probabilities == expected
        best = max(expected, key=lambda name: found[place].probabilities[name])
        said = found[place].text.split(";")
        assert best in said
        if separator is None:
            assert said == [best]
        else:
            assert {n for n, p in found[place].probabilities.items() if p > 0.5} <= set(said)


def test_batches_hold_a_budget_of_tokens_longest_first() -> None:
    lengths = [5, 90, 10, 40, 10, 300]
    found = list(batches.batches(lengths, most_rows=3, most_tokens=120))
    assert found == [[5], [1], [3, 2, 4], [0]]
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 120
    assert list(batches.batches([], 3)) == []


def test_what_does_not_end_waits_and_is_answered_last(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dataset("translation", "translate English to German: ")
    loaded = predict.load(starter("starter-translate"), data)
    rows = examples([f"{text} {n}" for n in range(4) for text in TEXTS])
    alone = [predict.answer(*loaded, data, [row])[0] for row in rows]
    monkeypatch.setattr(predict, "LEAVE", 0.5)
    given = list(predict.each(*loaded, data, rows, most_rows=4))
    assert len(given) > 5
    assert sorted(place for batch in given for place, _ in batch) == list(range(len(rows)))
    found = dict(pair for batch in given for pair in batch)
    assert [found[place].text for place in range(len(rows))] == alone
