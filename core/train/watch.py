"""What a training says while it runs, when it stops, and which weights it keeps."""

import math
import time
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from core.errors import Diverged
from core.train.clock import Clock
from core.train.config import TrainConfig
from core.train.meter import Meter
from core.train.quiz import Answered, Quiz
from core.train.weights import put, trained

EVALUATIONS = 10
"""How often the validation loss is taken, spread evenly over the run."""
LOG_SECONDS, LOG_SHARE = 0.25, 0.005
"""A step is told of once in so many seconds, or once in that share of the time so far: a minute
gives some 150 points, a day a thousand, and neither floods the store."""

SAVE_SHARE = 50
"""Between two checkpoints pass at least so many times the seconds that writing one took."""


class Listener(Protocol):
    """Who is told, and who may ask to stop: a job's context."""

    def report(self, progress: float | None, message: str, **values: Any) -> None:
        """Take the share done and what is done; raises where somebody asked to stop."""

    def event(self, kind: str, **payload: Any) -> None:
        """Take an event."""

    def check(self) -> None:
        """Raise where somebody asked to stop."""

    @property
    def pausing(self) -> bool:
        """Whether somebody asked to pause: a checkpoint is written, then `rest` is called."""

    def rest(self) -> None:
        """Raise where somebody asked to pause."""

    def saving(self) -> AbstractContextManager[None]:
        """While this lasts, `check` and `report` leave a pause to `rest`."""


class Watch(TrainerCallback):  # type: ignore[misc]
    """Tells a listener of steps and validation losses, stops in time, remembers the best weights.

    Args:
        config: The configuration.
        clock: How far the run is.
        listener: Who is told.
        quiz: Asked at each evaluation for sample answers and scores; None = for the loss alone.
        meter: Reads memory and energy; None = a new one.

    `peak_rate` is the peak learning rate; whoever builds the Trainer sets it.
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
        self.peak_rate = 0.0
        self.best_loss: float | None = None
        self.best_score: float | None = None
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
        self._saved_at = self._save_seconds = 0.0
        self._saved_step = 0
        self._good_step: int | None = None

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
        self._saved_at, self._saved_step = self.clock.seconds, state.global_step
        if args.eval_on_start and not state.global_step:
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
        elif self._listener.pausing or self._save_is_due(step):
            # The loss is looked at first: weights that are no numbers are not worth keeping.
            control.should_log = control.should_save = True

    def _save_is_due(self, step: int) -> bool:
        if self.config.checkpoint_steps:
            return step - self._saved_step >= self.config.checkpoint_steps
        rare = max(self.config.checkpoint_seconds, SAVE_SHARE * self._save_seconds)
        return self.clock.seconds - self._saved_at >= rare

    def saved(self, step: int, seconds: float) -> None:
        """Take note of a checkpoint, and of how long it took to write."""
        self._saved_at, self._saved_step, self._save_seconds = self.clock.seconds, step, seconds

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """A point where nothing is lost; at the end nothing was saved."""
        if not control.should_training_stop:
            self._listener.rest()

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
            raise self.diverged(step, "loss", logs["learning_rate"])
        self.last_loss, self._good_step = loss, step
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
        step, loss = state.global_step, (metrics or {}).get("eval_loss", math.inf)
        by_score = self.config.best_by == "score"
        said = self._ask(model, must_score=True) if by_score else None
        self._in_vain += 1
        if self._is_best(loss, said):
            self.best_loss, self.best_step = loss, step
            self.best_score = _headline(said)
            self._in_vain = 0
            if self.config.keep == "best":
                # What is not trained does not change: of adapters this is little.
                self.best_weights = {
                    name: value.to("cpu", copy=True) for name, value in trained(model).items()
                }
        if self.config.patience and self._in_vain >= self.config.patience:
            control.should_training_stop = True
        ends = step == 0 or control.should_training_stop or self.clock.share(step) >= 1
        self._tell(step, loss, said if by_score else self._ask(model, must_score=ends))
        if self._paused_at is not None:
            self.pause_seconds += time.monotonic() - self._paused_at
            self._paused_at = None

    def _ask(self, model: Any, *, must_score: bool) -> Answered | None:
        seconds = self.clock.seconds
        return self._quiz.ask(model, seconds, must_score=must_score) if self._quiz else None

    def _is_best(self, loss: float, said: Answered | None) -> bool:
        """Whether this is the best so far; of equal scores the lower loss."""
        lower = loss < (math.inf if self.best_loss is None else self.best_loss)
        score = _headline(said)
        if score is None or self.best_score is None:
            return lower if score is None else True
        return score > self.best_score or (score == self.best_score and lower)

    def _tell(self, step: int, loss: float, said: Answered | None) -> None:
        self._listener.event(
            "evaluation",
            step=step,
            loss=loss if math.isfinite(loss) else None,
            tokens=int(self.tokens),
            seconds=round(self.clock.seconds, 3),
            scores=said.scores if said else [],
        )
        for text, reference, prediction in said.samples if said else ():
            self._listener.event(
                "sample", step=step, input=text, reference=reference, prediction=prediction
            )

    def diverged(self, step: int, what: str, rate: float) -> Diverged:
        """The error for a loss or a weight that is no number any more.

        Args:
            step: Where it was seen.
            what: "loss" or "weights".
            rate: Learning rate of that step.
        """
        good = f"the last good one was at step {self._good_step}" if self._good_step else (
            "none before was good"
        )  # fmt: skip
        return Diverged(
            f"The {what} {'was' if what == 'loss' else 'were'} no number any more at step {step} "
            f"({good}): the learning rate ({rate:g}) is likely too high. Train again with "
            f"--set learning_rate={(self.peak_rate or rate) / 10:.0e}."
        )

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {
            "seconds": self.clock.seconds,
            "best_loss": self.best_loss,
            "best_score": self.best_score,
            "best_step": self.best_step,
            "last_loss": self.last_loss,
            "good_step": self._good_step,
            "pause_seconds": self.pause_seconds,
            "evaluated": self._evaluated,
            "in_vain": self._in_vain,
            "tokens": int(self.tokens),
            "energy_joules": self.meter.energy_joules(),
        }

    def go_on(self, state: dict[str, Any], best_weights: dict[str, Tensor] | None) -> None:
        """Continue from what a checkpoint kept."""
        self.clock.resume(state["seconds"])
        self.best_loss, self.best_step = state["best_loss"], state["best_step"]
        self.best_score = state.get("best_score")  # checkpoints of before lack it
        self.last_loss, self._good_step = state["last_loss"], state["good_step"]
        self.pause_seconds, self._evaluated = state["pause_seconds"], state["evaluated"]
        self._in_vain, self.tokens = state["in_vain"], state["tokens"]
        self.meter.go_on(state["energy_joules"])
        self.best_weights = best_weights

    def put_back(self, model: Any) -> int | None:
        """Give the model its best weights; returns the step they are from, None = the last."""
        if self.best_weights is None:
            return None
        put(model, self.best_weights)
        return self.best_step


def _headline(said: Answered | None) -> float | None:
    """The first score of an asking: that of the task's first metric, the higher the better."""
    return said.scores[0]["value"] if said and said.scores else None
