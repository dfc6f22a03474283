"""Other words for the same, by templates: contractions, set phrases, a greeting around a question.

Only what keeps the meaning, and so the reference, is a template. There are some for English,
German, French and Chinese; a text in another language stays as it is, and counts as unchanged.
"""

import re
from random import Random

_PHRASES: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("is not", "isn't"),
        ("are not", "aren't"), ("was not", "wasn't"), ("cannot", "can't"), ("will not", "won't"),
        ("i am", "I'm"), ("i have", "I've"), ("it is", "it's"), ("there is", "there's"),
        ("don't", "do not"), ("doesn't", "does not"), ("didn't", "did not"), ("isn't", "is not"),
        ("aren't", "are not"), ("can't", "cannot"), ("won't", "will not"), ("i'm", "I am"),
        ("i've", "I have"), ("it's", "it is"), ("how do i", "how can I"),
        ("how can i", "how do I"), ("i want to", "I would like to"), ("in order to", "to"),
        ("a lot of", "many"), ("for example", "for instance"), ("begin", "start"),
        ("purchase", "buy"), ("large", "big"), ("next to", "beside"),
    ),
    "de": (
        ("zum beispiel", "beispielsweise"), ("wie kann ich", "wie könnte ich"),
        ("ich möchte", "ich würde gern"), ("warum", "weshalb"), ("jedoch", "aber"),
        ("sofort", "umgehend"),
    ),
    "fr": (
        ("est-ce que je peux", "puis-je"), ("je veux", "je voudrais"),
        ("cependant", "toutefois"), ("comment puis-je", "comment faire pour"),
    ),
    "zh": (
        ("怎么", "如何"), ("为什么", "为何"), ("什么时候", "何时"), ("但是", "不过"),
        ("马上", "立刻"), ("例如", "比如"),
    ),
}  # fmt: skip
_FRAMES: dict[str, tuple[str, ...]] = {
    "en": ("Hello, {}", "I have a question: {}", "{} Thanks in advance.", "Quick one: {}"),
    "de": ("Hallo, {}", "Ich habe eine Frage: {}", "{} Danke im Voraus."),
    "fr": ("Bonjour, {}", "J'ai une question : {}", "{} Merci d'avance."),
    "zh": ("你好，{}", "请问：{}", "{}谢谢。"),
}
"""Put around what stands apart from its answer; with a text to translate it would be translated."""


def paraphrase(
    text: str, strength: float, chance: Random, language: str | None, apart: bool
) -> str:
    """A share of the phrases that templates know in other words; maybe a frame around the text."""
    code = (language or "en").partition("-")[0].casefold()
    phrases = dict(_PHRASES.get(code, ()))
    if phrases:
        text = _pattern(phrases).sub(
            lambda match: _other(match[0], phrases, strength, chance), text
        )
    frames = _FRAMES.get(code, ())
    hit, which = chance.random(), chance.random()
    if apart and frames and hit < strength:
        head, _, tail = frames[int(which * len(frames))].partition("{}")
        text = head + text + tail
    return text


def _pattern(phrases: dict[str, str]) -> re.Pattern[str]:
    # The longest first, and whole words only: but Chinese has no spaces between them.
    words = sorted(phrases, key=len, reverse=True)
    parts = (re.escape(word) if "\u4e00" <= word[0] <= "\u9fff"
             else rf"(?<!\w){re.escape(word)}(?!\w)" for word in words)  # fmt: skip
    return re.compile("|".join(parts), re.IGNORECASE)


def _other(found: str, phrases: dict[str, str], strength: float, chance: Random) -> str:
    if chance.random() >= strength:
        return found
    new = phrases[found.casefold()]
    return new[0].upper() + new[1:] if found[0].isupper() else new
