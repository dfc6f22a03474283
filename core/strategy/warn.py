"""What an honest adviser would say beside a plan: where it is thin, old, short or unproven."""

from collections.abc import Iterator
from datetime import date

from core.cost.prices import DAYS_OLD
from core.strategy.basis import Priced
from core.strategy.break_even import BreakEven, utilisation
from core.strategy.plan import Plan, Standing
from core.strategy.quality import Figure
from core.strategy.say import Sentence

BARELY_BUSY = 0.01
"""Of the time; below it, how busy a machine must be says less than the requests do."""


def warnings(plan: Plan, even: tuple[BreakEven, ...]) -> tuple[Sentence, ...]:
    """Every warning of a plan, the ones on the recommended option first."""
    rows = {row.option: row for row in plan.standings}
    options = sorted(plan.able, key=lambda option: option.name != plan.recommended)
    found = [
        *_short(plan),
        *(s for option in options for s in _of_option(plan, option, rows[option.name])),
        *_idle(plan, even),
        *_alike(plan),
        *_old(plan),
    ]
    return tuple(found)


def _short(plan: Plan) -> Iterator[Sentence]:
    """The recommended option's money ends before a round could be raised, in one of twenty."""
    if plan.recommended is None:
        return
    row = plan.standings[0]
    months = plan.scenario.company.raise_months
    if row.runway_months.p5 < months:
        yield Sentence(
            "warning.raise_now",
            {"option": row.option, "end_months": row.runway_months.p5, "raise_months": months},
        )


def _of_option(plan: Plan, option: Priced, row: Standing) -> Iterator[Sentence]:
    quality, known = plan.scenario.quality, option.quality
    if row.runway_months.p50 < option.lead_months:
        yield Sentence("warning.lead", {"option": option.name, "end_months": row.runway_months.p50,
                                        "lead_months": option.lead_months})  # fmt: skip
    full = _full(plan, option)
    if full is not None:
        yield Sentence("warning.capacity", {"option": option.name, "month": full[0],
                                            "most_requests_per_day": full[1]})  # fmt: skip
    if option.name == plan.recommended and known is not None:
        if known.kind == "entered":
            yield Sentence("warning.entered", {"option": option.name, "metric": quality.metric,
                                               "quality": known.value})  # fmt: skip
        ends = [end for end in (known.low, known.high) if end is not None]
        if len({quality.good_enough(end) for end in ends}) == 2:
            yield Sentence("warning.floor_inside", {
                "option": option.name, "metric": quality.metric, "quality": known.value,
                "low": known.low, "high": known.high, "floor": quality.floor,
            })  # fmt: skip
    rounds = option.training and option.training.rounds
    if rounds and option.training and not option.training.measured:
        yield Sentence("warning.unpriced_rounds", {
            "option": option.name, "round_seconds": rounds.seconds.value, "n": rounds.number,
        })  # fmt: skip
    limit = plan.scenario.demand.latency_seconds
    if option.name == plan.recommended and limit is not None and option.answer is None:
        yield Sentence("warning.latency", {"option": option.name, "limit_seconds": limit})


def _full(plan: Plan, option: Priced) -> tuple[int, float] | None:
    """The first month whose busiest hour asks for more than can be had, and what can."""
    if option.machines is None:
        return None
    most = option.machines.full_at(option.machines.rate.value)
    if most is None:
        return None
    volumes = plan.world().requests[0]
    month = next((m for m, volume in enumerate(volumes, start=1) if volume > most), None)
    return None if month is None else (month, most)


def _idle(plan: Plan, even: tuple[BreakEven, ...]) -> Iterator[Sentence]:
    """Hosting that is not busy enough to be cheaper than the cheapest API."""
    volume = plan.scenario.demand.requests_per_day
    names = {option.name: option for option in plan.able}
    for pair in even:
        api, hosted = names[pair.a], names[pair.b]
        if api.tokens is None or hosted.machines is None or pair.utilisation is None:
            continue
        now = utilisation(hosted, volume)
        if now is None or not pair.requests_per_day or volume >= pair.requests_per_day:
            continue
        if pair.utilisation < BARELY_BUSY:
            yield Sentence("warning.idle_volume", {
                "option": hosted.name, "api": api.name,
                "even_requests_per_day": pair.requests_per_day, "today_requests_per_day": volume,
            })  # fmt: skip
        else:
            yield Sentence("warning.idle", {
                "option": hosted.name, "api": api.name, "busy_share": now,
                "even_share": pair.utilisation, "even_requests_per_day": pair.requests_per_day,
            })  # fmt: skip


def _alike(plan: Plan) -> Iterator[Sentence]:
    """Scores whose intervals overlap: the evaluation does not tell the two options apart."""
    scored = [o for o in plan.able if o.quality and o.quality.low is not None and o.first is None]
    first = next((o for o in scored if o.name == plan.recommended), None)
    if first is None or first.quality is None:
        return
    for other in scored:
        if other is first or other.quality is None or other.quality.source == first.quality.source:
            continue
        if _overlap(first.quality, other.quality):
            yield Sentence("warning.alike", {"option": first.name, "second": other.name,
                                             "metric": first.quality.metric})  # fmt: skip


def _overlap(x: Figure, y: Figure) -> bool:
    ends = (x.low, x.high, y.low, y.high)
    if any(end is None for end in ends):
        return False
    low_x, high_x, low_y, high_y = (float(end) for end in ends if end is not None)
    return low_x <= high_y and low_y <= high_x


def _old(plan: Plan) -> Iterator[Sentence]:
    """Prices that are more than half a year old on the plan's day."""
    day = date.fromisoformat(plan.basis.as_of)
    oldest: dict[str, str] = {}
    for line in (line for option in plan.able for line in option.prices if line.date):
        try:
            age = (day - date.fromisoformat(line.date or "")).days
        except ValueError:  # a month, or a catalogue's edition: no day to count from
            age = None
        if age is None or age > DAYS_OLD:
            oldest.setdefault(line.option, line.date or "")
    for option, when in oldest.items():
        yield Sentence("warning.old_price", {"option": option, "date": when, "days": DAYS_OLD})
