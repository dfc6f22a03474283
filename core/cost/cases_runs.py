"""What the training formula says for whole published pre-training runs.

Each is planned as for anybody who names no layout, and then lasts longer than its steady state:
restarts, checkpoints, evaluation and ramp-up. How much longer depends on how the hours were counted
(from throughput alone, from the clock, from the calendar) and on the software of its day.
"""

from dataclasses import dataclass

from core.cost.cases_serving import card
from core.cost.layout import choose_plan
from core.cost.plan import GPUS_PER_NODE
from core.cost.published import Row, shape_of
from core.cost.throughput import step_time
from core.models.shape import from_size
from core.units import GIGA, SECONDS_PER_HOUR

USUAL_GPUS = 8 * GPUS_PER_NODE
USUAL_LENGTH = 2048
FUSED_SINCE = "2022-12"
"""Runs that were published earlier had no fused attention (Dao et al., May 2022)."""


@dataclass(frozen=True)
class Overhead:
    """Times its steady state that a whole run lasts; fitted by `core.cost.fit`."""

    clock: float = 1.12
    """Hours as reported, or by the clock."""
    calendar: float = 1.37
    """Times that, where weeks on the calendar were counted."""
    implied: float = 0.868
    """Times that, where hours were computed from the throughput."""
    early: float = 1.36
    """Times that, for software before December 2022."""


OVERHEAD = Overhead()


def steady_hours(row: Row) -> float | None:
    """GPU-hours of a run at its steady pace; None where the row does not say enough."""
    tokens = row.number("tokens_b")
    shape = shape_of(row)
    if shape is None and row.number("params_b"):
        shape = from_size(f"{row.text('params_b')}B")
    if shape is None or not tokens:
        return None
    gpus, length = row.whole("n_gpus", USUAL_GPUS), row.whole("seq_len", USUAL_LENGTH)
    plan, _ = choose_plan(shape, card(row), gpus, "full", length)
    step = float(step_time(shape, card(row), plan).total)
    steps = tokens * GIGA / plan.tokens_per_step(shape)
    return float(steps * step / SECONDS_PER_HOUR * gpus)


def factor(row: Row, overhead: Overhead = OVERHEAD) -> float:
    """How much longer a run lasts than its steady state."""
    counted, times = row.text("hours_semantics"), overhead.clock
    if "calendar" in counted:
        times *= overhead.calendar
    if "implied" in counted:
        times *= overhead.implied
    if "" < row.text("date") < FUSED_SINCE:
        times *= overhead.early
    return times
