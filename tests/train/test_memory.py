"""Memory that runs out: half a batch at a time gives the same gradient, and it is said."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.data.dataset import Example
from core.errors import OutOfMemory
from core.models.resolve import ModelRef
from core.train.parts import divided
from core.train.trainer import ClockedTrainer
from tests.train.test_loop import MakeDataset, go


def starved(monkeypatch: pytest.MonkeyPatch, rows: int, error: Exception) -> None:
    """Memory for so many rows at a time, while it learns."""
    whole = ClockedTrainer.compute_loss

    def compute(self: ClockedTrainer, model: Any, inputs: Any, *rest: Any, **more: Any) -> Any:
        if model.training and inputs["input_ids"].shape[0] > rows:
            raise error
        return whole(self, model, inputs, *rest, **more)

    monkeypatch.setattr(ClockedTrainer, "compute_loss", compute)


ERRORS = (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"), MemoryError())


@pytest.mark.parametrize("error", ERRORS)
def test_a_batch_is_halved_once_and_learns_the_same(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch, error: Exception,
) -> None:  # fmt: skip
    (folder / "whole").mkdir()
    (folder / "halved").mkdir()
    data = dataset("translation")
    expected = go(t5, data, pairs, folder / "whole", told(), pairs[:4], batching="plain")
    starved(monkeypatch, 2, error)
    listener = told()
    found = go(t5, data, pairs, folder / "halved", listener, pairs[:4], batching="plain")
    assert (expected.parts, found.parts, found.steps) == (1, 2, expected.steps)
    assert found.tokens == expected.tokens
    assert found.validation_loss == pytest.approx(expected.validation_loss, rel=1e-4)
    said = listener.of("out_of_memory")
    assert len(said) == 1
    assert (said[0]["batch_size"], said[0]["accumulation_steps"]) == (2, 2)
    assert "train.halved" in [message for _, message, _ in listener.reports]


def test_it_goes_on_from_the_checkpoint_and_stays_halved(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole, calls = ClockedTrainer.training_step, [0]

    def full_at_the_sixth(self: ClockedTrainer, *args: Any) -> Any:
        calls[0] += 1
        if calls[0] == 6:
            raise ERRORS[0]
        return whole(self, *args)

    monkeypatch.setattr(ClockedTrainer, "training_step", full_at_the_sixth)
    listener = told()
    result = go(t5, dataset("translation"), pairs, folder, listener, checkpoint_steps=3)
    assert (result.parts, result.resumed_step, result.steps) == (2, 3, 8)
    assert calls[0] == 6 + (8 - 3)  # nothing but the steps since the checkpoint was done again


def test_memory_that_runs_out_again_is_a_failure_with_advice(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    starved(monkeypatch, 1, ERRORS[0])
    listener = told()
    with pytest.raises(OutOfMemory, match=r"with 2 examples at a time.*batch_size=1") as caught:
        go(t5, dataset("translation"), pairs, folder, listener)
    assert caught.value.reason == "out_of_memory"
    assert len(listener.of("out_of_memory")) == 1


def test_parts_of_a_batch_add_up_to_it() -> None:
    mask = torch.ones(5, 3, dtype=torch.long)
    tokens = {"attention_mask": mask, "labels": torch.tensor([[1, -100], [1, 1], [1, 1], [1, 1],
                                                              [1, -100]])}  # fmt: skip
    parts = list(divided(tokens, 2))
    assert [part["labels"].shape[0] for part, _ in parts] == [3, 2]
    assert [share for _, share in parts] == pytest.approx([5 / 8, 3 / 8])
    rows = {"attention_mask": mask, "labels": torch.tensor([0, 1, 0, 1, 0])}
    assert [share for _, share in divided(rows, 2)] == pytest.approx([3 / 5, 2 / 5])
    several = {"attention_mask": mask, "labels": torch.zeros(5, 4)}  # several labels a row
    assert [share for _, share in divided(several, 2)] == pytest.approx([3 / 5, 2 / 5])
    assert len(list(divided({"attention_mask": mask[:1], "labels": rows["labels"][:1]}, 2))) == 1
