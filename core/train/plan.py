"""A fine-tune before it begins: what is asked, checked, and what it will take.

Standard library only: the command line and the page refuse a wrong request before it is queued.
"""

import importlib.util
import math
from dataclasses import dataclass
from typing import Any

from core.data.dataset import Dataset, open_dataset
from core.data.findings import Finding, sentence
from core.errors import BadInput
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef, default_base, resolve, shape_of
from core.models.shape import parameters
from core.text.literal import printable
from core.train import device
from core.train.config import TrainConfig, from_preset
from core.train.presets import Reason, fitted
from core.train.runs import list_runs
from core.workspace import Workspace

GENERAL = {"de": "general-de", "zh": "general-zh"}
"""Sample of everyday sentences by target language: what a translator should not forget."""
NO_GENERAL = "none"

BYTES_PER_TRAINED_PARAMETER = 16
"""float32 weight, gradient, and AdamW's two moments: 4 bytes each."""


@dataclass(frozen=True)
class Plan:
    """A fine-tune that can begin.

    Attributes:
        dataset: What it learns from.
        base: What it starts from.
        config: How.
        general: Name of the dataset that forgetting is measured on, or None.
        rows: Training examples; replay_rows: general examples mixed in.
        steps: Steps if no time limit ends it before.
        parameters: Of the base; None for a model of the Hub outside the catalogue.
        seconds: About how long the training takes; None = not known.
        seconds_from: "run" (an earlier one like it), "limit" (the most it may take) or None.
        reasons: Why batch, passes, rate and precision are what they are.
    """

    dataset: Dataset
    base: ModelRef
    config: TrainConfig
    general: str | None
    rows: int
    replay_rows: int
    steps: int
    parameters: int | None
    seconds: float | None
    seconds_from: str | None
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """What will be done, as JSON."""
        return {
            "dataset": self.dataset.name,
            "data_version": self.dataset.version,
            "task": self.dataset.task,
            "base": self.base.name,
            "method": self.config.method,
            "preset": self.config.preset,
            "config": self.config.to_json(),
            "general": self.general,
            "rows": self.rows,
            "replay_rows": self.replay_rows,
            "steps": self.steps,
            "parameters": self.parameters,
            "state_bytes": state_bytes(self.parameters),
            "estimated_seconds": self.seconds,
            "estimated_from": self.seconds_from,
            "reasons": {reason.setting: reason.say() for reason in self.reasons},
        }


def make_plan(
    workspace: Workspace,
    dataset: str,
    base: str | None = None,
    preset: str = "balanced",
    method: str = "full",
    settings: dict[str, Any] | None = None,
    replay_share: float = 0.0,
    general: str | None = None,
    ignore_gate: bool = False,
) -> Plan:
    """Check a request; its fields are those of `core.run.TrainRequest`.

    Without `general` a translator into German or Chinese is held against the sample of everyday
    sentences; "none" measures no forgetting.

    Raises:
        NotFound: There is no such dataset or model.
        BadInput: A setting is wrong, the base is of a family that cannot do the task, there is no
            training example, replay is asked for with nothing to draw from, or the dataset was
            looked over and is not fit to train on, unless `ignore_gate`.
    """
    data = open_dataset(workspace, dataset)
    if not data.splits.get("train"):
        raise BadInput(f"{data.title} has no training example; import more rows.")
    blocks = [] if ignore_gate else unfit(workspace, data)
    if blocks:
        said = " ".join(sentence(finding, escape=printable) for finding in blocks)
        raise BadInput(
            f"{data.title} is not fit to train on: {said} `assay data check {data.title}` says "
            "what mends it; --ignore-gate trains all the same."
        )
    ref = resolve(workspace, base or default_base(data.task))
    shape = shape_of(ref)
    if shape is not None:
        purpose = purpose_for(shape.family, data.task, ref.name)
        _method_works(str((settings or {}).get("method", method)), purpose, data.task)
    given = {"method": method, "replay_share": replay_share, **(settings or {})}
    count = parameters(shape).total if shape else None
    share = from_preset(preset, given).replay_share
    other = _general(workspace, data, general)
    if share and other is None:
        raise BadInput(
            f"replay_share={share:g} needs general examples to draw from; name a dataset with "
            "--general."
        )
    rows = data.splits["train"]
    replay_rows = round(rows * share / (1 - share))
    config, reasons = fitted(
        preset, given, rows + replay_rows, shape.family if shape else None, count,
        bfloat16=device.computes_in_bfloat16(),
    )  # fmt: skip
    steps = total_steps(config, rows + replay_rows)
    seconds, source = _seconds(workspace, data, ref, config, steps)
    return Plan(
        data, ref, config, other, rows, replay_rows, steps, count, seconds, source, reasons,
    )  # fmt: skip


def unfit(workspace: Workspace, data: Dataset) -> list[Finding]:
    """What stands in the way of training and testing, as far as the dataset was looked over."""
    from core.data.profile import known  # numpy, which a list of runs does not need

    found = known(workspace, data)
    return [finding for finding in found.findings if finding.blocks] if found else []


def _method_works(method: str, purpose: str, task: str) -> None:
    if method == "probe" and purpose in ("seq2seq", "causal"):
        raise BadInput(
            f"A linear probe trains a new head on a body that stays as it is; for {task} the head "
            "is the output embedding, which is trained already and tied to the body. Use --method "
            "lora or frozen, or a probe for text-classification or question-answering."
        )
    if method == "qlora" and importlib.util.find_spec("bitsandbytes") is None:
        raise BadInput(
            "--method qlora holds the base in 4 bits, which needs bitsandbytes: "
            "pip install 'llm-assay[qlora]'. Or use --method lora."
        )


def _general(workspace: Workspace, data: Dataset, name: str | None) -> str | None:
    """Name of the dataset that forgetting is measured on; a default one may not be there yet."""
    if name == NO_GENERAL:
        return None
    if name:
        return open_dataset(workspace, name).title
    default = GENERAL.get(data.target_language or "") if data.task == "translation" else None
    return None if default == data.name else default


def total_steps(config: TrainConfig, rows: int) -> int:
    """Steps of a run that no clock ends, counted as Transformers' Trainer counts them."""
    batches = math.ceil(rows / config.batch_size)
    steps = math.ceil(config.epochs * math.ceil(batches / config.accumulation_steps))
    return min(steps, config.max_steps) if config.max_steps else steps


def state_bytes(parameter_count: int | None) -> int | None:
    """Memory for weights, gradients and the optimizer's state when all parameters are trained."""
    return None if parameter_count is None else BYTES_PER_TRAINED_PARAMETER * parameter_count


def _seconds(
    workspace: Workspace, data: Dataset, ref: ModelRef, config: TrainConfig, steps: int
) -> tuple[float | None, str | None]:
    """From the newest run of the same base on the same dataset, scaled by rows; or the limit."""
    for run in list_runs(workspace, data.name):
        if run.state == "succeeded" and run.base == ref.name and run.steps and run.train_seconds:
            per_row = run.train_seconds / (run.steps * _rows_per_step(run.config))
            seconds = per_row * steps * _rows_per_step(config.to_json())
            if config.max_seconds is None or seconds < config.max_seconds:
                return round(seconds, 1), "run"
            break
    return config.max_seconds, "limit" if config.max_seconds else None


def _rows_per_step(config: dict[str, Any]) -> int:
    return int(config["batch_size"]) * int(config["accumulation_steps"])
