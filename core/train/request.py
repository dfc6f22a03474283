"""A fine-tune as a command and as a file: what is shown before it starts, and can be run again."""

import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound
from core.record import toml
from core.train.plan import Plan

FIELDS = {"dataset": str, "base": str, "preset": str, "method": str, "replay_share": float,
          "general": str, "test_limit": int, "ignore_gate": bool, "settings": dict}  # fmt: skip
"""What a file may hold: the fields of `core.run.TrainRequest` apart from the run's name."""
DEFAULTS = {"preset": "balanced", "method": "full", "replay_share": 0.0, "ignore_gate": False}
OPTIONS = {"base": "--base", "preset": "--preset", "method": "--method", "replay_share": "--replay",
           "general": "--general", "test_limit": "--test-limit",
           "ignore_gate": "--ignore-gate"}  # fmt: skip


def command(plan: Plan, fields: Mapping[str, Any], test_limit: int | None = None) -> str:
    """The command that starts the run, one line for a POSIX shell.

    Args:
        plan: The checked plan.
        fields: What was asked for, as `core.train.plan.make_plan` takes it.
        test_limit: Test examples to score at most.
    """
    named = {"dataset": plan.dataset.title, "base": plan.base.name, "test_limit": test_limit}
    return command_of({**fields, **named})


def command_of(asked: Mapping[str, Any]) -> str:
    """The command for fields of `core.run.TrainRequest`, the dataset among them."""
    words = ["assay", "train", asked["dataset"]]
    for name, option in OPTIONS.items():
        value = asked.get(name)
        if value is not None and value != DEFAULTS.get(name):
            words.append(option)
            if value is not True:
                words.append(f"{value:g}" if isinstance(value, float) else str(value))
    for name, value in (asked.get("settings") or {}).items():
        words += ["--set", f"{name}={_plain(value)}"]
    return shlex.join(words)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else "none" if value is None else toml(value)


def as_toml(plan: Plan, fields: Mapping[str, Any], test_limit: int | None = None) -> str:
    """The run as a file: every setting written out, so that it stays the same run.

    `assay train --file FILE` runs it. What is not set (no limit, the rate by the model's size) is
    left out.
    """
    config = plan.config.to_json()
    trainer = config.pop("trainer")
    method, preset = config.pop("method"), config.pop("preset")
    share = config.pop("replay_share")
    top = {"dataset": plan.dataset.title, "base": plan.base.name, "preset": preset,
           "method": method, "replay_share": share, "general": fields.get("general"),
           "test_limit": test_limit, "ignore_gate": fields.get("ignore_gate") or None}  # fmt: skip
    lines = ["# assay train --file THIS", *_lines(top), "", "[settings]", *_lines(config)]
    # A preset's limit that was lifted must stay lifted.
    lines += [f'{name} = "none"' for name in ("max_seconds", "learning_rate")
              if config[name] is None]  # fmt: skip
    return "\n".join([*lines, *_lines(trainer)]) + "\n"


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} = {_inline(value) if isinstance(value, dict) else toml(value)}"
        for name, value in values.items()
        if value is not None
    ]


def _inline(value: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"


def read_file(path: Path) -> dict[str, Any]:
    """Read a run's file: the fields of a request.

    Raises:
        NotFound: There is no such file.
        BadInput: It is no TOML, lacks the dataset, or holds what a run does not have.
    """
    try:
        return from_toml(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise NotFound(f"There is no file {str(path)!r}; give the path of a run's TOML.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{str(path)!r} cannot be read: {error}.") from None


def from_toml(text: str, shown: str) -> dict[str, Any]:
    """The same from a text; `shown` is what the user calls it."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{shown!r} is no TOML: {error}.") from None
    strange = sorted(set(found) - set(FIELDS))
    if strange or "dataset" not in found:
        what = f"has {strange[0]!r}" if strange else "names no dataset"
        raise BadInput(f"{shown!r} {what}; expected {', '.join(FIELDS)}.")
    for name, value in found.items():
        number = FIELDS[name] is float and isinstance(value, int) and not isinstance(value, bool)
        strange_bool = isinstance(value, bool) and FIELDS[name] is not bool
        if strange_bool or not (number or isinstance(value, FIELDS[name])):
            raise BadInput(f"{name} = {value!r} in {shown!r}: expected {FIELDS[name].__name__}.")
    return found
