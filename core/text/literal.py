"""Make a user's text literal where it would be read as Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def markdown(text: object) -> str:
    """Escape every sign that Streamlit's Markdown gives a meaning, and keep to one line.

    Emphasis, links, HTML, formulas and `:directives:` are shown as they were typed.
    """
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
