"""Tell the browser which language a page is in, so that screen readers pronounce it.

Streamlit's index page says English. A script of one line per language changes that; the guard
allows exactly these scripts, by their hash.
"""

from core.text.catalog import LANGUAGES

TAGS = {"en": "en", "zh": "zh-CN"}
SCRIPTS = {code: f'document.documentElement.lang = "{TAGS[code]}"' for code in LANGUAGES}


def html(language: str) -> str:
    """The script element for a language."""
    return f"<script>{SCRIPTS[language]}</script>"
