"""Each option of a scenario priced on a day: tokens, machines, training, quality."""

import re
from dataclasses import replace
from datetime import date

from core.cost.hardware import gpu as find_gpu
from core.cost.prices import Price, known_price, own_price, price_of
from core.cost.probe import known_card
from core.errors import BadInput, NotFound
from core.models import catalog
from core.models.resolve import resolve, shape_of
from core.models.shape import Shape, from_size
from core.strategy.amount import Range
from core.strategy.basis import Answer, Basis, Market, Priced, PriceLine, Training
from core.strategy.fleet import Fleet, fleet_of, too_slow
from core.strategy.quality import figure, lesser, run_of
from core.strategy.rent import token_prices
from core.strategy.say import Sentence, Values
from core.strategy.sections import (
    ApiOption,
    CompressedOption,
    Hosted,
    HostOption,
    Option,
    PretrainedOption,
    Scenario,
    StagedOption,
    TunedOption,
)
from core.strategy.tuning import pretraining, retrained, rounds_of, tuning
from core.train.runs import Run
from core.units import DAYS_PER_MONTH
from core.workspace import Workspace

SIZE = re.compile(r"\d+(\.\d+)?[MBT]", re.IGNORECASE)
NO_MACHINES = Fleet(None, None, (), None)


def price_options(scenario: Scenario, workspace: Workspace | None, as_of: date) -> Basis:
    """Price every option of a scenario, in the order of the file.

    Args:
        scenario: Checked.
        workspace: Where runs and evaluations are; None = there are none.
        as_of: The day whose prices count.

    Raises:
        NotFound: A model, run, evaluation, GPU or price that an option names is not known.
        BadInput: An option cannot be, such as GPUs that cannot share its model.
    """
    markets: dict[str, Market] = {}
    priced: dict[str, Priced] = {}
    for option in scenario.options:
        if isinstance(option, StagedOption):
            continue
        try:
            priced[option.name] = _priced(option, scenario, workspace, as_of, markets)
        except (NotFound, BadInput) as error:
            raise type(error)(f"option {option.name!r}: {error}") from None
    priced = {name: _with_meanwhile(row, priced) for name, row in priced.items()}
    for option in scenario.options:
        if isinstance(option, StagedOption):
            priced[option.name] = _staged(option, priced[option.first], priced[option.then])
    ordered = tuple(priced[option.name] for option in scenario.options)
    return Basis(as_of.isoformat(), ordered, tuple(markets.values()))


def _priced(
    option: Option, scenario: Scenario, workspace: Workspace | None, as_of: date,
    markets: dict[str, Market],
) -> Priced:  # fmt: skip
    run = _run_of(option, scenario, workspace)
    tokens, lines = None, []
    answer: Answer | None = None
    fleet, training = NO_MACHINES, None
    change = 0.0
    if isinstance(option, ApiOption):
        tokens, found = token_prices(option, as_of)
        lines, change = list(found), option.price_change_per_year
        if option.answer_seconds is not None:
            answer = Answer(
                Range.exact(option.answer_seconds), "entered", option.answer_seconds_source or ""
            )
        fleet = Fleet(None, None, (), too_slow(option, scenario.demand, answer))
    elif isinstance(option, Hosted):
        change = option.price_change_per_year
        shape = _shape(option, run, workspace)
        line = _market(option, option.gpu, markets)
        lines.append(line)
        if not (isinstance(option, CompressedOption) and option.on_device):
            fleet = fleet_of(option, shape, scenario.demand, line.item)
        answer = fleet.answer
        training = _training(option, shape, scenario, run, workspace, markets, lines)
    days = training.days.value if training and isinstance(option, PretrainedOption) else 0.0
    return Priced(
        name=option.name,
        kind=option.kind,
        lead_months=option.lead_months + days / DAYS_PER_MONTH,
        meanwhile=option.meanwhile,
        one_time_usd=option.one_time_usd,
        team_people=option.team_people,
        retrain_every_months=option.retrain_every_months,
        retrain_usd=option.retrain_usd,
        prompt_tokens=option.prompt_tokens,
        price_change_per_year=change,
        quality=figure(option, scenario.quality, run, workspace),
        answer=answer,
        tokens=tokens,
        machines=fleet.machines,
        training=training,
        usd_per_customer_month=option.usd_per_customer_month
        if isinstance(option, CompressedOption) and option.on_device
        else None,
        run=run.run if run else None,
        first=None,
        then=None,
        at_requests_per_day=None,
        prices=tuple(lines),
        notes=fleet.notes,
        problem=fleet.problem,
    )


def _with_meanwhile(option: Priced, priced: dict[str, Priced]) -> Priced:
    """An option cannot be begun while the one that is to answer until it is ready cannot serve."""
    before = priced[option.meanwhile] if option.meanwhile else None
    if before is None or before.problem is None or option.problem is not None:
        return option
    values: Values = {"option": option.name, "second": before.name}
    return replace(option, problem=Sentence("reason.meanwhile", values))


def _staged(option: StagedOption, first: Priced, then: Priced) -> Priced:
    """Two options after each other: as good as the worse one, as slow as the slower one."""
    slower = [one.answer for one in (first, then) if one.answer is not None]
    return Priced(
        name=option.name, kind=option.kind, lead_months=first.lead_months,
        meanwhile=first.meanwhile, one_time_usd=first.one_time_usd, team_people=first.team_people,
        retrain_every_months=None, retrain_usd=0.0, prompt_tokens=first.prompt_tokens,
        price_change_per_year=0.0, quality=lesser(first.quality, then.quality),
        answer=max(slower, key=lambda one: one.seconds.value) if len(slower) == 2 else None,
        tokens=None, machines=None, training=None, usd_per_customer_month=None, run=then.run,
        first=first.name, then=then.name, at_requests_per_day=option.at_requests_per_day,
        prices=(), notes=(), problem=_of(option, first.problem or then.problem),
    )  # fmt: skip


def _of(option: StagedOption, problem: Sentence | None) -> Sentence | None:
    """What bars a part of it, said of the whole."""
    return problem and Sentence(problem.key, {**problem.values, "option": option.name})


def _training(
    option: Hosted, shape: Shape, scenario: Scenario, run: Run | None, workspace: Workspace | None,
    markets: dict[str, Market], lines: list[PriceLine],
) -> Training | None:  # fmt: skip
    """One round of training; the price of its machine is added to the lines where it is another."""
    if isinstance(option, TunedOption):
        estimate = tuning(option, shape, scenario.demand, run, lines[0].item)
        rounds = rounds_of(run, workspace) if run and workspace else None
        if rounds is None:
            return estimate
        priced = _machine(option, rounds.device, markets)
        if priced is None:
            return replace(estimate, rounds=rounds)
        _add(priced, lines)
        return retrained(rounds, priced.item)
    if isinstance(option, PretrainedOption):
        line = _market(option, option.train_gpu, markets)
        _add(line, lines)
        return pretraining(option, shape, line.item)
    return None


def _add(line: PriceLine, lines: list[PriceLine]) -> None:
    if line.item not in {one.item for one in lines}:
        lines.append(line)


def _machine(option: TunedOption, device: str, markets: dict[str, Market]) -> PriceLine | None:
    """The price of an hour of the machine that retrained: the option's own, else its GPU's.

    None where neither is known: nobody publishes what a company's own processor costs.
    """
    usd = option.retrain_usd_per_hour
    if usd is not None:
        name = f"{device}, {usd:g} stated"
        markets.setdefault(name, Market(name, Range.exact(usd), 0))
        return PriceLine(option.name, name, usd, "US$ per hour", own_price(usd).source, None)
    card = known_card(device)
    price = known_price(card) if card else None
    if card is None or price is None:
        return None
    if card.name != option.gpu:
        # The provider that serves may not have the card that retrained.
        option = replace(option, gpu_provider=None, pricing=price.pricing)
    return _market(option, card.name, markets)


def _market(option: Hosted, card_name: str, markets: dict[str, Market]) -> PriceLine:
    """The price of a GPU-hour: the option's own, else the published one; kept among the markets.

    Options that rent the same card in the same way share one market: its price moves for all.

    Raises:
        NotFound: There is no such GPU, or no published price of that provider.
    """
    card = find_gpu(card_name)
    own = option.usd_per_gpu_hour if card_name == option.gpu else None
    price = own_price(own) if own is not None else price_of(
        card, option.gpu_provider, option.pricing
    )  # fmt: skip
    whose = f"{own:g} stated" if own is not None else option.gpu_provider or "median"
    name = f"{card.name}, {price.pricing}, {whose}"
    if name not in markets:
        usd = price.usd_per_gpu_hour
        # What was asked of others for the same card: a discount moves both ends with the price.
        rows = [row.usd_per_gpu_hour for row in price.rows]
        middle = sorted(rows)[len(rows) // 2] if rows else usd
        ends = (min(rows) / middle * usd, max(rows) / middle * usd) if rows else (usd, usd)
        providers = len({row.provider for row in price.rows})
        markets[name] = Market(name, Range(usd, min(usd, ends[0]), max(usd, ends[1])), providers)
    return PriceLine(
        option.name, name, price.usd_per_gpu_hour, "US$ per GPU-hour", _source(price),
        price.as_of if price.rows else None,
    )  # fmt: skip


def _source(price: Price) -> str:
    """Who published a price, and the rows of gpu_prices.csv it comes from."""
    return price.source + (f" ({', '.join(row.name for row in price.rows)})" if price.rows else "")


def _run_of(option: Option, scenario: Scenario, workspace: Workspace | None) -> Run | None:
    if isinstance(option, TunedOption) and option.run is not None:
        return run_of(workspace, option.run, scenario.quality)
    return None


def _shape(option: Hosted, run: Run | None, workspace: Workspace | None) -> Shape:
    """The sizes of the model: of the run, else of the catalogue's model, else of a size ("7B").

    Raises:
        NotFound: There is no such model, or "latest" finds no run and no base is given.
    """
    name: str | None = None
    if run is not None:
        name = run.run
    elif isinstance(option, TunedOption):
        name = option.base
    elif isinstance(option, HostOption):
        name = option.model
    elif isinstance(option, PretrainedOption):
        name = option.parameters
    if name is None:
        raise NotFound(
            "there is no finished run with a score that counts yet: expected one (`assay train`), "
            "or base = the model it would be tuned from."
        )
    if SIZE.fullmatch(name):
        return from_size(name)
    if workspace is None:
        return catalog.model(name).shape
    shape = shape_of(resolve(workspace, name))
    if shape is None:
        raise NotFound(
            f"model {name!r} has sizes that are not known here; name one of its size, such as 7B."
        )
    return shape
