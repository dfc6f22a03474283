"""Scenario files: TOML read with messages that name the field, and written back with comments."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound
from core.record import toml
from core.strategy.fields import given, read, refuse_unknown, write
from core.strategy.sections import (
    KINDS,
    ApiOption,
    Company,
    Demand,
    Option,
    Quality,
    Scenario,
    TunedOption,
)
from core.workspace import assets

TOP = ("title", "horizon_months", "company", "demand", "quality", "option", "assumptions")


HEAD = ("title", "horizon_months")
PREFACE = (
    "# A scenario for `assay plan`. US$; shares between 0 and 1; months of 30.4 days.",
    "# A line that begins with # is not set: take the # away to set it.",
    "",
)


@dataclass(frozen=True)
class _Head:
    title: str = given("What this scenario is about.")
    horizon_months: int = given("Months to look ahead.", 24, low=1, high=120)


def load(path: Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        NotFound: There is no such file.
        BadInput: It is not TOML, or a field is not what it must be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(
            f"There is no scenario file {str(path)!r}; write an example with "
            f"`assay plan --init {path.name}`."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{str(path)!r} cannot be read as a scenario ({error}).") from None
    return parse(text, path.stem, str(path))


def parse(text: str, name: str, where: str) -> Scenario:
    """Check the text of a scenario; `where` begins each message.

    Raises:
        BadInput: It is not TOML, or a field is not what it must be.
    """
    try:
        document = tomllib.loads(text)
        return _scenario(document, name)
    except (tomllib.TOMLDecodeError, BadInput) as error:
        raise BadInput(f"{where}: {error}") from None


def _scenario(document: dict[str, Any], name: str) -> Scenario:
    refuse_unknown(document, TOP, "")
    head = read(_Head, {key: document[key] for key in HEAD if key in document}, "scenario")
    for section in ("company", "demand", "quality"):
        if section not in document:
            raise BadInput(f"{section} is missing: expected a section [{section}].")
    scenario = Scenario(
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64] or "plan",
        title=head.title,
        horizon_months=head.horizon_months,
        company=read(Company, document["company"], "company"),
        demand=read(Demand, document["demand"], "demand"),
        quality=read(Quality, document["quality"], "quality"),
        options=_options(document.get("option")),
        assumptions=_assumptions(document.get("assumptions", {})),
    )
    for path in scenario.assumptions:
        if scenario.value_of(path) is None:
            raise BadInput(
                f'assumptions."{path}" speaks of a value that is not set: expected a field such '
                'as "demand.requests_per_day" or "option.NAME.quality".'
            )
    return scenario


def _options(rows: object) -> tuple[Option, ...]:
    if not isinstance(rows, list) or len(rows) < 2:
        raise BadInput("option: expected at least two sections [[option]], or nothing is compared.")
    options: list[Option] = []
    for number, row in enumerate(rows, start=1):
        called = row.get("name") if isinstance(row, dict) else None
        where = f"option {number}" + (f" ({called})" if isinstance(called, str) else "")
        if not isinstance(row, dict) or row.get("kind") not in KINDS:
            kind = row.get("kind") if isinstance(row, dict) else None
            raise BadInput(f"{where}.kind is {kind!r}: expected one of {', '.join(KINDS)}.")
        option = read(KINDS[row["kind"]], {k: v for k, v in row.items() if k != "kind"}, where)
        if any(option.name == other.name for other in options):
            raise BadInput(f"{where}.name is used twice: expected a name of its own.")
        _agree(option, where)
        options.append(option)
    return tuple(options)


def _agree(option: Option, where: str) -> None:
    """Check what fields of one option must hold together.

    Raises:
        BadInput: They do not.
    """
    if option.quality is not None and not option.quality_source:
        raise BadInput(
            f"{where}.quality is {option.quality:g} without quality_source: expected a text that "
            "says who measured or guessed it."
        )
    if option.quality is not None and option.evaluation is not None:
        raise BadInput(f"{where} has both quality and evaluation: expected one of them.")
    if isinstance(option, ApiOption):
        listed = option.provider is not None and option.model is not None
        own = option.input_usd_per_mtok is not None and option.output_usd_per_mtok is not None
        if not listed and not own:
            raise BadInput(
                f"{where} has no price: expected provider and model as listed, or "
                "input_usd_per_mtok and output_usd_per_mtok."
            )
    if isinstance(option, TunedOption) and option.run is None and option.base is None:
        raise BadInput(f'{where} has no model: expected run = "latest", a run\'s name, or base.')


def _assumptions(table: object) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
        raise BadInput(
            f'assumptions is {table!r}: expected lines such as "demand.requests_per_day" = "why".'
        )
    return dict(table)


def dump(scenario: Scenario) -> str:
    """The scenario as commented TOML; `parse` gives an equal scenario back."""
    head = _Head(scenario.title, scenario.horizon_months)
    lines = [*PREFACE, *write(head)]
    for name in ("company", "demand", "quality"):
        lines += ["", f"[{name}]", *write(getattr(scenario, name))]
    for option in scenario.options:
        words = (type(option).__doc__ or "").splitlines()[0]
        lines += ["", f"# {words}", "[[option]]", f"kind = {toml(option.kind)}", *write(option)]
    if scenario.assumptions:
        lines += ["", "# Why these numbers: one sentence each.", "[assumptions]"]
        lines += [f"{toml(path)} = {toml(why)}" for path, why in scenario.assumptions.items()]
    return "\n".join(lines) + "\n"


def samples() -> list[Path]:
    """The scenario files that come along."""
    return sorted((assets() / "scenarios").glob("*.toml"))
