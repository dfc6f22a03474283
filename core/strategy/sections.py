"""A scenario: everything a decision rests on. `core.strategy.scenario` reads and writes it as TOML.

    title = "…"
    [company]   money, people, customers     [demand]  requests, tokens, and how fast
    [quality]   the metric and its floor     [[option]]  one each, by kind: see KINDS
    [[shock]]   what may hit every option    [ranges]    "demand.requests_per_day" = [low, high]
    [assumptions]  "demand.requests_per_day" = "one sentence that says why this number"

Every amount is in US dollars, every share between 0 and 1 (0.05 is 5 %), every month the mean one
of 30.4 days.
"""

from dataclasses import dataclass
from typing import ClassVar

from core.cost.engines import DEFAULT_ENGINE
from core.cost.hardware import DEFAULT_GPU
from core.cost.prices import PRICINGS
from core.cost.traffic import FLAT, TRAFFIC
from core.cost.training import METHODS, MOST_GPUS
from core.evaluate.metrics import METRICS
from core.strategy.fields import given
from core.strategy.shocks import Shock
from core.table import find

Span = tuple[float, float]


@dataclass(frozen=True)
class Company:
    """The money, before the cost of the model."""

    cash_usd: float = given("Money in the bank today.", low=0, high=1e12)
    monthly_cost_usd: float = given(
        "Paid each month for everything but people and the model.", low=0, high=1e12
    )
    people: float = given("People who work here, full-time.", 0.0, low=0, high=100_000)
    person_usd_per_month: float = given("What one costs a month.", 0.0, low=0, high=1e6)
    customers: float = given("Paying customers today.", 0.0, low=0, high=1e10)
    revenue_per_customer_usd: float = given("What one pays each month.", 0.0, low=0, high=1e9)
    revenue_per_1000_requests_usd: float = given(
        "What customers pay for 1,000 requests.", 0.0, low=0, high=1e9
    )
    growth_per_month: float = given(
        "New customers each month, as a share: 0.05 is 5 %.", 0.0, low=0, high=2
    )
    churn_per_month: float = given("Customers lost each month, as a share.", 0.0, low=0, high=1)
    raise_months: int = given("Months it takes to raise money.", 6, low=0, high=36)


@dataclass(frozen=True)
class Demand:
    """What the model is asked, and how fast it must answer."""

    requests_per_day: float = given("Requests on an average day.", above=0, high=1e9)
    input_tokens: float = given("Tokens in one request, on average.", low=1, high=1e6)
    output_tokens: float = given("Tokens in one answer, on average.", low=0, high=1e6)
    input_tokens_p95: float | None = given(
        "Of the requests, 95 % are shorter.", None, low=1, high=1e6, example=600
    )
    output_tokens_p95: float | None = given(
        "Of the answers, 95 % are shorter.", None, low=0, high=1e6, example=300
    )
    growth_per_month: float = given(
        "Growth of requests each month, as a share: 0.05 is 5 %.", 0.0, low=-0.9, high=2
    )
    seasonality: tuple[float, ...] | None = given(
        "Twelve numbers, January first: a month against the mean.", None, low=0, high=100,
        length=12, example=(1, 1, 1, 1, 1, 1, 0.8, 0.7, 1, 1.1, 1.2, 1.2),
    )  # fmt: skip
    daily_shape: str = given(
        f"{', '.join(row.name for row in TRAFFIC)}: how a day's requests are spread.", FLAT.name,
        choices=tuple(row.name for row in TRAFFIC),
    )  # fmt: skip
    cacheable_share: float = given(
        "Share of the input an API may bill as cached.", 0.0, low=0, high=1
    )
    latency_seconds: float | None = given(
        "Longest time an answer may take; not set = no limit.", None, above=0, high=86_400,
        example=5,
    )  # fmt: skip
    availability: float | None = given(
        "Share of the time that answers must come; spare replicas see to it.", None, low=0,
        high=0.999999, example=0.999,
    )  # fmt: skip


@dataclass(frozen=True)
class Quality:
    """What counts as good, how good is good enough, and what better earns."""

    metric: str = given(
        "As in `assay evaluate`: bleu, accuracy, …",
        choices=tuple(row.name for row in METRICS if not row.also),
    )  # fmt: skip
    floor: float | None = given("Below it the product does not sell.", None, example=30)
    dataset: str | None = given("Only scores on this dataset count.", None, example="localise-de")
    reference: float | None = given(
        "The score at which revenue is as stated above.", None, example=35
    )
    revenue_per_point: float = given(
        "Share of revenue that one more of the metric's units earns.", 0.0, low=0, high=100
    )

    @property
    def direction(self) -> int:
        """1 where a higher score is better, −1 where a lower one is."""
        return 1 if find(METRICS, self.metric, "metric").higher_is_better else -1

    def good_enough(self, value: float) -> bool:
        """Whether a score reaches the floor; without a floor every score does."""
        return self.floor is None or (value - self.floor) * self.direction >= 0


@dataclass(frozen=True, kw_only=True)
class Option:
    """What every option has."""

    kind: ClassVar[str]

    name: str = given("What you call it.")
    lead_months: float = given("Months until it can answer.", 0.0, low=0, high=60)
    meanwhile: str | None = given(
        "The option that answers until then; not set = nothing is sold.", None, example="…"
    )
    one_time_usd: float = given(
        "Paid once, at the start: work, data, integration.", 0.0, low=0, high=1e12
    )
    team_people: float = given("People who keep it running, full-time.", 0.0, low=0, high=10_000)
    retrain_every_months: int | None = given(
        "Months between rounds of retraining.", None, low=1, high=120, example=6
    )
    retrain_usd: float = given("People and data for one round.", 0.0, low=0, high=1e12)
    prompt_tokens: float = given(
        "Instructions and examples sent along each time.", 0.0, low=0, high=1e6
    )
    quality: float | None = given("Score, if it was not measured here.", None, example=31)
    quality_source: str | None = given("Who measured or guessed it.", None, example="our pilot")
    evaluation: str | None = given(
        "An evaluation in the workspace that measured it.", None, example="…"
    )


@dataclass(frozen=True, kw_only=True)
class ApiOption(Option):
    """Rent: pay an API by the token. A listed model, or prices of your own."""

    kind: ClassVar[str] = "api"

    provider: str | None = given("As listed in api_prices.csv.", None, example="openai")
    model: str | None = given("As listed in api_prices.csv.", None, example="gpt-4.1-mini")
    price_date: str | None = given(
        "Day whose listed price counts; not set = the plan's day.", None, example="2026-08-05"
    )
    input_usd_per_mtok: float | None = given(
        "Own price, a million tokens in.", None, low=0, high=1e6, example=0.4
    )
    output_usd_per_mtok: float | None = given(
        "Own price, a million tokens out.", None, low=0, high=1e6, example=1.6
    )
    cached_usd_per_mtok: float | None = given(
        "Own price, a million cached in.", None, low=0, high=1e6, example=0.1
    )
    price_change_per_year: float = given(
        "Change of the price each year, as a share: -0.3 is 30 % cheaper.", 0.0, low=-0.95, high=5
    )
    answer_seconds: float | None = given(
        "Time of an answer, as its provider or you measured it.", None, above=0, high=86_400,
        example=1.5,
    )  # fmt: skip
    answer_seconds_source: str | None = given("Who measured it.", None, example="our own log")


@dataclass(frozen=True, kw_only=True)
class Hosted(Option):
    """An option on rented GPUs."""

    gpu: str = given("Such as A100-40-SXM or A100-80-SXM.", DEFAULT_GPU)
    gpus: int = given("GPUs in one replica: 1, 2, 4 or 8.", 1, choices=(1, 2, 4, 8))
    precision: str = given(
        f"{', '.join(DEFAULT_ENGINE.precisions)}: how weights are stored.", "fp16",
        choices=DEFAULT_ENGINE.precisions,
    )  # fmt: skip
    min_replicas: int = given("Replicas that always run.", 1, low=1, high=1000)
    max_replicas: int | None = given(
        "Replicas that can be had; not set = as many as needed.", None, low=1, high=100_000,
        example=8,
    )  # fmt: skip
    autoscale: bool = given("Replicas follow the day; false = the busiest hour, always.", True)
    machine_availability: float = given(
        "Share of the time that a rented machine works.", 0.995, above=0, high=1
    )
    gpu_provider: str | None = given("Whose price; not set = the median.", None, example="RunPod")
    pricing: str = given("on-demand, spot or reserved.", "on-demand", choices=PRICINGS)
    usd_per_gpu_hour: float | None = given(
        "Own price of a GPU-hour.", None, above=0, high=10_000, example=1.79
    )
    price_change_per_year: float = given(
        "Change of the GPU price each year, as a share.", 0.0, low=-0.95, high=5
    )


@dataclass(frozen=True, kw_only=True)
class HostOption(Hosted):
    """Host: an open model as it is, on rented GPUs."""

    kind: ClassVar[str] = "host"

    model: str = given("From the catalogue, or a size such as 7B.")


@dataclass(frozen=True, kw_only=True)
class TunedOption(Hosted):
    """Tune: a base model fine-tuned on your own data, then hosted."""

    kind: ClassVar[str] = "tuned"

    run: str | None = given(
        'A finished run, or "latest": its score counts.', None, example="latest"
    )
    base: str | None = given("Base model while there is no run.", None, example="t5-small")
    method: str = given("full, lora or qlora.", "full", choices=METHODS)
    train_tokens: float | None = given(
        "Tokens of training, all epochs.", None, above=0, high=1e15, example=5_000_000
    )
    retrain_usd_per_hour: float | None = given(
        "Own price of an hour of the machine that retrains it.", None, above=0, high=10_000,
        example=0.4,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CompressedOption(TunedOption):
    """Compress: a tuned model in fewer bits, hosted, or on the customers' own devices."""

    kind: ClassVar[str] = "compressed"

    precision: str = given(
        f"{', '.join(DEFAULT_ENGINE.precisions)}: how weights are stored.", "int8",
        choices=DEFAULT_ENGINE.precisions,
    )  # fmt: skip
    on_device: bool = given("Runs on the customers' own devices: no GPU is rented.", False)
    usd_per_customer_month: float = given(
        "On devices: downloads and updates, per customer.", 0.0, low=0, high=1e6
    )


@dataclass(frozen=True, kw_only=True)
class PretrainedOption(Hosted):
    """Build: a model of your own, pretrained from scratch, then hosted."""

    kind: ClassVar[str] = "pretrained"

    parameters: str = given("Size of the model, such as 1.3B.", example="1.3B")
    train_tokens: float = given("Tokens of pretraining.", above=0, high=1e15)
    train_gpu: str = given("Card of the pretraining.", DEFAULT_GPU)
    train_gpus: int = given("Cards of the pretraining, all machines.", 8, low=1, high=MOST_GPUS)


@dataclass(frozen=True, kw_only=True)
class StagedOption:
    """Stage: one option first, another from some volume on."""

    kind: ClassVar[str] = "staged"

    name: str = given("What you call it.")
    first: str = given("The option to begin with.")
    then: str = given("The option to change to.")
    at_requests_per_day: float = given(
        "Volume that begins the change; its lead time comes after.", above=0, high=1e9
    )


AnyOption = (
    ApiOption | HostOption | TunedOption | CompressedOption | PretrainedOption | StagedOption
)
KINDS: dict[str, type[AnyOption]] = {
    kind.kind: kind
    for kind in (
        ApiOption, HostOption, TunedOption, CompressedOption, PretrainedOption, StagedOption,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """A checked scenario; `name` is the file's name without its ending.

    `start` is the first month, "YYYY-MM"; None = the month after the plan's day. `ranges` holds
    what is not certain: of a field by its path, what one in twenty lies below, and above.
    """

    name: str
    title: str
    horizon_months: int
    start: str | None
    company: Company
    demand: Demand
    quality: Quality
    options: tuple[AnyOption, ...]
    shocks: tuple[Shock, ...]
    ranges: dict[str, Span]
    assumptions: dict[str, str]

    def part(self, path: str) -> tuple[object, str]:
        """The part and the field that a path speaks of: "option.NAME.quality", "shock.NAME.x"."""
        section, _, rest = path.partition(".")
        if section in ("option", "shock"):
            name, _, attribute = rest.rpartition(".")
            named = self.options if section == "option" else self.shocks
            return next((part for part in named if part.name == name), None), attribute
        return getattr(self, section, None) if section in SECTIONS else None, rest

    def value_of(self, path: str) -> object:
        """The value of a path; None where there is none."""
        part, attribute = self.part(path)
        return getattr(part, attribute, None)


SECTIONS = ("company", "demand", "quality")
