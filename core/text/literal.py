"""Make a user's text literal where it would be read as Markdown, or obeyed by a terminal."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
_AUTOLINK = re.compile(r"(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)
"""Where a bare address is recognised even when every sign in it is escaped."""
_JOINER = "\u2060"
"""Has no width and no meaning; what it stands in is no address any more."""


def markdown(text: object) -> str:
    """Escape every sign that Streamlit's Markdown gives a meaning, and keep to one line.

    Emphasis, links, addresses, HTML, formulas and `:directives:` are shown as they were typed.
    """
    line = _AUTOLINK.sub(_JOINER, " ".join(str(text).split()))
    return _SPECIAL.sub(r"\\\1", line)


def printable(text: str) -> str:
    """A text on one line, without signs that a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def cell(text: str) -> str:
    """`text` for a cell of a CSV file, so that no spreadsheet runs it.

    Excel, Calc and Sheets take a cell that begins with = + - @ (or their full-width forms, or a tab
    or line break before them) for a formula; an apostrophe before it makes it text (OWASP, CSV
    Injection).
    """
    return f"'{text}" if text.lstrip()[:1] in _FORMULA or text[:1] in "\t\r\n" else text


_FORMULA = tuple("=+-@＝＋－＠")
