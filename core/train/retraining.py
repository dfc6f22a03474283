"""What retraining really cost: the finished updates of a dataset, in seconds and in US$.

Seconds are those that the jobs computed: training, scoring and the gate, every attempt. A price is
the user's own, else the published one of the GPU they ran on (`core.cost.prices`); nobody publishes
what this machine's processor costs, so without a price the dollars are not known.
"""

import statistics
from dataclasses import asdict, dataclass
from typing import Any

from core.cost.prices import known_price, own_price
from core.cost.probe import known_card
from core.jobs.store import JobStore
from core.train.runs import has_run, open_run
from core.units import SECONDS_PER_HOUR
from core.workspace import Workspace

CPU = "cpu"


@dataclass(frozen=True)
class Round:
    """One update that was carried out.

    Attributes:
        run: What it made.
        seconds: It computed, all attempts together; train_seconds of them in the training loop.
        device: "cpu", or the GPU's name.
        usd: What that cost; None = no price is known.
    """

    run: str
    seconds: float
    train_seconds: float | None
    device: str
    usd: float | None


@dataclass(frozen=True)
class RetrainingCost:
    """What a round of retraining costs, from those that were carried out.

    Attributes:
        rounds: Each, newest first.
        seconds, low_seconds, high_seconds: Median, least and most of all rounds.
        device: Of the newest.
        usd_per_hour, price_source: The price; None = not known.
        usd, low_usd, high_usd: Median, least and most of the rounds with a price; None = of none.
    """

    rounds: tuple[Round, ...]
    seconds: float
    low_seconds: float
    high_seconds: float
    device: str
    usd_per_hour: float | None
    price_source: str | None
    usd: float | None
    low_usd: float | None
    high_usd: float | None

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def retraining_cost(
    workspace: Workspace, dataset: str, usd_per_hour: float | None = None
) -> RetrainingCost | None:
    """The cost of the finished updates of a dataset; None = there is none yet.

    Args:
        workspace: Whose.
        dataset: Its name.
        usd_per_hour: What an hour of the machine costs; None = the published price of its GPU.

    Raises:
        BadInput: The price is not above zero.
    """
    if usd_per_hour is not None:
        own_price(usd_per_hour)
    with JobStore(workspace) as store:
        done = [
            job for job in store.jobs(kind="update")
            if job.state == "succeeded" and job.request["dataset"].partition("@")[0] == dataset
            and job.ran_seconds > 0
        ]  # fmt: skip
    rounds = tuple(
        _round(workspace, str(job.request["run"]), job.ran_seconds, usd_per_hour) for job in done
    )
    if not rounds:
        return None
    seconds = [one.seconds for one in rounds]
    dollars = [one.usd for one in rounds if one.usd is not None]
    price, source = _price(rounds[0].device, usd_per_hour)
    return RetrainingCost(
        rounds, statistics.median(seconds), min(seconds), max(seconds), rounds[0].device, price,
        source, statistics.median(dollars) if dollars else None, min(dollars, default=None),
        max(dollars, default=None),
    )  # fmt: skip


def run_usd(
    workspace: Workspace, run: str, seconds: float, usd_per_hour: float | None = None
) -> float | None:
    """What so many seconds on the machine of a run cost; None = no price is known."""
    return _round(workspace, run, seconds, usd_per_hour).usd


def _round(workspace: Workspace, run: str, seconds: float, usd_per_hour: float | None) -> Round:
    device, trained = CPU, None
    if has_run(workspace, run):
        found = open_run(workspace, run)
        device, trained = str(found.training.get("device") or CPU), found.train_seconds
    price, _ = _price(device, usd_per_hour)
    usd = None if price is None else price * seconds / SECONDS_PER_HOUR
    return Round(run, seconds, trained, device, usd)


def _price(device: str, usd_per_hour: float | None) -> tuple[float | None, str | None]:
    """US$ for an hour, and whose price that is."""
    if usd_per_hour is not None:
        found = own_price(usd_per_hour)
        return found.usd_per_gpu_hour, found.source
    gpu = known_card(device) if device != CPU else None
    price = known_price(gpu) if gpu else None
    return (price.usd_per_gpu_hour, price.source) if price else (None, None)
