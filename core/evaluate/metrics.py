"""The table of metrics, and scoring with intervals.

score(for_task("translation"), references, predictions, language="de")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import BadInput
from core.evaluate import labels, overlap, sacre
from core.evaluate.intervals import RESAMPLES, bootstrap, percentile
from core.evaluate.score import Score
from core.evaluate.scorer import Scorer
from core.table import find

__all__ = ["METRICS", "Metric", "Score", "choose", "for_task", "metric", "per_example", "score"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: What a person types.
        unit: "points" (0 to 100), "percent" (of reference words) or "share" (0 to 1).
        higher_is_better: Whether more of it is better.
        range: Least and greatest value; None = no bound.
        tasks: Tasks it is made for; it can be asked for on any.
        citation: Where it is defined.
        blind_to: Key of the text that says what it cannot see.
        example: The metric that speaks of one example where this one is made for a corpus.
        same_within: A change of one example up to this size counts as no change.
        scorer: Makes the computation for a language.
    """

    name: str
    unit: str
    higher_is_better: bool
    range: tuple[float, float | None]
    tasks: tuple[str, ...]
    citation: str
    blind_to: str
    example: str
    same_within: float
    scorer: Callable[[str | None], Scorer]


_TEXT = ("translation", "text-generation")
_CLASS = ("text-classification",)
_ANSWER = ("question-answering",)
_SUMMARY = ("summarization",)
_SKLEARN = "Pedregosa et al. 2011, scikit-learn; average='macro', zero_division=0"
_SQUAD = "Rajpurkar et al. 2016, SQuAD"
_ROUGE = "Lin 2004, ROUGE"

METRICS: tuple[Metric, ...] = (
    Metric("bleu", "points", True, (0, 100), _TEXT, "Papineni et al. 2002; Post 2018, sacreBLEU",
           "evaluate.blind_to.bleu", "chrf", 1.0, sacre.Bleu),
    Metric("chrf", "points", True, (0, 100), (*_TEXT, *_SUMMARY),
           "Popović 2015; Post 2018, sacreBLEU", "evaluate.blind_to.chrf", "chrf", 1.0, sacre.Chrf),
    Metric("ter", "percent", False, (0, None), ("translation",),
           "Snover et al. 2006; Post 2018, sacreBLEU", "evaluate.blind_to.ter", "ter", 1.0,
           sacre.Ter),
    Metric("rougel", "share", True, (0, 1), _SUMMARY, _ROUGE, "evaluate.blind_to.rouge", "rougel",
           0.01, overlap.rougel),
    Metric("rouge1", "share", True, (0, 1), _SUMMARY, _ROUGE, "evaluate.blind_to.rouge", "rouge1",
           0.01, overlap.rouge1),
    Metric("rouge2", "share", True, (0, 1), _SUMMARY, _ROUGE, "evaluate.blind_to.rouge", "rouge2",
           0.01, overlap.rouge2),
    Metric("token_f1", "share", True, (0, 1), _ANSWER, _SQUAD, "evaluate.blind_to.token_f1",
           "token_f1", 0.01, overlap.token_f1),
    Metric("exact_match", "share", True, (0, 1), _ANSWER, _SQUAD, "evaluate.blind_to.exact_match",
           "exact_match", 0.0, overlap.exact_match),
    Metric("accuracy", "share", True, (0, 1), _CLASS, _SKLEARN, "evaluate.blind_to.accuracy",
           "accuracy", 0.0, labels.accuracy),
    Metric("f1", "share", True, (0, 1), _CLASS, _SKLEARN, "evaluate.blind_to.macro", "accuracy",
           0.0, lambda _: labels.Macro("f1")),
    Metric("precision", "share", True, (0, 1), _CLASS, _SKLEARN, "evaluate.blind_to.macro",
           "accuracy", 0.0, lambda _: labels.Macro("precision")),
    Metric("recall", "share", True, (0, 1), _CLASS, _SKLEARN, "evaluate.blind_to.macro",
           "accuracy", 0.0, lambda _: labels.Macro("recall")),
)  # fmt: skip
"""In the order in which they are shown; a task's first is its headline."""


def metric(name: str) -> Metric:
    """The metric of that name.

    Raises:
        NotFound: There is none; the message lists the known ones.
    """
    return find(METRICS, name, "metric")


def for_task(task: str) -> tuple[str, ...]:
    """Names of the metrics that are made for a task, the headline first."""
    return tuple(row.name for row in METRICS if task in row.tasks)


def choose(names: Sequence[str], task: str) -> tuple[str, ...]:
    """The metrics asked for, in the table's spelling and without repeats; none = the task's."""
    return tuple(dict.fromkeys(metric(name).name for name in names)) or for_task(task)


def score(
    metric_names: Sequence[str],
    references: Sequence[str],
    predictions: Sequence[str],
    *,
    language: str | None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[Score]:
    """Score answers against references, each metric with its 95 % bootstrap interval.

    Args:
        metric_names: Names of METRICS.
        references: What was right, one for each example.
        predictions: What was answered, in the same order.
        language: Code of the language of both; chooses the tokeniser. None = as for English.
        seed: Of the resamples.
        resamples: How many.

    Raises:
        BadInput: There is nothing to score, or the two differ in length.
        NotFound: A metric is not known.
    """
    _check(references, predictions)
    n, scores = len(references), []
    for row in (metric(name) for name in metric_names):
        scorer = row.scorer(language)
        (counts,) = scorer.counts(references, predictions)
        low, high = None, None
        if n > 1:
            low, high = percentile(bootstrap(scorer, counts, seed, resamples))
        value = scorer.point(counts.sum(0))
        scores.append(Score(row.name, value, low, high, n, row.unit, scorer.signature))
    return scores


def per_example(
    metric_name: str,
    references: Sequence[str],
    predictions: Sequence[str],
    *,
    language: str | None = None,
) -> list[float]:
    """The metric of each example alone, in order.

    BLEU is sentence BLEU over the orders that fit; precision, recall and F1 have no value for one
    example and give 1 for a right label, 0 for a wrong one.
    """
    _check(references, predictions)
    scorer = metric(metric_name).scorer(language)
    (counts,) = scorer.counts(references, predictions)
    return [float(value) for value in scorer.examples(counts)]


def _check(references: Sequence[str], predictions: Sequence[str]) -> None:
    if len(references) != len(predictions):
        raise BadInput(
            f"{len(predictions)} predictions were given for {len(references)} references; give "
            "one for each."
        )
    if not references:
        raise BadInput("There is no example to score; choose a split that has some.")
