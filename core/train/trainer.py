"""Transformers' Trainer, set up so that it follows a clock, counts tokens, and calls nobody.

Its own checkpoints hold pickles (optimizer.pt, scheduler.pt, rng_state.pth) and neither the best
weights nor the time that was spent, so writing and reading them is replaced. What it does well is
kept: it finds the epoch and the batch of a step, skips what was learnt, and asks for the random
state at the moment at which it was saved.
"""

import statistics
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments

from core.train.batching import LengthBatches, Size
from core.train.checkpoint import Checkpoints, Snapshot, best_of, state_of, weights_of
from core.train.config import SMALL, TrainConfig
from core.train.objectives import Collator, Feature
from core.train.parts import divided
from core.train.randomness import random_state, set_random_state
from core.train.soft import COLUMN, Soft
from core.train.watch import Watch
from core.train.weights import all_finite, put, trained


class ClockedTrainer(Trainer):  # type: ignore[misc]
    """The Trainer, with the learning rate of `Clock.rate`, a count of tokens and own checkpoints.

    Build it with `build`. `parts`: each batch is computed in so many, one after the other, which
    takes less memory and gives the same gradient.
    """

    watch: Watch
    checkpoints: Checkpoints
    parts: int
    embedding_factor: float = 1.0
    threads: int
    resumed_step: int | None = None
    refused_steps: list[int]
    soft: Soft | None = None
    _share: float = 1.0

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches of like length, or the Trainer's own."""
        config = self.watch.config
        if config.batching == "plain":
            return super().get_train_dataloader()
        sizes = [row_size(row, self.model.config.is_encoder_decoder) for row in self.train_dataset]
        # A generator's loss is a mean over tokens, a classifier's over rows.
        even = "tokens" if self.model.can_generate() else "rows"
        return self.accelerator.prepare(
            DataLoader(
                self.train_dataset,
                batch_sampler=LengthBatches(sizes, config.batch_size, config.seed, even),
                collate_fn=self.data_collator,
                num_workers=self.args.dataloader_num_workers,
                prefetch_factor=self.args.dataloader_prefetch_factor,
                persistent_workers=self.args.dataloader_persistent_workers,
                pin_memory=self.args.dataloader_pin_memory,
            )
        )

    def create_optimizer(self, *given: Any) -> Any:
        """The Trainer's optimizer; the word embeddings of a small T5 get a rate of their own."""
        optimizer = super().create_optimizer(*given)
        if self.embedding_factor != 1:
            words = self.model.get_input_embeddings().weight
            for group in list(optimizer.param_groups):
                others = [weight for weight in group["params"] if weight is not words]
                if len(others) < len(group["params"]):
                    group["params"] = others
                    rate = self.embedding_factor * group["lr"]
                    optimizer.add_param_group({**group, "params": [words], "lr": rate})
        return optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> LRScheduler:
        """A schedule that rises and falls by steps, or by time where there is a limit."""
        clock, config = self.watch.clock, self.watch.config
        clock.start(num_training_steps)
        if "lr_scheduler_type" in config.trainer:
            return super().create_scheduler(num_training_steps, optimizer)
        self.lr_scheduler = LambdaLR(
            optimizer or self.optimizer, lambda step: clock.rate(step, config.warmup_steps)
        )
        self._created_lr_scheduler = True
        return self.lr_scheduler

    def training_step(self, model: nn.Module, inputs: dict[str, Any], *rest: Any) -> Tensor:
        """Forward and backward of one batch."""
        self.watch.tokens = self.watch.tokens + inputs["attention_mask"].sum()
        if self.model.config.is_encoder_decoder:
            self.watch.tokens = self.watch.tokens + (inputs["labels"] >= 0).sum()
        if self.parts == 1:
            loss: Tensor = super().training_step(model, inputs, *rest)
            return loss
        losses = []
        for part, share in divided(inputs, self.parts):
            self._share = share
            losses.append(super().training_step(model, part, *rest))
        self._share = 1.0
        return torch.stack(losses).sum()

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """The loss; of a part of a batch, its share of the batch's."""
        if self.soft is not None and COLUMN in inputs:
            loss, outputs = self._taught(model, inputs, self.soft)
            return (loss, outputs) if return_outputs else loss * self._share
        loss = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        # A sum over the items of the whole batch already is a share.
        whole = self._share == 1.0 or (self.model_accepts_loss_kwargs and num_items_in_batch)
        return loss if whole or return_outputs else loss * self._share

    def _taught(self, model: nn.Module, inputs: dict[str, Any], soft: Soft) -> tuple[Tensor, Any]:
        """The loss of rows of which a teacher's scores are known."""
        teacher = inputs[COLUMN]
        own = {name: value for name, value in inputs.items() if name != COLUMN}
        hard, outputs = super().compute_loss(model, own, True)
        several = own["labels"].ndim > 1
        return soft.loss(hard, outputs.logits, teacher, several=several), outputs

    def _evaluate(self, trial: Any, ignore_keys_for_eval: Any, skip_scheduler: bool = False) -> Any:
        """Look at the validation split; training's random numbers are not touched by it."""
        if skip_scheduler and self.state.global_step:
            return {}  # the look at the base, before any step; a run that is resumed has had it
        before = random_state()
        found = super()._evaluate(trial, ignore_keys_for_eval, skip_scheduler)
        set_random_state(before)
        return found

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Write a checkpoint of the step that has just ended."""
        if self.control.should_training_stop:
            return  # the model itself is next; whoever went on from here would go too far
        started, step, watch = time.monotonic(), self.state.global_step, self.watch
        weights = trained(self.model)
        if not all_finite(weights):
            raise watch.diverged(step, "weights", self._get_learning_rate())
        state = {
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.lr_scheduler.state_dict(),
            "random": random_state(),
            "watch": watch.state(),
            "parts": self.parts,
            "threads": torch.get_num_threads(),
        }
        self.checkpoints.save(
            Snapshot(step, weights, watch.best_weights, watch.best_step, state),
            lambda path: self.state.save_to_json(str(path)),
        )
        watch.saved(step, time.monotonic() - started)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        put(self.model, weights_of(Path(resume_from_checkpoint)))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        place = Path(checkpoint)
        state = state_of(place)
        self.optimizer.load_state_dict(state["optimizer"])
        self.lr_scheduler.load_state_dict(state["schedule"])
        self.watch.go_on(state["watch"], best_of(place))

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            set_random_state(state_of(Path(checkpoint))["random"])


def row_size(row: Feature, two_stacks: bool) -> Size:
    """Tokens of a row that the encoder, or the only stack, reads, and those of the decoder."""
    inputs = len(row["input_ids"])
    return (inputs, len(row["labels"])) if two_stacks else (inputs,)


def embedding_factor(model: Any) -> float:
    """How many times the rate the word embeddings of a small encoder-decoder get.

    AdamW moves a weight by about the rate at each step, whatever the weight's size. T5's word
    embeddings are some 30 times as large as its matrices, and would hardly move; Adafactor, which
    T5 was made with, moves each matrix in proportion to its size (Shazeer and Stern 2018, section
    8), and so does this. The starter, tuned for 45 s in plain batches of phrases (one seed, n =
    300): BLEU 98 with 30 times the rate and 1e-3 for the rest, 33 with 3e-3 for all. Large models
    are left alone: there it is not measured.
    """
    words = model.get_input_embeddings().weight
    small = model.config.is_encoder_decoder and model.num_parameters() < SMALL
    if not small or not words.requires_grad:
        return 1.0
    sizes = [
        float(weight.detach().float().square().mean().sqrt())
        for weight in model.parameters()
        if weight.ndim == 2 and weight is not words
    ]
    own = float(words.detach().float().square().mean().sqrt())
    return max(1.0, own / statistics.median(sizes))


def build(
    model: Any,
    purpose: str,
    config: TrainConfig,
    learning_rate: float,
    train_rows: list[Feature],
    validation_rows: list[Feature],
    pad_id: int,
    checkpoints: Checkpoints,
    watch: Watch,
    parts: int = 1,
) -> ClockedTrainer:
    """Set a Trainer up: no tracker, no progress bar, no network, logs and evaluations by `watch`.

    Args:
        model: In float32, on any device.
        purpose: What it was loaded for.
        config: How.
        learning_rate: Peak rate.
        train_rows: Features to learn from.
        validation_rows: Features for the validation loss; none, and nothing is evaluated.
        pad_id: The tokenizer's id for padding.
        checkpoints: Where they are written.
        watch: Told of everything; sets when to log, evaluate, save and stop.
        parts: Each batch is computed in so many parts.
    """
    # The Trainer infers from a model's **kwargs that it divides its loss by the label tokens of all
    # accumulated batches. Causal models do; these do not, and their loss and gradients would come
    # out as many times too large as there are batches to a step.
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    inner.accepts_loss_kwargs = purpose == "causal"
    cpu = not torch.cuda.is_available()
    own: dict[str, Any] = {
        "output_dir": str(checkpoints.folder.parent),
        "per_device_train_batch_size": config.batch_size,
        "per_device_eval_batch_size": config.eval_batch_size,
        "gradient_accumulation_steps": config.accumulation_steps,
        "num_train_epochs": config.epochs,
        "max_steps": config.max_steps or -1,
        "learning_rate": learning_rate,
        "weight_decay": config.weight_decay,
        "seed": config.seed,
        "data_seed": config.seed,
        "logging_strategy": "no",
        "eval_strategy": "no",
        "save_strategy": "no",
        "eval_on_start": bool(validation_rows),
        # A loss that is no number must be seen, not replaced.
        "logging_nan_inf_filter": False,
        "prediction_loss_only": True,
        "remove_unused_columns": False,
        "dataloader_pin_memory": not cpu,
        "disable_tqdm": True,
        "report_to": "none",
        "trackio_static_space_id": False,
        "use_cpu": cpu,
        "bf16": config.precision == "bfloat16",
    }
    arguments = TrainingArguments(**{**own, **config.trainer})
    trainer = ClockedTrainer(
        model=model,
        args=arguments,
        data_collator=Collator(pad_id),
        train_dataset=train_rows,
        eval_dataset=validation_rows or None,
        callbacks=[watch],
    )
    trainer.remove_callback(PrinterCallback)  # the watch tells, and better
    trainer.watch, trainer.checkpoints, trainer.parts = watch, checkpoints, parts
    watch.peak_rate = learning_rate
    return trainer
