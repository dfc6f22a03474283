"""Codes and English names of languages, from CLDR: what T5's translation prefix is made of."""

import re
from functools import cache

from babel import Locale

from core.errors import BadInput


@cache
def names() -> dict[str, str]:
    """Two-letter code to English name ("de": "German")."""
    return {code: name for code, name in Locale.parse("en").languages.items() if len(code) == 2}


def name_in(code: str, reader: str) -> str:
    """The name of a language for a reader of another: ("de", "zh") gives 德语; else the code."""
    return str(Locale.parse(reader).languages.get(code, code))


@cache
def _codes() -> dict[str, str]:
    return {name.casefold(): code for code, name in names().items()}


def code_of(language: str) -> str:
    """The code of a language given by code or English name, in any case.

    Raises:
        BadInput: It is not a language.
    """
    wanted = language.strip().casefold()
    code = wanted if wanted in names() else _codes().get(wanted)
    if code is None:
        raise BadInput(
            f"{language!r} is not a language; expected a code or an English name such as "
            "en, de, fr, zh, German, Chinese."
        )
    return code


_LOCALE = re.compile(r"([a-z]{2})[-_][a-z]{2,4}")


def guess(label: str) -> str | None:
    """The code that a column's name or a file's suffix stands for, or None.

    "en", "EN", "de_DE", "text_en", "translation.de" and "German" do; "id" is a column of ids.
    """
    folded = label.strip().casefold()
    locale = _LOCALE.fullmatch(folded)
    last = locale[1] if locale and locale[1] in names() else re.split(r"[\W_]+", folded)[-1]
    if last in names():
        return None if last == "id" else last
    return _codes().get(last)


def translation_prefix(source: str | None, target: str | None) -> str:
    """What T5 reads before a text in one language to be written in another; "" if not known."""
    if not source or not target:
        return ""
    return f"translate {names()[source]} to {names()[target]}: "
