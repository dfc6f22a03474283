"""A short probe of a training: some steps on this machine, at usual batches and at the longest.

It runs in a process of its own, so that what it needs is measured from nothing; nothing is kept.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any

import psutil
import torch

from core.data import dataset as datasets
from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.models import hub
from core.models.load import load_model, load_tokenizer
from core.models.purpose import purpose_for
from core.models.resolve import known_shape
from core.train.batching import epoch_batches, padded_tokens
from core.train.config import TrainConfig
from core.train.cores import use_free_cores
from core.train.dropout import quicken
from core.train.loop import fit_limits
from core.train.methods import prepare
from core.train.objectives import MAKERS, Collator, Feature
from core.train.plan import make_plan
from core.train.trainer import row_size
from core.workspace import Workspace

STEPS = 4
"""Timed steps, after one that warms up."""
SAMPLE_ROWS, LONGEST_ROWS = 1_024, 256
"""Rows that are tokenised: the first ones, and the longest by characters."""
LOOK_SECONDS = 0.005


def probe(request: dict[str, Any]) -> dict[str, Any]:
    """Train some steps and evaluate one batch.

    Args:
        request: `workspace`, a folder; and the fields of `core.train.plan.make_plan`.

    Returns:
        `step_seconds`, `peak_memory_bytes`, `longest_tokens`, `mean_tokens` (a list, one a stack),
        `cut_share`, `device`, `steps`.

    Raises:
        AssayError: As make_plan does, or the base lies on the Hub and was not fetched.
        WorkFailed: There was not enough memory for it.
    """
    workspace = Workspace.open(request.pop("workspace"))
    plan = make_plan(workspace, request.pop("dataset"), **request)
    ref = hub.local(plan.base)
    if ref is None:
        raise BadInput(f"{plan.base.name} has not been fetched; a probe downloads nothing.")
    use_free_cores()
    shape = known_shape(ref)
    purpose = purpose_for(shape.family, plan.dataset.task, ref.name)
    config = plan.config
    with Peak() as peak:
        tokenizer = load_tokenizer(ref)
        model = load_model(
            ref, purpose, plan.dataset.classes if purpose == "classification" else None,
            several=plan.dataset.label_separator is not None,
            quantized=config.method == "qlora",
        )  # fmt: skip
        fit_limits(tokenizer, model, config)
        examples = _sample(workspace, plan.dataset)
        made = MAKERS[purpose](tokenizer, plan.dataset, examples, config)
        two = bool(model.config.is_encoder_decoder)
        model = prepare(model, config)
        quicken(model)
        model.to("cuda" if torch.cuda.is_available() else "cpu")
        sizes = [row_size(row, two) for row in made.rows]
        usual = sizes[: min(SAMPLE_ROWS, len(sizes))]
        batches = _batches(usual, config)[: STEPS + 1]
        longest = _longest(sizes, usual, config)
        collate = Collator(tokenizer.pad_token_id)
        seconds = _train(model, config, collate, made.rows, batches, longest)
        _evaluate(model, config, collate, made.rows, sizes)
    return {
        "step_seconds": seconds * config.accumulation_steps,
        "steps": len(batches) - 1,
        "peak_memory_bytes": peak.bytes,
        "longest_tokens": [max(column) for column in zip(*sizes, strict=True)],
        "mean_tokens": [sum(column) / len(usual) for column in zip(*usual, strict=True)],
        "cut_share": (made.cut_inputs + made.cut_targets) / len(made.rows),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def _sample(workspace: Workspace, dataset: Dataset) -> list[Example]:
    """The first rows, and behind them the longest of all."""
    rows = datasets.read(workspace, dataset, "train")

    def characters(example: Example) -> int:
        return len(example.input) + len(example.target) + len(example.context or "")

    longest = sorted(rows[SAMPLE_ROWS:], key=characters)[-LONGEST_ROWS:]
    return [*rows[:SAMPLE_ROWS], *longest]


def _batches(sizes: Sequence[tuple[int, ...]], config: TrainConfig) -> list[list[int]]:
    """Usual batches; the shortest and longest come as they are drawn."""
    count = max(1, len(sizes) // config.batch_size)
    made = epoch_batches(sizes, count, config.seed, 0)
    if config.batching == "plain":
        rows = range(len(sizes))
        made = [list(rows[k : k + config.batch_size]) for k in rows[:: config.batch_size]]
    return (made * (STEPS + 1))[: STEPS + 1]


def _longest(
    sizes: Sequence[tuple[int, ...]], usual: Sequence[tuple[int, ...]], config: TrainConfig
) -> list[int]:
    """The batch that needs most memory: the longest rows, as many as one batch of them has."""
    order = sorted(range(len(sizes)), key=lambda i: sum(sizes[i]))[-config.batch_size :]
    if config.batching == "plain":
        return order
    made = epoch_batches(usual, max(1, len(usual) // config.batch_size), config.seed, 0)
    budget = max(padded_tokens([usual[i] for i in batch]) for batch in made)
    while len(order) > 1 and padded_tokens([sizes[i] for i in order]) > budget:
        order = order[1:]
    return order


def _train(
    model: Any,
    config: TrainConfig,
    collate: Collator,
    rows: list[Feature],
    batches: list[list[int]],
    longest: list[int],
) -> float:
    """Seconds of a usual step: the mean after the first; the longest batch is not timed."""
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.0, fused=True)
    if config.trainer.get("gradient_checkpointing"):
        model.gradient_checkpointing_enable()

    def step(batch: list[int]) -> None:
        inputs = {k: v.to(model.device) for k, v in collate([rows[i] for i in batch]).items()}
        model(**inputs).loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    step(longest)
    step(batches[0])
    begun = time.perf_counter()
    for batch in batches[1:]:
        step(batch)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (time.perf_counter() - begun) / max(1, len(batches) - 1)


def _evaluate(
    model: Any,
    config: TrainConfig,
    collate: Collator,
    rows: list[Feature],
    sizes: Sequence[tuple[int, ...]],
) -> None:
    """The loss of the longest batch that an evaluation may have."""
    model.eval()
    longest = sorted(range(len(rows)), key=lambda i: sum(sizes[i]))[-config.eval_batch_size :]
    batch = collate([rows[i] for i in longest])
    with torch.inference_mode():
        model(**{name: value.to(model.device) for name, value in batch.items()})


class Peak:
    """The most memory that is held while it is open: of the GPU, else of this process."""

    def __enter__(self) -> "Peak":
        """Begin to look."""
        self.bytes = 0
        self._over = threading.Event()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()
        if torch.cuda.is_available():
            self.bytes = int(torch.cuda.max_memory_reserved())

    def _look(self) -> None:
        process = psutil.Process()
        while True:
            self.bytes = max(self.bytes, process.memory_info().rss)
            if self._over.wait(LOOK_SECONDS):
                return
