"""HTML out of text: tags go, what they say about lines stays, entities become their signs."""

import html
import re

_BLOCKS = ("address article aside blockquote body br center dd details dialog div dl dt fieldset "
           "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main nav "
           "ol p pre section summary table tbody tfoot thead title tr ul")  # fmt: skip
_CELLS = "td th option"
_INLINE = ("a abbr acronym b base bdi bdo big button canvas caption cite code col colgroup data "
           "del dfn em embed font frame i iframe img input ins kbd label link map mark meta "
           "noscript object output param picture progress q rp rt ruby s samp script select small "
           "source span strike strong style sub sup svg template textarea time track tt u var "
           "video audio wbr")  # fmt: skip
_REPLACED = {
    **dict.fromkeys(_BLOCKS.split(), "\n"),
    **dict.fromkeys(_CELLS.split(), " "),
    **dict.fromkeys(_INLINE.split(), ""),
}
_HIDDEN = re.compile(
    r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->|<!doctype[^<>]*>", re.S | re.I
)
# Only what HTML knows is a tag: "a < b > c" and "<Enter>" are text.
_TAG = re.compile(r"</?([a-z][a-z0-9]*)\b[^<>]*>", re.I)
# Only with its semicolon: "AT&T" and "?a=1&copy=2" stay.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.I)


def without_markup(text: str) -> str:
    """The text that a browser would show."""
    if "<" in text:
        text = _TAG.sub(_replaced, _HIDDEN.sub("", text))
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def _replaced(found: re.Match[str]) -> str:
    return _REPLACED.get(found[1].casefold(), found[0])
