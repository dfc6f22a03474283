"""How a model is fine-tuned: a frozen configuration, made from a preset and settings.

Standard library only: pages and the command line make and check configurations without torch.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from core.errors import BadInput
from core.train import arguments

METHODS = ("full", "frozen", "lora", "qlora", "probe")
"""What is trained; `core.train.methods` says what each does."""
ADAPTERS = ("lora", "qlora")


@dataclass(frozen=True)
class TrainConfig:
    """What a fine-tune does, apart from its data.

    Attributes:
        preset: The preset it began as.
        method: One of METHODS.
        epochs: Passes over the training split.
        batch_size: Examples per step (on each device, times `accumulation_steps`); with batches of
            like length their mean.
        batching: "length": examples of like length together, each batch of about as many tokens,
            in random order (`core.train.batching`); "plain": examples as they are drawn.
        eval_batch_size: Examples per batch when the validation loss is taken.
        accumulation_steps: Batches whose gradients make one step.
        learning_rate: Peak rate; None means `learning_rate_for` the model's size.
        warmup_steps: Steps in which the rate rises; below 1, that share of the whole.
        weight_decay: AdamW's.
        max_input_tokens, max_target_tokens: Longer texts are cut.
        seed: Of the order, of dropout, of new heads, of the replayed examples.
        replay_share: Share of general examples among the training examples, 0 to 0.9.
        max_seconds: Stop after so much time; the rate falls to zero by then. None = no limit.
        max_steps: Stop after so many steps. None = no limit.
        keep: "best": the weights that did best on the validation split; "last": the final ones.
        best_by: What "best" is judged by: "loss", the lowest validation loss, or "score", the
            highest first metric of the task (BLEU, accuracy, …), taken at each evaluation.
        lora_rank, lora_alpha, lora_dropout: Of the adapters, for the methods that have some; an
            adapter's output is scaled by alpha / rank.
        precision: "float32", or "bfloat16" to compute so where the device is faster for it
            (the weights stay float32).
        validation_limit: Examples of the validation split that the loss is taken on.
        patience: Stop when an evaluation was not the best so far so many times in a row, of the
            ten or so times that there is one. None = never.
        checkpoint_seconds: A checkpoint is written this often, and less often where writing would
            take more than a fiftieth of the time.
        checkpoint_steps: A checkpoint is written every so many steps instead. None = by time.
        trainer: Further arguments of Transformers' Trainer, by their names.
    """

    preset: str = "balanced"
    method: str = "full"
    epochs: float = 5.0
    batch_size: int = 32
    batching: str = "length"
    eval_batch_size: int = 64
    accumulation_steps: int = 1
    learning_rate: float | None = None
    warmup_steps: float = 0.06
    weight_decay: float = 0.01
    max_input_tokens: int = 256
    max_target_tokens: int = 128
    seed: int = 0
    replay_share: float = 0.0
    max_seconds: float | None = None
    max_steps: int | None = None
    keep: str = "best"
    best_by: str = "loss"
    lora_rank: int = 16
    lora_alpha: float = 32.0
    lora_dropout: float = 0.05
    precision: str = "float32"
    validation_limit: int = 512
    patience: int | None = None
    checkpoint_seconds: float = 30.0
    checkpoint_steps: int | None = None
    trainer: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Setting:
    """What a setting may be: its type, its bounds (both included), or its words."""

    name: str
    kind: type
    low: float = -math.inf
    high: float = math.inf
    words: tuple[str, ...] = ()
    optional: bool = False

    @property
    def expected(self) -> str:
        """What is expected, for the message."""
        if self.words:
            return f"one of {', '.join(self.words)}"
        noun = "a whole number" if self.kind is int else "a number"
        none = ", or none" if self.optional else ""
        return f"{noun} from {self.low:g} to {self.high:g}{none}"


SETTINGS = (
    Setting("method", str, words=METHODS),
    Setting("epochs", float, 0.01, 1_000),
    Setting("batch_size", int, 1, 4_096),
    Setting("batching", str, words=("length", "plain")),
    Setting("eval_batch_size", int, 1, 4_096),
    Setting("accumulation_steps", int, 1, 1_024),
    Setting("learning_rate", float, 1e-8, 1, optional=True),
    Setting("warmup_steps", float, 0, 1_000_000),
    Setting("weight_decay", float, 0, 1),
    Setting("max_input_tokens", int, 16, 131_072),
    Setting("max_target_tokens", int, 2, 131_072),
    Setting("seed", int, 0, 2**32 - 1),
    Setting("replay_share", float, 0, 0.9),
    Setting("max_seconds", float, 1, 10_000_000, optional=True),
    Setting("max_steps", int, 1, 100_000_000, optional=True),
    Setting("keep", str, words=("best", "last")),
    Setting("best_by", str, words=("loss", "score")),
    Setting("lora_rank", int, 1, 1_024),
    Setting("lora_alpha", float, 0.01, 4_096),
    Setting("lora_dropout", float, 0, 0.9),
    Setting("precision", str, words=("float32", "bfloat16")),
    Setting("validation_limit", int, 1, 1_000_000),
    Setting("patience", int, 1, 1_000, optional=True),
    Setting("checkpoint_seconds", float, 1, 1_000_000),
    Setting("checkpoint_steps", int, 1, 100_000_000, optional=True),
)
"""Every field of TrainConfig that has a name of its own, in its order."""
NAMES = tuple(row.name for row in SETTINGS)

PRESETS: dict[str, dict[str, Any]] = {
    # About a minute for a starter model on two cores; the last weights, for the rate is 0 by then.
    # Batches of 32 taught more in that time than 64 or 16.
    "quick": {"epochs": 20.0, "max_seconds": 45.0, "keep": "last",
              "validation_limit": 256},
    "balanced": {},
    "thorough": {"epochs": 15.0, "validation_limit": 2_000},
    # The listing of the article that the project starts from; what it does not say is the
    # Trainer's default.
    "seed": {"epochs": 3.0, "batch_size": 16, "batching": "plain", "eval_batch_size": 64,
             "warmup_steps": 500.0, "weight_decay": 0.01, "learning_rate": 5e-5, "seed": 42,
             "keep": "last"},
}  # fmt: skip
"""What each preset sets; everything else is TrainConfig's default."""


def from_preset(preset: str, settings: Mapping[str, Any] | None = None) -> TrainConfig:
    """Make a configuration: a preset, and settings that override it.

    Args:
        preset: A key of PRESETS.
        settings: Names of SETTINGS, or of arguments of the Trainer, to values, or to text as it
            stands on a command line.

    Raises:
        BadInput: The preset or a setting is not known, or a value is not as expected.
    """
    if preset not in PRESETS:
        raise BadInput(f"{preset!r} is not a preset; expected one of {', '.join(PRESETS)}.")
    checked: dict[str, Any] = {}
    trainer: dict[str, Any] = {}
    for given, value in (settings or {}).items():
        name = arguments.OWN.get(given, given)
        if name in checked:
            raise BadInput(f"{name} is set twice, once as {given}; set it once.")
        if name in NAMES:
            checked[name] = _checked(name, value)
        elif name == "trainer" and isinstance(value, Mapping):  # a configuration read back
            trainer |= {k: arguments.check(k, v, NAMES) for k, v in value.items()}
        else:
            trainer[name] = arguments.check(name, value, NAMES)
    return TrainConfig(**{"preset": preset, **PRESETS[preset], **checked, "trainer": trainer})


def _checked(name: str, value: object) -> Any:
    row = next(row for row in SETTINGS if row.name == name)
    if row.optional and (value is None or str(value).strip().casefold() == "none"):
        return None
    parsed = _parsed(row, value)
    if parsed is None:
        raise BadInput(f"{name}={value!s} cannot be used: expected {row.expected}.")
    return parsed


def _parsed(row: Setting, value: object) -> Any:
    """The value in the setting's type, or None if it is not as expected."""
    if row.words:
        return value if value in row.words else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if not row.low <= number <= row.high or (row.kind is int and not number.is_integer()):
        return None
    return row.kind(number)


HIGHEST_RATE, PROBE_RATE = 5e-3, 1e-2
SMALL, MEDIUM, LARGE = 20_000_000, 150_000_000, 1_000_000_000


def learning_rate_for(family: str, parameters: int, method: str = "full") -> float:
    """The peak learning rate where none is set: the smaller the model, the higher.

    Up to 20 M parameters: 1e-3 for an encoder-decoder, its word embeddings faster
    (`core.train.trainer.embedding_factor`). 5e-4 for a small BERT: of the rates that were searched
    for compact BERTs (Turc et al. 2019) 3e-4 is the highest; 1e-3 overfitted within a few passes
    here. 1e-3 for a small decoder.
    Above: 3e-4, then 1e-4 for T5 (Transformers' T5 page: both work for most tasks); 5e-5, then 2e-5
    for BERT and GPT (Devlin et al. 2019, appendix A.3: 2e-5 to 5e-5 for 110 M and 340 M). From 1 B
    on 1e-5: a rate too high costs a run, one too low costs time.

    Adapters: ten times that (Schulman et al. 2025, "LoRA without regret", found 9.8), at most
    `HIGHEST_RATE`; for 7 B this is the 1e-4 to 2e-4 of QLoRA. A probe takes `PROBE_RATE`: its loss
    is convex, and a new layer on a fixed body learns little at a body's rate.
    """
    if method == "probe":
        return PROBE_RATE
    full = _full_rate(family, parameters)
    return min(10 * full, max(full, HIGHEST_RATE)) if method in ADAPTERS else full


def _full_rate(family: str, parameters: int) -> float:
    if parameters < SMALL:
        return {"encoder-decoder": 1e-3, "encoder": 5e-4}.get(family, 1e-3)
    if parameters >= LARGE:
        return 1e-5
    rates = (3e-4, 1e-4) if family == "encoder-decoder" else (5e-5, 2e-5)
    return rates[0] if parameters < MEDIUM else rates[1]
