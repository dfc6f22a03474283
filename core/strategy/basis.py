"""What a plan rests on, once prices and estimates are looked up: frozen, and kept with the plan.

`core.strategy.options` makes it from a scenario; `core.strategy.simulate` needs nothing else, so
that a kept basis gives the same plan "as of then" whatever prices and estimates have become.
"""

from dataclasses import dataclass
from functools import cached_property

from core.cost.crew import TARGET_LOAD
from core.strategy.amount import Range
from core.strategy.curve import Curve, Stair
from core.strategy.quality import Figure
from core.strategy.say import Sentence
from core.units import HOURS_PER_DAY, HOURS_PER_MONTH, SECONDS_PER_HOUR

Response = tuple[tuple[float, float], ...]
"""Points: ln(tokens ÷ the scenario's), ln(rate ÷ the scenario's), in order of the first."""


@dataclass(frozen=True)
class PriceLine:
    """A price that the plan uses, where it comes from, and its date (None = the user's own)."""

    option: str
    item: str
    usd: float
    unit: str
    source: str
    date: str | None


@dataclass(frozen=True)
class TokenPrices:
    """US$ per token of an API; `cached` is None where cached input costs as any."""

    input: float
    cached: float | None
    output: float


@dataclass(frozen=True)
class Machines:
    """Replicas of one kind, hour by hour, as `core.cost.traffic` plans them.

    Attributes:
        rate: Requests per second that one replica bears.
        runs: Published runs behind its range.
        hours: How a day's requests are spread: 24 weights.
        scale_up_hours: Until a replica that is asked for answers.
        least, most: Replicas that always run; that can be had (None = no limit).
        spare: Replicas beyond those, for the availability that is asked for.
        autoscale: Whether replicas follow the day; else those of its busiest hour run all day.
        gpus: GPUs of a replica.
        price: Name of the market price of its GPU-hour.
        input_response, output_response: How the rate follows the tokens of a request.
    """

    rate: Range
    runs: int
    hours: tuple[float, ...]
    scale_up_hours: float
    least: int
    most: int | None
    spare: int
    autoscale: bool
    gpus: int
    price: str
    input_response: Response
    output_response: Response

    @cached_property
    def steps(self) -> tuple[tuple[float, float], ...]:
        """Share of a month, and requests a day that one replica takes in it, at 1 request a second.

        At `TARGET_LOAD` of its rate, r requests a second, a replica takes r × the second number.
        Of each hour, a part needs what the hour needs, and a part what the next ones do, too, since
        replicas start before they are needed.
        """
        peak = max(self.hours)
        if not self.autoscale:
            return ((1.0, self._bears(peak)),)
        whole = int(self.scale_up_hours)
        part = self.scale_up_hours - whole
        shares: dict[float, float] = {}
        for hour in range(HOURS_PER_DAY):
            ahead = [self.hours[(hour + shift) % HOURS_PER_DAY] for shift in range(whole + 2)]
            for weight, share in ((max(ahead[:-1]), 1 - part), (max(ahead), part)):
                if share:
                    shares[weight] = shares.get(weight, 0.0) + share / HOURS_PER_DAY
        return tuple((share, self._bears(weight)) for weight, share in shares.items() if weight)

    def _bears(self, weight: float) -> float:
        of_a_day = weight / sum(self.hours)
        return TARGET_LOAD * SECONDS_PER_HOUR / of_a_day

    def curve(self, rate: float, usd_per_gpu_hour: float, fixed_usd: float) -> Curve:
        """US$ a month by requests a day, at a rate and a price."""
        month = self.gpus * usd_per_gpu_hour * HOURS_PER_MONTH
        return Curve(
            fixed_usd + self.spare * month,
            stairs=tuple(
                Stair(share * month, bears * rate, self.least) for share, bears in self.steps
            ),
        )

    def replicas(self, requests_per_day: float, rate: float) -> float:
        """Replicas that are paid for, on average over the day, the spare ones included."""
        curve = self.curve(rate, 1 / (self.gpus * HOURS_PER_MONTH), 0.0)
        return curve.at(requests_per_day)

    def busiest(self, requests_per_day: float, rate: float) -> int:
        """Replicas of the busiest hour, without spare ones."""
        return Stair(0.0, self._bears(max(self.hours)) * rate, self.least).number(requests_per_day)

    def full_at(self, rate: float) -> float | None:
        """Requests a day that the most replicas that can be had bear in the busiest hour."""
        return None if self.most is None else self.most * self._bears(max(self.hours)) * rate


@dataclass(frozen=True)
class Rounds:
    """Rounds of retraining that were carried out here: seconds each, on one kind of machine."""

    number: int
    seconds: Range
    device: str


@dataclass(frozen=True)
class Training:
    """One round of training: hours at a market price, and how long it takes.

    Attributes:
        gpu_hours: Of GPUs; where `measured`, of the machine that retrained.
        days: From its start to its end.
        price: Name of the market price of an hour.
        runs: Behind the hours: rounds where `measured`, else published runs.
        rounds: Those that were carried out here; None = none was.
        measured: Whether the hours are theirs: not where their machine has no known price.
    """

    gpu_hours: Range
    days: Range
    price: str
    runs: int
    rounds: Rounds | None = None
    measured: bool = False


@dataclass(frozen=True)
class Answer:
    """Seconds of a whole answer in the busiest hour; of a long one (95 %) where that is stated."""

    seconds: Range
    kind: str
    source: str


@dataclass(frozen=True)
class Priced:
    """An option with all that its money follows from; `problem` says why it cannot serve.

    `lead_months` holds the pretraining. For "staged", `first` and `then` name other options.
    """

    name: str
    kind: str
    lead_months: float
    meanwhile: str | None
    one_time_usd: float
    team_people: float
    retrain_every_months: int | None
    retrain_usd: float
    prompt_tokens: float
    price_change_per_year: float
    quality: Figure | None
    answer: Answer | None
    tokens: TokenPrices | None
    machines: Machines | None
    training: Training | None
    usd_per_customer_month: float | None
    run: str | None
    first: str | None
    then: str | None
    at_requests_per_day: float | None
    prices: tuple[PriceLine, ...]
    notes: tuple[str, ...]
    problem: Sentence | None


@dataclass(frozen=True)
class Market:
    """A market price of a GPU-hour: `low` and `high` are the cheapest and dearest published."""

    name: str
    usd_per_gpu_hour: Range
    providers: int


@dataclass(frozen=True)
class Basis:
    """The options of a scenario, priced on a day."""

    as_of: str
    options: tuple[Priced, ...]
    markets: tuple[Market, ...]

    def option(self, name: str) -> Priced:
        """The option of a name."""
        return next(option for option in self.options if option.name == name)
