"""Tuning: what one round of training costs on rented GPUs, from the training estimate."""

from core.cost.prices import Price
from core.cost.training import estimate_training
from core.errors import BadInput
from core.models.shape import Shape
from core.strategy.amount import Range
from core.strategy.sections import TunedOption
from core.train.runs import Run


def training_usd(option: TunedOption, shape: Shape, run: Run | None, price: Price) -> Range:
    """US$ of GPU time for one round: of the run's own tokens, else of the option's.

    Raises:
        BadInput: Neither the run nor the option says how many tokens there are.
    """
    tokens = option.train_tokens if run is None else run.training.get("tokens")
    if tokens is None:
        raise BadInput(
            f"option {option.name!r} has no finished run yet and no train_tokens: expected the "
            "tokens of training, such as train_tokens = 5_000_000."
        )
    estimate = estimate_training(shape, int(tokens), option.gpu, option.gpus, price=price)
    return Range(estimate.usd.value, estimate.usd.low, estimate.usd.high)
