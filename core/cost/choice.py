"""What a reader of the Cost page asks: a training or a service, and how it is paid for."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from core.cost.calibrate import HERE, Machine
from core.cost.energy import SITE, Site
from core.cost.engines import DEFAULT_ENGINE
from core.cost.engines import engine as find_engine
from core.cost.frontier import NO_TARGET, Target
from core.cost.hardware import DEFAULT_GPU, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.layout import ANY, Wanted
from core.cost.load import SCALE_UP_MINUTES
from core.cost.plan import Method
from core.cost.prices import Overrides, Price, Pricing, own_price, price_of
from core.cost.served import ServingEstimate
from core.cost.serving import estimate_serving
from core.cost.serving_checks import MACHINE_GPUS, can_share
from core.cost.traffic import FLAT, Traffic
from core.cost.training import TrainingEstimate, estimate_training
from core.errors import BadInput, NotFound
from core.models.shape import Shape
from core.units import SECONDS_PER_DAY

PLACEHOLDER = own_price(1.0)
"""For estimates of cards without a price, whose dollars nobody may see."""


@dataclass(frozen=True)
class Paying:
    """Which price an hour has; `overrides` are prices that rows of the tables are to have."""

    pricing: Pricing = "on-demand"
    provider: str | None = None
    discount: float | None = None
    usd_per_gpu_hour: float | None = None
    overrides: Overrides = ()

    @property
    def own(self) -> bool:
        """Whether a price of the reader's own may be in it."""
        return self.usd_per_gpu_hour is not None or bool(self.overrides)


PUBLISHED = Paying()


@dataclass(frozen=True)
class TrainChoice:
    """A training; None = the default of the estimate.

    `machine` = what was measured here: it is the card named `HERE`, or stands by the card of its
    name.
    """

    shape: Shape
    gpu: str = DEFAULT_GPU
    gpus: int = 1
    method: Method = "lora"
    tokens: int = 60_000_000
    sequence_length: int | None = None
    target_length: int | None = None
    batch_per_gpu: int | None = None
    wanted: Wanted = ANY
    paying: Paying = PUBLISHED
    storage_usd: float = 0.0
    egress_usd: float = 0.0
    site: Site = SITE
    machine: Machine | None = None

    @property
    def card(self) -> Gpu:
        """The chosen card.

        Raises:
            NotFound: There is none of that name.
        """
        return _card(self.gpu, self.machine)


@dataclass(frozen=True)
class ServeChoice:
    """A service; `gpus` of one replica, None = the fewest that hold the model.

    `machine` = what was measured here: it is the card named `HERE`, or its load tests stand by the
    card of its name.
    """

    shape: Shape
    gpu: str = DEFAULT_GPU
    gpus: int | None = None
    requests_per_second: float = 5.0
    input_tokens: int = 1000
    output_tokens: int = 200
    traffic: Traffic = FLAT
    precision: str = "fp16"
    engine: str = DEFAULT_ENGINE.name
    target: Target = NO_TARGET
    min_replicas: int = 1
    scale_up_minutes: float = SCALE_UP_MINUTES
    prefix_cached: float = 0.0
    speculative: float = 1.0
    paying: Paying = PUBLISHED
    site: Site = SITE
    machine: Machine | None = None

    @property
    def card(self) -> Gpu:
        """The chosen card.

        Raises:
            NotFound: There is none of that name.
        """
        return _card(self.gpu, self.machine)


def _card(name: str, machine: Machine | None) -> Gpu:
    return machine.card if name == HERE and machine is not None else find_gpu(name)


def price(paying: Paying, card: Gpu) -> Price | None:
    """The price of an hour of a card; None where none is on file and none is given.

    Raises:
        NotFound: A provider is named that has no price for the card; the message lists who has.
        BadInput: A number is out of range.
    """
    if paying.usd_per_gpu_hour is not None:
        return own_price(paying.usd_per_gpu_hour)
    discount = paying.discount if paying.pricing == "reserved" else None
    try:
        return price_of(card, paying.provider, paying.pricing, discount, paying.overrides)
    except NotFound:
        if paying.provider is not None or paying.overrides:
            raise
        return None


@lru_cache(maxsize=2048)
def train(choice: TrainChoice) -> TrainingEstimate:
    """Estimate a training; `usd` is None where there is no price.

    Raises:
        NotFound: There is no such GPU, optimizer or price of a provider.
        BadInput: A number is out of range, or the layout cannot be.
    """
    card, machine = choice.card, choice.machine
    paid = price(choice.paying, card)
    found = estimate_training(
        choice.shape, choice.tokens, card, choice.gpus, choice.method, choice.sequence_length,
        choice.batch_per_gpu, target_length=choice.target_length, wanted=choice.wanted,
        price=paid or PLACEHOLDER, spot=choice.paying.pricing == "spot",
        storage_usd=choice.storage_usd, egress_usd=choice.egress_usd, site=choice.site,
        machine=machine if machine is not None and machine.card.name == card.name else None,
    )  # fmt: skip
    return found if paid is not None else replace(found, price=None, usd=None)


@dataclass(frozen=True)
class Served:
    """A service; `priced` is False where the card has no price, and its dollars mean nothing."""

    estimate: ServingEstimate
    priced: bool


@lru_cache(maxsize=512)
def serve(choice: ServeChoice, stated: Price | None = None) -> Served:
    """Estimate a service.

    Args:
        choice: What is asked.
        stated: A price that stands for the one of the choice; None = that one.

    Raises:
        NotFound: There is no such GPU, engine, precision, or price of a provider.
        BadInput: A number is out of range, or no load keeps to the target.
    """
    paid = stated or price(choice.paying, choice.card)
    counts = [choice.gpus] if choice.gpus is not None else able(choice.shape, choice.engine)
    refused: BadInput | None = None
    found: ServingEstimate | None = None
    for gpus in counts:
        try:
            found = _serve(choice, gpus, paid or PLACEHOLDER)
        except BadInput as error:  # out of reach of a target; more GPUs may reach it
            refused = error
            continue
        if found.fits:
            return Served(found, paid is not None)
    if refused is not None:
        raise refused
    if found is None:
        raise BadInput("gpus: no number of GPUs of one machine can share this model.")
    return Served(found, paid is not None)


def able(shape: Shape, engine: str) -> list[int]:
    """Numbers of GPUs of one machine that can share a model, in powers of two."""
    software = find_engine(engine)
    counts = [2**power for power in range(MACHINE_GPUS.bit_length())]
    return [n for n in counts if can_share(shape, software, n)]


def _serve(choice: ServeChoice, gpus: int, paid: Price) -> ServingEstimate:
    card, machine = choice.card, choice.machine
    return estimate_serving(
        choice.shape, card, gpus, choice.input_tokens, choice.output_tokens,
        precision=choice.precision, engine=choice.engine, prefix_cached=choice.prefix_cached,
        speculative=choice.speculative, price=paid,
        requests_per_day=choice.requests_per_second * SECONDS_PER_DAY, traffic=choice.traffic,
        target=choice.target, min_replicas=choice.min_replicas,
        scale_up_minutes=choice.scale_up_minutes, site=choice.site,
        machine=machine if machine is not None and machine.card.name == card.name else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Preset:
    """A job to start from: the part of the page, and what its controls are set to (as in a URL).

    What is not named is set to its default. The sentence is the text `cost_page.preset.NAME`.
    """

    name: str
    part: Literal["train", "serve"]
    values: tuple[tuple[str, str], ...]


PRESETS = (
    # 10,000 examples of 256 tokens with targets of 64, three times over.
    Preset("finetune", "train", (
        ("model", "t5-base"), ("method", "full"), ("tokens", "9.6"), ("length", "256"),
        ("target", "64"), ("gpu", "A100-40-PCIe"),
    )),
    Preset("lora", "train", (("model", "mistral-7b"), ("method", "lora"), ("tokens", "60"))),
    Preset("pretrain", "train", (
        ("model", "1B"), ("method", "full"), ("tokens", "20000"), ("gpus", "8"),
    )),
    Preset("serve", "serve", (("model", "llama-3-8b"), ("rate", "5"))),
)  # fmt: skip
"""One row a preset, in the order of the menu."""
