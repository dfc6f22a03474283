"""What each head of a model is worth on a user's data, and what switching off many of them costs.

- The *pull* of a head is the mean of |∂L/∂gate| over examples (Michel, Levy and Neubig 2019): how
  much the loss L of an example answers to a small change of what the head adds.
- The *forecast* is the mean of −∂L/∂gate: to first order, what the loss gains if the head is
  switched off. It may be wrong, even in sign.
- The *price* is what the loss gains when the head is in fact switched off, alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.interpret import studies
from core.interpret.samples import ends, means, spearman

Array = NDArray[np.float64]
ALPHA = 0.05


@dataclass(frozen=True)
class HeadPrice:
    """One head.

    Attributes:
        kind: "encoder", "decoder" or "cross".
        layer, head: Counted from 0.
        pull_nats, pull_low_nats, pull_high_nats: Mean of |∂L/∂gate|, with its 95 % interval.
        forecast_nats, forecast_low_nats, forecast_high_nats: Mean of −∂L/∂gate, the same.
        price_nats, price_low_nats, price_high_nats: What the loss gained without it, the same; None
            where it was not tried.
        pattern: What it does most often, one of `core.interpret.measures.PATTERNS`.
        pattern_sentence_share, pattern_share_low, pattern_share_high: Share of the sentences in
            which it does, with its 95 % interval (Wilson 1927).
        patterns: Share of the sentences by pattern.
        entropy_nats, mean_distance_tokens, sink_mass: Means over sentences.
    """

    kind: str
    layer: int
    head: int
    pull_nats: float
    pull_low_nats: float
    pull_high_nats: float
    forecast_nats: float
    forecast_low_nats: float
    forecast_high_nats: float
    price_nats: float | None
    price_low_nats: float | None
    price_high_nats: float | None
    pattern: str
    pattern_sentence_share: float
    pattern_share_low: float
    pattern_share_high: float
    patterns: dict[str, float]
    entropy_nats: float
    mean_distance_tokens: float
    sink_mass: float

    @property
    def place(self) -> tuple[str, int, int]:
        """Kind, layer and head."""
        return self.kind, self.layer, self.head

    @property
    def decided(self) -> bool:
        """Whether the price is known to be on one side of 0."""
        if self.price_low_nats is None or self.price_high_nats is None:
            return False
        return self.price_low_nats > 0 or self.price_high_nats < 0


@dataclass(frozen=True)
class Drop:
    """The first heads of the order switched off together.

    Attributes:
        share: Of all heads, as it was asked for.
        heads: How many.
        metric: Name of the metric.
        own, dropped: Its value with all heads, and without these.
        difference, low, high: dropped − own, with its 95 % interval; paired on the same examples.
        p_value, p_corrected: Two-sided, and after Holm's correction for all drops of a metric.
        parameters_share_estimated: Share of the model's parameters that these heads have.
        flops_share_estimated: Share of its multiplications for a token that they make; on no
            machine was a saving measured.
    """

    share: float
    heads: int
    metric: str
    unit: str
    own: float
    dropped: float
    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    p_corrected: float | None
    higher_is_better: bool
    parameters_share_estimated: float
    flops_share_estimated: float

    @property
    def verdict(self) -> str:
        """What the model is without the heads: "better", "worse" or, undecided, "tie"."""
        if self.low is None or self.high is None or self.p_corrected is None:
            return "tie"
        if self.p_corrected >= ALPHA or self.low <= 0 <= self.high:
            return "tie"
        return "better" if (self.difference > 0) == self.higher_is_better else "worse"


@dataclass(frozen=True)
class Prices:
    """The price list of a model's heads.

    Attributes:
        key: Hash of all that it depends on.
        model, dataset, data_version, split: What was asked, on what.
        n: Examples.
        limit: How many were asked for; None = all. Those without a usable answer do not count.
        task: Of the dataset.
        loss_nats: Mean loss with all heads.
        heads: In the order in which layers run.
        order: The heads [kind, layer, head] as they are switched off, one after another: what
            structured pruning goes by.
        order_split: The split whose examples the order was found on; another than `split` where
            there is one, so that what dropping costs is not made to look too low.
        order_n: How many of them.
        ordered: How many heads were chosen one after another; the rest follows by what it cost
            when it was last tried, then by pull.
        forecast_rank, forecast_rank_low, forecast_rank_high: Spearman's rank correlation of
            forecast and price over the heads that were tried, with a 95 % interval over examples.
        pull_rank, pull_rank_low, pull_rank_high: The same of pull and price.
        wrong_sign: Heads whose forecast and price are on different sides of 0, price decided.
        drops: By metric, then by share.
        same_answers: Examples that the model answers the same with all gates open as without gates.
        seconds: Time spent.
        created_at: UTC, ISO 8601.
    """

    key: str
    model: str
    dataset: str
    data_version: str
    split: str
    n: int
    limit: int | None
    task: str
    loss_nats: float
    heads: tuple[HeadPrice, ...]
    order: tuple[tuple[str, int, int], ...]
    order_split: str
    order_n: int
    ordered: int
    forecast_rank: float | None
    forecast_rank_low: float | None
    forecast_rank_high: float | None
    pull_rank: float | None
    pull_rank_low: float | None
    pull_rank_high: float | None
    wrong_sign: int
    drops: tuple[Drop, ...]
    same_answers: int
    seconds: float
    created_at: str

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics of the drops."""
        return tuple(dict.fromkeys(drop.metric for drop in self.drops))

    @property
    def tried(self) -> list[HeadPrice]:
        """The heads that were switched off one by one."""
        return [head for head in self.heads if head.price_nats is not None]

    def of(self, metric: str) -> list[Drop]:
        """The drops under one metric, fewest heads first."""
        return [drop for drop in self.drops if drop.metric == metric]

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def forecasts(
    gradients: ArrayLike, weights: ArrayLike
) -> tuple[tuple[Array, Array, Array], tuple[Array, Array, Array]]:
    """Pull and forecast of each head, each with the ends of its interval.

    Args:
        gradients: ∂L/∂gate of each example, (examples, heads).
        weights: Resamples, (resamples, examples).
    """
    g = np.asarray(gradients, np.float64)
    found = [(v.mean(0), *ends(means(v, weights))) for v in (np.abs(g), -g)]
    return found[0], found[1]


def agreement(
    guesses: ArrayLike, gains: ArrayLike, weights: ArrayLike
) -> tuple[float | None, float | None, float | None]:
    """Rank correlation over heads of a guess and the price, with its interval over examples.

    Args:
        guesses: −∂L/∂gate or |∂L/∂gate|, (examples, heads).
        gains: What the loss gained without each head, (examples, heads).
        weights: Resamples, (resamples, examples).
    """
    g, d = np.asarray(guesses, np.float64), np.asarray(gains, np.float64)
    value = spearman(g.mean(0), d.mean(0)) if g.shape[1] > 1 else None
    if value is None:
        return None, None, None
    again = [spearman(a, b) for a, b in zip(means(g, weights), means(d, weights), strict=True)]
    low, high = ends([one for one in again if one is not None] or [value])
    return value, float(low), float(high)


def one_after_another(
    loss: Callable[[list[int]], float], candidates: Sequence[int], steps: int, budget: int
) -> tuple[list[int], dict[int, float]]:
    """Switch heads off, each time that without which the loss is lowest beside those already off.

    Prices of single heads do not add up: two heads may stand in for each other, and each is cheap
    until the other is gone. What a head costs beside others is mostly more than alone, so only a
    head that looks cheapest is tried again after each step (lazy greedy, Minoux 1978).

    Args:
        loss: The mean loss with some heads off; [] = none.
        candidates: Heads that may be switched off, by number.
        steps: How many to switch off.
        budget: How often the loss may be asked for.

    Returns:
        The heads in the order in which they went; fewer than `steps` where the budget ended first.
        And of the others, what each cost when it was last tried.
    """
    base, asked = loss([]), 1
    costs: dict[int, float] = {}
    for one in candidates:
        if asked >= budget:
            break
        costs[one], asked = loss([one]) - base, asked + 1
    off: list[int] = []
    fresh = set(costs)
    while costs and len(off) < steps:
        best = min(costs, key=costs.__getitem__)
        if best not in fresh:
            if asked >= budget:
                break
            costs[best], asked = loss([*off, best]) - base, asked + 1
            fresh.add(best)
            continue
        off.append(best)
        base += costs.pop(best)
        fresh = set()
    return off, costs


def dropped(heads: int, share: float) -> int:
    """How many heads a share of them is: one at least, all but one at most."""
    return max(1, min(heads - 1, round(share * heads)))


def _made(document: dict[str, Any]) -> Prices:
    fields = {name: document[name] for name in Prices.__dataclass_fields__}
    fields["heads"] = tuple(HeadPrice(**one) for one in document["heads"])
    fields["order"] = tuple((kind, layer, head) for kind, layer, head in document["order"])
    fields["drops"] = tuple(Drop(**one) for one in document["drops"])
    return Prices(**fields)


STUDIES = studies.Shelf("heads", _made)
