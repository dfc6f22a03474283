"""How long an input a model can be trusted with: what its positions say, what was measured.

A curve is the loss at each stretch of positions, measured on the user's data; where there is none,
the answer stands on the formula alone and says so.
"""

from dataclasses import dataclass, field

import numpy as np

from core.interpret import positions
from core.interpret.loss_curve import Curve
from core.interpret.own import Own
from core.interpret.panels import Panel


@dataclass(frozen=True)
class Reason:
    """Something that bounds an input; the sentence is the text `context.reason.KIND`.

    Attributes:
        kind: "table", "waves", "built", "trained", "slow", "saturation", "decay", "window" or
            "extended".
        tokens: The length it speaks of; None where it names none.
        hard: Whether a longer input cannot be read at all.
        values: Further numbers of the sentence.
    """

    kind: str
    tokens: int | None
    hard: bool = False
    values: dict[str, float | str] = field(default_factory=dict)


def reasons(own: Own) -> tuple[Reason, ...]:
    """What a model's own positions say of the length of its input, the hardest first."""
    kind, tokens = own.limit.kind, own.limit.tokens
    found = []
    if kind in ("table", "waves", "built"):
        found.append(Reason(kind, tokens, hard=True))
    if kind == "trained":
        found.append(Reason("trained", tokens))
        if own.facts["slow_pairs"] is not None:
            slow = {"slow": own.facts["slow_pairs"], "pairs": own.facts["pairs"]}
            found.append(Reason("slow", tokens, values=slow))
        if own.facts["scaling"] != "default":
            found.append(Reason("extended", None, values={"way": own.facts["scaling"]}))
    if kind == "saturation":
        both, back = int(own.limit.values["both"]), int(own.limit.values["back"])
        found.append(Reason("saturation", both, values={"both": both, "back": back}))
    if kind in ("decay", "built"):
        half = positions.half_life(own.arrays["slopes"])
        values: dict[str, float | str] = {
            "shortest": float(half.min()), "longest": float(half.max())
        }  # fmt: skip
        found.append(Reason("decay", own.facts["trained_tokens"], values=values))
    windows = own.facts["windows_tokens"]
    seen = [window for window in windows if window]
    if seen:
        values = {"window": max(seen), "sliding": len(seen), "layers": len(windows)}
        found.append(Reason("window", None, values=values))
    return tuple(found)


@dataclass(frozen=True)
class Advice:
    """The longest input that a model can be trusted with; the text is `context.answer.KEY`.

    Attributes:
        key: "rises", "flat" or "to_the_end" if it was measured, else the kind of the reason that
            it stands on; "open" where nothing bounds the input.
        tokens: The length; None where nothing says one.
        measured: Whether it stands on a measured loss.
        reasons: What the model's own positions say.
        curve: What was measured, if anything was.
    """

    key: str
    tokens: int | None
    measured: bool
    reasons: tuple[Reason, ...]
    curve: Curve | None

    @property
    def hard(self) -> int | None:
        """Tokens beyond which nothing can be read; None = no such end."""
        return next((reason.tokens for reason in self.reasons if reason.hard), None)


def advise(own: Own, curve: Curve | None = None) -> Advice:
    """Put what a model's positions say and what was measured together."""
    why = reasons(own)
    if curve is not None:
        end = next((reason.tokens for reason in why if reason.hard), None)
        if curve.rises is not None:
            return Advice("rises", curve.rises, True, why, curve)
        reached = end is not None and curve.length >= end
        return Advice("to_the_end" if reached else "flat", curve.length, True, why, curve)
    for reason in why:
        if reason.tokens is not None:
            return Advice(reason.kind, reason.tokens, False, why, None)
    return Advice("open", None, False, why, None)


def picture(curve: Curve, advice: Advice) -> Panel:
    """The curve with the ends of its intervals, for a file."""
    at = [b.end if curve.way == "joined" else (b.start + b.end) / 2 for b in curve.bins]
    ends = [(reason.kind, reason.tokens) for reason in advice.reasons if reason.kind != "slow"]
    marks = {kind: float(tokens) for kind, tokens in ends if tokens and at[0] <= tokens <= at[-1]}
    if curve.rises is not None:
        marks["rises"] = float(max(curve.rises, at[0]))
    best, last = curve.bins[curve.best], curve.bins[-1]
    return Panel(
        "loss",
        np.array(at, np.float64),
        finding="flat" if curve.rises is None else "rises",
        values={"tokens": curve.rises or curve.length, "best": best.nats, "last": last.nats,
                "end": curve.length, "units": curve.units},
        lines={"mean": np.array([b.nats for b in curve.bins]),
               "low": np.array([b.low for b in curve.bins]),
               "high": np.array([b.high for b in curve.bins])},
        marks=marks,
        hues={"mean": 0, "low": 5, "high": 5},
    )  # fmt: skip
