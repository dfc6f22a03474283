"""A plan: the options of a scenario priced, followed through many futures, and ranked.

plan = make(load(Path("translation-desk.toml")), workspace)
plan.ranking[0].option, plan.ranking[0].probability_best, plan.recommended
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from core.errors import BadInput
from core.strategy.basis import Basis, Priced
from core.strategy.draws import Futures, draw
from core.strategy.options import price_options
from core.strategy.sections import Scenario
from core.strategy.simulate import Path, simulate
from core.strategy.world import World
from core.units import MONTHS_PER_YEAR
from core.workspace import Workspace

DRAWS = 100_000
QUICK_DRAWS = 2_000
"""While a page is being changed: enough for the shape of the answer, in a fraction of a second."""
ENDS = (5, 50, 95)
SAME = 1e-9
"""Share within which two amounts of cash are the same: the order of sums differs, no more."""


@dataclass(frozen=True)
class Spread:
    """5 %, half and 95 % of the futures lie below; infinite = beyond the horizon."""

    p5: float
    p50: float
    p95: float


@dataclass(frozen=True)
class Standing:
    """Where an option stands among the others.

    Attributes:
        option: Its name.
        rank: By the cash that is left at the horizon on average over the futures; 1 = the
            recommended one, None = it cannot be recommended.
        expected_usd: That average.
        probability_best: Share of futures in which it leaves the most cash of those whose quality
            reaches the floor.
        probability_meets_floor: Share of futures; None = its quality is not known.
        meets_floor: Whether its score reaches the floor; None = not known.
        survives: Share of futures in which the cash lasts to the horizon.
        total_usd, once_usd: What the model costs over the horizon; of that, what is paid once.
        end_usd, low_usd: Cash at the horizon, and the least there is.
        runway_months: Until the cash falls below zero.
    """

    option: str
    rank: int | None
    expected_usd: float
    probability_best: float
    probability_meets_floor: float | None
    meets_floor: bool | None
    survives: float
    total_usd: Spread
    once_usd: Spread
    end_usd: Spread
    low_usd: Spread
    runway_months: Spread


@dataclass(frozen=True)
class Plan:
    """A scenario with all that follows from it.

    `base` is the one future in which every input has its base and no shock comes; `standings` are
    in the order of the ranking, options that cannot serve left out.
    """

    scenario: Scenario
    basis: Basis
    year: int
    month: int
    seed: int
    draws: int
    base: dict[str, Path]
    futures: dict[str, Futures]
    standings: tuple[Standing, ...]
    probability_none: float

    @property
    def ranked(self) -> list[Standing]:
        """Those that can be recommended, the best first."""
        return [row for row in self.standings if row.rank is not None]

    @property
    def recommended(self) -> str | None:
        """The option that leaves the most on average; None if none is known to be good enough."""
        return self.ranked[0].option if self.ranked else None

    @property
    def second(self) -> str | None:
        """The next one."""
        return self.ranked[1].option if len(self.ranked) > 1 else None

    @property
    def able(self) -> list[Priced]:
        """The options that can serve, in the order of the file."""
        return [option for option in self.basis.options if option.problem is None]

    def world(self, n: int = 1, **put: object) -> World:
        """Futures of this plan; `put` are values and hits."""
        return World(self.scenario, self.basis, n, self.month, **{"values": {}, **put})  # type: ignore[arg-type]


def make(
    scenario: Scenario, workspace: Workspace | None, *, as_of: date | None = None, seed: int = 0,
    draws: int = DRAWS, basis: Basis | None = None,
) -> Plan:  # fmt: skip
    """Price the options, draw the futures, and rank.

    Args:
        scenario: Checked.
        workspace: Where runs and evaluations are; None = there are none.
        as_of: The day whose prices count; None = today.
        seed: Of the random numbers.
        draws: Futures.
        basis: Prices and estimates kept from an earlier plan; None = those of `as_of`.

    Raises:
        NotFound: A model, run, evaluation, GPU or price that an option names is not known.
        BadInput: An option cannot be, or the scenario begins in the past.
    """
    day = date.fromisoformat(basis.as_of) if basis else as_of or datetime.now(UTC).date()
    year, month = _start(scenario, day)
    found = basis or price_options(scenario, workspace, day)
    world = World(scenario, found, 1, month, {})
    able = [option for option in found.options if option.problem is None]
    base = {option.name: simulate(world, option) for option in able}
    futures = draw(scenario, found, month, draws, seed)
    standings, none = _rank(scenario, able, futures)
    return Plan(
        scenario, found, year, month, seed, draws, base, futures, standings, none
    )  # fmt: skip


def _start(scenario: Scenario, day: date) -> tuple[int, int]:
    """Year and month of the first month.

    Raises:
        BadInput: It lies before the day's own month.
    """
    if scenario.start is None:
        return day.year + day.month // MONTHS_PER_YEAR, day.month % MONTHS_PER_YEAR + 1
    year, month = (int(word) for word in scenario.start.split("-"))
    if (year, month) < (day.year, day.month):
        raise BadInput(
            f'start is "{scenario.start}", which is past: expected "{day:%Y-%m}" or later, or no '
            "start, for the month after the plan's day."
        )
    return year, month


def _rank(
    scenario: Scenario, able: list[Priced], futures: dict[str, Futures]
) -> tuple[tuple[Standing, ...], float]:
    """Standings in order, and the share of futures in which no option reaches the floor."""
    if not able:
        return (), 1.0
    shares, none = best_shares([futures[option.name] for option in able])
    rows = []
    for option, share in zip(able, shares, strict=True):
        found, score = futures[option.name], option.quality
        meets = None if score is None else scenario.quality.good_enough(score.value)
        rows.append(Standing(
            option=option.name,
            rank=None,
            expected_usd=float(found.end_usd.mean()),
            probability_best=share,
            probability_meets_floor=None if found.meets_floor is None
            else float(found.meets_floor.mean()),
            meets_floor=True if scenario.quality.floor is None else meets,
            survives=float(np.isinf(found.runway_months).mean()),
            total_usd=spread(found.total_usd),
            once_usd=spread(found.once_usd),
            end_usd=spread(found.end_usd),
            low_usd=spread(found.low_usd),
            runway_months=spread(found.runway_months),
        ))  # fmt: skip
    rows.sort(key=lambda row: (row.meets_floor is not True, -row.expected_usd))
    ranks = iter(range(1, len(rows) + 1))
    return tuple(
        Standing(**{**vars(row), "rank": next(ranks) if row.meets_floor else None}) for row in rows
    ), none


def best_shares(futures: list[Futures]) -> tuple[list[float], float]:
    """Of each option, the share of futures in which it leaves the most cash and is good enough.

    A future in which several leave as much counts for each of them in part. The second number is
    the share in which none is good enough; all of them sum to one.
    """
    cash = np.stack([
        np.where(row.meets_floor, row.end_usd, -np.inf) if row.meets_floor is not None
        else np.full(len(row.end_usd), -np.inf)
        for row in futures
    ])  # fmt: skip
    most = cash.max(axis=0)
    none = np.isneginf(most)
    first = (cash >= most - SAME * np.abs(np.where(none, 0.0, most))) & ~none
    shares = (first / np.maximum(1, first.sum(axis=0))).mean(axis=1)
    return [float(share) for share in shares], float(none.mean())


def spread(values: np.ndarray) -> Spread:
    """The ends and the middle of drawn values; each is one of them, so that infinity stays one."""
    return Spread(*(float(end) for end in np.percentile(values, ENDS, method="lower")))
