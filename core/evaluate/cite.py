"""A score as a line for a paper: all that somebody else needs to get the same number."""

from core.evaluate import notation
from core.evaluate.calibration import ece_interval
from core.evaluate.metrics import metric
from core.evaluate.score import Score
from core.evaluate.share import alike_interval
from core.evaluate.store import Evaluation
from core.version import VERSION


def citation(made: Evaluation, score: Score) -> str:
    """One sentence in English: metric, value, interval, n, signature, data, model.

    A score without a value says why there is none.
    """
    row = metric(score.metric)
    if score.value is None:
        said = notation.without(score)
    else:
        said = notation.number(score.value, score.unit)
    how = _interval(made, score)
    return (
        f"{row.title} {said} ({how}n = {score.n:,}; {row.citation}; {score.signature or 'none'}) "
        f"of {made.model} on {made.dataset}, version {made.data_version}, {made.split} split; "
        f"Assay {VERSION}, {made.created_at[:10]}."
    )


def _interval(made: Evaluation, score: Score) -> str:
    if score.low is None:
        return ""
    ends = notation.interval(score.low, score.high, score.unit)
    return f"95 % interval {ends}, {_method(made, score)}; "


def _method(made: Evaluation, score: Score) -> str:
    """What made the interval."""
    row = metric(score.metric)
    if row.quantile is not None:
        return "order statistics"
    if row.interval is alike_interval and score.value in (0, 1):
        return "Wilson"
    kind = "pivotal bootstrap" if row.interval is ece_interval else "percentile bootstrap"
    resamples = made.settings.get("resamples")
    seed = made.settings.get("seed")
    return kind if resamples is None else f"{kind}, {resamples:,} resamples, seed {seed}"
