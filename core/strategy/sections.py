"""A scenario: everything a decision rests on. `core.strategy.scenario` reads and writes it as TOML.

    title = "…"
    [company]   money, customers            [demand]  requests and tokens
    [quality]   the metric and its floor    [[option]]  one each: "api", "host", "tuned"
    [assumptions]  "demand.requests_per_day" = "one sentence that says why this number"

Every amount is in US dollars, every share between 0 and 1, every month the mean one of 30.4 days.
"""

from dataclasses import dataclass
from typing import ClassVar

from core.cost.engines import DEFAULT_ENGINE
from core.cost.hardware import DEFAULT_GPU
from core.cost.prices import PRICINGS
from core.cost.training import METHODS
from core.evaluate.metrics import METRICS
from core.strategy.fields import given
from core.table import find


@dataclass(frozen=True)
class Company:
    """The money, before the cost of the model."""

    cash_usd: float = given("Money in the bank today.", low=0)
    monthly_cost_usd: float = given("Everything paid each month except the model.", low=0)
    customers: float = given("Paying customers today.", low=0)
    revenue_per_customer_usd: float = given("What one pays each month.", low=0)
    growth_per_month: float = given("New customers each month, as a share.", 0.0, low=0, high=2)
    churn_per_month: float = given("Customers lost each month, as a share.", 0.0, low=0, high=1)
    raise_months: int = given("Months it takes to raise money.", 6, low=0, high=36)


@dataclass(frozen=True)
class Demand:
    """What the model is asked, and how fast it must answer."""

    requests_per_day: float = given("Requests on an average day.", above=0, high=1e9)
    input_tokens: int = given("Tokens in one request.", low=1, high=1e6)
    output_tokens: int = given("Tokens in one answer.", low=0, high=1e6)
    growth_per_month: float = given(
        "Growth of requests each month, as a share.", 0.0, low=-0.9, high=2
    )
    cacheable_share: float = given(
        "Share of the input an API may bill as cached.", 0.0, low=0, high=1
    )
    peak_factor: float = given("Busiest hour against the average hour.", 3.0, low=1, high=100)
    latency_seconds: float | None = given(
        "Longest time an answer may take; not set = no limit.", None, above=0, example=5
    )  # fmt: skip


@dataclass(frozen=True)
class Quality:
    """What counts as good, and how good is good enough."""

    metric: str = given(
        "As in `assay evaluate`: bleu, accuracy, …",
        choices=tuple(row.name for row in METRICS if not row.also),
    )  # fmt: skip
    floor: float | None = given("No option that is worse can win.", None, example=30)
    dataset: str | None = given("Only scores on this dataset count.", None, example="localise-de")

    def good_enough(self, value: float) -> bool:
        """Whether a score reaches the floor; without a floor every score does."""
        if self.floor is None:
            return True
        return (
            value >= self.floor
            if find(METRICS, self.metric, "metric").higher_is_better
            else value <= self.floor
        )


@dataclass(frozen=True, kw_only=True)
class _Common:
    kind: ClassVar[str]

    name: str = given("What you call it.")
    prompt_tokens: int = given(
        "Instructions and examples sent along each time.", 0, low=0, high=1e6
    )
    one_time_usd: float = given("Paid once, before it runs: work, data, integration.", 0.0, low=0)
    team_usd_per_month: float = given("People who keep it running.", 0.0, low=0)
    retrain_every_months: int | None = given(
        "Months between rounds of retraining.", None, low=1, example=6
    )
    retrain_usd: float = given("People and data for one round.", 0.0, low=0)
    quality: float | None = given("Score, if it was not measured here.", None, example=31)
    quality_source: str | None = given("Who measured or guessed it.", None, example="our pilot")
    evaluation: str | None = given(
        "An evaluation in the workspace that measured it.", None, example="…"
    )


@dataclass(frozen=True, kw_only=True)
class ApiOption(_Common):
    """Rent: pay an API by the token. A listed model, or prices of your own."""

    kind: ClassVar[str] = "api"

    provider: str | None = given("As listed in api_prices.csv.", None, example="openai")
    model: str | None = given("As listed in api_prices.csv.", None, example="gpt-4.1-mini")
    input_usd_per_mtok: float | None = given(
        "Own price, a million tokens in.", None, low=0, example=0.4
    )
    output_usd_per_mtok: float | None = given(
        "Own price, a million tokens out.", None, low=0, example=1.6
    )
    cached_usd_per_mtok: float | None = given(
        "Own price, a million cached in.", None, low=0, example=0.1
    )


@dataclass(frozen=True, kw_only=True)
class _Hosted(_Common):
    gpu: str = given("A100-40-PCIe, A100-40-SXM, A100-80-PCIe or A100-80-SXM.", DEFAULT_GPU)
    gpus: int = given("GPUs in one replica: 1, 2, 4 or 8.", 1, choices=(1, 2, 4, 8))
    precision: str = given(
        "fp16, int8 or int4.", "fp16", choices=DEFAULT_ENGINE.precisions
    )  # fmt: skip
    min_replicas: int = given("Replicas that always run.", 1, low=1, high=1000)
    gpu_provider: str | None = given("Whose price; not set = the median.", None, example="RunPod")
    pricing: str = given("on-demand, spot or reserved.", "on-demand", choices=PRICINGS)
    usd_per_gpu_hour: float | None = given("Own price of a GPU-hour.", None, above=0, example=1.79)


@dataclass(frozen=True, kw_only=True)
class HostOption(_Hosted):
    """Host: an open model as it is, on rented GPUs."""

    kind: ClassVar[str] = "host"

    model: str = given("From the catalogue, or a size such as 7B.")


@dataclass(frozen=True, kw_only=True)
class TunedOption(_Hosted):
    """Tune: a base model fine-tuned on your own data, then hosted."""

    kind: ClassVar[str] = "tuned"

    run: str | None = given(
        'A finished run, or "latest": its score counts.', None, example="latest"
    )
    base: str | None = given("Base model while there is no run.", None, example="t5-small")
    method: str = given("full, lora or qlora.", "full", choices=METHODS)
    train_tokens: float | None = given(
        "Tokens of training, all epochs.", None, above=0, example=5_000_000
    )


Option = ApiOption | HostOption | TunedOption
KINDS: dict[str, type[Option]] = {"api": ApiOption, "host": HostOption, "tuned": TunedOption}


@dataclass(frozen=True)
class Scenario:
    """A checked scenario; `name` is the file's name without its ending."""

    name: str
    title: str
    horizon_months: int
    company: Company
    demand: Demand
    quality: Quality
    options: tuple[Option, ...]
    assumptions: dict[str, str]

    def value_of(self, path: str) -> object:
        """The value an assumption speaks of: "demand.requests_per_day", "option.NAME.quality"."""
        section, _, rest = path.partition(".")
        if section == "option":
            name, _, attribute = rest.rpartition(".")
            found: object = next((o for o in self.options if o.name == name), None)
            return getattr(found, attribute, None)
        return getattr(getattr(self, section, None), rest, None)
