"""Nats of references against a token-by-token sum by hand, for both families that write."""

import math
from typing import Any

import pytest
import torch

from core.data.dataset import Dataset, Example
from core.evaluate.answer import Answer
from core.evaluate.surprise import surprise
from core.models.load import load_model, load_tokenizer
from core.models.resolve import ModelRef
from core.workspace import assets

ROWS = [
    Example("1", "The cat sleeps.", "Die Katze schläft."),
    Example("2", "Save", " "),
    Example("3", "Where is the station, and how do I get there?", "Wo?"),
    Example("4", "", "leer"),
]


def data(prefix: str = "") -> Dataset:
    return Dataset("demo", "0" * 12, "translation", {"test": 1}, {}, "", prefix, None, None, (),
                   True, "", "")  # fmt: skip


def starter(name: str, purpose: str) -> tuple[Any, Any]:
    ref = ModelRef(name, "starter", assets() / "models" / name)
    return load_model(ref, purpose), load_tokenizer(ref)


def found(model: Any, tokenizer: Any, dataset: Dataset, most_rows: int) -> dict[int, Answer]:
    given = surprise(model, tokenizer, dataset, ROWS, most_rows)
    return dict(pair for batch in given for pair in batch)


@pytest.mark.parametrize("most_rows", [1, 8])
def test_an_encoder_decoder(most_rows: int) -> None:
    prefix = "translate English to German: "
    model, tokenizer = starter("starter-translate", "seq2seq")
    got = found(model, tokenizer, data(prefix), most_rows)
    for place in (0, 2, 3):
        ids = torch.tensor([tokenizer(prefix + ROWS[place].input)["input_ids"]])
        wanted = tokenizer(ROWS[place].target)["input_ids"]
        written, nats = [model.config.decoder_start_token_id], 0.0
        for token in wanted:
            with torch.inference_mode():
                logits = model(input_ids=ids, decoder_input_ids=torch.tensor([written])).logits
            nats -= math.log(float(logits[0, -1].double().softmax(-1)[token]))
            written.append(token)
        assert wanted[-1] == tokenizer.eos_token_id
        assert got[place].reference_tokens == len(wanted)
        assert got[place].reference_nats == pytest.approx(nats, rel=1e-4)
    assert got[1] == Answer("")


@pytest.mark.parametrize("most_rows", [1, 8])
def test_a_decoder(most_rows: int) -> None:
    model, tokenizer = starter("starter-causal", "causal")
    got = found(model, tokenizer, data(), most_rows)
    for place in (0, 2, 3):
        read = tokenizer(ROWS[place].input)["input_ids"] or [tokenizer.pad_token_id]
        wanted = tokenizer(ROWS[place].target, add_special_tokens=False)["input_ids"]
        nats = 0.0
        for token in [*wanted, tokenizer.eos_token_id]:
            with torch.inference_mode():
                logits = model(input_ids=torch.tensor([read])).logits
            nats -= math.log(float(logits[0, -1].double().softmax(-1)[token]))
            read = [*read, token]
        assert got[place].reference_tokens == len(wanted) + 1
        assert got[place].reference_nats == pytest.approx(nats, rel=1e-4)
    assert got[1] == Answer("")


def test_a_reference_that_the_model_cannot_read_has_none() -> None:
    model, tokenizer = starter("starter-causal", "causal")
    long = [Example("1", "a", "Wort " * 5000), Example("2", "Where?" * 3000, "Wo?")]
    given = surprise(model, tokenizer, data(), long, 8)
    got = dict(pair for batch in given for pair in batch)
    assert got[0] == Answer("")
    assert got[1].reference_nats is not None
