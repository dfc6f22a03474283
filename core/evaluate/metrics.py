"""The table of metrics, and scoring with intervals.

score(for_task("translation"), references, answers, language="de")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from core.errors import BadInput, RequestError
from core.evaluate import labels, overlap, sacre
from core.evaluate.answer import Answer
from core.evaluate.intervals import RESAMPLES, bootstrap, percentile
from core.evaluate.score import Score
from core.evaluate.scorer import Array, Scorer
from core.table import find

__all__ = ["METRICS", "Metric", "Score", "choose", "for_task", "metric", "of_one_example",
           "per_example", "score"]  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: What a person types.
        title: Its usual English name; pages take `evaluate.metric.NAME` in the reader's language.
        unit: "points" (0 to 100), "percent" (of reference words) or "share" (0 to 1).
        higher_is_better: Whether more of it is better.
        range: Least and greatest value; None = no bound.
        tasks: Tasks it is made for; it can be asked for on any.
        citation: Where it is defined.
        blind_to: Key of the text that says what it cannot see.
        example: The metric that speaks of one example where this one is made for a corpus.
        same_within: A change of one example up to this size counts as no change.
        scorer: Makes the computation for a language.
        several: The same where references and answers may name several labels each, from the sign
            between them; None = it is no matter of labels.
    """

    name: str
    title: str
    unit: str
    higher_is_better: bool
    range: tuple[float, float | None]
    tasks: tuple[str, ...]
    citation: str
    blind_to: str
    example: str
    same_within: float
    scorer: Callable[[str | None], Scorer]
    several: Callable[[str], Scorer] | None = None


_CLASS, _ANSWER = ("text-classification",), ("question-answering",)
_SUMMARY = ("summarization",)
_TEXT = ("translation", "text-generation")
_SACRE = "; Post 2018, sacreBLEU"
_SKLEARN = "Pedregosa et al. 2011, scikit-learn; average='macro', zero_division=0"
_SQUAD = "Rajpurkar et al. 2016, SQuAD"
_ROUGE = "Lin 2004, ROUGE"


def _points(name: str, title: str, tasks: tuple[str, ...], citation: str, example: str,
            scorer: Callable[[str | None], Scorer]) -> Metric:  # fmt: skip
    """A metric from 0 to 100."""
    return Metric(name, title, "points", True, (0, 100), tasks, citation + _SACRE,
                  f"evaluate.blind_to.{name}", example, 1.0, scorer)  # fmt: skip


def _share(name: str, title: str, tasks: tuple[str, ...], citation: str, blind_to: str,
           scorer: Callable[[str | None], Scorer], example: str | None = None,
           same_within: float = 0.0,
           several: Callable[[str], Scorer] | None = None) -> Metric:  # fmt: skip
    """A metric from 0 to 1."""
    key = f"evaluate.blind_to.{blind_to}"
    return Metric(name, title, "share", True, (0, 1), tasks, citation, key, example or name,
                  same_within, scorer, several)  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _share("rougel", "ROUGE-L", _SUMMARY, _ROUGE, "rouge", overlap.rougel, same_within=0.01),
    _share("rouge1", "ROUGE-1", _SUMMARY, _ROUGE, "rouge", overlap.rouge1, same_within=0.01),
    _share("rouge2", "ROUGE-2", _SUMMARY, _ROUGE, "rouge", overlap.rouge2, same_within=0.01),
    _points("bleu", "BLEU", _TEXT, "Papineni et al. 2002", "chrf", sacre.Bleu),
    _points("chrf", "chrF", (*_TEXT, *_SUMMARY), "Popović 2015", "chrf", sacre.Chrf),
    Metric("ter", "TER", "percent", False, (0, None), ("translation",),
           "Snover et al. 2006" + _SACRE, "evaluate.blind_to.ter", "ter", 1.0, sacre.Ter),
    _share("token_f1", "token F1", _ANSWER, _SQUAD, "token_f1", overlap.token_f1,
           same_within=0.01),
    _share("exact_match", "exact match", _ANSWER, _SQUAD, "exact_match", overlap.exact_match),
    _share("accuracy", "accuracy", _CLASS, _SKLEARN, "accuracy", labels.accuracy,
           several=labels.same_labels),
    _share("f1", "macro F1", _CLASS, _SKLEARN, "macro", labels.macro_f1, "accuracy",
           several=partial(labels.Macro, "f1")),
    _share("precision", "macro precision", _CLASS, _SKLEARN, "macro", labels.macro_precision,
           "accuracy", several=partial(labels.Macro, "precision")),
    _share("recall", "macro recall", _CLASS, _SKLEARN, "macro", labels.macro_recall, "accuracy",
           several=partial(labels.Macro, "recall")),
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


def scorer_of(name: str, language: str | None, separator: str | None = None) -> Scorer:
    """The computation of a metric for a language, or for rows with several labels each."""
    row = metric(name)
    if separator is not None and row.several is not None:
        return row.several(separator)
    return row.scorer(language)


_LABELS_ALONE = ("precision", "recall", "f1")


def of_one_example(names: Sequence[str]) -> tuple[str, ...]:
    """The metrics to keep for each example: those named that mean something there, and companions.

    Macro precision, recall and F1 have no value for one example; accuracy speaks for them.
    """
    wanted = [n for name in names for n in (name, metric(name).example)]
    return tuple(dict.fromkeys(name for name in wanted if name not in _LABELS_ALONE))


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
    _check(references, answers)
    scores = []
    for row in [metric(name) for name in metric_names]:
        scorer = scorer_of(row.name, language, separator)
        none = Score(row.name, None, None, None, len(references), row.unit, scorer.signature)
        why = _not_applicable(references)
        if why is not None:
            scores.append(replace(none, why=why))
            continue
        try:
            (counts,) = scorer.counts(references, answers)
            scores.append(_scored(none, scorer, counts, seed, resamples))
        # Whatever one metric stumbles over, the others must stand; the score says what it was.
        except Exception as error:
            scores.append(replace(none, failed=_sentence(error)))
    return scores


def _scored(none: Score, scorer: Scorer, counts: Array, seed: int, resamples: int) -> Score:
    """The score with its value, and its interval where there is more than one example."""
    value, low, high = scorer.point(counts.sum(0)), None, None
    if len(counts) > 1:
        low, high = percentile(bootstrap(scorer, counts, seed, resamples))
    return replace(none, value=value, low=low, high=high)


def _not_applicable(references: Sequence[str]) -> str | None:
    """Key of the text that says why a metric has no value here; None where it has one."""
    if not any(reference.strip() for reference in references):
        return "evaluate.why.no_reference"
    return None


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
) -> list[float]:
    """The metric of each example alone, in order.

    BLEU is sentence BLEU over the orders that fit; precision, recall and F1 have no value for one
    example and give 1 for a right label, 0 for a wrong one.
    """
    _check(references, answers)
    scorer = scorer_of(metric_name, language, separator)
    (counts,) = scorer.counts(references, answers)
    return [float(value) for value in scorer.examples(counts)]


def _check(references: Sequence[str], answers: Sequence[Answer]) -> None:
    if len(references) != len(answers):
        raise BadInput(
            f"{len(answers)} predictions were given for {len(references)} references; give "
            "one for each."
        )
    if not references:
        raise BadInput("There is no example to score; choose a split that has some.")
