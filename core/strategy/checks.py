"""What fields of a scenario must hold together, checked once each field is right by itself."""

from dataclasses import fields
from datetime import date

from core.errors import BadInput
from core.strategy import inputs
from core.strategy.fields import rule, shown
from core.strategy.sections import (
    AnyOption,
    ApiOption,
    CompressedOption,
    Option,
    Scenario,
    StagedOption,
    TunedOption,
)


def check_named(option: AnyOption, options: list[AnyOption], where: str) -> None:
    """Check that the options that one names are there, and not staged themselves.

    Raises:
        BadInput: One is not.
    """
    known = [o.name for o in options if o is not option and not isinstance(o, StagedOption)]
    names = (
        {"first": option.first, "then": option.then}
        if isinstance(option, StagedOption)
        else {"meanwhile": option.meanwhile}
    )
    for field, name in names.items():
        if name is not None and name not in known:
            raise BadInput(
                f"{where}.{field} is {shown(name)}: expected another option that is not staged: "
                f"{', '.join(known)}."
            )
    if isinstance(option, StagedOption) and option.first == option.then:
        raise BadInput(f"{where}.then is {option.then!r}, as first is: expected another option.")


def check_option(option: Option, where: str) -> None:
    """Check what fields of one option must hold together.

    Raises:
        BadInput: They do not.
    """
    for value in ("quality", "answer_seconds"):
        source = f"{value}_source"
        if getattr(option, value, None) is not None and not getattr(option, source):
            raise BadInput(
                f"{where}.{value} is {getattr(option, value):g} without {source}: expected a text "
                "that says who measured or guessed it."
            )
    if option.quality is not None and option.evaluation is not None:
        raise BadInput(f"{where} has both quality and evaluation: expected one of them.")
    if isinstance(option, ApiOption):
        _agree_api(option, where)
    if isinstance(option, TunedOption) and option.run is None and option.base is None:
        raise BadInput(f'{where} has no model: expected run = "latest", a run\'s name, or base.')
    if (
        isinstance(option, CompressedOption)
        and option.usd_per_customer_month
        and not option.on_device
    ):
        raise BadInput(
            f"{where}.usd_per_customer_month is for models on devices: expected on_device = true, "
            "or no such cost."
        )


def _agree_api(option: ApiOption, where: str) -> None:
    listed = option.provider is not None and option.model is not None
    own = option.input_usd_per_mtok is not None and option.output_usd_per_mtok is not None
    if not listed and not own:
        raise BadInput(
            f"{where} has no price: expected provider and model as listed, or "
            "input_usd_per_mtok and output_usd_per_mtok."
        )
    if option.price_date is not None:
        try:
            date.fromisoformat(option.price_date)
        except ValueError:
            raise BadInput(
                f"{where}.price_date is {shown(option.price_date)}: expected a day such as "
                '"2026-08-05".'
            ) from None


def check_whole(scenario: Scenario) -> None:
    """Check what sections must hold together.

    Raises:
        BadInput: They do not.
    """
    team = [o.name for o in scenario.options if isinstance(o, Option) and o.team_people]
    if team and not scenario.company.person_usd_per_month:
        raise BadInput(
            f"company.person_usd_per_month is not set, and option {team[0]!r} needs people: "
            "expected what one costs a month."
        )
    demand = scenario.demand
    for name in ("input_tokens", "output_tokens"):
        long = getattr(demand, f"{name}_p95")
        if long is not None and long < getattr(demand, name):
            raise BadInput(
                f"demand.{name}_p95 is {long:g}, below the average of {getattr(demand, name):g}: "
                "expected what 95 % of requests stay below."
            )
    if demand.seasonality is not None and not any(demand.seasonality):
        raise BadInput("demand.seasonality holds only zeros: expected a month against the mean.")
    if scenario.quality.revenue_per_point and scenario.quality.reference is None:
        raise BadInput(
            "quality.revenue_per_point is set without reference: expected the score at which "
            "revenue is as stated."
        )
    for path, (low, high) in scenario.ranges.items():
        _check_range(scenario, path, low, high)


def _check_range(scenario: Scenario, path: str, low: float, high: float) -> None:
    part, attribute = scenario.part(path)
    value = scenario.value_of(path)
    known = attribute in (*inputs.COMPANY, *inputs.DEMAND, *inputs.QUALITY, *inputs.OPTION,
                          "quality")  # fmt: skip
    if not known or isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(
            f'ranges."{path}" speaks of no number that may vary: expected a field that is set, '
            'such as "demand.requests_per_day" or "option.NAME.one_time_usd".'
        )
    limits = next(rule(row) for row in fields(part) if row.name == attribute)  # type: ignore[arg-type]
    for end in (low, high):
        if problem := limits.problem(end):
            raise BadInput(f'ranges."{path}" has the end {end:g}: expected {problem}.')
    if not low <= value <= high or low == high:
        raise BadInput(
            f'ranges."{path}" is [{low:g}, {high:g}]: expected a range that holds the value '
            f"itself, {value:g}."
        )
