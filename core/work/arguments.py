"""Write the table of Transformers' training arguments: `python -m core.work.arguments`.

The command line and the pages check `--set` against the table, so that neither imports
Transformers. A test fails when the installed version has other arguments.
"""

import json
import typing
from dataclasses import MISSING, fields
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, Literal

from transformers import TrainingArguments

KINDS = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}


def table() -> list[dict[str, Any]]:
    """A row an argument: name, kinds of value, words where only some will do, default."""
    hints = typing.get_type_hints(TrainingArguments)
    return [_row(field.name, hints[field.name], field) for field in fields(TrainingArguments)]


def _row(name: str, hint: Any, field: Any) -> dict[str, Any]:
    options = typing.get_args(hint) if not isinstance(hint, type) else (hint,)
    options = options or (hint,)
    kinds, words = set(), []
    for option in options:
        origin = typing.get_origin(option) or option
        if origin is Literal:
            kinds |= {KINDS[type(word)] for word in typing.get_args(option)}
        elif isinstance(origin, type) and issubclass(origin, Enum):
            words = [str(member.value) for member in origin]
        elif origin is NoneType:
            kinds.add("none")
        elif origin in KINDS:
            kinds.add(KINDS[origin])
    default = None if field.default is MISSING else field.default
    default = default.value if isinstance(default, Enum) else default
    return {"name": name, "kinds": sorted(kinds), "words": words, "default": default}


def main() -> None:
    """Write the table beside the code that reads it."""
    lines = ",\n".join(json.dumps(row) for row in table())
    path = Path(__file__).parents[1] / "train" / "arguments.json"
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
