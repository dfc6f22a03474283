"""Plans of real scenarios, with names that somebody may have written."""

from copy import deepcopy
from dataclasses import replace
from datetime import date
from functools import cache

from core.strategy.document import as_json
from core.strategy.plan import make
from core.strategy.scenario import load, samples
from core.strategy.sections import StagedOption

DAY, DRAWS = date(2026, 11, 26), 500
RENT, HOST = "Rent GPT-5.1 Codex", "Host Llama 3 70B"
TUNE, STAGED = "Tune a 34B code model", "Rent, then tune"
UNSCORED, TOO_LARGE = "Rent what nobody scored", "Host Llama 3 70B on one card"
RUN = "localise-de-1"


def sample(name):
    return load(next(path for path in samples() if path.stem == name))


def planned(scenario, workspace=None):
    """The document that the engine makes; the same numbers each time."""
    return as_json(make(scenario, workspace, as_of=DAY, draws=DRAWS))


def scene():
    """The coding assistant, an option that nobody scored, and one that does not fit its card."""
    found = sample("coding-assistant")
    rent, host = (next(o for o in found.options if o.name == name) for name in (RENT, HOST))
    return replace(found, options=(
        *found.options, replace(rent, name=UNSCORED, quality=None, quality_source=None),
        replace(host, name=TOO_LARGE, gpus=1, quality=None, quality_source=None),
    ))  # fmt: skip


@cache
def _document():
    return planned(scene())


def document(**changes):
    """The plan of `scene`; `changes` replace keys of it."""
    return deepcopy(_document()) | changes


@cache
def _measured(workspace):
    return planned(sample("translation-desk"), workspace)


def measured(workspace):
    """The translation desk, whose tuned option is the run of the workspace."""
    return deepcopy(_measured(workspace))


def renamed(scenario, names):
    """A scenario with other names of options, wherever one stands."""

    def called(name):
        return names.get(name, name)

    def path(of):
        section, _, rest = of.partition(".")
        name, _, field = rest.rpartition(".")
        return f"option.{called(name)}.{field}" if section == "option" else of

    options = []
    for option in scenario.options:
        own = {"name": called(option.name)}
        if isinstance(option, StagedOption):
            own |= {"first": called(option.first), "then": called(option.then)}
        else:
            own |= {"meanwhile": option.meanwhile and called(option.meanwhile)}
        options.append(replace(option, **own))
    return replace(
        scenario, options=tuple(options),
        ranges={path(of): ends for of, ends in scenario.ranges.items()},
        assumptions={path(of): why for of, why in scenario.assumptions.items()},
    )  # fmt: skip


HOSTILE = {
    TUNE: "<script>alert(1)</script>",
    RENT: "</script><img src=x onerror=alert(2)>",
    STAGED: "$x$ [a](javascript:1) **bold** `code`",
    HOST: "很长的名字" * 40,
    TOO_LARGE: "W" * 300,
    UNSCORED: "\"quoted\" & 'quoted' {braces} %{x}",
}


@cache
def _hostile():
    scenario = renamed(scene(), HOSTILE)
    shocks = (*scenario.shocks[1:], replace(scenario.shocks[0], name="<b>shock</b> %{y}", use=None))
    return planned(replace(scenario, title="<i>title</i> & more", shocks=shocks))


def hostile():
    """The plan of `scene` under names that are markup, or very long."""
    return deepcopy(_hostile())
