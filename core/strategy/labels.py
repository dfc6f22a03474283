"""What an input is called, and how its value is written: "the GPU price", "US$ 1.79"."""

from collections.abc import Callable

from core.strategy.figures import percent, plain, requests
from core.text import format as fmt
from core.text.catalog import t

Literal = Callable[[str], str]

UNITS = {
    "cash_usd": "usd", "monthly_cost_usd": "usd", "person_usd_per_month": "usd",
    "revenue_per_customer_usd": "usd", "revenue_per_1000_requests_usd": "usd",
    "one_time_usd": "usd", "retrain_usd": "usd", "usd_per_customer_month": "usd",
    "usd_per_gpu_hour": "usd_hour", "people": "people", "team_people": "people",
    "customers": "count", "requests_per_day": "requests", "at_requests_per_day": "requests",
    "growth_per_month": "share", "churn_per_month": "share", "cacheable_share": "share",
    "price_change_per_year": "share", "revenue_per_point": "share", "token_price": "factor",
    "input_tokens": "tokens", "output_tokens": "tokens", "prompt_tokens": "tokens",
    "lead_months": "months", "quality": "score", "rate": "rate", "gpu_hours": "gpu_hours",
    "machine_hours": "machine_hours",
}  # fmt: skip
"""Field of an input -> its unit; `test_labels` wants one for every input there can be."""


def label(path: str, field: str, option: str | None, language: str, literal: Literal = str) -> str:
    """What an input is called: "requests a day", "GPU price of A100-80-SXM, on demand"."""
    section = path.partition(".")[0]
    own = f"{section}.{field}" if section in ("company", "demand") else field
    return t(f"strategy.input.{own}", language, option=literal(option or ""))


def inside(name: str, language: str) -> str:
    """A label within a sentence: in Chinese, a space before what begins with no Chinese sign."""
    return f" {name}" if language == "zh" and name[:1] < "\u2e80" else name


def amount(field: str, value: float | None, language: str) -> str:
    """A value of an input with its unit."""
    if value is None:
        return t("common.not_known", language)
    unit = UNITS[field]
    if unit == "usd_hour":
        return f"US$ {value:,.2f}"
    if unit == "usd":
        return fmt.usd(value, language)
    if unit == "share":
        return percent(value)
    if unit == "requests":
        return requests(value, language)
    return t(f"strategy.unit.{unit}", language, n=plain(value))
