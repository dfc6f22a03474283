"""A recipe: which steps, with which settings; from a command line, a TOML file or a record.

As TOML, a table a step; what is not said has its default:

    [[step]]
    name = "length"
    input_most = 500
"""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data import dataset as store
from core.data.cleaning.identify import check_code
from core.data.cleaning.steps import STEPS, Setting, Step, find_step
from core.errors import BadInput, NotFound
from core.workspace import Workspace


@dataclass(frozen=True)
class Chosen:
    """A step of a recipe with all its settings."""

    step: Step
    settings: dict[str, Any]


Recipe = tuple[Chosen, ...]
"""In the order of `STEPS`."""


def make(steps: Iterable[str], said: Mapping[str, Mapping[str, Any]] | None = None) -> Recipe:
    """A recipe of steps by name, in the fixed order, whatever order they are named in.

    Args:
        steps: Their names.
        said: Step to its settings, where they differ from the defaults.

    Raises:
        NotFound: There is no such step.
        BadInput: A setting is not known, cannot be so, or belongs to a step that was not chosen.
    """
    names = {find_step(name).name for name in steps}
    said = {find_step(name).name: settings for name, settings in (said or {}).items()}
    if lost := [name for name in said if name not in names]:
        raise BadInput(f"A setting of {lost[0]} was given, but not the step; add --step {lost[0]}.")
    if not names:
        known = ", ".join(step.name for step in STEPS)
        raise BadInput(f"No cleaning step was chosen; expected at least one of {known}.")
    return tuple(
        Chosen(step, _settings(step, said.get(step.name, {})))
        for step in STEPS
        if step.name in names
    )


def _settings(step: Step, said: Mapping[str, Any]) -> dict[str, Any]:
    known = {setting.name: setting for setting in step.settings}
    for name in said:
        if name not in known:
            raise BadInput(
                f"The step {step.name} has no setting {name!r}; expected one of {', '.join(known)}."
            )
    made = {
        name: _value(step, setting, said[name]) if name in said else setting.default
        for name, setting in known.items()
    }
    return {name: list(v) if isinstance(v, tuple) else v for name, v in made.items()}


def _value(step: Step, setting: Setting, given: Any) -> Any:
    """A setting's value, from text or from TOML.

    Raises:
        BadInput: It cannot be so.
    """
    if given is None or given == "":
        return setting.default
    if setting.code:
        return check_code(str(given))
    if setting.choices:
        names = [part.strip() for part in given.split(",")] if isinstance(given, str) else given
        if isinstance(names, list | tuple) and names and set(names) <= set(setting.choices):
            return [name for name in setting.choices if name in names]
        expected = f"some of {', '.join(setting.choices)}"
    else:
        try:
            number = int(given) if setting.whole else float(given)
            if setting.least <= number <= setting.most:
                return number
        except (TypeError, ValueError):
            pass
        kind = "a whole number" if setting.whole else "a number"
        expected = f"{kind} from {setting.least:g} to {setting.most:g}"
    raise BadInput(
        f"{step.name}.{setting.name} cannot be {str(given)[:40]!r}; expected {expected}."
    )


def from_pairs(pairs: Sequence[str]) -> dict[str, dict[str, str]]:
    """Settings from "step.key=value" as they stand on a command line.

    Raises:
        BadInput: One is written otherwise.
    """
    made: dict[str, dict[str, str]] = {}
    for pair in pairs:
        place, equals, value = pair.partition("=")
        step, dot, key = place.partition(".")
        if not (equals and dot and step and key):
            raise BadInput(
                f"{pair!r} is no setting; expected STEP.KEY=VALUE, as length.input_most=500."
            )
        made.setdefault(step.strip(), {})[key.strip()] = value.strip()
    return made


def as_json(recipe: Recipe) -> list[dict[str, Any]]:
    """The recipe as it stands in a record: every setting of every step."""
    return [{"name": chosen.step.name, **chosen.settings} for chosen in recipe]


def from_json(rows: Any) -> Recipe:
    """The recipe of a record or of a TOML file.

    Raises:
        BadInput, NotFound: It is none.
    """
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and "name" in row for row in rows
    ):
        raise BadInput("That is no recipe: expected one [[step]] with a name for each step.")
    said = {str(row["name"]): {k: v for k, v in row.items() if k != "name"} for row in rows}
    return make(said, said)


def as_toml(recipe: Recipe) -> str:
    """The recipe as TOML: what differs from the defaults."""
    blocks = []
    for chosen in recipe:
        lines = ["[[step]]", f'name = "{chosen.step.name}"']
        lines += [f"{name} = {json.dumps(value)}" for name, value in differing(chosen).items()]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def as_flags(recipe: Recipe) -> str:
    """The recipe as it is said on the command line."""
    flags = [f"--step {chosen.step.name}" for chosen in recipe]
    for chosen in recipe:
        for name, value in differing(chosen).items():
            text = ",".join(value) if isinstance(value, list) else value
            flags.append(f"--set {chosen.step.name}.{name}={text}")
    return " ".join(flags)


def differing(chosen: Chosen) -> dict[str, Any]:
    """The settings that are not the defaults."""
    defaults = _settings(chosen.step, {})
    return {name: value for name, value in chosen.settings.items() if value != defaults[name]}


def load(workspace: Workspace, source: str) -> Recipe:
    """The recipe of a TOML file, or the one that a version of a dataset was made with.

    Args:
        workspace: Where the dataset is.
        source: A file's path, or NAME@VERSION.

    Raises:
        NotFound: There is neither.
        BadInput: The file holds no recipe, or the version was not made by cleaning.
    """
    if source.casefold().endswith(".toml"):
        try:
            document = tomllib.loads(Path(source).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotFound(
                f"There is no recipe {source!r}; check the name and the folder."
            ) from None
        except (OSError, ValueError) as error:
            raise BadInput(f"{source!r} cannot be read as a recipe ({error}).") from None
        return from_json(document.get("step"))
    dataset = store.open_dataset(workspace, source)
    kept = dataset.report.get("cleaning")
    if not kept:
        raise BadInput(
            f"{dataset.title} was not made by cleaning, so it holds no recipe; name a version that "
            "was, or a file that ends in .toml."
        )
    return from_json(kept["recipe"])
