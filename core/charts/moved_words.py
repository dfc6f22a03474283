"""Sentences about what heads do on a user's data, computed from the study they stand on."""

from collections.abc import Callable, Sequence

from core.evaluate import notation
from core.evaluate.paired import Difference
from core.interpret.aligned import Alignment
from core.interpret.moved import Moved, MovedSentence
from core.interpret.prices import Drop, HeadPrice, Prices
from core.text.catalog import t
from core.text.format import fixed, number

Place = tuple[str, int, int]
DIGITS = 2


def head(place: Place, language: str) -> str:
    """Kind, layer and head: "decoder 0.2"."""
    kind, layer, number_ = place
    return f"{t(f'attention.kind_{kind}', language)} {layer}.{number_}"


def nats(value: float | None, language: str, *, sign: bool = True) -> str:
    """An amount of loss: "+0.052"."""
    return number(value, DIGITS, language, sign)


def nats_interval(
    low: float | None, high: float | None, language: str, *, sign: bool = True
) -> str:
    """A range of loss: "+0.044 to +0.060"."""
    if low is None or high is None:
        return t("common.not_known", language)
    joint = t("common.to", language) if sign else "–"
    return f"{number(low, DIGITS, language, sign)}{joint}{number(high, DIGITS, language, sign)}"


def correlation(value: float | None, low: float | None, high: float | None, language: str) -> str:
    """A rank correlation with its interval: "0.24 (0.05 to 0.36)"."""
    if value is None:
        return t("common.not_known", language)
    if low is None or high is None:
        return fixed(value, 2, language)
    return t("moved.correlation", language, value=fixed(value, 2, language),
             low=fixed(low, 2, language), high=fixed(high, 2, language))  # fmt: skip


def drop_finding(made: Prices, language: str) -> str:
    """What dropping heads costs by the first metric: the most that cost nothing, else the least."""
    drops = made.of(made.metrics[0])
    free = [drop for drop in drops if drop.verdict != "worse"]
    paid = [drop for drop in drops if drop.verdict == "worse"]
    total = len(made.heads)
    if not paid:
        return t("moved.price.free", language, heads=free[-1].heads, total=total,
                 **_cost(free[-1], language))  # fmt: skip
    cost = _cost(paid[0], language)
    if not free or free[-1].heads > paid[0].heads:
        return t("moved.price.paid", language, heads=paid[0].heads, total=total, **cost)
    return t("moved.price.both", language, free=free[-1].heads, heads=paid[0].heads, total=total,
             **cost)  # fmt: skip


def _cost(drop: Drop, language: str) -> dict[str, str]:
    return {
        "cost": notation.size(drop.difference, drop.metric, drop.unit, language),
        "interval": notation.interval(drop.low, drop.high, drop.unit, language, sign=True),
        "metric": notation.title(drop.metric, language),
    }


def forecast_finding(made: Prices, language: str) -> str:
    """Whether the gradient foretells the price."""
    if made.forecast_rank is None:
        return t("moved.price.forecast_unknown", language)
    low, high = made.forecast_rank_low or 0.0, made.forecast_rank_high or 0.0
    case = "good" if low >= 0.7 else "some" if low > 0 else "none" if high > 0 else "wrong"
    rank = correlation(
        made.forecast_rank, made.forecast_rank_low, made.forecast_rank_high, language
    )
    return t(f"moved.price.forecast_{case}", language, rank=rank, wrong=made.wrong_sign,
             tried=len(made.tried))  # fmt: skip


def pull_finding(made: Prices, language: str) -> str:
    """Whether the size of the gradient, without its sign, tells the price."""
    rank = correlation(made.pull_rank, made.pull_rank_low, made.pull_rank_high, language)
    case = "yes" if (made.pull_rank_low or 0.0) > 0 else "no"
    return t(f"moved.price.pull_{case}", language, rank=rank)


def list_finding(made: Prices, language: str) -> str:
    """Which head is worth most, and which least."""
    tried = made.tried
    if not tried:
        return t("moved.price.listed_pull", language, dear=head(dearest(made).place, language))
    least = min(tried, key=lambda one: one.price_nats or 0.0)
    most = dearest(made)
    return t(
        "moved.price.listed", language, cheap=head(least.place, language),
        dear=head(most.place, language), least=nats(least.price_nats, language),
        most=nats(most.price_nats, language),
    )  # fmt: skip


def dearest(made: Prices) -> HeadPrice:
    """The head whose loss hurts most; by pull where none was switched off."""
    tried = made.tried
    if tried:
        return max(tried, key=lambda one: one.price_nats or 0.0)
    return max(made.heads, key=lambda one: one.pull_nats)


def moved_finding(made: Moved, language: str, *, literal: Callable[[str], str] = str) -> str:
    """How many heads moved beyond the floor, and which most."""
    found, total = made.moved, len(made.heads)
    if made.a == made.b:
        return t("moved.moved.same", language, a=literal(made.a))
    if not found:
        return t("moved.moved.none", language, total=total, n=f"{made.n:,}")
    far = found[0]
    case = "one" if len(found) == 1 else "some"
    return t(
        f"moved.moved.{case}", language, moved=len(found), total=total,
        head=head(far.place, language), distance=nats(far.distance_nats, language, sign=False),
        floor=nats(far.floor_nats, language, sign=False),
    )  # fmt: skip


def signed(value: float, decimals: int = 2) -> str:
    """A change of a weight, short enough for a cell: "+.31"."""
    return fixed(value, decimals, sign=True).replace("0.", ".")


def change_finding(
    one: MovedSentence, language: str, *, literal: Callable[[str], str] = str
) -> str:
    """Where the farthest head of an example looks more than before."""
    name, change, gained = head((one.kind, one.layer, one.head), language), one.change, one.gained
    if change is None or gained is None:
        return t("moved.moved.long", language, head=name)
    return t(
        "moved.moved.gained", language, head=name, query=literal(f"“{one.queries[gained[0]]}”"),
        seen=literal(f"“{one.keys[gained[1]]}”"), size=fixed(float(change[gained]), 2, language,
                                                           sign=True),
    )  # fmt: skip


def score_finding(
    differences: Sequence[Difference] | None, unit_of: Callable[[str], str], language: str
) -> str:
    """The change in score that stands beside it; that none is known where none is."""
    if not differences:
        return t("moved.moved.unscored", language)
    row = differences[0]
    unit = unit_of(row.metric)
    return t(
        "moved.moved.scored", language, metric=notation.title(row.metric, language),
        change=notation.change(row.difference, unit, language),
        interval=notation.interval(row.low, row.high, unit, language, sign=True),
    )  # fmt: skip


def alignment_finding(made: Alignment, language: str) -> str:
    """Which head aligns best, and how well where it was not chosen."""
    values: dict[str, str] = {"head": head(("cross", made.best.layer, made.best.head), language)}
    if made.held_error is None or made.diagonal_error is None:
        return t("moved.align.few", language, **values)
    case = "better" if (made.held_high or 1.0) < made.diagonal_error else "no_better"
    return t(
        f"moved.align.{case}", language, **values, error=share(made.held_error, language),
        interval=share_interval(made.held_low, made.held_high, language),
        diagonal=share(made.diagonal_error, language),
    )  # fmt: skip


def relation_finding(made: Alignment, language: str) -> str:
    """What of the attention goes with a bad score; that nothing does where nothing does."""
    found = made.strongest
    if found is None:
        return t("moved.align.unrelated", language, n=f"{made.n:,}")
    way = "more" if (found.rank or 0.0) > 0 else "less"
    return t(
        f"moved.align.{found.measure}_{way}", language, n=f"{made.n:,}",
        rank=correlation(found.rank, found.low, found.high, language),
    )  # fmt: skip


def share(value: float | None, language: str) -> str:
    """A share: "15 %"."""
    return t("common.not_known", language) if value is None else f"{100 * value:.0f}\u00a0%"


def share_interval(low: float | None, high: float | None, language: str) -> str:
    """A range of shares: "14–17 %"."""
    if low is None or high is None:
        return t("common.not_known", language)
    return f"{100 * low:.0f}–{100 * high:.0f}\u00a0%"


def share_with(value: float, low: float, high: float, language: str) -> str:
    """A share with its interval: "81 % (73–88 %)"."""
    return t("moved.with_interval", language, value=share(value, language),
             interval=share_interval(low, high, language))  # fmt: skip
