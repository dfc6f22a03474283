"""Tuning: what one round of training costs on rented GPUs, from the training estimate."""

from core.cost.prices import Price
from core.cost.training import METHODS, estimate_training
from core.errors import BadInput
from core.models.shape import Shape
from core.strategy.amount import Range
from core.strategy.sections import Demand, TunedOption
from core.train.runs import Run


def training_usd(
    option: TunedOption, shape: Shape, demand: Demand, run: Run | None, price: Price
) -> Range:
    """US$ of GPU time for one round: of the run's own tokens, else of the option's.

    Examples are as long as the requests.

    Raises:
        BadInput: Neither the run nor the option says how many tokens there are.
    """
    tokens = option.train_tokens if run is None else run.training.get("tokens")
    if tokens is None:
        raise BadInput(
            f"option {option.name!r} has no finished run yet and no train_tokens: expected the "
            "tokens of training, such as train_tokens = 5_000_000."
        )
    both = shape.family == "encoder-decoder"
    estimate = estimate_training(
        shape, max(1, round(tokens)), option.gpu, option.gpus,
        next(method for method in METHODS if method == option.method),
        demand.input_tokens + option.prompt_tokens + (0 if both else demand.output_tokens),
        target_length=max(1, demand.output_tokens) if both else None, price=price,
    )  # fmt: skip
    usd = estimate.gpu_hours.times(price.usd_per_gpu_hour, "US$")
    return Range(usd.value, usd.low, usd.high)
