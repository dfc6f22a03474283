"""What a training says while it runs, when it stops, and which weights it keeps."""

import math
import time
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from core.errors import WorkFailed
from core.train.config import TrainConfig
from core.train.meter import Meter
from core.train.quiz import Quiz

EVALUATIONS = 10
"""How often the validation loss is taken, spread evenly over the run."""
LOG_SECONDS, LOG_SHARE = 0.25, 0.005
"""A step is told of once in so many seconds, or once in that share of the time so far: a minute
gives some 150 points, a day a thousand, and neither floods the store."""


class Listener(Protocol):
    """Who is told, and who may ask to stop: a job's context."""

    def report(self, progress: float | None, message: str, **values: Any) -> None:
        """Take the share done and what is done; raises where somebody asked to stop."""

    def event(self, kind: str, **payload: Any) -> None:
        """Take an event."""

    def check(self) -> None:
        """Raise where somebody asked to stop."""


class Clock:
    """How far a run is, by steps or by time, whichever is further.

    Args:
        max_seconds: Time limit, None = none.
    """

    def __init__(self, max_seconds: float | None) -> None:
        self.max_seconds = max_seconds
        self.total_steps = 1
        self._started = time.monotonic()

    def start(self, total_steps: int) -> None:
        """Begin to count the time; `total_steps` are done if nothing stops it before."""
        self.total_steps = total_steps
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def share(self, step: int) -> float:
        """Share done, 0 to 1."""
        by_time = self.seconds / self.max_seconds if self.max_seconds else 0.0
        return min(1.0, max(step / self.total_steps, by_time))

    def rate(self, step: int, warmup_steps: float) -> float:
        """Learning rate as a share of its peak: linear up, then linear down to 0 at the end.

        Without a time limit this is Transformers' linear schedule. With one, the fall follows the
        clock, so that a run that is cut short has still cooled down.
        """
        warmup = warmup_steps if warmup_steps >= 1 else warmup_steps * self.total_steps
        share = self.share(step)
        if warmup_steps < 1 and self.max_seconds:
            rising = share / warmup_steps if warmup_steps else 1.0
        else:
            rising = step / warmup if warmup else 1.0
        if rising < 1:
            return rising
        warm_share = warmup / self.total_steps
        return max(0.0, (1 - share) / max(1e-9, 1 - min(warm_share, share)))


class Watch(TrainerCallback):  # type: ignore[misc]
    """Tells a listener of steps and validation losses, stops in time, remembers the best weights.

    Args:
        config: The configuration.
        clock: How far the run is.
        listener: Who is told.
        quiz: Asked at each evaluation for sample answers and scores; None = for the loss alone.
        meter: Reads memory and energy; None = a new one.

    `tokens` counts what was trained on, without padding; whoever makes the steps adds to it.
    `pause_seconds` is the time that went into validation.
    """

    def __init__(
        self,
        config: TrainConfig,
        clock: Clock,
        listener: Listener,
        quiz: Quiz | None,
        meter: Meter | None = None,
    ) -> None:
        self.config = config
        self.clock = clock
        self.best_loss: float | None = None
        self.best_step: int | None = None
        self.best_weights: dict[str, Tensor] | None = None
        self.pause_seconds = 0.0
        self.last_loss: float | None = None
        self.tokens: int | Tensor = 0
        self._listener = listener
        self._quiz = quiz
        self.meter = meter or Meter()
        self._told_at = -math.inf
        self._evaluated = 0
        self._in_vain = 0
        self._paused_at: float | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Say what computes; the first evaluation, before any step, is a pause too."""
        self._listener.event(
            "start",
            device=torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
            threads=torch.get_num_threads(),
            steps=self.clock.total_steps,
            energy_source=self.meter.energy_source,
        )
        if args.eval_on_start:
            self._paused_at = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Decide what happens after this step."""
        self._listener.check()
        seconds, step = self.clock.seconds, state.global_step
        share = self.clock.share(step)
        done = share >= 1.0 or step >= self.clock.total_steps
        if seconds - self._told_at >= max(LOG_SECONDS, LOG_SHARE * seconds) or done:
            self._told_at = seconds
            control.should_log = True
        if args.eval_on_start and (int(share * EVALUATIONS) > self._evaluated or done):
            self._evaluated = int(share * EVALUATIONS)
            control.should_evaluate = True
            self._paused_at = time.monotonic()
        if done:
            control.should_training_stop = True

    def on_prediction_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """A safe point between two batches of the validation split."""
        self._listener.check()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Tell of a step."""
        logs, step = logs or {}, state.global_step
        if "loss" in logs:
            self._step(step, logs, state.epoch)

    def _step(self, step: int, logs: dict[str, float], epoch: float | None) -> None:
        loss = logs["loss"]
        if not math.isfinite(loss):
            raise WorkFailed(
                f"The loss was no number any more at step {step}: the learning rate "
                f"({logs['learning_rate']:g}) is likely too high. Train again with "
                f"--set learning_rate={logs['learning_rate'] / 10:.0e}."
            )
        self.last_loss = loss
        norm, seconds = logs.get("grad_norm"), self.clock.seconds
        tokens, computing = int(self.tokens), seconds - self.pause_seconds
        share = self.clock.share(step)
        self._listener.event(
            "step",
            step=step,
            loss=loss,
            learning_rate=logs["learning_rate"],
            grad_norm=norm if norm is not None and math.isfinite(norm) else None,
            epoch=epoch,
            tokens_per_second=round(tokens / computing, 1) if computing > 0 else None,
            tokens=tokens,
            seconds=round(seconds, 3),
            share=round(share, 5),
            **self.meter.read(),
        )
        self._listener.report(
            share,
            "train.progress",
            step=step,
            loss=f"{loss:.3f}",
            left_seconds=round(seconds * (1 - share) / share) if share else 0,
        )

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: Any = None,
        metrics: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Keep the weights if they are the best so far; tell of loss, scores and answers."""
        loss = (metrics or {}).get("eval_loss", math.inf)
        self._in_vain += 1
        if loss < (math.inf if self.best_loss is None else self.best_loss):
            self.best_loss, self.best_step = loss, state.global_step
            self._in_vain = 0
            if self.config.keep == "best":
                # What is not trained does not change: of adapters this is little.
                self.best_weights = {
                    name: value.detach().to("cpu", copy=True)
                    for name, value in model.named_parameters()
                    if value.requires_grad
                }
        if self.config.patience and self._in_vain >= self.config.patience:
            control.should_training_stop = True
        self._evaluation(state.global_step, loss, model, last=control.should_training_stop)
        if self._paused_at is not None:
            self.pause_seconds += time.monotonic() - self._paused_at
            self._paused_at = None

    def _evaluation(self, step: int, loss: float, model: Any, *, last: bool) -> None:
        seconds = self.clock.seconds
        ends = step == 0 or last or self.clock.share(step) >= 1
        said = self._quiz.ask(model, seconds, must_score=ends) if self._quiz else None
        self._listener.event(
            "evaluation",
            step=step,
            loss=loss if math.isfinite(loss) else None,
            tokens=int(self.tokens),
            seconds=round(seconds, 3),
            scores=said.scores if said else [],
        )
        for text, reference, prediction in said.samples if said else ():
            self._listener.event(
                "sample", step=step, input=text, reference=reference, prediction=prediction
            )

    def put_back(self, model: Any) -> int | None:
        """Give the model its best weights; returns the step they are from, None = the last."""
        if self.best_weights is None:
            return None
        model.load_state_dict(self.best_weights, strict=False)
        return self.best_step
