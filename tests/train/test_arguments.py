import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from transformers import TrainingArguments

from core.errors import BadInput
from core.train.arguments import OWN, REFUSED, arguments, offered
from core.train.config import NAMES, from_preset
from core.work.arguments import table

NEEDED = {  # an argument that another must go with
    "dataloader_persistent_workers": {"dataloader_num_workers": 1},
    "dataloader_prefetch_factor": {"dataloader_num_workers": 1},
}


def test_the_table_is_that_of_the_installed_transformers() -> None:
    """If this fails: python -m core.work.arguments."""
    assert [row.name for row in arguments().values()] == [
        field.name for field in dataclasses.fields(TrainingArguments)
    ]
    path = Path(__file__).parents[2] / "core" / "train" / "arguments.json"
    assert json.loads(path.read_text()) == json.loads(json.dumps(table()))


def test_every_argument_is_ours_or_offered_or_refused_with_a_reason() -> None:
    names = set(arguments())
    assert set(OWN) <= names
    assert set(REFUSED) <= names
    assert not set(REFUSED) & (set(OWN) | set(NAMES))
    assert {row.name for row in offered()} == names - set(OWN) - set(REFUSED) - set(NAMES)


@pytest.mark.parametrize("row", offered(), ids=lambda row: row.name)
def test_the_trainers_own_default_is_accepted_and_typed(row: Any) -> None:
    for given in (row.default, str(row.default) if row.default is not None else "none"):
        no_none = given is None and "none" not in row.kinds and row.name != "report_to"
        if row.name == "include_num_input_tokens_seen" or no_none:
            continue
        made = from_preset("quick", {row.name: given}).trainer
        assert made == {row.name: row.default}
        assert type(made[row.name]) in (type(row.default), int)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"max_grad_norm": "0.5"}, {"max_grad_norm": 0.5}),
        ({"lr_scheduler_type": "cosine"}, {"lr_scheduler_type": "cosine"}),
        ({"optim": "adafactor"}, {"optim": "adafactor"}),
        ({"gradient_checkpointing": "true"}, {"gradient_checkpointing": True}),
        ({"lr_scheduler_kwargs": '{"num_cycles": 2}'}, {"lr_scheduler_kwargs": {"num_cycles": 2}}),
        ({"adam_beta2": 1}, {"adam_beta2": 1}),
        ({"report_to": "none"}, {"report_to": "none"}),
        ({"neftune_noise_alpha": "5"}, {"neftune_noise_alpha": 5}),
        ({"optim_args": "eps=1"}, {"optim_args": "eps=1"}),
    ],
)
def test_text_of_a_command_line_is_parsed(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert from_preset("quick", given).trainer == expected


def test_the_trainers_names_of_our_settings_work_too() -> None:
    made = from_preset("quick", {"num_train_epochs": "3", "per_device_train_batch_size": 8})
    assert (made.epochs, made.batch_size, made.trainer) == (3, 8, {})
    with pytest.raises(BadInput, match="epochs is set twice"):
        from_preset("quick", {"epochs": 1, "num_train_epochs": 3})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"output_dir": "/etc"}, "output_dir cannot be set: a run's folder is its name"),
        ({"push_to_hub": "true"}, "push_to_hub cannot be set: a finished run is pushed with"),
        ({"eval_steps": 5}, "eval_steps cannot be set: the run decides itself when"),
        ({"bf16": "true"}, "bf16 cannot be set: set precision=bfloat16"),
        ({"max_grad_norm": "much"}, "max_grad_norm=much cannot be used: expected a number"),
        ({"max_grad_norm": True}, "max_grad_norm=True cannot be used"),
        ({"optim": "sgdd"}, "optim=sgdd cannot be used: expected one of adamw_torch"),
        ({"gradient_checkpointing": "maybe"}, "expected true or false or none"),
        ({"learnig_rate": 1}, "'learnig_rate' is not a setting.* Did you mean learning_rate"),
        ({"report_to": "excel"}, "expected one of none, mlflow, wandb, tensorboard, trackio"),
        ({"report_to": "mlflow"}, "report_to=mlflow needs .*: pip install mlflow"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_reason(
    settings: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=words):
        from_preset("quick", settings)


@pytest.mark.parametrize("row", offered(), ids=lambda row: row.name)
def test_the_trainer_takes_what_is_offered(row: Any, tmp_path: Path) -> None:
    """Every offered argument, at its default, beside what the loop sets."""
    if row.name in ("report_to", "accelerator_config"):
        return
    given = {row.name: row.default, **NEEDED.get(row.name, {})}
    made = from_preset("quick", given).trainer if row.default is not None else given
    assert TrainingArguments(output_dir=str(tmp_path), use_cpu=True, **{
        k: v for k, v in made.items() if k != "use_cpu"}).output_dir == str(tmp_path)  # fmt: skip
