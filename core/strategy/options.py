"""What each option costs a month, by part, with the range of its estimate."""

import re
from dataclasses import dataclass, replace

from core.cost.prices import Price
from core.errors import BadInput, NotFound
from core.models import catalog
from core.models.resolve import resolve, shape_of
from core.models.shape import Shape, from_size
from core.strategy.amount import ENDS, Range
from core.strategy.cashflow import Spending
from core.strategy.curve import Band, Curve
from core.strategy.fleet import Fleet, fleet_of
from core.strategy.quality import Figure, figure, run_of
from core.strategy.rent import PriceLine, tokens_curve
from core.strategy.say import Sentence
from core.strategy.sections import (
    ApiOption,
    HostOption,
    Option,
    Scenario,
    TunedOption,
)
from core.strategy.tuning import training_usd
from core.train.runs import Run
from core.workspace import Workspace

SIZE = re.compile(r"\d+(\.\d+)?[MBT]", re.IGNORECASE)
PARTS = ("api_tokens", "gpu", "team", "retraining")
"""Parts of a month's cost; what is paid once stands apart."""


@dataclass(frozen=True)
class Priced:
    """An option with its costs.

    `running` is a month's cost by volume without retraining; `once` is paid before the start,
    `round` for each round of retraining.
    """

    option: Option
    running: Band
    once: Range
    round: Range
    quality: Figure | None
    prices: tuple[PriceLine, ...]
    fleet: Fleet | None = None
    run: str | None = None
    problem: Sentence | None = None

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.option.name

    def retraining(self) -> Range:
        """US$ a month for retraining, spread evenly."""
        every = self.option.retrain_every_months
        return self.round.times(1 / every) if every else Range.exact(0.0)

    def monthly(self, end: str = "value") -> Curve:
        """A month's cost by volume, retraining included; `end` is "value", "low" or "high"."""
        curve: Curve = getattr(self.running, end)
        extra: float = getattr(self.retraining(), end)
        return replace(curve, fixed_usd=curve.fixed_usd + extra)

    def spending(self, end: str = "value") -> Spending:
        """The cost over time; `end` is "value", "low" or "high"."""
        return Spending(
            getattr(self.running, end),
            getattr(self.once, end),
            getattr(self.round, end),
            self.option.retrain_every_months,
        )

    def parts(self, requests_per_day: float) -> dict[str, Range]:
        """A month's cost at a volume, by the names of PARTS."""
        line = self.running.value.usd_per_daily_request * requests_per_day
        machines = [
            sum(s.usd * s.number(requests_per_day) for s in getattr(self.running, end).stairs)
            for end in ENDS
        ]
        return {
            "api_tokens": Range.exact(line),
            "gpu": Range(*machines),
            "team": Range.exact(self.option.team_usd_per_month),
            "retraining": self.retraining(),
        }


def price_options(scenario: Scenario, workspace: Workspace | None) -> list[Priced]:
    """Price every option of a scenario, in the order of the file.

    Raises:
        NotFound: A model, run, evaluation, GPU or price that an option names is not known.
        BadInput: An option cannot be, such as GPUs that cannot share its model.
    """
    priced = []
    for option in scenario.options:
        try:
            priced.append(_priced(option, scenario, workspace))
        except (NotFound, BadInput) as error:
            raise type(error)(f"option {option.name!r}: {error}") from None
    return priced


def _priced(option: Option, scenario: Scenario, workspace: Workspace | None) -> Priced:
    if isinstance(option, ApiOption):
        curve, prices = tokens_curve(option, scenario.demand)
        return Priced(
            option=option,
            running=Band(curve, curve, curve),
            once=Range.exact(option.one_time_usd),
            round=Range.exact(option.retrain_usd),
            quality=figure(option, scenario.quality, None, workspace),
            prices=prices,
        )
    run = _run_of(option, scenario, workspace)
    shape = _shape(option, run, workspace)
    fleet = fleet_of(option, shape, scenario.demand)
    compute = Range.exact(0.0)
    if isinstance(option, TunedOption):
        compute = training_usd(option, shape, scenario.demand, run, fleet.price)
    team = option.team_usd_per_month
    return Priced(
        option=option,
        running=Band(
            Curve(team, stairs=fleet.stairs("value")),
            Curve(team, stairs=fleet.stairs("high")),
            Curve(team, stairs=fleet.stairs("low")),
        ),
        once=compute.plus(option.one_time_usd),
        round=compute.plus(option.retrain_usd),
        quality=figure(option, scenario.quality, run, workspace),
        prices=(_gpu_line(option, fleet.price),),
        fleet=fleet,
        run=run.run if run else None,
        problem=fleet.problem,
    )


def _gpu_line(option: HostOption | TunedOption, price: Price) -> PriceLine:
    return PriceLine(
        option.name, f"{option.gpu}, {price.pricing}", price.usd_per_gpu_hour, "US$ per GPU-hour",
        _source(price), price.as_of if price.rows else None,
    )  # fmt: skip


def _source(price: Price) -> str:
    """Who published a price, and the rows of gpu_prices.csv it comes from."""
    return price.source + (f" ({', '.join(row.name for row in price.rows)})" if price.rows else "")


def _run_of(option: Option, scenario: Scenario, workspace: Workspace | None) -> Run | None:
    if isinstance(option, TunedOption) and option.run is not None:
        return run_of(workspace, option.run, scenario.quality)
    return None


def _shape(option: Option, run: Run | None, workspace: Workspace | None) -> Shape:
    """The sizes of the model: of the run, else of the catalogue's model, else of a size ("7B").

    Raises:
        NotFound: There is no such model, or "latest" finds no run and no base is given.
    """
    name = run.run if run else getattr(option, "base", None) or getattr(option, "model", None)
    if name is None:
        raise NotFound(
            "there is no finished run with a score that counts yet: expected one (`assay train`), "
            "or base = the model it would be tuned from."
        )
    if SIZE.fullmatch(name):
        return from_size(name)
    if workspace is None:
        return catalog.model(name).shape
    shape = shape_of(resolve(workspace, name))
    if shape is None:
        raise NotFound(
            f"model {name!r} has sizes that are not known here; name one of its size, such as 7B."
        )
    return shape
