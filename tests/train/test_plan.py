import math
from pathlib import Path
from typing import Any

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.data.profile import profile
from core.errors import BadInput, NotFound
from core.train.config import TrainConfig
from core.train.plan import make_plan, state_bytes, total_steps
from core.train.runs import Run, write_run
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace.open(tmp_path)
    rows = [Example(f"e{n}", f"in {n}", f"out {n}") for n in range(100)]
    datasets.save(place, "shop", "translation", {"train": rows}, target_language="de")
    labelled = [Example(f"c{n}", f"in {n}", "ab"[n % 2]) for n in range(10)]
    datasets.save(place, "labels", "text-classification", {"train": labelled})
    return place


@pytest.mark.parametrize(
    ("rows", "batch", "accumulation", "epochs", "expected"),
    [
        (100, 32, 1, 1, 4),
        (100, 32, 2, 3, 6),
        (100, 100, 1, 2.5, 3),
        (7, 8, 4, 1, 1),
        (65, 64, 1, 2, 4),
    ],
)
def test_steps_are_counted_as_the_trainer_counts_them(
    rows: int, batch: int, accumulation: int, epochs: float, expected: int, tmp_path: Path
) -> None:
    import torch
    from torch.utils.data import DataLoader
    from transformers import Trainer, TrainingArguments

    config = TrainConfig(batch_size=batch, accumulation_steps=accumulation, epochs=epochs)
    assert total_steps(config, rows) == expected
    arguments = TrainingArguments(
        output_dir=str(tmp_path), num_train_epochs=epochs, use_cpu=True,
        per_device_train_batch_size=batch, gradient_accumulation_steps=accumulation,
    )  # fmt: skip
    trainer = Trainer(model=torch.nn.Linear(1, 1), args=arguments)
    loader = DataLoader(list(range(rows)), batch_size=batch)  # type: ignore[arg-type, var-annotated]
    assert trainer.set_initial_training_values(arguments, loader)[-1] == expected
    assert total_steps(TrainConfig(max_steps=2), 10_000) == 2


def test_a_plan_takes_the_tasks_starter_and_the_languages_general_sample(
    workspace: Workspace,
) -> None:
    plan = make_plan(workspace, "shop")
    assert (plan.base.name, plan.general, plan.rows) == ("starter-translate", "general-de", 100)
    assert plan.steps == 20 * math.ceil(100 / 4)  # few rows: small batches, more passes
    assert make_plan(workspace, "labels").base.name == "starter-encode"
    assert make_plan(workspace, "labels").general is None
    assert make_plan(workspace, "shop", general="none").general is None


def test_replay_adds_rows_and_steps(workspace: Workspace) -> None:
    plan = make_plan(workspace, "shop", replay_share=0.5)
    assert (plan.replay_rows, plan.steps) == (100, 10 * math.ceil(200 / 4))
    assert plan.config.replay_share == 0.5


def test_memory_is_sixteen_bytes_a_parameter(workspace: Workspace) -> None:
    plan = make_plan(workspace, "shop")
    assert plan.parameters is not None
    assert plan.to_json()["state_bytes"] == state_bytes(plan.parameters) == 16 * plan.parameters


def earlier(workspace: Workspace, **fields: Any) -> None:
    known: dict[str, Any] = {
        "run": "shop-1", "state": "succeeded", "base": "starter-translate", "base_hash": None,
        "method": "full", "preset": "balanced", "task": "translation", "dataset": "shop",
        "data_version": "0", "config": TrainConfig(batch_size=16).to_json(), "seed": 0,
        "job": "j-1", "created_at": "", "steps": 10, "train_seconds": 32.0,
    }  # fmt: skip
    write_run(workspace, Run(**{**known, **fields}))


def test_time_comes_from_an_earlier_run_like_it(workspace: Workspace) -> None:
    assert make_plan(workspace, "shop").seconds is None
    limit = make_plan(workspace, "shop", preset="quick")
    assert (limit.seconds, limit.seconds_from) == (45.0, "limit")
    earlier(workspace)  # 32 s for 160 rows: 0.2 s a row
    plan = make_plan(workspace, "shop", settings={"epochs": 1})
    assert (plan.seconds, plan.seconds_from) == (pytest.approx(0.2 * 100), "run")
    shorter = make_plan(workspace, "shop", settings={"epochs": 1, "max_seconds": 5})
    assert (shorter.seconds, shorter.seconds_from) == (5.0, "limit")


def test_a_failed_run_says_nothing_of_time(workspace: Workspace) -> None:
    earlier(workspace, state="failed")
    assert make_plan(workspace, "shop").seconds is None


def test_wrong_requests_are_refused(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="no dataset called 'shops'"):
        make_plan(workspace, "shops")
    with pytest.raises(NotFound, match="no model called 'starter-x'"):
        make_plan(workspace, "shop", base="starter-x")
    with pytest.raises(BadInput, match="starter-encode is an encoder model and cannot write"):
        make_plan(workspace, "shop", base="starter-encode")
    with pytest.raises(BadInput, match="needs general examples to draw from"):
        make_plan(workspace, "labels", replay_share=0.1)
    with pytest.raises(NotFound, match="no dataset called 'everyday'"):
        make_plan(workspace, "shop", general="everyday")
    datasets.save(workspace, "untrained", "translation", {"test": [Example("t", "a", "b")]})
    with pytest.raises(BadInput, match="has no training example"):
        make_plan(workspace, "untrained")


def test_a_dataset_that_is_not_fit_is_refused_once_it_was_looked_over(
    workspace: Workspace,
) -> None:
    leaking = [Example(f"e{n}", f"in {n}", f"out {n}") for n in range(20)]
    splits = {"train": leaking, "test": [Example("t0", "in 3", "out 3"), Example("t1", "x", "y")]}
    leaky = datasets.save(workspace, "leaky", "translation", splits, target_language="de")
    assert make_plan(workspace, "leaky").rows == 20  # nobody has looked yet; the job will
    profile(workspace, leaky)
    with pytest.raises(BadInput, match=r"leaky@\w+ is not fit to train on: 1 of 2 test inputs"):
        make_plan(workspace, "leaky")
    assert make_plan(workspace, "leaky", ignore_gate=True).rows == 20
