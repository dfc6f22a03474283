"""Look a sentence up: `t("cost.title", "zh", gpu="A100")`.

A key is TOPIC.NAME; the topic is a file in `en/` and in `zh/`, both complete. Values are put in as
they are: what came from a user goes through `core.text.literal.markdown` first where the sentence
is shown as Markdown.
"""

import tomllib
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "EN", "zh": "中文"}
"""Codes, and the name each language has for itself."""


@cache
def topic(name: str, language: str) -> dict[str, str]:
    """All sentences of a topic, with the names of nested tables joined by dots."""
    path = Path(__file__).parent / language / f"{name}.toml"
    with path.open("rb") as file:
        return dict(_flat(tomllib.load(file)))


def _flat(table: dict[str, object], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", str(value)))
    return found


def t(key: str, language: str = "en", **values: object) -> str:
    """Return the sentence for `key` in a language, with its values put in.

    Raises:
        KeyError: The catalogue lacks the key, or the sentence wants a value that was not given:
            both are faults of the program, never of a user.
    """
    name, _, rest = key.partition(".")
    sentence = topic(name, language if language in LANGUAGES else "en")[rest]
    return sentence.format(**values) if values else sentence
