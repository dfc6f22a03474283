"""Everything that a reader compares about one choice: training by GPU count, serving by card."""

from dataclasses import dataclass, replace
from functools import lru_cache

from core.cost.backtest import Score, score
from core.cost.energy import SITE, Site
from core.cost.engines import DEFAULT_ENGINE
from core.cost.hardware import GPUS, Gpu, gpu
from core.cost.prices import Price, Pricing, known_price, own_price
from core.cost.served import ServingEstimate
from core.cost.serving import estimate_serving
from core.cost.serving_checks import can_share
from core.cost.throughput import Method
from core.cost.training import TrainingEstimate, estimate_training
from core.errors import NotFound
from core.models.shape import Shape

COUNTS = (1, 2, 4, 8)
REPLICA_GPUS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Choice:
    """What is asked; None = the default of the estimate."""

    shape: Shape
    gpu: str
    method: Method = "lora"
    tokens: int = 60_000_000
    gpus: int = 1
    sequence_length: int | None = None
    provider: str | None = None
    pricing: Pricing = "on-demand"
    usd_per_gpu_hour: float | None = None
    site: Site = SITE
    input_tokens: int = 1000
    output_tokens: int = 200
    in_flight: int = 32


@dataclass(frozen=True)
class Sheet:
    """Estimates for a choice.

    `by_gpus` holds those that fit, `serving` one for each card on as few GPUs as hold the model;
    `error` is that of the kind of run which the training is judged by.
    """

    choice: Choice
    training: TrainingEstimate
    by_gpus: tuple[TrainingEstimate, ...]
    serving: tuple[ServingEstimate, ...]
    error: Score


@lru_cache(maxsize=256)
def make(choice: Choice) -> Sheet:
    """Estimate a choice.

    Raises:
        NotFound: There is no such GPU, or no published price of that provider.
        BadInput: A number is out of range.
    """
    training = _training(choice)
    counts = sorted({*COUNTS, choice.gpus})
    by_gpus = tuple(
        one for count in counts if (one := _training(replace(choice, gpus=count))).fit != "no"
    )
    serving = tuple(found for card in GPUS if (found := _serving(choice, card)) is not None)
    return Sheet(choice, training, by_gpus, serving, score(training.hours.kind))


def price(choice: Choice, card: Gpu) -> Price | None:
    """What a choice pays for an hour of a card: for the chosen one its own price, else the listed.

    Raises:
        NotFound: No price of the named provider is on file.
    """
    if choice.usd_per_gpu_hour is not None and card.name == choice.gpu:
        return own_price(choice.usd_per_gpu_hour)
    return known_price(card, choice.provider, choice.pricing)


def _training(choice: Choice) -> TrainingEstimate:
    return estimate_training(
        choice.shape, choice.tokens, choice.gpu, choice.gpus, choice.method,
        choice.sequence_length, price=price(choice, gpu(choice.gpu)), site=choice.site,
        spot=choice.pricing == "spot",
    )  # fmt: skip


def _serving(choice: Choice, card: Gpu) -> ServingEstimate | None:
    """On the fewest GPUs that hold the model; None where no price or no number of GPUs does."""
    try:
        paid = price(choice, card)
    except NotFound:
        return None
    if paid is None:
        return None
    for gpus in (n for n in REPLICA_GPUS if can_share(choice.shape, DEFAULT_ENGINE, n)):
        found = estimate_serving(
            choice.shape, card.name, gpus, choice.input_tokens, choice.output_tokens,
            concurrency=choice.in_flight, price=paid,
        )  # fmt: skip
        if found.fits:
            return found
    return None
