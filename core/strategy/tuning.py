"""Training: what one round takes of rented GPUs, from the training estimate of Cost.

Rounds of retraining that were carried out here count more than an estimate.
"""

import statistics

from core.cost.prices import own_price
from core.cost.training import METHODS, TrainingEstimate, estimate_training
from core.errors import BadInput
from core.models.shape import Shape
from core.strategy.amount import Range
from core.strategy.basis import Rounds, Training
from core.strategy.sections import Demand, PretrainedOption, TunedOption
from core.train.retraining import retraining_cost
from core.train.runs import Run, list_runs
from core.units import HOURS_PER_DAY, SECONDS_PER_HOUR
from core.workspace import Workspace


def tuning(
    option: TunedOption, shape: Shape, demand: Demand, run: Run | None, market: str
) -> Training:
    """One round of fine-tuning: on the run's own tokens, else on the option's.

    Examples are as long as the requests. `market` names the price of the GPU-hour.

    Raises:
        BadInput: Neither the run nor the option says how many tokens there are.
    """
    measured = None if run is None else run.training.get("tokens")
    tokens = option.train_tokens if measured is None else measured
    if tokens is None:
        raise BadInput(
            "it has no finished run yet and no train_tokens: expected the tokens of training, such "
            "as train_tokens = 5_000_000."
        )
    both = shape.family == "encoder-decoder"
    read, written = round(demand.input_tokens + option.prompt_tokens), round(demand.output_tokens)
    estimate = estimate_training(
        shape, max(1, round(tokens)), option.gpu, option.gpus,
        next(method for method in METHODS if method == option.method),
        max(1, read + (0 if both else written)),
        target_length=max(1, written) if both else None, price=own_price(1.0),
    )  # fmt: skip
    return _round(estimate, market)


def rounds_of(run: Run, workspace: Workspace) -> Rounds | None:
    """Rounds on a run's dataset that began from its base, on the newest one's kind of machine."""
    found = retraining_cost(workspace, run.dataset)
    if found is None:
        return None
    bases = {one.run: one.base for one in list_runs(workspace, run.dataset)}
    line = _first(run.run, bases)
    rounds = [one for one in found.rounds if _first(one.run, bases) == line]
    if not rounds:
        return None
    device = rounds[0].device
    seconds = [one.seconds for one in rounds if one.device == device]
    spread = Range(statistics.median(seconds), min(seconds), max(seconds))
    return Rounds(len(seconds), spread, device)


def _first(name: str, bases: dict[str, str]) -> str:
    """The model that a run's line began from: an update begins from the run before it."""
    while name in bases:
        name = bases[name]
    return name


def retrained(rounds: Rounds, market: str) -> Training:
    """What a round took of the machine that retrained; `market` names the price of its hour."""
    ends = (rounds.seconds.value, rounds.seconds.low, rounds.seconds.high)
    hours = Range(*(end / SECONDS_PER_HOUR for end in ends))
    days = Range(*(end / SECONDS_PER_HOUR / HOURS_PER_DAY for end in ends))
    return Training(hours, days, market, rounds.number, rounds, measured=True)


def pretraining(option: PretrainedOption, shape: Shape, market: str) -> Training:
    """A pretraining from scratch, its restarts and ramp-up included.

    Raises:
        BadInput: The cards cannot hold it.
    """
    estimate = estimate_training(
        shape, round(option.train_tokens), option.train_gpu, option.train_gpus, "full",
        price=own_price(1.0),
    )  # fmt: skip
    if estimate.fit == "no":
        raise BadInput(
            f"train_gpus is {option.train_gpus}: the training of {option.parameters} does not fit "
            f"on so many {option.train_gpu}; give more, or a card with more memory."
        )
    return _round(estimate, market)


def _round(estimate: TrainingEstimate, market: str) -> Training:
    hours, days = estimate.gpu_hours, estimate.wall_days
    return Training(
        Range(hours.value, hours.low, hours.high), Range(days.value, days.low, days.high), market,
        hours.n,
    )  # fmt: skip
