import dataclasses
import inspect
from typing import Any

import pytest
from transformers import TrainingArguments

from core.errors import BadInput
from core.train.config import (
    PRESETS,
    SETTINGS,
    TrainConfig,
    from_preset,
    learning_rate_for,
)


def test_every_field_but_the_preset_is_a_setting_in_its_order() -> None:
    fields = [field.name for field in dataclasses.fields(TrainConfig)]
    assert ["preset", *(row.name for row in SETTINGS), "trainer"] == fields


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_pass_their_own_checks(preset: str) -> None:
    made = from_preset(preset)
    again = from_preset(preset, {k: v for k, v in made.to_json().items() if k != "preset"})
    assert again == made


def test_the_seed_preset_is_the_articles_listing_with_the_trainers_defaults() -> None:
    made = from_preset("seed")
    defaults = inspect.signature(TrainingArguments).parameters
    listing = {
        "epochs": 3, "batch_size": 16, "eval_batch_size": 64, "warmup_steps": 500,
        "weight_decay": 0.01,
    }  # fmt: skip
    assert {name: getattr(made, name) for name in listing} == listing
    assert made.learning_rate == defaults["learning_rate"].default == 5e-5
    assert made.seed == defaults["seed"].default
    assert made.accumulation_steps == defaults["gradient_accumulation_steps"].default
    assert (made.keep, made.max_seconds, made.max_steps) == ("last", None, None)


def test_settings_override_the_preset_and_text_is_parsed() -> None:
    made = from_preset(
        "quick",
        {"epochs": "2.5", "max_steps": "7", "max_seconds": "none", "learning_rate": "2e-4"},
    )
    assert (made.preset, made.epochs, made.max_steps) == ("quick", 2.5, 7)
    assert (made.max_seconds, made.learning_rate) == (None, 2e-4)
    assert made.keep == PRESETS["quick"]["keep"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr": 1}, "'lr' is not a setting of training.* Known: method, epochs"),
        ({"epochs": "many"}, "epochs=many cannot be used: expected a number from 0.01 to 1000."),
        ({"epochs": 0}, "epochs=0 cannot be used"),
        ({"epochs": float("nan")}, "epochs=nan cannot be used"),
        ({"epochs": None}, "epochs=None cannot be used"),
        ({"batch_size": 1.5}, "batch_size=1.5 cannot be used: expected a whole number"),
        ({"batch_size": True}, "batch_size=True cannot be used"),
        ({"batch_size": []}, r"batch_size=\[\] cannot be used"),
        ({"learning_rate": 2}, "expected a number from 1e-08 to 1, or none"),
        ({"method": "dora"}, "method=dora cannot be used: expected one of full, frozen, lora"),
        ({"replay_share": 1}, "replay_share=1 cannot be used"),
        ({"keep": "some"}, "expected one of best, last"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_expected(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        from_preset("quick", settings)


def test_an_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match="expected one of quick, balanced, thorough, seed"):
        from_preset("fast")


@pytest.mark.parametrize("family", ["encoder", "decoder", "encoder-decoder"])
def test_larger_models_never_get_a_higher_rate(family: str) -> None:
    sizes = [10**6, 10**7, 6 * 10**7, 2 * 10**8, 10**9, 7 * 10**9]
    rates = [learning_rate_for(family, size) for size in sizes]
    assert rates == sorted(rates, reverse=True)
