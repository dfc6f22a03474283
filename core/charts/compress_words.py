"""What is said of variants, in both languages: each sentence from the numbers it speaks of."""

from collections.abc import Sequence

from core.deploy.measured import Measured, times_faster
from core.deploy.recommend import Choice, Limits, good_enough
from core.deploy.variants import Against, Variant
from core.evaluate import notation
from core.text import format
from core.text.catalog import t

ALIKE = 1.1
"""Where too few requests were timed for an interval, less than this factor is about as fast."""


def speed(original: Measured, other: Measured) -> str:
    """Whether the other is "faster", "slower" or, as far as can be told, the "same"."""
    before, after = original.latency, other.latency
    if None in (before.low, before.high, after.low, after.high):
        times = times_faster(original, other)
        return "faster" if times > ALIKE else "slower" if times < 1 / ALIKE else "same"
    if (after.high or 0) < (before.low or 0):
        return "faster"
    return "slower" if (after.low or 0) > (before.high or 0) else "same"


def verdict(made: Variant, language: str = "en") -> str:
    """As: ct2-int8 is 1.9 times faster and not distinguishable in quality (n = 1,000)."""
    if made.measured is None or made.original is None:
        return t("compress.verdict.unmeasured", language, form=form(made, language))
    word, times = speed(made.original, made.measured), times_faster(made.original, made.measured)
    ratio = format.number(times if times >= 1 else 1 / times, 2)
    said = t(f"compress.speed.{word}", language, times=ratio)
    return t("compress.verdict.sentence", language, form=form(made, language), speed=said,
             quality=quality(made.against, language))  # fmt: skip


def quality(against: Against | None, language: str = "en") -> str:
    """How a variant's answers are beside the original's, as a clause."""
    if against is None:
        return t("compress.quality.unknown", language)
    low, high = against.low, against.high
    if against.verdict == "worse" and low is not None and high is not None:
        low, high = sorted((abs(low), abs(high)))
    return t(
        f"compress.quality.{against.verdict}", language, n=f"{against.n:,}",
        size=notation.size(against.difference, against.metric, against.unit, language),
        interval=notation.interval(low, high, against.unit, language),
    )  # fmt: skip


def form(made: Variant, language: str = "en") -> str:
    """A form with what sets it apart from others of its kind: "pruned 25 %"."""
    settings = made.settings
    if "share" in settings:
        share = format.number(100 * settings["share"], 2)
        said = t("compress.form.share", language, form=made.form, share=share)
    elif "layers" in settings:
        said = t("compress.form.layers", language, form=made.form, layers=settings["layers"])
    else:
        said = made.form
    if made.form in ("pruned", "shallow") and settings.get("tune_seconds"):
        said = t("compress.form.tuned", language, form=said)
    if made.made_from != made.run:
        of = made.made_from.removeprefix(f"{made.run}-")
        said = t("compress.form.of", language, form=said, of=of)
    return said


def recommendation(choice: Choice, limits: Limits, run: str, language: str = "en") -> str:
    """What is recommended for a target, or why nothing is."""
    margin = format.number(limits.margin, 2)
    if choice.name is None:
        return t(
            f"compress.recommend.none_{choice.why}", language, margin=margin,
            target=t(f"compress.target.{choice.target}", language), name=choice.nearest or "",
            memory=format.number(choice.memory_mb), latency=_ms(choice.latency_ms),
        )  # fmt: skip
    key = "original" if choice.name == run else "named"
    value = _value(choice.target, choice.value, language)
    return t(
        f"compress.recommend.{key}", language, name=choice.name, margin=margin, value=value,
        target=t(f"compress.target.{choice.target}", language),
        original=_value(choice.target, choice.original, language),
    )  # fmt: skip


def _value(target: str, value: float | None, language: str) -> str:
    """Dollars of a million tokens, or a time."""
    if target == "edge":
        return t("compress.value.latency", language, ms=_ms(value))
    usd = format.usd(value, language)
    shown = t("common.approximately", language, value=usd) if target == "a100" else usd
    return t("compress.value.usd", language, usd=shown)


def _ms(value: float | None) -> str:
    return f"{format.number(value)} ms"


def finding(found: Sequence[Variant], language: str = "en") -> str:
    """How many variants are faster and no worse that can be told."""
    known = [made for made in found if made.measured and made.original and made.against]
    good = [made for made in known if is_gain(made)]
    key = "none" if not good else "all" if len(good) == len(known) else "some"
    return t(f"compress.finding.{key}_{'one' if len(known) == 1 else 'many'}", language,
             n=len(good), total=len(known))  # fmt: skip


def is_gain(made: Variant) -> bool:
    """Whether a variant is faster, and its answers are not known to be worse."""
    if made.measured is None or made.original is None or made.against is None:
        return False
    return speed(made.original, made.measured) == "faster" and made.against.verdict != "worse"


def kept_word(made: Variant, margin: float, language: str = "en") -> str:
    """Whether a variant keeps to the margin, as a word for a table."""
    return t(f"compress.{'keeps' if good_enough(made, margin) else 'exceeds'}", language)


def disturbance(found: Sequence[Variant], language: str = "en") -> str | None:
    """A warning where the machine was busy with other work while something was measured."""
    pairs = [(form(made, language), made.measured) for made in found]
    pairs += [(made.run, made.original) for made in found[:1]]
    busy = [(name, one.others or 0.0) for name, one in pairs if one and one.disturbed]
    if not busy:
        return None
    share = format.number(100 * max(others for _, others in busy), 2)
    names = ", ".join(name for name, _ in busy)
    return t("compress.disturbed", language, names=names, share=share)


COLUMNS = ("variant", "size", "memory", "p50", "p95", "speed", "energy", "usd", "quality",
           "difference", "verdict")  # fmt: skip


def table(found: Sequence[Variant], limits: Limits, language: str = "en") -> list[dict[str, str]]:
    """A row for the original and each of its measured variants, by column; see COLUMNS."""
    known = [made for made in found if made.measured and made.original]
    if not known:
        return []
    first = known[0]
    lines = [_row(first.run, first.original, first.original_scores, None, limits, language)]
    for made in known:
        lines.append(_row(form(made, language), made.measured, made.scores, made.against, limits,
                          language))  # fmt: skip
    return lines


def _row(
    name: str, made: Measured | None, scores: Sequence[dict[str, object]], against: Against | None,
    limits: Limits, language: str,
) -> dict[str, str]:  # fmt: skip
    if made is None:
        return {}
    latency = made.latency
    energy = t("compress.cell.energy", language,
               n=format.number(made.watt_hours_per_million_tokens, 2))  # fmt: skip
    if made.joules_from == "estimated":
        energy = t("common.approximately", language, value=energy)
    around = f" ({format.interval(latency.low, latency.high, 1)})" if latency.low else ""
    word = "original" if against is None else against.verdict
    return {
        "variant": name,
        "size": format.size(made.size_bytes, language),
        "memory": format.size(made.peak_bytes, language),
        "p50": f"{format.number(latency.p50)} ms{around}",
        "p95": _ms(made.slow_milliseconds),
        "speed": t(f"compress.cell.speed_{made.tokens_of}", language,
                   n=format.number(made.tokens_per_second)),
        "energy": energy,
        "usd": format.usd(made.usd_per_million_tokens(limits.usd_per_hour), language),
        "quality": _score(scores, language),
        "difference": "" if against is None else _difference(against, language),
        "verdict": t(f"compress.word.{word}", language),
    }  # fmt: skip


def _score(scores: Sequence[dict[str, object]], language: str) -> str:
    if not scores:
        return t("common.not_known", language)
    first: dict[str, object] = scores[0]
    unit, value = str(first["unit"]), first["value"]
    low, high = first["low"], first["high"]
    shown = notation.number(float(str(value)), unit, language)
    if low is None or high is None:
        return shown
    around = notation.interval(float(str(low)), float(str(high)), unit, language)
    return f"{shown} ({around})"


def _difference(against: Against, language: str) -> str:
    around = notation.interval(against.low, against.high, against.unit, language, sign=True)
    return f"{notation.change(against.difference, against.unit, language)} ({around})"
