"""Transformers' Trainer, set up so that it follows a clock, counts tokens, and calls nobody."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments

from core.train.batching import LengthBatches, Size
from core.train.config import TrainConfig
from core.train.objectives import Collator, Feature
from core.train.watch import Watch


class ClockedTrainer(Trainer):  # type: ignore[misc]
    """The Trainer, with the learning rate of `Clock.rate` and a count of input and target tokens.

    Build it with `build`.
    """

    watch: Watch

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
        loss: Tensor = super().training_step(model, inputs, *rest)
        return loss


def row_size(row: Feature, two_stacks: bool) -> Size:
    """Tokens of a row that the encoder, or the only stack, reads, and those of the decoder."""
    inputs = len(row["input_ids"])
    return (inputs, len(row["labels"])) if two_stacks else (inputs,)


def build(
    model: Any,
    purpose: str,
    config: TrainConfig,
    learning_rate: float,
    train_rows: list[Feature],
    validation_rows: list[Feature],
    pad_id: int,
    folder: Path,
    watch: Watch,
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
        folder: Where the Trainer may write; nothing in it is needed afterwards.
        watch: Told of everything; sets when to log, evaluate and stop.
    """
    # The Trainer infers from a model's **kwargs that it divides its loss by the label tokens of all
    # accumulated batches. Causal models do; these do not, and their loss and gradients would come
    # out as many times too large as there are batches to a step.
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    inner.accepts_loss_kwargs = purpose == "causal"
    cpu = not torch.cuda.is_available()
    own: dict[str, Any] = dict(
        output_dir=str(folder),
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.eval_batch_size,
        gradient_accumulation_steps=config.accumulation_steps,
        num_train_epochs=config.epochs,
        max_steps=config.max_steps or -1,
        learning_rate=learning_rate,
        weight_decay=config.weight_decay,
        seed=config.seed,
        data_seed=config.seed,
        logging_strategy="no",
        eval_strategy="no",
        save_strategy="no",
        eval_on_start=bool(validation_rows),
        # A loss that is no number must be seen, not replaced.
        logging_nan_inf_filter=False,
        prediction_loss_only=True,
        remove_unused_columns=False,
        dataloader_pin_memory=not cpu,
        disable_tqdm=True,
        report_to="none",
        use_cpu=cpu,
        bf16=config.precision == "bfloat16",
    )
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
    trainer.watch = watch
    return trainer
