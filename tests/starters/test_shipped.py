"""The three models that ship: whole, small, loadable without a network, better than baselines."""

import json
import re

import pytest
import torch
from safetensors import safe_open
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
)

from core import record
from core.starters import cards
from tests.starters.shipped import MODELS, folder, root

KINDS = dict(
    zip(MODELS, (AutoModelForSeq2SeqLM, AutoModelForMaskedLM, AutoModelForCausalLM), strict=True)
)
LIMIT_BYTES = 20 * 10**6


def figures(model: str) -> dict:
    return record.read(folder(model) / "scores.json", "starter")


def test_total_size():
    files = [path for path in root().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= LIMIT_BYTES


@pytest.mark.parametrize("model", MODELS)
def test_files(model):
    names = {path.name for path in folder(model).iterdir()}
    assert names >= {
        "README.md",
        "config.json",
        "model.safetensors",
        "scores.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl", ".py"))]
    with safe_open(folder(model) / "model.safetensors", framework="pt") as file:
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float16}  # noqa: SIM118


@pytest.mark.parametrize("model", MODELS)
def test_loads_offline_and_counts_as_the_card_says(model):
    loaded = KINDS[model].from_pretrained(folder(model), local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(folder(model), local_files_only=True)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    parameters = sum(p.numel() for p in loaded.parameters())
    assert parameters == figures(model)["parameters"]
    assert f"{parameters:,} parameters" in (folder(model) / "README.md").read_text("utf-8")
    assert len(tokenizer) == loaded.config.vocab_size == figures(model)["vocabulary"]
    assert 1_000_000 <= parameters <= 4_000_000


def test_translates():
    model = AutoModelForSeq2SeqLM.from_pretrained(folder("translate"), local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(folder("translate"), local_files_only=True)
    rows = ["translate English to German: I am tired.", "translate English to Chinese: I am tired."]
    ids = model.generate(**tokenizer(rows, return_tensors="pt", padding=True))
    german, chinese = tokenizer.batch_decode(ids, skip_special_tokens=True)
    assert "müde" in german
    assert re.search("[\u4e00-\u9fff]", chinese)


def test_shape_of_the_causal_model():
    config = AutoConfig.from_pretrained(folder("causal"), local_files_only=True)
    assert (config.num_attention_heads, config.num_key_value_heads) == (4, 2)
    assert config.tie_word_embeddings


def comparisons():
    for model in MODELS:
        for row in figures(model)["held_out"]:
            for other in row["systems"]:
                if other != f"starter-{model}":
                    name = f"{model} {row['task']} {row['measure']} {other}"
                    yield pytest.param(model, row, other, id=name)


@pytest.mark.parametrize(("model", "row", "other"), list(comparisons()))
def test_better_than_the_baseline_with_intervals_apart(model, row, other):
    ours, theirs = row["systems"][f"starter-{model}"], row["systems"][other]
    assert ours["low"] <= ours["value"] <= ours["high"]
    if row["better"] == "higher":
        assert ours["low"] > theirs["high"]
    else:
        assert ours["high"] < theirs["low"]


@pytest.mark.parametrize("model", MODELS)
def test_the_card_is_what_the_figures_make(model):
    card = (folder(model) / "README.md").read_text(encoding="utf-8")
    assert card == cards.card(figures(model), folder(model))
    for said in ("license: apache-2.0", "CC BY 2.0 FR", "tatoeba.org", "manythings.org", "CLDR"):
        assert said in card
    for row in figures(model)["held_out"]:
        for system in row["systems"].values():
            assert f"{system['value']:.2f} [{system['low']:.2f}, {system['high']:.2f}]" in card


def test_the_models_share_one_vocabulary():
    found = []
    for model in MODELS:
        tokenizer = json.loads((folder(model) / "tokenizer.json").read_text(encoding="utf-8"))
        found.append(tokenizer["model"]["vocab"])
    assert found[0] == found[1] == found[2]
