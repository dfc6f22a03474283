"""What a million tokens of a model cost on one A100 that is always busy: an estimate."""

from core.cost.serving import estimate_serving
from core.deploy.measured import Measured
from core.models.shape import Shape
from core.units import MEGA

REQUESTS_PER_SECOND = 1.0


def usd_per_million(shape: Shape, precision: str, measured: Measured) -> dict[str, float] | None:
    """Dollars of a million tokens, and the ends of their range; None = the model does not fit.

    Args:
        shape: The model's sizes.
        precision: Of its weights on the card.
        measured: What its requests are like: tokens read and written, and which are counted.
    """
    reads, writes = max(1, round(measured.input_tokens)), max(1, round(measured.output_tokens))
    found = estimate_serving(
        shape, input_tokens=reads, output_tokens=writes, precision=precision,
        requests_per_second=REQUESTS_PER_SECOND,
    ).usd_per_request_at_full_use  # fmt: skip
    if found is None:
        return None
    per_token = found.times(MEGA / (writes if shape.generates else reads), "USD")
    return {"usd": per_token.value, "low": per_token.low, "high": per_token.high}
