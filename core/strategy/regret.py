"""Regret: what each option would have us wish we had chosen otherwise, shock by shock.

A shock is taken at its full size from its month on, or from the first month where it has none, with
every other input at its base. The regret of an option is what the best one leaves beyond it (Savage
1951, "The theory of statistical decision", Journal of the American Statistical Association 46).
"""

from dataclasses import dataclass

import numpy as np

from core.strategy.draws import hit
from core.strategy.plan import Plan
from core.strategy.shocks import EFFECTS, Shock, shipped
from core.strategy.simulate import simulate


@dataclass(frozen=True)
class Outcome:
    """What an option leaves at the horizon under a shock; `shock` None = everything as planned.

    `regret_usd` is None for an option that cannot be recommended.
    """

    shock: str | None
    option: str
    cash_end_usd: float
    regret_usd: float | None


@dataclass(frozen=True)
class Regret:
    """The table, and the option whose largest regret is the least; None = none is good enough."""

    outcomes: tuple[Outcome, ...]
    minimax: str | None


def tried(plan: Plan) -> tuple[Shock, ...]:
    """The shocks of the scenario; those that come along where it has none."""
    return plan.scenario.shocks or shipped()


def regret(plan: Plan) -> Regret:
    """Follow every option that can serve through every shock."""
    shocks = tried(plan)
    n = 1 + len(shocks)
    hits = []
    for place, shock in enumerate(shocks, start=1):
        begins = np.full(n, np.inf)
        begins[place] = (shock.month or 1) - 1
        size = {name: np.full(n, shock.effect(name).value) for name in EFFECTS}
        hits.append(hit(shock, begins, size))
    world = plan.world(n, hits=tuple(hits))
    cash = {option.name: simulate(world, option).cash_usd[:, -1] for option in plan.able}
    good = [row.option for row in plan.ranked]
    best = np.max([cash[name] for name in good], axis=0) if good else None
    outcomes = tuple(
        Outcome(
            shock, name, float(usd[place]),
            float(best[place] - usd[place]) if best is not None and name in good else None,
        )
        for place, shock in enumerate([None, *(shock.name for shock in shocks)])
        for name, usd in cash.items()
    )  # fmt: skip
    worst = {name: float((best - cash[name]).max()) for name in good} if best is not None else {}
    return Regret(outcomes, min(worst, key=lambda name: worst[name]) if worst else None)
