"""Sentences about explanations and the trust meter, computed from what they stand on."""

from collections.abc import Callable, Sequence

import numpy as np

from core.interpret.explained import Explanation
from core.interpret.facts import Span
from core.interpret.faithfulness import Verdict
from core.text.catalog import t
from core.text.format import number

Literal = Callable[[str], str]

FLAT_SHARE = 0.1
"""Where the probability moves by less than this share of it, nothing hangs on the text."""


def verdict(made: Verdict, language: str = "en") -> str:
    """One method beside random, with the numbers."""
    name = t(f"trust.capital.{made.method}", language)
    if made.n == 1:
        return t(
            f"trust.verdict.one_{made.outcome}", language, method=name,
            difference=gap(made.difference), bound=number(made.high, 2),
        )  # fmt: skip
    return t(
        f"trust.verdict.many_{made.outcome}", language, method=name, n=f"{made.n:,}",
        difference=gap(made.difference), low=gap(made.low), high=gap(made.high),
    )  # fmt: skip


def finding(verdicts: Sequence[Verdict], language: str = "en") -> str:
    """The verdict on attention (or the first method there is), and which methods beat random."""
    first = verdict(verdicts[0], language)
    rest = verdicts[1:]
    if not rest:
        return first
    better = [v.method for v in rest if v.outcome == "better"]
    good = [t(f"trust.method.{method}", language) for method in better]
    if len(good) == len(rest) and verdicts[0].outcome == "better":
        return _joined(first, t("trust.verdict.all", language), language)
    if not good:
        if verdicts[0].outcome == "better":
            return first
        return _joined(first, t("trust.verdict.none", language), language)
    names = t("trust.verdict.comma", language).join(good[:-1])
    names = t("trust.verdict.and", language).join(filter(None, [names, good[-1]]))
    key = "some_one" if len(good) == 1 else "some"
    return _joined(first, t(f"trust.verdict.{key}", language, methods=names), language)


def _joined(first: str, second: str, language: str) -> str:
    return t("trust.verdict.joined", language, first=first, second=second)


def flat(chance: Sequence[float], verdicts: Sequence[Verdict], language: str = "en") -> str | None:
    """Where the output does not hang on the text, a sentence that says so.

    Args:
        chance: Mean probability as tokens are taken away at random, from none to all.
        verdicts: Of the methods: where an order makes a difference, the text does.
        language: Code.
    """
    full, empty = chance[0], chance[-1]
    moves = [max(chance) - min(chance), *(abs(v.difference) for v in verdicts),
             *(v.high for v in verdicts if v.n == 1)]  # fmt: skip
    if max(moves) >= FLAT_SHARE * full:
        return None
    return t("trust.verdict.flat", language, full=number(full, 2), empty=number(empty, 2))


def gap(value: float) -> str:
    """A gap with its sign, two digits."""
    return number(value, 2, sign=True)


def percent(share: float | None, language: str = "en") -> str:
    """A share as percent; "not known" where there is none."""
    return t("common.not_known", language) if share is None else f"{number(100 * share, 2)} %"


def output(made: Explanation, language: str = "en", *, literal: Literal = str) -> str:
    """What was explained: a class, a token, or the whole output."""
    if made.choice is not None:
        return literal(f"“{made.choice}”")
    if made.kind == "span":
        return literal(f"“{made.generated}”")
    if len(made.places) == 1:
        return literal(f"“{made.following[made.places[0]]}”")
    return t("trust.heat.the_output", language)


def heat(made: Explanation, language: str = "en", *, literal: Literal = str) -> str:
    """The token that integrated gradients single out."""
    scores = made.scores["integrated_gradients"]
    place = int(np.abs(scores).argmax())
    share = shares(scores)[place]
    key = "finding" if share >= 0 else "finding_negative"
    return t(
        f"trust.heat.{key}", language, output=output(made, language, literal=literal),
        token=literal(f"“{made.labels[place]}”"), share=f"{abs(share):.0f}",
    )  # fmt: skip


def lens(made: Explanation, language: str = "en", *, literal: Literal = str) -> str:
    """From which layer on the answer is what it is in the end."""
    if made.lens is None:
        return t("trust.lens.none", language)
    layers = len(made.lens["tokens"]) - 1
    settled = [made.lens["settled"][place] for place in made.places]
    if len(settled) == 1:
        token = made.lens["tokens"][-1][made.places[0]][0]
        return t("trust.lens.finding_one", language, token=literal(f"“{token}”"),
                 layer=settled[0], layers=layers)  # fmt: skip
    middle = int(np.quantile(settled, 0.5, method="higher"))
    key = "finding" if middle < layers else "finding_last"
    return t(f"trust.lens.{key}", language, layer=middle, layers=layers)


def shares(scores: np.ndarray) -> np.ndarray:
    """Scores as percent of the sum of their sizes; 0 where all are 0."""
    whole = np.abs(scores).sum()
    return np.asarray(100 * scores / whole if whole else np.zeros_like(scores))


def columns(n: int, language: str = "en") -> tuple[str, ...]:
    """Heads of the table behind the meter, for n texts."""
    many = "" if n == 1 else "_many"
    keys = ("method", "difference", f"interval{many}", "deletion_area", f"area_interval{many}",
            "insertion_area", f"area_interval{many}", "verdict")  # fmt: skip
    return tuple(t(f"trust.meter.{key}", language) for key in keys)


def cells(made: Verdict, language: str = "en") -> tuple[str, ...]:
    """A row of that table."""
    to = t("common.to", language)

    def ends(low: float, high: float) -> str:
        return f"{number(low, 2, language)}–{number(high, 2, language)}"

    return (
        t(f"trust.method.{made.method}", language), gap(made.difference),
        f"{gap(made.low)}{to}{gap(made.high)}", number(made.deletion, 2, language),
        ends(made.deletion_low, made.deletion_high), number(made.insertion, 2, language),
        ends(made.insertion_low, made.insertion_high),
        t(f"trust.verdict.short_{made.outcome}", language),
    )  # fmt: skip


def part(span: Span, language: str = "en") -> str:
    """Which part of a long text was read."""
    return t(
        "trust.part.read", language, first=f"{span.first:,}", last=f"{span.last:,}",
        total=f"{span.total:,}", window=span.window, windows=span.windows,
    )  # fmt: skip


def absent(made: Explanation, language: str = "en") -> list[str]:
    """A sentence for each method that this model has not."""
    return [
        t(f"trust.missing.{reason}", language, method=t(f"trust.capital.{method}", language))
        for method, reason in made.missing.items()
    ]
