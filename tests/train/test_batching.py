import random
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments

from core.train.batching import LengthBatches, epoch_batches, padded_tokens, token_budget

SIZES = [(3 + n % 29, 3 + n % 29 + n % 2) for n in range(500)]


@pytest.mark.parametrize("even", ["tokens", "rows"])
@pytest.mark.parametrize("count", [1, 2, 3, 16, 250, 499, 500])
def test_every_row_stands_in_one_of_exactly_so_many_batches(count: int, even: str) -> None:
    for epoch in range(3):
        batches = epoch_batches(SIZES, count, 0, epoch, even=even)
        assert len(batches) == count
        assert sorted(row for batch in batches for row in batch) == list(range(len(SIZES)))


def test_little_is_padded_and_no_batch_is_much_larger_than_another() -> None:
    order = random.Random(0).sample(range(len(SIZES)), len(SIZES))
    plain = [[SIZES[i] for i in order[k : k + 16]] for k in range(0, len(order), 16)]
    alike = [[SIZES[i] for i in batch] for batch in epoch_batches(SIZES, len(plain), 0, 0)]
    held = sum(map(sum, SIZES))
    assert held / sum(map(padded_tokens, plain)) < 0.65
    assert held / sum(map(padded_tokens, alike)) > 0.8
    padded = list(map(padded_tokens, alike))
    assert max(padded) < 1.5 * sum(padded) / len(padded)


def test_batches_of_as_many_rows_each() -> None:
    batches = set(map(len, epoch_batches(SIZES, 16, 0, 0, even="rows")))
    assert batches <= {31, 32}
    alike = [[SIZES[i] for i in batch] for batch in epoch_batches(SIZES, 16, 0, 0, even="rows")]
    assert sum(map(sum, SIZES)) / sum(map(padded_tokens, alike)) > 0.8


def test_the_budget_is_the_smallest_that_does() -> None:
    """Against the plain way: fill a batch row by row until the budget is passed."""

    def needed(budget: int) -> int:
        batches: list[list[tuple[int, ...]]] = [[]]
        for size in sorted(SIZES, key=lambda size: (max(size), size)):
            if batches[-1] and padded_tokens([*batches[-1], size]) > budget:
                batches.append([])
            batches[-1].append(size)
        return len(batches)

    for count in (1, 7, 40, 200):
        budget = token_budget(SIZES, count)
        assert needed(budget) <= count < needed(budget - 1)


def test_batches_are_a_function_of_seed_and_epoch() -> None:
    first = epoch_batches(SIZES, 30, seed=3, epoch=1)
    assert epoch_batches(SIZES, 30, seed=3, epoch=1) == first
    for seed, epoch in ((4, 1), (3, 2)):
        other = epoch_batches(SIZES, 30, seed, epoch)
        assert other != first
        # Not only their order: who learns together changes as well.
        assert set(map(frozenset, other)) != set(map(frozenset, first))


def test_the_order_of_lengths_is_random() -> None:
    longest = [max(SIZES[i][0] for i in batch) for batch in epoch_batches(SIZES, 50, 0, 0)]
    rising = sum(a < b for a, b in pairwise(longest))
    assert 10 < rising < 40


def test_the_trainer_asks_for_each_epoch_and_resumes_within_one(tmp_path: Path) -> None:
    """The Trainer's own loop, killed after some steps and resumed, sees the batches it missed."""
    rows = [{"x": float(n), "n": 1 + n % 7} for n in range(40)]
    sizes = [(int(row["n"]),) for row in rows]
    seen: list[list[float]] = []

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            seen.append(x.tolist())
            return {"loss": (self.weight - x).pow(2).mean()}

    class Own(Trainer):  # type: ignore[misc]
        def get_train_dataloader(self) -> DataLoader:  # type: ignore[type-arg]
            loader = DataLoader(
                self.train_dataset,  # type: ignore[arg-type]
                batch_sampler=LengthBatches(sizes, 8, seed=5),
                collate_fn=lambda batch: {"x": torch.tensor([row["x"] for row in batch])},
            )
            return self.accelerator.prepare(loader)  # type: ignore[no-any-return]

    def train(steps: int, resume: bool) -> None:
        arguments = TrainingArguments(
            output_dir=str(tmp_path), num_train_epochs=3, max_steps=steps, save_steps=7,
            use_cpu=True, report_to="none", disable_tqdm=True, remove_unused_columns=False,
            dataloader_pin_memory=False, logging_strategy="no",
        )  # fmt: skip
        Own(Model(), arguments, train_dataset=rows).train(resume_from_checkpoint=resume)

    whole = [
        [float(i) for i in batch]
        for epoch in range(3)
        for batch in epoch_batches(sizes, 5, seed=5, epoch=epoch)
    ]
    train(7, resume=False)
    train(15, resume=True)
    assert seen == whole


def test_lengths_of_one_batch_are_alike_and_not_the_same() -> None:
    """Where a whole epoch is sorted, a batch holds one length; here it holds a few."""
    batches = epoch_batches(SIZES, 16, 0, 0)
    spread = [len({SIZES[i] for i in batch}) for batch in batches]
    assert min(spread) > 1
    assert sum(spread) / len(spread) < len(set(SIZES)) / 4
