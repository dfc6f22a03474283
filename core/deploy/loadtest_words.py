"""A load test in words and rows, for the page and the command line alike."""

import math

from core.deploy.loadtest_predicted import Compared
from core.deploy.loadtest_store import LoadTest
from core.deploy.loadtest_summary import Summary
from core.text.catalog import t
from core.text.format import duration, number
from core.units import KILO

CLOSE = 0.2
"""Errors below this are told as a share, others as a factor."""


def model_of(made: LoadTest) -> str:
    """What was asked, by its name."""
    said = made.target["model"] or made.target["says"].get("model") or made.target["url"]
    return str(said)


def ms(value: float | None, language: str = "en") -> str:
    """Seconds as milliseconds, with the unit."""
    return t("common.not_known", language) if value is None else f"{number(KILO * value)} ms"


def fullest(made: LoadTest) -> Summary | None:
    """The stage in which most was answered; None = there is no stage."""
    return max(made.loaded or made.stages, key=lambda s: s.throughput, default=None)


def answer(made: LoadTest, language: str = "en", model: str | None = None) -> str:
    """The finding: with Markdown's bold; `model` = the name as it may stand in Markdown."""
    name, knee = model or model_of(made), made.knee
    if knee is not None:
        beyond = number(knee.beyond)
        if knee.rate is None:
            return t("loadtest.answer.knee_none", language, model=name, beyond=beyond)
        key = "knee" if knee.beyond is not None else "knee_least"
        return t(f"loadtest.answer.{key}", language, model=name, rate=number(knee.rate),
                 beyond=beyond)  # fmt: skip
    busiest = _busiest(made)
    if busiest is not None and busiest.total.p95.beyond:
        return t("loadtest.answer.rate_beyond", language, model=name,
                 rate=number(busiest.offered))  # fmt: skip
    if busiest is not None and busiest.total.p95.value is not None:
        return t("loadtest.answer.rate", language, model=name, rate=number(busiest.offered),
                 p95=ms(busiest.total.p95.value, language))  # fmt: skip
    most = fullest(made)
    return t("loadtest.answer.plain", language, model=name,
             throughput=number(most.throughput if most else None, language=language))  # fmt: skip


def knee_sure(made: LoadTest, language: str = "en") -> str:
    """How sure the knee is, and against what it was measured; "" where there is none."""
    knee = made.knee
    if knee is None:
        return ""
    unloaded = ms(knee.unloaded_p95, language)
    if not knee.low or knee.high is None:
        return t("loadtest.knee_open", language, unloaded=unloaded)
    return t("loadtest.knee_sure", language, unloaded=unloaded, low=number(knee.low),
             high=number(knee.high))  # fmt: skip


def _busiest(made: LoadTest) -> Summary | None:
    open_ = [s for s in made.loaded if s.rate is not None and s.sent]
    return max(open_, key=lambda s: s.offered, default=None)


def caveats(made: LoadTest, language: str = "en") -> list[str]:
    """What changes the reading."""
    found = []
    late = [s for s in made.stages if s.lag is not None and not s.trustworthy]
    worst = max(late, key=lambda s: s.lag or 0.0, default=None)
    if worst is not None and "unsent" not in worst.counts:
        found.append(t("loadtest.caveat.late", language, lag=ms(worst.lag, language),
                       most=ms(worst.lag_most, language)))  # fmt: skip
    unsent = sum(s.counts.get("unsent", 0) for s in made.stages)
    if unsent:
        found.append(t("loadtest.caveat.unsent", language, n=f"{unsent:,}",
                       most=f"{made.plan.most_in_flight:,}"))  # fmt: skip
    if made.loaded and all(s.total.p95.value is None and not s.total.p95.beyond
                           for s in made.loaded):  # fmt: skip
        found.append(t("loadtest.caveat.few", language))
    if made.own:
        found.append(t("loadtest.caveat.same_machine", language))
    return found


def predicted_lines(made: LoadTest, language: str = "en") -> list[str]:
    """What was estimated for what, and what becomes of it."""
    found = made.predicted
    if found is None:
        return [t("loadtest.predicted.none_model", language)]
    earlier = sum(found.earlier.values())
    place = "elsewhere" if not found.here else "here_earlier" if earlier else "here"
    lines = [
        t("loadtest.predicted.how", language,
          place=t(f"loadtest.predicted.{place}", language, card=found.card, n=earlier),
          engine=found.engine, precision=found.precision, into=number(found.input_tokens),
          out=number(found.output_tokens),
          counted=t(f"loadtest.predicted.counted_{found.counted}", language)),
    ]  # fmt: skip
    if not found.engine_known:
        lines.append(t("loadtest.predicted.how_engine", language, engine=found.engine))
    if not found.compared:
        lines.append(t("loadtest.predicted.none_compared", language))
    learnt = "learnt" if made.calibrated else "not_learnt"
    return [*lines, t(f"loadtest.predicted.{learnt}", language)]


def compared_finding(made: LoadTest, language: str = "en") -> str | None:
    """How far off the estimate was, at its worst; None = nothing was compared."""
    found = made.predicted.compared if made.predicted else ()
    if not found:
        return None
    worst = max(found, key=lambda one: abs(_log(one)))
    if abs(worst.error) < CLOSE:
        return t("loadtest.predicted.title_close", language,
                 error=f"{number(100 * max(abs(one.error) for one in found), 2)} %")  # fmt: skip
    times = worst.predicted.value / worst.measured
    if times > 1:
        return t("loadtest.predicted.title_over", language, times=number(times, 2))
    return t("loadtest.predicted.title_under", language, times=f"{number(100 * times, 2)} %")


def _log(one: Compared) -> float:
    return math.log(one.predicted.value / one.measured)


def beyond(made: LoadTest, language: str = "en") -> str:
    """A time longer than was waited."""
    return t("loadtest.reading.beyond", language,
             seconds=duration(made.plan.timeout_seconds, language))  # fmt: skip


def rates_finding(made: LoadTest, language: str = "en") -> str:
    """What the picture of times against rates shows."""
    knee = made.knee
    if knee is not None and knee.rate is None:
        return t("loadtest.chart.finding_knee_none", language, beyond=number(knee.beyond))
    if knee is not None:
        key = "finding_knee" if knee.beyond is not None else "finding_knee_least"
        return t(f"loadtest.chart.{key}", language, rate=number(knee.rate))
    busiest = _busiest(made)
    if busiest is None:
        return answer(made, language).replace("**", "")
    tail = busiest.total.p95
    return t("loadtest.chart.finding_rates", language, rate=number(busiest.offered),
             p95=beyond(made, language) if tail.beyond else ms(tail.value, language))  # fmt: skip


def spread_finding(made: LoadTest, stage: Summary, language: str = "en") -> str:
    """What the picture of a stage's times shows."""
    half, tail = stage.total.p50, stage.total.p95
    if half.value is None:
        return t("loadtest.chart.finding_spread_none", language)
    p50 = ms(half.value, language)
    if tail.beyond:
        return t("loadtest.chart.finding_spread_beyond", language, p50=p50)
    if tail.value is None:
        return t("loadtest.chart.finding_spread_half", language, p50=p50)
    return t("loadtest.chart.finding_spread", language, p50=p50, p95=ms(tail.value, language))
