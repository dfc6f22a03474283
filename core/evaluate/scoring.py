"""Scoring with intervals.

score(for_task("translation"), references, answers, language="de")
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from core.errors import BadInput, RequestError, WorkFailed
from core.evaluate import need, operation, similar, trust
from core.evaluate.answer import Answer
from core.evaluate.intervals import RESAMPLES, percentile
from core.evaluate.metrics import Metric, metric
from core.evaluate.score import Score
from core.evaluate.tally import Tally


def score(
    metric_names: Sequence[str],
    references: Sequence[str],
    answers: Sequence[Answer],
    *,
    language: str | None,
    separator: str | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[Score]:
    """Score answers against references, each metric with its 95 % bootstrap interval.

    A metric that does not apply to these examples has no value and says why; one that cannot be
    computed keeps its failure, and the others stand.

    Args:
        metric_names: Names of METRICS.
        references: What was right, one for each example.
        answers: What was answered, in the same order.
        language: Code of the language of both; chooses the tokeniser. None = as for English.
        separator: The sign between the labels of a row that may have several; None = it has one.
        seed: Of the resamples.
        resamples: How many.

    Raises:
        BadInput: There is nothing to score, or the two differ in length.
        NotFound: A metric is not known.
    """
    tally = Tally(references, answers, language=language, separator=separator)
    return score_tally(metric_names, tally, seed=seed, resamples=resamples)


def score_tally(
    metric_names: Sequence[str], tally: Tally, *, seed: int = 0, resamples: int = RESAMPLES
) -> list[Score]:
    """The same from a tally, which keeps what it counted."""
    _check(tally.references, tally.answers)
    tally.count([name for name in metric_names if _applies(metric(name), tally)])
    found = []
    for row in [metric(name) for name in metric_names]:
        none = Score(row.name, None, None, None, len(tally.answers), row.unit, "")
        try:
            made = _score(row, none, tally, seed, resamples)
        # Whatever one metric stumbles over, the others must stand; the score says what it was.
        except Exception as error:
            made = replace(none, failed=_sentence(error))
        found.append(made)
    return found


def _n(row: Metric, tally: Tally) -> int:
    """How many examples a metric scores."""
    return need.scored(row.needs, tally.references, tally.answers)


def _applies(row: Metric, tally: Tally) -> bool:
    """Whether it is made of counts, and there is something to count."""
    several = tally.separator is not None and row.one_label
    return row.scorer is not None and not several and _n(row, tally) > 0


def _score(row: Metric, none: Score, tally: Tally, seed: int, resamples: int) -> Score:
    """One score, from what it has without a value."""
    if tally.separator is not None and row.one_label:
        return replace(none, why="evaluate.why.one_label")
    n = _n(row, tally)
    if n == 0:
        return replace(none, why=f"evaluate.why.{row.needs}")
    if row.quantile is not None:
        return _quantile(replace(none, n=n), row.quantile, tally.answers)
    scorer, counts = tally.scorer(row.name), tally.of(row.name).table
    value, low, high = _finite(row, scorer.point(counts.sum(0))), None, None
    if n > 1:
        resampled = scorer.corpus(tally.resampled(row.name, seed, resamples))
        ends = row.interval(counts, value, resampled, seed) if row.interval \
            else percentile(resampled)  # fmt: skip
        low, high = (_finite(row, end) for end in ends)
    signature = scorer.signature
    if row.needs == "similarity":
        signature += f"|encoder:{similar.encoder_of(tally.answers)}"
    made = replace(none, value=value, low=low, high=high, n=n, signature=signature)
    return replace(made, warnings=trust.warnings(
        row, made, tally.references, tally.answers, tally.language, tally.separator
    ))  # fmt: skip


def _quantile(none: Score, q: float, answers: Sequence[Answer]) -> Score:
    values = operation.seconds(answers)
    ends = operation.quantile_interval(values, q)
    low, high = ends or (None, None)
    return replace(
        none,
        value=operation.quantile(values, q),
        low=low,
        high=high,
        signature="quantile:nearest rank|interval:order statistics|asked:alone",
    )


def _finite(row: Metric, value: float) -> float:
    """The value, if it is a number that can be shown and kept.

    Raises:
        WorkFailed: It is not.
    """
    if not math.isfinite(value):
        raise WorkFailed(f"{row.title} came out as {value}, which is no number to go by.")
    return value


def _sentence(error: Exception) -> str:
    """What went wrong, on one line."""
    words = " ".join(str(error).split())
    return words if isinstance(error, RequestError) else f"{type(error).__name__}: {words}"


def per_example(
    metric_name: str,
    references: Sequence[str],
    answers: Sequence[Answer],
    *,
    language: str | None = None,
    separator: str | None = None,
) -> list[float | None]:
    """The metric of each example alone, in order; None where it is not known of one.

    BLEU is sentence BLEU over the orders that fit; precision, recall and F1 have no value for one
    example and give 1 for a right label, 0 for a wrong one.
    """
    tally = Tally(references, answers, language=language, separator=separator)
    return per_example_tally(metric_name, tally)


def per_example_tally(metric_name: str, tally: Tally) -> list[float | None]:
    """The same from a tally."""
    _check(tally.references, tally.answers)
    values = map(float, tally.scorer(metric_name).examples(tally.of(metric_name).table))
    return [value if math.isfinite(value) else None for value in values]


def _check(references: Sequence[str], answers: Sequence[Answer]) -> None:
    if len(references) != len(answers):
        raise BadInput(
            f"{len(answers)} predictions were given for {len(references)} references; give "
            "one for each."
        )
    if not references:
        raise BadInput("There is no example to score; choose a split that has some.")
