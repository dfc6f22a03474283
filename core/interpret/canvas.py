"""What the attention canvas draws, as one blob: a header in JSON, then arrays.

Weights travel twice. For colour they are quantised: the square root in 8 bits, 0.004 off at most,
which keeps small weights apart where a linear step would make four in five of them 0. For reading,
the chosen heads travel as they are, in float32. The files in `web/` unpack and draw this, on the
page and in the offline file alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.interpret.attention import CELL, shrink
from core.interpret.captured import Capture
from core.interpret.detail import Detail
from core.interpret.detail import rows as detail_rows
from core.interpret.measures import Head, sinks
from core.interpret.merge import Words, words_of
from core.interpret.packing import Bytes, pack, quantised
from core.interpret.place import PART_TOKENS, STEPWISE, VIEWS, Place, part
from core.interpret.words import canvas_words, definitions, kind_label, scaling_words
from core.text.catalog import t

EXACT_BYTES = 1_250_000
"""Numbers of the chosen heads that one message carries; what is beyond is sent for colour only."""
LAYER_BYTES = 420_000
"""A layer up to this size comes along, so that its other heads open at once."""
THUMBS_BYTES, LEAST_CELLS = 200_000, 8
FIRST_BYTES = 150_000
"""What comes with the grid, beside the thumbnails, so that its chosen head opens at once."""


def blob(
    capture: Capture, heads: Sequence[Head], place: Place, colours: Mapping[str, Any], *,
    mark: str, language: str = "en", detail: Detail | None = None, present: bool = False,
) -> bytes:  # fmt: skip
    """What a page shows at one place of a capture.

    Args:
        capture: What was read.
        heads: Its summary.
        place: Where the reader is; must be in the capture.
        colours: For "light" and "dark": sequential, diverging, categorical, muted, axis.
        mark: Hash of model, input and settings.
        language: Code.
        detail: Queries, keys and values of the place's layer, if they were read.
        present: For a room.
    """
    described = header(capture, heads, place, colours, mark=mark, language=language)
    arrays = _numbers(capture, place)
    if place.view == "grid":
        arrays[f"thumbs/{place.kind}"] = thumbs(capture, place.kind)
    if detail is not None:
        described["detail"] = about(detail, place.heads[0])
        arrays |= detail_arrays(detail, place.heads[0])
    return pack({**described, "present": present, "controls": not present, "table": False}, arrays)


def thumbs(capture: Capture, kind: str) -> Bytes:
    """Every head small, (layers, heads, ≤ 24, ≤ 24); of a long text those of its one layer.

    A model of very many heads has smaller ones: there is as little room for each on a screen.
    """
    if capture.long is None:
        weights = capture.weights[kind]
        fits = int((THUMBS_BYTES / (weights.shape[0] * weights.shape[1])) ** 0.5)
        return quantised(shrink(weights, max(LEAST_CELLS, min(CELL, fits))))
    # The largest of some bytes is the byte of the largest weight. A head at a time: as float32
    # a whole layer of a long text takes 200 MB.
    small = [shrink(head).astype(np.uint8) for head in capture.long.pixels]
    return np.stack(small)[None]


def _numbers(capture: Capture, place: Place) -> dict[str, NDArray[Any]]:
    """The chosen heads, exactly where they fit; the layer for colour where it fits or must."""
    rows, columns = parts(capture, place)
    cells = (rows.stop - rows.start) * (columns.stop - columns.start)
    name = f"{place.kind}/{place.layer}"
    found: dict[str, NDArray[Any]] = {}
    room = FIRST_BYTES if place.view == "grid" else EXACT_BYTES
    for head in place.heads:
        room -= 4 * cells
        if room >= 0:
            found[f"exact/{name}/{head}"] = exactly(capture, place, head)
    fits = cells * capture.heads(place.kind) <= LAYER_BYTES
    if place.view in ("lines", "map") and (fits or room < 0):
        found[f"layer/{name}"] = coloured(capture, place)
    return found


def coloured(capture: Capture, place: Place) -> Bytes:
    """All heads of a layer for colour, as far as they are shown: (heads, queries, keys)."""
    rows, columns = parts(capture, place)
    if capture.long:
        return np.asarray(capture.long.pixels[:, rows, columns])
    return quantised(capture.weights[place.kind][place.layer][:, rows, columns])


def parts(capture: Capture, place: Place) -> tuple[slice, slice]:
    """Which rows and columns are shown."""
    return (
        part(place.rows, len(capture.queries(place.kind))),
        part(place.columns, len(capture.keys(place.kind))),
    )


def exactly(capture: Capture, place: Place, head: int) -> NDArray[np.float32]:
    """The model's own weights of one head, as far as they are shown."""
    rows, columns = parts(capture, place)
    if capture.long is None:
        return np.asarray(capture.weights[place.kind][place.layer, head, rows, columns])
    found = detail_rows(capture.long.detail, head, np.arange(rows.start, rows.stop))
    return np.asarray(found[:, columns], np.float32)


def about(detail: Detail, head: int) -> dict[str, Any]:
    """Which head's queries, keys and values are there, and what is done to their products."""
    return {
        "kind": detail.kind, "layer": detail.layer, "head": head, "scaling": detail.scaling,
        "softcap": detail.softcap,
    }  # fmt: skip


def detail_arrays(detail: Detail, head: int) -> dict[str, NDArray[Any]]:
    """What the formula of one head needs."""
    served = detail.key_head(head)
    found: dict[str, NDArray[Any]] = {
        "detail/q": detail.queries[head].astype(np.float32),
        "detail/k": detail.keys[served].astype(np.float32),
        "detail/v": detail.values[served].astype(np.float32),
        "detail/visible": detail.visible.astype(np.uint8),
    }
    if detail.bias is not None:
        found["detail/bias"] = detail.bias[head].astype(np.float32)
    return found


def header(
    capture: Capture, heads: Sequence[Head], place: Place, colours: Mapping[str, Any], *,
    mark: str, language: str,
) -> dict[str, Any]:  # fmt: skip
    """Everything but the arrays."""
    return {
        "mark": mark[:12],
        "language": language,
        "place": asdict(place),
        "views": [view for view in VIEWS if stepwise(capture) or view not in STEPWISE],
        "kinds": [_kind(capture, kind, place, language) for kind in capture.kinds],
        "measures": {
            kind: {f"{head.layer}.{head.head}": _measures(head)
                   for head in heads if head.kind == kind}
            for kind in capture.kinds
        },
        "colours": colours,
        "words": canvas_words(language),
        "part": PART_TOKENS,
        "columns": [
            t(f"attention.table.{name}", language)
            for name in ("layer", "head", "pattern", "share", "entropy_nats",
                         "mean_distance_tokens", "sink_mass")
        ],
        "definitions": definitions(language),
        "scaling_words": scaling_words(capture, language),
        "source": t("attention.one.source", language, model=capture.model,
                    text=capture.prefix + capture.text),
        "stamp": t("see.canvas.stamp", language, mark=mark[:12], date=capture.created_at[:10]),
    }  # fmt: skip


def stepwise(capture: Capture) -> bool:
    """Whether queries, keys and values of its heads can be shown: of a whole text that has them."""
    return capture.long is None and capture.parity.attention_max_abs_error is not None


def _kind(capture: Capture, kind: str, place: Place, language: str) -> dict[str, Any]:
    own = capture.own_texts(kind)
    rows, columns = parts(capture, replace(place, kind=kind))
    labels = capture.queries(kind), capture.keys(kind)
    separators = capture.separators(kind)
    heads, layers = capture.heads(kind), capture.layers[kind]
    first = capture.long.detail.layer if capture.long else 0
    key_heads = capture.key_heads(kind) or heads
    special = capture.target_special if own else capture.special
    return {
        "name": kind,
        "label": kind_label(capture, kind, language),
        "first": first,
        "layers": 1 if capture.long else len(layers),
        "heads": heads,
        "group": heads // key_heads,
        "windows": [layer.window for layer in layers],
        "causal": capture.causal(kind),
        "same": kind != "cross",
        "second": second_text(capture) if kind == "encoder" and not capture.long else None,
        "queries": labels[0][rows],
        "keys": labels[1][columns],
        "rows": [rows.start, len(labels[0])],
        "columns": [columns.start, len(labels[1])],
        "sinks": sinks(separators)[columns].tolist(),
        **_merges("query", words_of(labels[0][rows], special[rows])),
        **_merges("key", words_of(labels[1][columns], separators[columns])),
    }


def second_text(capture: Capture) -> int | None:
    """Where the second of a pair of texts begins in an encoder's tokens; None for one text."""
    if capture.target is None or "cross" in capture.layers or "decoder" in capture.layers:
        return None
    special = capture.special
    ends = [i for i in range(1, len(special)) if special[i] and not special[i - 1]]
    if not ends:
        return None
    return next((i for i in range(ends[0], len(special)) if not special[i]), None)


def _merges(side: str, words: Words) -> dict[str, Any]:
    return {f"{side}Words": list(words.of), f"{side}WordLabels": list(words.labels)}


def _measures(head: Head) -> list[Any]:
    share = None if head.pattern_share is None else round(head.pattern_share, 4)
    numbers: Iterable[float] = (head.entropy_nats, head.mean_distance_tokens, head.sink_mass)
    return [head.pattern, share, *(round(number, 4) for number in numbers)]
