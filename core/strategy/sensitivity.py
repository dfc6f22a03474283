"""What matters most, and what would change the answer: one input moved, all others as they may be.

The measure is what the recommended option leaves at the horizon beyond the best other one, on
average over some of the plan's futures. Few futures do, because the difference between their
average and that of all of them is known where nothing is moved, and is taken off (a control
variate). The value at which the ranking flips is looked for on a grid, then solved.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.strategy.basis import Priced
from core.strategy.draws import THREADS, drawn, hits_of
from core.strategy.inputs import Array, Input, inputs_of
from core.strategy.plan import Plan
from core.strategy.simulate import simulate

FEWEST, DRAWS_EACH = 8, 250
"""Of a plan with few draws fewer: it is to be quick, not exact."""
FUTURES = 32
AT_ONCE = 48
"""Values asked for at once: their futures stay in the processor's cache."""
SEARCHED = 10.0
"""A flip is looked for between an input's base ÷ and × this, or as many ranges to both sides."""
GRID = 31
ROUNDS = 5
FINER = 9
"""Points between two neighbours of the grid, in each round."""
MOST_BARS = 12
UNCHANGED = 1e-9


@dataclass(frozen=True)
class Bar:
    """An input moved over its range.

    Attributes:
        input: Which.
        at_low, at_high: US$ at the horizon by which the recommended option leads; None = it cannot
            be recommended there, or no other can.
        flips_at: The nearest value at which another option leads, or none can; None = there is none
            where it was looked for.
        flips_to: That option; None = none is good enough there.
    """

    input: Input
    at_low: float | None
    at_high: float | None
    flips_at: float | None
    flips_to: str | None

    @property
    def swing(self) -> float:
        """How far the lead moves; infinite where it is lost."""
        if self.at_low is None or self.at_high is None:
            return np.inf
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True)
class _Leads:
    """For each value: the lead of the recommended option, and the place of the leading one.

    `lead` is −infinity where it is not good enough; `leader` −1 where none is.
    """

    lead: Array
    leader: NDArray[np.int_]


class _Asker:
    """Asks the model for the average cash of every option where one input has a given value."""

    def __init__(self, plan: Plan, inputs: Sequence[Input]) -> None:
        self.plan = plan
        few = min(FUTURES, max(FEWEST, plan.draws // DRAWS_EACH))
        self.n = plan.draws if plan.draws <= FUTURES else few
        self.values = drawn(inputs, self.n, plan.seed)
        self.hits = hits_of(plan.scenario, self.n, plan.seed)
        self.names = [option.name for option in plan.able]
        self.chosen = self.names.index(plan.recommended or self.names[0])
        known = {row.option: row.expected_usd for row in plan.standings}
        self.offset = np.array([known[name] for name in self.names]) - self._cash([])[:, 0]

    def leads(self, asked: Sequence[tuple[Input, float]]) -> _Leads:
        """The lead with one input at one value, for each of these."""
        cash = self._cash(asked)
        cash = np.where(self._good(asked), cash + self.offset[:, None], -np.inf)
        others = np.delete(cash, self.chosen, axis=0)
        best = others.max(axis=0) if len(others) else np.full(cash.shape[1], -np.inf)
        own = cash[self.chosen]
        with np.errstate(invalid="ignore"):
            lead = np.where(np.isneginf(own), -np.inf, own - best)
        leader = np.where(np.isneginf(cash.max(axis=0)), -1, cash.argmax(axis=0))
        leader = np.where(lead >= 0, self.chosen, leader)
        return _Leads(lead, leader)

    def _cash(self, asked: Sequence[tuple[Input, float]]) -> Array:
        """Mean cash at the horizon: options × values; nothing asked = one value, nothing moved."""
        parts = [asked[start : start + AT_ONCE] for start in range(0, max(1, len(asked)), AT_ONCE)]
        with ThreadPoolExecutor(THREADS) as pool:
            return np.concatenate(list(pool.map(self._some_cash, parts)), axis=1)

    def _some_cash(self, asked: Sequence[tuple[Input, float]]) -> Array:
        blocks = max(1, len(asked))
        values = {path: np.tile(array, blocks) for path, array in self.values.items()}
        for place, (row, value) in enumerate(asked):
            array = values.setdefault(row.path, np.full(blocks * self.n, row.base))
            array[place * self.n : (place + 1) * self.n] = value
        hits = tuple(hit.each(lambda a: np.tile(a, blocks)) for hit in self.hits)
        world = self.plan.world(blocks * self.n, values=values, hits=hits)
        return np.stack([
            simulate(world, option).cash_usd[:, -1].reshape(blocks, self.n).mean(axis=1)
            for option in self.plan.able
        ])  # fmt: skip

    def _good(self, asked: Sequence[tuple[Input, float]]) -> NDArray[np.bool_]:
        """Whether each option's score reaches the floor at each value."""
        known = {row.option: row.meets_floor is True for row in self.plan.standings}
        good = np.array([[known[name]] * len(asked) for name in self.names])
        for place, (row, value) in enumerate(asked):
            if row.field == "quality":
                reached = {**known, str(row.option): self.plan.scenario.quality.good_enough(value)}
                good[:, place] = [_reached(option, reached) for option in self.plan.able]
        return good


def _reached(option: Priced, reached: dict[str, bool]) -> bool:
    """Whether an option's score reaches the floor; of a staged one, both of its options' scores."""
    if option.first is not None and option.then is not None:
        return reached.get(option.first, False) and reached.get(option.then, False)
    return reached[option.name]


def tornado(plan: Plan) -> tuple[Bar, ...]:
    """The inputs that move the lead most, the strongest first, each with the value that flips it.

    Empty where nothing can be recommended.
    """
    if plan.recommended is None:
        return ()
    inputs = [row for row in inputs_of(plan.scenario, plan.basis) if row.low < row.high]
    asker = _Asker(plan, inputs)
    ends = asker.leads([(row, end) for row in inputs for end in (row.low, row.high)])
    bars = [
        Bar(row, _finite(ends.lead[2 * i]), _finite(ends.lead[2 * i + 1]), None, None)
        for i, row in enumerate(inputs)
        # Where no other option is good enough, nothing but a score can change that.
        if row.field == "quality" or not np.isposinf(ends.lead[2 * i : 2 * i + 2]).all()
    ]
    scale = max((abs(bar.at_low) for bar in bars if bar.at_low is not None), default=1.0)
    bars = [bar for bar in bars if bar.swing > UNCHANGED * max(1.0, scale)]
    bars.sort(key=lambda bar: -bar.swing)
    return _flips(asker, bars[:MOST_BARS])


def _finite(lead: float) -> float | None:
    return float(lead) if np.isfinite(lead) else None


def _flips(asker: _Asker, bars: list[Bar]) -> tuple[Bar, ...]:
    """Find, for every bar at once, where the lead is lost."""
    if not bars:
        return ()
    grids = [_grid(bar.input) for bar in bars]
    found: list[tuple[float, float, float, float, int] | None] = [None] * len(bars)
    for _ in range(1 + ROUNDS):
        asked = [(bar.input, value) for bar, grid in zip(bars, grids, strict=True)
                 for value in grid]  # fmt: skip
        leads = asker.leads(asked)
        start = 0
        for i, grid in enumerate(grids):
            part = slice(start, start + len(grid))
            start += len(grid)
            found[i] = _nearest(bars[i].input.base, grid, leads.lead[part], leads.leader[part])
            ends = found[i]
            grids[i] = grid[:1] if ends is None else np.linspace(ends[0], ends[1], FINER)
        # What has no flip on the whole grid has none on a finer one.
    return tuple(_flipped(asker, bar, ends) for bar, ends in zip(bars, found, strict=True))


def _flipped(
    asker: _Asker, bar: Bar, ends: tuple[float, float, float, float, int] | None
) -> Bar:  # fmt: skip
    if ends is None:
        return bar
    inside, outside, lead, behind, leader = ends
    at = outside
    if np.isfinite(behind) and np.isfinite(lead) and lead > behind:
        # Between neighbours the lead is taken as a straight line.
        at = inside + (outside - inside) * lead / (lead - behind)
    to = asker.names[leader] if leader >= 0 else None
    return Bar(bar.input, bar.at_low, bar.at_high, float(at), to)


def _grid(row: Input) -> Array:
    """Values from the base outwards, to both sides."""
    half = GRID // 2
    if row.low > 0 and row.field != "quality":
        steps = np.exp(np.linspace(0, np.log(SEARCHED), half + 1))
        values = np.concatenate([row.base / steps[:0:-1], row.base * steps])
    else:
        reach = SEARCHED * max(row.high - row.base, row.base - row.low)
        values = row.base + np.linspace(-reach, reach, 2 * half + 1)
    return np.unique(np.clip(values, row.least, row.most))


def _nearest(
    base: float, grid: Array, lead: Array, leader: NDArray[np.int_]
) -> tuple[float, float, float, float, int] | None:
    """The two neighbours nearest to the base between which the lead is lost.

    Returns:
        The one where it is kept, the one where it is lost, both leads, and who leads there.
    """
    best: tuple[float, float, float, float, int] | None = None
    kept = lead >= 0
    for i in range(len(grid) - 1):
        if kept[i] == kept[i + 1]:
            continue
        inside, outside = (i, i + 1) if kept[i] else (i + 1, i)
        gap = abs(grid[outside] - base)
        if best is None or gap < abs(best[1] - base):
            best = (float(grid[inside]), float(grid[outside]), float(lead[inside]),
                    float(lead[outside]), int(leader[outside]))  # fmt: skip
    return best
