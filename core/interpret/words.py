"""Sentences about attention, computed from the capture they stand on."""

import math
from collections.abc import Callable, Sequence

from core.interpret import capture_words
from core.interpret.attention import pattern_counts, sharpest, strongest_look
from core.interpret.captured import Capture
from core.interpret.measures import PATTERNS, PLACES, Head
from core.text.catalog import t, topic
from core.text.format import scientific as scientific


def head_name(head: Head, language: str) -> str:
    """Kind, layer and head: "decoder 0.2"."""
    kind = t(f"attention.kind_{head.kind}", language)
    return f"{kind} {head.layer}.{head.head}"


def answer(capture: Capture, heads: list[Head], language: str) -> str:
    """What the sharpest head does, and how true the picture is. Markdown."""
    head = sharpest(heads)
    case = "place" if head.pattern in PLACES else head.pattern
    values = {
        "name": head_name(head, language),
        "share": f"{100 * (head.pattern_share or 0):.0f}",
    }
    if case == "place":
        values["place"] = t(f"attention.place.{head.pattern}", language)
    found = t(f"attention.answer.{case}", language, **values)
    joint = "" if language == "zh" else " "
    return f"{found}{joint}{capture_words.checked(capture.parity, language)}"


def all_heads(heads: list[Head], language: str) -> str:
    """How many heads of one kind keep to one place, and to which most often."""
    placed = {name: n for name, n in pattern_counts(heads).items() if name in PLACES}
    n = sum(placed.values())
    case = {0: "finding_none", 1: "finding_one"}.get(n, "finding")
    values = {"kind": t(f"attention.kind_{heads[0].kind}", language), "total": len(heads), "n": n}
    if n:
        values["place"] = t(f"attention.place.{next(iter(placed))}", language)
    return t(f"attention.tile.{case}", language, **values)


def one_head(
    capture: Capture, kind: str, layer: int, head: int | Sequence[int] | None, language: str,
    *, literal: Callable[[str], str] = str,
) -> str:  # fmt: skip
    """Which word looks most at which other word.

    Args:
        capture: What was read.
        kind: Kind of attention.
        layer: Counted from 0.
        head: Counted from 0; several = their mean; None = the mean of the layer's heads.
        language: Code.
        literal: Makes a token literal where the sentence is read as markup.
    """
    look = strongest_look(capture, kind, layer, head)
    case = "finding" + ("_mean" if head is None else "" if isinstance(head, int) else "_some")
    named = head if head is None or isinstance(head, int) else ", ".join(map(str, head))
    if look is None:
        return t(f"attention.one.{case}_sink", language, layer=layer, head=named)
    return t(
        f"attention.one.{case}",
        language,
        layer=layer,
        head=named,
        query=literal(f"“{capture.queries(kind)[look.query]}”"),
        seen=literal(f"“{capture.keys(kind)[look.key]}”"),
        weight=f"{look.weight:.2f}",
    )


def formula(capture: Capture, language: str) -> str:
    """What this model makes of the division by √d_k."""
    d, root = capture.head_dim, math.sqrt(capture.head_dim)
    if capture.scaling is None:
        return t("attention.formula.unknown", language, d=d)
    if math.isclose(capture.scaling, 1 / root, rel_tol=1e-6):
        return t("attention.formula.divided", language, d=d, root=f"{root:.3g}")
    if capture.scaling == 1:
        return t("attention.formula.undivided", language, d=d)
    return t("attention.formula.other", language, d=d, scaling=f"{capture.scaling:.3g}")


def kind_label(capture: Capture, kind: str, language: str) -> str:
    """A kind of attention, in words: "cross: output looks at input"."""
    alone = kind == "decoder" and not capture.own_texts(kind)
    return t("attention.decoder_alone" if alone else f"attention.{kind}", language)


def canvas_words(language: str) -> dict[str, str]:
    """Every word that the canvas writes, by name."""
    start = "canvas."
    found = {
        key.removeprefix(start): sentence
        for key, sentence in topic("see", language).items()
        if key.startswith(start)
    }
    return found | {
        f"pattern_{name}": t(f"attention.pattern.{name}", language) for name in PATTERNS
    }


def definitions(language: str) -> list[tuple[str, str]]:
    """Each measure and pattern with what it means."""
    names = ("head", "layer", "token", "entropy", "distance", "sink")
    found = [
        (t(f"see.meaning.{name}_name", language), t(f"see.meaning.{name}", language))
        for name in names
    ]
    return found + [
        (t(f"attention.pattern.{name}", language), t(f"see.meaning.{name}", language))
        for name in PATTERNS
    ]


def scaling_words(capture: Capture, language: str) -> str:
    """What this model makes of the division by √d_k, without markup."""
    if not capture.scaling:
        return t("see.scaling.unknown", language)
    d, root = capture.head_dim, math.sqrt(capture.head_dim)
    if math.isclose(capture.scaling, 1 / root, rel_tol=1e-6):
        return t("see.scaling.divided", language, d=d, root=f"{root:.3g}")
    if capture.scaling == 1:
        return t("see.scaling.undivided", language, d=d)
    return t("see.scaling.other", language, d=d, scaling=f"{capture.scaling:.3g}")
