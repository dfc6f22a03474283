"""Which language a text is in: by its writing system where that tells, else by its n-grams.

Nothing is downloaded: the profiles of some 100 languages come with py3langid (BSD-3, 4.6 MB). Short
texts cannot be told, close relatives hardly: both are left undecided rather than guessed.
"""

import unicodedata
from collections import Counter
from functools import cache
from typing import Any

from core.errors import BadInput

LOOKED_AT = 1_000
"""Characters of a text that are looked at."""
_BY_SCRIPT = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "THAI": "th", "GREEK": "el",
    "ARMENIAN": "hy", "GEORGIAN": "ka", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "TAMIL": "ta",
    "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa",
    "SINHALA": "si", "ETHIOPIC": "am",
}  # fmt: skip
"""Writing systems that one language has for itself, or nearly."""
_RELATIVES = (
    {"no", "nb", "nn", "da"}, {"hr", "sr", "bs", "sl"}, {"id", "ms", "jv"}, {"pt", "gl", "es"},
    {"cs", "sk"}, {"ru", "uk", "be", "bg", "mk", "sr"}, {"af", "nl"}, {"hi", "mr", "ne"},
    {"es", "ca", "an"}, {"fa", "ps", "ur"},
)  # fmt: skip
"""Languages that a sentence or two hardly tells apart: one of them is never "another"."""
_SHARE = 0.5


@cache
def _identifier() -> Any:
    from py3langid import langid  # a third of a second

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


@cache
def known() -> frozenset[str]:
    """Codes of the languages that can be told."""
    return frozenset(_identifier().labels) | frozenset(_BY_SCRIPT.values())


def check_code(code: str) -> str:
    """Return a code that can be told.

    Raises:
        BadInput: It cannot.
    """
    if code not in known():
        raise BadInput(
            f"{code[:20]!r} is not a language that can be told; expected one of "
            f"{', '.join(sorted(known()))}."
        )
    return code


@cache
def _script(sign: str) -> str:
    """First word of a letter's Unicode name ("LATIN", "CJK"); "" for what is no letter."""
    return unicodedata.name(sign, "").split(" ")[0] if sign.isalpha() else ""


def identify(text: str, least_letters: int = 20) -> tuple[str | None, float]:
    """The language's code and how sure, from 0 to 1; None where there are too few letters.

    Args:
        text: The text.
        least_letters: Fewer say too little; one of Chinese, Japanese or Korean counts as four.
    """
    text = text[:LOOKED_AT]
    scripts = Counter(filter(None, map(_script, text)))
    letters = scripts.total()
    eastern = sum(scripts[name] for name in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
    if letters + 3 * eastern < least_letters:
        return None, 0.0
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.1 * letters:
        return "ja", 1.0
    script, count = scripts.most_common(1)[0]
    if script in _BY_SCRIPT:
        return _BY_SCRIPT[script], count / letters if count > _SHARE * letters else 0.0
    code, certainty = _identifier().classify(text)
    return code, float(certainty)


def is_other(text: str, code: str, certainty: float, least_letters: int) -> str | None:
    """The code of the language a text is surely in, if that is another than `code`."""
    found, sure = identify(text, least_letters)
    if found is None or sure < certainty or found == code:
        return None
    return None if any({found, code} <= group for group in _RELATIVES) else found
