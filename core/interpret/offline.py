"""A capture as one HTML file that needs nothing else: no network, no library.

What people and models wrote travels as JSON and is drawn as text, never as markup.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.interpret import capture_words, words
from core.interpret.measures import PATTERNS, Head
from core.interpret.store import KINDS, Capture
from core.text.catalog import t

MARKER = "/*DATA*/"
LEVELS = 2**16 - 1
"""A weight travels as a 16-bit share: at most 0.000008 off, three decimals are exact to a digit."""
COLUMNS = ("kind", "layer", "head", "pattern", "entropy_nats", "mean_distance_tokens", "sink_mass")


def page(template: str, document: Mapping[str, Any]) -> str:
    """Put a JSON document into a page of this package.

    "<", ">" and "&" are written as escapes, so that nothing in the data can end the script.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    whole = resources.files("core.interpret").joinpath(template).read_text(encoding="utf-8")
    before, _, after = whole.partition(MARKER)
    return before + text + after


def packed(weights: NDArray[np.float32]) -> str:
    """Weights from 0 to 1 as base64 of little-endian 16-bit numbers."""
    return base64.b64encode(np.rint(weights * LEVELS).astype("<u2").tobytes()).decode("ascii")


def attention_page(
    capture: Capture, heads: list[Head], colours: Mapping[str, Sequence[str]], language: str = "en"
) -> str:
    """The page of one capture.

    Args:
        capture: What was read.
        heads: Its summary.
        colours: Steps from no weight to all weight, for "light" and "dark".
        language: Code.
    """
    document = {
        "words": _words(capture, language),
        "answer": words.answer(capture, heads, language).replace("**", ""),
        "facts": _facts(capture, language),
        "colours": {scheme: list(steps) for scheme, steps in colours.items()},
        "kinds": {
            kind: {
                "queries": capture.queries(kind),
                "keys": capture.keys(kind),
                "layers": weights.shape[0],
                "heads": weights.shape[1],
                "weights": packed(weights),
            }
            for kind, weights in ((kind, capture.weights[kind]) for kind in capture.kinds)
        },
        "heads": [asdict(head) for head in heads],
        "columns": [t(f"attention.table.{name}", language) for name in COLUMNS],
    }
    return page("attention.html", document)


def _words(capture: Capture, language: str) -> dict[str, str]:
    found = {
        name: t(f"attention.html.{name}", language)
        for name in ("grid", "one", "rows", "look", "table", "heads")
    }
    found |= {f"pattern_{name}": t(f"attention.pattern.{name}", language) for name in PATTERNS}
    found |= {
        name: t(f"attention.{name}", language) for name in ("question", "layer", "head", *KINDS)
    }
    if "encoder" not in capture.weights:
        found["decoder"] = t("attention.decoder_alone", language)
    return found | {"kind": t("attention.kind", language)}


def _facts(capture: Capture, language: str) -> list[tuple[str, str]]:
    facts = [("model", capture.model), ("text", capture.prefix + capture.text)]
    if capture.generated is not None:
        facts.append(("generated", capture.generated))
    if capture.target is not None:
        facts.append(("target", capture.target))
    facts.append(("checked", parity(capture, language)))
    return [(t(f"attention.html.{name}", language), text) for name, text in facts]


def parity(capture: Capture, language: str) -> str:
    """The errors in one line."""
    return capture_words.parity(capture.parity, language)
