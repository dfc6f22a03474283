"""Monte-Carlo: futures drawn from every uncertain input and every shock, and what became of each.

Equal seeds give equal draws, and each input has random numbers of its own, so that two options, or
two scenarios, are compared in the same futures.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.strategy.basis import Basis, Priced
from core.strategy.inputs import Array, Input, generator, inputs_of
from core.strategy.sections import Scenario
from core.strategy.shocks import EFFECTS, Shock
from core.strategy.simulate import Path, simulate
from core.strategy.world import Hit, Values, World

MOST_DRAWS = 1_000_000
BLOCK = 2_000
"""Futures computed at once: their arrays stay in the processor's cache."""
THREADS = 2


@dataclass(frozen=True)
class Futures:
    """What became of the company with one option, in each future.

    Attributes:
        total_usd: What the model cost over the horizon.
        once_usd: Of that, what was paid once.
        end_usd: Cash at the horizon; low_usd: the least there was.
        runway_months: Until the cash fell below zero; infinite = not within the horizon.
        meets_floor: Whether its quality reaches the floor of today; None = not known.
        cash_usd: Futures × months.
    """

    total_usd: Array
    once_usd: Array
    end_usd: Array
    low_usd: Array
    runway_months: Array
    meets_floor: NDArray[np.bool_] | None
    cash_usd: NDArray[np.float32]


def draw(
    scenario: Scenario, basis: Basis, first_month: int, n: int, seed: int
) -> dict[str, Futures]:
    """Draw futures and follow every option that can serve through each.

    Args:
        scenario: Checked.
        basis: Its prices and estimates.
        first_month: 1 = the first month is a January.
        n: Futures.
        seed: Of the random numbers.

    Raises:
        BadInput: `n` is out of range.
    """
    if not 1 <= n <= MOST_DRAWS:
        raise BadInput(f"draws: {n:,} futures cannot be drawn; give 1 to {MOST_DRAWS:,}.")
    values = drawn(inputs_of(scenario, basis), n, seed)
    hits = hits_of(scenario, n, seed)
    able = [option for option in basis.options if option.problem is None]
    asked = scenario.quality.floor is not None
    whole = {
        one.name: _empty(n, scenario.horizon_months, known=not asked or one.quality is not None)
        for one in able
    }

    def block(start: int) -> None:
        part = slice(start, min(n, start + BLOCK))
        world = World(
            scenario, basis, part.stop - part.start, first_month,
            {path: array[part] for path, array in values.items()},
            tuple(hit.each(lambda array: array[part]) for hit in hits),
        )  # fmt: skip
        for option in able:
            _put(whole[option.name], part, futures(world, option, simulate(world, option)))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(block, range(0, n, BLOCK)))  # so that an error in a block is raised here
    return whole


def drawn(inputs: Iterable[Input], n: int, seed: int) -> Values:
    """One value in each future for every input whose range is known."""
    return {row.path: row.draws(n, seed) for row in inputs if row.drawn and row.low < row.high}


def hits_of(scenario: Scenario, n: int, seed: int) -> tuple[Hit, ...]:
    """Every shock of a scenario, drawn."""
    return tuple(_hit(shock, scenario.horizon_months, n, seed) for shock in scenario.shocks)


def _hit(shock: Shock, months: int, n: int, seed: int) -> Hit:
    """Whether, when and how hard a shock comes, in each future."""
    random = generator(f"shock.{shock.name}", seed)
    happens = random.random(n) < shock.probability
    any_month = random.integers(0, months, n).astype(np.float64)
    begins = any_month if shock.month is None else np.full(n, shock.month - 1.0)
    normal = random.standard_normal(n)
    size = {name: _size(shock, name, normal) for name in EFFECTS}
    return hit(shock, np.where(happens, begins, np.inf), size)


def _size(shock: Shock, name: str, normal: Array) -> Array:
    effect = shock.effect(name)
    return Input(name, name, None, effect.value, effect.low, effect.high, "stated").at(normal)


def hit(shock: Shock, begins: Array, size: dict[str, Array]) -> Hit:
    """A shock that begins in a month of each future, infinite = never, with sizes of EFFECTS."""
    return Hit(
        begins=begins,
        lasts=np.full(len(begins), float(shock.duration_months or np.inf)),
        api_price=size["api_price_factor"],
        gpu_price=size["gpu_price_factor"],
        demand=size["demand_factor"],
        revenue=size["revenue_factor"],
        churn_added=size["churn_added_per_month"],
        floor_added_share=size["floor_added_share"],
        extra_lead_months=size["extra_lead_months"],
        forces_retrain=shock.forces_retrain,
        retrains=shock.retrains,
    )


def futures(world: World, option: Priced, path: Path) -> Futures:
    """What a path comes to."""
    once = path.parts_usd["one_time"].sum(axis=1)
    start = world.of("company.cash_usd")
    low = np.minimum(np.broadcast_to(start[:, 0], (world.n,)), path.cash_usd.min(axis=1))
    return Futures(
        total_usd=path.model_usd.sum(axis=1),
        once_usd=once,
        end_usd=path.cash_usd[:, -1],
        low_usd=low,
        runway_months=runway(path, start),
        meets_floor=_meets(world, path),
        cash_usd=path.cash_usd.astype(np.float32),
    )


def runway(path: Path, cash: Array) -> Array:
    """Months until the balance first falls below zero, spread evenly within that month.

    Infinite where it does not.
    """
    before = np.concatenate([np.broadcast_to(cash, (len(path.cash_usd), 1)),
                             path.cash_usd[:, :-1]], axis=1)  # fmt: skip
    start = before - path.lumps_usd
    gone = (start < 0) | (path.cash_usd < 0)
    month = gone.argmax(axis=1)
    row = np.arange(len(month))
    at, spent = start[row, month], start[row, month] - path.cash_usd[row, month]
    within = np.where(at < 0, 0.0, at / np.where(spent > 0, spent, 1.0))
    return np.where(gone[row, month], month + within, np.inf)


def _meets(world: World, path: Path) -> NDArray[np.bool_] | None:
    asked = world.scenario.quality
    if asked.floor is None:
        return np.ones(world.n, dtype=bool)
    if path.quality is None:
        return None
    return np.asarray((path.quality - asked.floor) * asked.direction >= 0)


def _empty(n: int, months: int, *, known: bool) -> Futures:
    """Room for `n` futures: the blocks are put into it as they come."""
    return Futures(
        total_usd=np.empty(n),
        once_usd=np.empty(n),
        end_usd=np.empty(n),
        low_usd=np.empty(n),
        runway_months=np.empty(n),
        meets_floor=np.empty(n, dtype=bool) if known else None,
        cash_usd=np.empty((n, months), dtype=np.float32),
    )


def _put(whole: Futures, part: slice, block: Futures) -> None:
    for row in fields(Futures):
        into = getattr(whole, row.name)
        if into is not None:
            into[part] = getattr(block, row.name)
