"""A capture as one HTML file that needs nothing else: no network, no library, at most 3 MB.

It draws with the very files that draw the page (`web/`). What people and models wrote is escaped
where it stands in the markup, and travels as bytes where it is drawn.
"""

import base64
import hashlib
import html
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.interpret import bundle, canvas, capture_words, packing, words
from core.interpret.captured import Capture
from core.interpret.detail import Detail
from core.interpret.measures import Head
from core.interpret.place import Place
from core.text.catalog import t

MARKER = "/*DATA*/"
COLUMNS = ("kind", "layer", "head", "pattern", "entropy_nats", "mean_distance_tokens", "sink_mass")
FILE_BYTES = 3_000_000
DATA_BYTES = FILE_BYTES * 3 // 4 - 150_000
"""Compressed numbers: base64 makes four bytes of three, and the drawing code needs room too."""
BOOT = """
const text = document.getElementById("data").textContent;
const packed = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const opened = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
new Response(opened).arrayBuffer().then((buffer) => {
  const bytes = new Uint8Array(buffer), place = document.getElementById("canvas");
  const draw = () => canvas.mount(place, bytes, null);
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
});
"""


def page(template: str, document: Mapping[str, Any]) -> str:
    """Put a JSON document into a page of this package.

    "<", ">" and "&" are written as escapes, so that nothing in the data can end the script.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    before, _, after = _template(template).partition(MARKER)
    return before + text + after


def _template(name: str) -> str:
    return resources.files("core.interpret").joinpath(name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Carried:
    """What a file carries: its blob, and whether some heads' numbers had to stay behind."""

    blob: bytes
    complete: bool


def attention_page(
    capture: Capture, heads: Sequence[Head], place: Place, colours: Mapping[str, Any], *,
    mark: str, language: str = "en", detail: Detail | None = None,
) -> str:  # fmt: skip
    """The page of one capture.

    Args:
        capture: What was read.
        heads: Its summary.
        place: What it opens with.
        colours: As `canvas.blob` takes them.
        mark: Hash of model, input and settings.
        language: Code.
        detail: Queries, keys and values of the place's layer, for the formula.
    """
    carried = carry(capture, heads, place, colours, mark=mark, language=language, detail=detail)
    script = bundle.script() + BOOT
    values = {
        "LANGUAGE": language,
        "HASH": f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
        "TITLE": html.escape(f"{capture.model}: {t('attention.question', language)}"),
        "STYLE": bundle.source("canvas.css"),
        "QUESTION": html.escape(t("attention.question", language)),
        "ANSWER": html.escape(words.answer(capture, list(heads), language).replace("**", "")),
        "FACTS": "\n".join(
            f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>"
            for name, text in _facts(capture, mark, carried.complete, language)
        ),
        "CAVEAT": html.escape(t("attention.caveat.words", language)),
        "NOSCRIPT": html.escape(t("attention.html.script", language)),
        "DATA": base64.b64encode(zlib.compress(carried.blob, 9)).decode(),
        "SCRIPT": script,
    }
    pieces = _template("attention.html").split("/*")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("*/")
        filled += [values[name], rest]
    return "".join(filled)


def carry(
    capture: Capture, heads: Sequence[Head], place: Place, colours: Mapping[str, Any], *,
    mark: str, language: str = "en", detail: Detail | None = None,
) -> Carried:  # fmt: skip
    """Pack as much as a file of FILE_BYTES holds: what the reader looks at first comes first."""
    described = canvas.header(capture, heads, place, colours, mark=mark, language=language)
    arrays = {f"thumbs/{kind}": canvas.thumbs(capture, kind) for kind in capture.kinds}
    if detail is not None:
        described["detail"] = canvas.about(detail, place.heads[0])
        arrays |= canvas.detail_arrays(detail, place.heads[0])
    else:
        described["views"] = [
            view for view in described["views"] if view in ("grid", "lines", "map")
        ]
    room = DATA_BYTES - sum(map(_packed_bytes, arrays.values()))
    complete = True
    for group in _wanted(capture, place):
        found = {name: array for name, array in group.items() if name not in arrays}
        size = sum(map(_packed_bytes, found.values()))
        if size > room:
            complete = False
            continue
        arrays |= found
        room -= size
    described |= {"present": False, "controls": True, "table": True}
    return Carried(packing.pack(described, arrays), complete)


def _wanted(capture: Capture, place: Place) -> Iterator[dict[str, NDArray[Any]]]:
    """Numbers in the order of their worth: the chosen heads, every head for colour, every head."""
    yield {
        f"exact/{place.kind}/{place.layer}/{head}": canvas.exactly(capture, place, head)
        for head in place.heads
    }
    everywhere = [
        replace(place, kind=kind, layer=layer)
        for kind in capture.kinds
        for layer in ([place.layer] if capture.long else range(len(capture.layers[kind])))
    ]
    everywhere.sort(key=lambda one: one != place)
    for one in everywhere:
        yield {f"layer/{one.kind}/{one.layer}": canvas.coloured(capture, one)}
    for one in everywhere:
        yield {
            f"exact/{one.kind}/{one.layer}/{head}": canvas.exactly(capture, one, head)
            for head in range(capture.layers[one.kind][one.layer].heads)
        }


def _packed_bytes(array: NDArray[Any]) -> int:
    return len(zlib.compress(np.ascontiguousarray(array).tobytes(), 1))


def _facts(capture: Capture, mark: str, complete: bool, language: str) -> list[tuple[str, str]]:
    facts = [("model", capture.model), ("text", capture.prefix + capture.text)]
    if capture.target is not None:
        facts.append(("target", capture.target))
    written = capture_words.generated(capture, language)
    if written is not None:
        facts.append(("generated", written))
    facts.append(("checked", parity(capture, language)))
    said = [*capture_words.cut(capture.span, language), capture_words.kept(capture, language) or ""]
    said += [
        fact for kind in capture.kinds for fact in capture_words.facts(capture, kind, language)
    ]
    if not complete:
        said.append(t("attention.html.incomplete", language))
    if any(said):
        facts.append(("note", " ".join(filter(None, said))))
    facts.append(("hash", t("see.canvas.stamp", language, mark=mark, date=capture.created_at[:10])))
    return [(t(f"attention.html.{name}", language), text) for name, text in facts]


def parity(capture: Capture, language: str) -> str:
    """The errors in one line."""
    return capture_words.parity(capture.parity, language)
