"""What else could be rented: each card, provider and way of paying with its bill, cheapest first.

In the manner of SkyPilot's table (Yang et al. 2023, NSDI: "SkyPilot: An Intercloud Broker"): every
row could be ordered as it stands. A card without a price on file stays in it, without a bill.
"""

from dataclasses import dataclass, replace
from datetime import date

from core.cost.choice import PLACEHOLDER, Paying, ServeChoice, TrainChoice, price, serve, train
from core.cost.estimate import Estimate
from core.cost.gpu_map import FEWEST
from core.cost.hardware import GPUS, Gpu
from core.cost.prices import DAYS_OLD, PRICINGS, GpuPrice, gpu_prices
from core.cost.served import ServingEstimate
from core.cost.training import MOST_GPUS, TrainingEstimate
from core.errors import BadInput

OWN = "own"
MEDIAN = "median"
TRIED = 6
"""Larger numbers of GPUs that are tried where the chosen one does not hold the model."""
MORE = tuple(2**power for power in range(5, MOST_GPUS.bit_length()))


@dataclass(frozen=True)
class Offer:
    """A card with a price for an hour of it; None = no price on file.

    `own` = the reader's price. `provider` is empty where there is none, `MEDIAN` where the price is
    the median of several. `chosen` = the one that the page's own figures are of.
    """

    gpu: Gpu
    provider: str
    pricing: str
    usd_per_gpu_hour: float | None
    as_of: str
    dated: date | None
    row: str
    own: bool
    chosen: bool = False

    def old(self, today: date) -> bool:
        """Whether its price is more than `DAYS_OLD` days old, or of no known day."""
        if self.usd_per_gpu_hour is None or self.own:
            return False
        return self.dated is None or (today - self.dated).days > DAYS_OLD


@dataclass(frozen=True)
class TrainCandidate:
    """A training on one offer; `usd` is None without a price, `estimate` None if nothing fits."""

    offer: Offer
    gpus: int
    estimate: TrainingEstimate | None
    usd: Estimate | None


@dataclass(frozen=True)
class ServeCandidate:
    """A service on one offer, US$ of a month; `estimate` None: no replica reaches the target."""

    offer: Offer
    estimate: ServingEstimate | None
    usd_per_month: Estimate | None
    usd_per_million: Estimate | None
    why_not: str = ""


def form(row: GpuPrice, card: Gpu) -> bool:
    """Whether a price row is of a card; rows that name no form are of both."""
    return row.memory == card.name.rsplit("-", 1)[0] and row.form in (card.form, "")


def offers(paying: Paying, chosen: Gpu) -> tuple[Offer, ...]:
    """Every card with every price that is on file for it; of the chosen card first what is paid.

    Args:
        paying: How the reader pays.
        chosen: The reader's card; it may be one that is on no list.
    """
    found: list[Offer] = []
    for card in GPUS if chosen in GPUS else (chosen, *GPUS):
        if card == chosen:
            found.append(_paid(paying, card))
        rows = [row for row in gpu_prices() if form(row, card) and row.pricing in PRICINGS]
        own = dict(paying.overrides)
        found += list(dict.fromkeys(
            Offer(card, row.provider, row.pricing, own.get(row.name, row.usd_per_gpu_hour),
                  row.as_of, row.dated, "" if row.name not in own else row.name, row.name in own)
            for row in rows
        ))  # fmt: skip
        if not rows and card != chosen:
            found.append(Offer(card, "", "", None, "", None, "", False))
    return tuple(found)


def _paid(paying: Paying, card: Gpu) -> Offer:
    """What the reader's own figures are of."""
    paid = price(paying, card)
    if paid is None:
        return Offer(card, "", "", None, "", None, "", False, chosen=True)
    if paying.usd_per_gpu_hour is not None:
        return Offer(card, "", OWN, paid.usd_per_gpu_hour, "", None, "", True, chosen=True)
    own = {row.name for row in paid.rows} & set(dict(paying.overrides))
    provider = MEDIAN if len({row.provider for row in paid.rows}) > 1 else paid.source
    return Offer(card, provider, paid.pricing, paid.usd_per_gpu_hour, paid.as_of, paid.dated, "",
                 bool(own), chosen=True)  # fmt: skip


def train_candidates(choice: TrainChoice) -> tuple[TrainCandidate, ...]:
    """A training on every offer, cheapest first; those without a bill last.

    Each card has as many GPUs as are chosen, or the fewest beyond them that hold it.
    """
    found = []
    for offer in offers(choice.paying, choice.card):
        spot = offer.pricing == "spot"
        name = choice.gpu if offer.gpu == choice.card else offer.gpu.name
        estimate = _fitting(choice, name, spot)
        usd = None
        if estimate is not None and offer.usd_per_gpu_hour is not None:
            fixed = choice.storage_usd + choice.egress_usd
            hourly = offer.usd_per_gpu_hour * estimate.gpus
            usd = estimate.hours.times(hourly, "US$").plus(fixed)
        found.append(
            TrainCandidate(offer, estimate.gpus if estimate else choice.gpus, estimate, usd)
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (
        one.usd is None, one.usd.value if one.usd else 0.0,
        one.estimate is None, one.estimate.hours.value if one.estimate else 0.0,
    )))  # fmt: skip


def _fitting(choice: TrainChoice, card: str, spot: bool) -> TrainingEstimate | None:
    paying = Paying("spot" if spot else "on-demand", usd_per_gpu_hour=1.0)
    more = [gpus for gpus in (*FEWEST, *MORE) if gpus > choice.gpus]
    for gpus in (choice.gpus, *more[:TRIED]):
        try:
            found = train(replace(choice, gpu=card, gpus=gpus, paying=paying))
        except BadInput:  # what is asked of the layout does not go with that number
            continue
        if found.fit != "no":
            return found
    return None


def serve_candidates(choice: ServeChoice) -> tuple[ServeCandidate, ...]:
    """A service on every offer, cheapest first; each replica on the fewest GPUs that hold it."""
    found = []
    known: dict[tuple[str, bool], tuple[ServingEstimate | None, str]] = {}
    for offer in offers(choice.paying, choice.card):
        name = choice.gpu if offer.gpu == choice.card else offer.gpu.name
        kind = name, offer.pricing == "spot"
        if kind not in known:
            known[kind] = _served(choice, *kind)
        estimate, why_not = known[kind]
        usd = offer.usd_per_gpu_hour
        hours = estimate.gpu_hours_per_month if estimate and usd is not None else None
        month = hours.times(usd, "US$") if hours is not None and usd is not None else None
        million = None
        if estimate is not None and usd is not None:
            of_a_dollar = (
                estimate.usd_per_million_output_tokens if estimate.shape.generates
                else estimate.usd_per_million_input_tokens
            )  # fmt: skip
            million = of_a_dollar.times(usd, "US$") if of_a_dollar else None
        found.append(
            ServeCandidate(offer, estimate, month, million, why_not)
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (
        one.usd_per_month is None, one.usd_per_month.value if one.usd_per_month else 0.0,
        one.estimate is None,
    )))  # fmt: skip


def _served(choice: ServeChoice, card: str, spot: bool) -> tuple[ServingEstimate | None, str]:
    """On one dollar an hour; None and the reason where no replica does what is asked."""
    gpus = choice.gpus if card == choice.gpu else None
    dollar = replace(PLACEHOLDER, pricing="spot") if spot else PLACEHOLDER
    try:
        found = serve(replace(choice, gpu=card, gpus=gpus), dollar).estimate
    except BadInput as error:
        return None, str(error)
    return (found, "") if found.fits else (None, "memory")
