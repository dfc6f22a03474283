"""One training from where it stands to its end, and once more with less memory if it runs out."""

import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import set_seed

from core.errors import OutOfMemory
from core.train.checkpoint import KEPT, Checkpoints, state_of
from core.train.clock import Clock
from core.train.config import TrainConfig
from core.train.cores import use_cores, use_free_cores
from core.train.dropout import quicken
from core.train.objectives import Feature
from core.train.quiz import Quiz
from core.train.soft import Soft
from core.train.trainer import ClockedTrainer, build, embedding_factor
from core.train.watch import Listener, Watch
from core.train.weights import trained
from core.workspace import require_space

PARTS = 2
"""Parts of a batch after memory ran out."""


@dataclass(frozen=True)
class Lesson:
    """Everything a model learns from and with.

    Attributes:
        load: Gives the base, ready to be trained, the same each time.
        purpose: What it is loaded for.
        config: How; rate: the peak learning rate.
        rows, validation_rows: Features to learn from, and for the validation loss.
        tokenizer: Of the model.
        quiz: Asked at each evaluation for answers and scores; None = for the loss alone.
        checkpoints: Where they are written, and gone on from.
        context: Told of everything.
        soft: What a teacher said of the rows; None = there is none.
    """

    load: Callable[[], Any]
    purpose: str
    config: TrainConfig
    rate: float
    rows: list[Feature]
    validation_rows: list[Feature]
    tokenizer: Any
    quiz: Quiz | None
    checkpoints: Checkpoints
    context: Listener
    soft: Soft | None = None

    def learn(self) -> ClockedTrainer:
        """Train to the end; where memory runs out, once more with half a batch at a time.

        Raises:
            OutOfMemory: It ran out again.
        """
        try:
            return self._attempt()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            why = str(error).strip().split("\n")[0][:200]
        # Out of the handler, so that the error no longer holds what filled the memory.
        gc.collect()
        torch.cuda.empty_cache()
        if self.config.batch_size == 1 or PARTS in self._parts_before():
            raise _too_large(self.config)
        config = self.config
        self.context.event(
            "out_of_memory",
            batch_size=config.batch_size // PARTS,
            accumulation_steps=config.accumulation_steps * PARTS,
            error=why,
        )
        self.context.report(None, "train.halved", batch_size=config.batch_size // PARTS)
        try:
            return self._attempt(PARTS)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        raise _too_large(self.config)

    def _parts_before(self) -> set[int]:
        place = self.checkpoints.newest(lambda *_: None)
        return {state_of(place)["parts"]} if place else set()

    def _attempt(self, parts: int = 1) -> ClockedTrainer:
        config = self.config
        refused: list[int] = []

        def tell(step: int, why: str) -> None:
            refused.append(step)
            self.context.event("checkpoint_refused", step=step, why=why)
            print(f"The checkpoint of step {step} is not used: {why}.", flush=True)

        place = self.checkpoints.newest(tell)
        state = state_of(place) if place else None
        parts = max(parts, state["parts"] if state else 1)
        # As many threads as before: another number adds up in another order.
        threads = use_cores(state["threads"]) if state else use_free_cores()
        set_seed(config.seed)
        model = self.load()
        quicken(model)
        require_space(self.checkpoints.folder.parent, _disk_bytes(model), "The run's checkpoints")
        if parts > 1:
            config = replace(config, eval_batch_size=max(1, config.eval_batch_size // parts))
        watch = Watch(config, Clock(config.max_seconds), self.context, self.quiz)
        trainer = build(
            model, self.purpose, config, self.rate, self.rows, self.validation_rows,
            self.tokenizer.pad_token_id, self.checkpoints, watch, parts,
        )  # fmt: skip
        trainer.threads, trainer.refused_steps, trainer.soft = threads, refused, self.soft
        if (
            config.learning_rate is None
        ):  # of the base, whatever a checkpoint says: resuming is exact
            trainer.embedding_factor = embedding_factor(model)
        if place and state:
            trainer.resumed_step = int(place.name.removeprefix("step-"))
            self.context.event("resumed", step=trainer.resumed_step)
        with self.context.saving():
            trainer.train(resume_from_checkpoint=str(place) if place else None)
        return trainer


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of the GPU or of the machine."""
    host = isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    return host or isinstance(error, torch.OutOfMemoryError | MemoryError)


def _too_large(config: TrainConfig) -> OutOfMemory:
    half = max(1, config.batch_size // PARTS)
    fewer = max(1, config.batch_size // (2 * PARTS))
    return OutOfMemory(
        f"Memory ran out even with {half} examples at a time. Train again with "
        f"--set batch_size={fewer} --set max_input_tokens={max(16, config.max_input_tokens // 2)}, "
        "or from a smaller base; --method frozen takes less as well."
    )


def _disk_bytes(model: Any) -> int:
    """Room for a model and its checkpoints: weights, best weights and two moments in each."""
    trained_bytes = sum(w.numel() * w.element_size() for w in trained(model).values())
    return (KEPT + 1) * 4 * int(trained_bytes) + int(model.get_memory_footprint())
