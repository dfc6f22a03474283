"""Sentences about how long an input can be, computed from the advice they stand on."""

from core.interpret import position_words
from core.interpret.context import Advice, Reason, picture
from core.interpret.loss_curve import Curve
from core.interpret.position_words import shown
from core.models.shape import Shape
from core.text.catalog import t


def answer(model: str, advice: Advice, language: str) -> str:
    """The longest input and why, as Markdown; `model` must be literal."""
    return t(f"context.answer.{advice.key}", language, model=model, tokens=tokens(advice, language))


def tokens(advice: Advice, language: str) -> str:
    """The trusted length; a word where it is not known."""
    if advice.tokens is None:
        return t("common.not_known", language)
    return f"{advice.tokens:,}"


def reason(why: Reason, language: str) -> str:
    """A reason as a sentence."""
    length = t("common.not_known", language) if why.tokens is None else f"{why.tokens:,}"
    values = shown(why.values, language) | {
        name: str(value) for name, value in why.values.items() if isinstance(value, str)
    }
    return t(f"context.reason.{why.kind}", language, tokens=length, **values)


def strength(why: Reason, language: str) -> str:
    """Whether a reason ends the input, warns, or only informs."""
    name = "hard" if why.hard else "soft" if why.kind not in ("window", "extended") else "fact"
    return t(f"context.reason.{name}", language)


def finding(curve: Curve, advice: Advice, language: str) -> str:
    """What the measured loss does."""
    return position_words.finding(picture(curve, advice), language)


def plotted(curve: Curve, language: str) -> str:
    """What is drawn."""
    return t(
        f"context.plotted.{curve.way}", language, length=f"{curve.length:,}",
        units=f"{curve.units:,}",
    )  # fmt: skip


def kept(shape: Shape, windows: list[int | None], kept_any: bool, language: str) -> str:
    """Whose keys and values the memory is."""
    if not kept_any:
        return t("context.memory.encoder", language)
    name = "cross" if shape.family == "encoder-decoder" else "decoder"
    detail = t(
        f"context.memory.{name}", language, layers=shape.layers, kv=shape.kv_heads,
        width=shape.head_dim,
    )  # fmt: skip
    seen = [window for window in windows if window]
    if seen:
        detail += " " + t("context.memory.sliding", language, sliding=len(seen),
                          window=f"{max(seen):,}")  # fmt: skip
    return t("context.memory.caption", language, detail=detail)
