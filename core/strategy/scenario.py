"""Scenario files: TOML read with messages that name the field, and written back with comments."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound
from core.record import toml
from core.strategy.checks import check_named, check_option, check_whole
from core.strategy.fields import cut, given, pairs, read, refuse_unknown, shown, write
from core.strategy.sections import (
    KINDS,
    SECTIONS,
    AnyOption,
    Company,
    Demand,
    Option,
    Quality,
    Scenario,
)
from core.strategy.shocks import dump as dump_shock
from core.strategy.shocks import resolve
from core.units import MIB
from core.workspace import assets

HEAD = ("title", "horizon_months", "start")
TOP = (*HEAD, *SECTIONS, "option", "shock", "ranges", "assumptions")
MOST_BYTES = MIB
LONG_NUMBER = re.compile(r"^([^\n=#]*)=[ \t]*[+-]?(\d[\d_]{1000,})", re.MULTILINE)
"""A line that sets a number so long that Python refuses to read it."""
DEEP_KEY = re.compile(r"""(?<![\w"'-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){50}""")
"""a.b.c. and so on: such a key is read in a time that grows with the square of its length."""
MOST_OPTIONS, MOST_SHOCKS = 20, 50
PREFACE = (
    "# A scenario for `assay plan`. US$; shares between 0 and 1; months of 30.4 days.",
    "# A line that begins with # is not set: take the # away to set it.",
    "",
)


@dataclass(frozen=True)
class Head:
    """What stands above the sections."""

    title: str = given("What this scenario is about.")
    horizon_months: int = given("Months to look ahead.", 24, low=1, high=120)
    start: str | None = given(
        "First month; not set = the month after the plan's day.", None, example="2027-01"
    )


def load(path: Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        NotFound: There is no such file.
        BadInput: It is not TOML, is too large, or a field is not what it must be.
    """
    return parse(text_of(path), path.stem, str(path))


def text_of(path: Path) -> str:
    """The text of a scenario file, before it is checked.

    Raises:
        NotFound: There is no such file.
        BadInput: It is too large, or no text.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(
                f"{str(path)!r} has {path.stat().st_size / MIB:,.1f} MiB: expected a scenario of "
                "at most 1 MiB of TOML; texts belong in a dataset (`assay data import`)."
            )
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(
            f"There is no scenario file {str(path)!r}; write an example with "
            f"`assay plan --init {path.name}`."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{str(path)!r} cannot be read as a scenario ({error}).") from None


def parse(text: str, name: str, where: str) -> Scenario:
    """Check the text of a scenario; `where` begins each message.

    Raises:
        BadInput: It is not TOML, or a field is not what it must be.
    """
    if len(text) > MOST_BYTES:
        raise BadInput(
            f"{where}: it has {len(text):,} characters: expected at most {MOST_BYTES:,}."
        )
    if long := LONG_NUMBER.search(text):
        raise BadInput(
            f"{where}: {cut(long[1].strip())} is a number of {len(long[2]):,} digits: expected one "
            "of at most twenty."
        )
    try:
        if DEEP_KEY.search(text):
            raise RecursionError
        return _scenario(tomllib.loads(text), name)
    except RecursionError:
        raise BadInput(f"{where}: it is nested too deep to be a scenario.") from None
    except (tomllib.TOMLDecodeError, BadInput) as error:
        raise BadInput(f"{where}: {error}") from None
    except ValueError:  # Python reads no number of thousands of digits
        raise BadInput(
            f"{where}: it holds a number of thousands of digits: expected at most twenty."
        ) from None


def _scenario(document: dict[str, Any], name: str) -> Scenario:
    refuse_unknown(document, TOP, "")
    head = read(Head, {key: document[key] for key in HEAD if key in document}, "")
    if head.start is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", head.start):
        raise BadInput(f'start is {shown(head.start)}: expected a month such as "2027-01".')
    for section in SECTIONS:
        if section not in document:
            raise BadInput(f"{section} is missing: expected a section [{section}].")
    scenario = Scenario(
        name=fit_name(name),
        title=head.title,
        horizon_months=head.horizon_months,
        start=head.start,
        company=read(Company, document["company"], "company"),
        demand=read(Demand, document["demand"], "demand"),
        quality=read(Quality, document["quality"], "quality"),
        options=_options(document.get("option")),
        shocks=_shocks(document.get("shock", [])),
        ranges=pairs(document.get("ranges", {}), "ranges"),
        assumptions=_assumptions(document.get("assumptions", {})),
    )
    for path in scenario.assumptions:
        if scenario.value_of(path) is None:
            raise BadInput(
                f'assumptions."{path}" speaks of a value that is not set: expected a field such '
                'as "demand.requests_per_day" or "option.NAME.quality".'
            )
    check_whole(scenario)
    return scenario


def fit_name(name: str) -> str:
    """A file's name made fit to be that of a plan in the workspace."""
    fit = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._-]+", "-", name))
    return fit.strip("-._")[:64].rstrip("-._") or "plan"


def _options(rows: object) -> tuple[AnyOption, ...]:
    if not isinstance(rows, list) or len(rows) < 2:
        raise BadInput("option: expected at least two sections [[option]], or nothing is compared.")
    if len(rows) > MOST_OPTIONS:
        raise BadInput(
            f"option: {len(rows)} options are too many; expected at most {MOST_OPTIONS}."
        )
    options: list[AnyOption] = []
    for number, row in enumerate(rows, start=1):
        called = row.get("name") if isinstance(row, dict) else None
        where = f"option {number}" + (f" ({called})" if isinstance(called, str) else "")
        if not isinstance(row, dict) or row.get("kind") not in KINDS:
            kind = row.get("kind") if isinstance(row, dict) else None
            raise BadInput(f"{where}.kind is {shown(kind)}: expected one of {', '.join(KINDS)}.")
        option = read(KINDS[row["kind"]], {k: v for k, v in row.items() if k != "kind"}, where)
        if not option.name.strip():
            raise BadInput(f"{where}.name is empty: expected what you call the option.")
        if any(option.name == other.name for other in options):
            raise BadInput(f"{where}.name is used twice: expected a name of its own.")
        if isinstance(option, Option):
            check_option(option, where)
        options.append(option)
    for number, option in enumerate(options, start=1):
        check_named(option, options, f"option {number} ({option.name})")
    return tuple(options)


def _shocks(rows: object) -> Any:
    if isinstance(rows, list) and len(rows) > MOST_SHOCKS:
        raise BadInput(f"shock: {len(rows)} shocks are too many; expected at most {MOST_SHOCKS}.")
    return resolve(rows)


def _assumptions(table: object) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
        raise BadInput(
            f"assumptions is {shown(table)}: expected lines such as "
            '"demand.requests_per_day" = "why".'
        )
    return dict(table)


def dump(scenario: Scenario) -> str:
    """The scenario as commented TOML; `parse` gives an equal scenario back."""
    head = Head(scenario.title, scenario.horizon_months, scenario.start)
    lines = [*PREFACE, *write(head)]
    for name in SECTIONS:
        lines += ["", f"[{name}]", *write(getattr(scenario, name))]
    for option in scenario.options:
        words = (type(option).__doc__ or "").splitlines()[0]
        lines += ["", f"# {words}", "[[option]]", f"kind = {toml(option.kind)}", *write(option)]
    for shock in scenario.shocks:
        lines += ["", "# Something that may happen, to every option at once.", *dump_shock(shock)]
    if scenario.ranges:
        lines += ["", "# What is not certain: one in twenty lies below the first, or above the "
                  "second number.", "[ranges]"]  # fmt: skip
        lines += [f"{toml(path)} = {toml(list(ends))}" for path, ends in scenario.ranges.items()]
    if scenario.assumptions:
        lines += ["", "# Why these numbers: one sentence each.", "[assumptions]"]
        lines += [f"{toml(path)} = {toml(why)}" for path, why in scenario.assumptions.items()]
    return "\n".join(lines) + "\n"


def samples() -> list[Path]:
    """The scenario files that come along."""
    return sorted((assets() / "scenarios").glob("*.toml"))
