"""The table of metrics: what each is, and what computes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from core.evaluate import (
    calibration,
    labels,
    likelihood,
    operation,
    overlap,
    sacre,
    share,
    similar,
    writing,
)
from core.evaluate.scorer import Array, Scorer
from core.table import find

Interval = Callable[[Array, float, Array, int], tuple[float, float]]
"""Counts (n, k), the score, the scores of resamples and a seed -> the ends of the interval."""


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: What a person types.
        title: Its usual English name; pages take `evaluate.metric.NAME` in the reader's language.
        unit: One of `core.evaluate.notation.UNITS`.
        higher_is_better: Whether more of it is better; None = neither.
        range: Least and greatest value; None = no bound.
        tasks: Tasks it is made for; it can be asked for on any.
        citation: Where it is defined.
        blind_to: Key of the text that says what it cannot see.
        example: The metric that speaks of one example where this one is made for a corpus.
        same_within: A change of one example up to this size counts as no change.
        scorer: Makes the computation for a language; None where `quantile` is it.
        several: The same where references and answers may name several labels each, from the sign
            between them; None = it is no matter of labels.
        needs: What it is computed from: one of `core.evaluate.need.NEEDS`.
        also: Whether it says how a model works rather than how good its answers are: it stands in a
            second group.
        one_label: Whether it has no meaning where an example may have several labels.
        tokens: How it cuts text: "language" = as its language wants, "space" = at spaces, "word" =
            at spaces and at Chinese and Japanese characters; None = it does not.
        quantile: Which quantile of the seconds of an answer it is.
        interval: Makes its interval where the percentiles of resamples would mislead.
    """

    name: str
    title: str
    unit: str
    higher_is_better: bool | None
    range: tuple[float, float | None]
    tasks: tuple[str, ...]
    citation: str
    blind_to: str
    example: str
    same_within: float
    scorer: Callable[[str | None], Scorer] | None
    several: Callable[[str], Scorer] | None = None
    needs: str = "reference"
    also: bool = False
    one_label: bool = False
    tokens: str | None = None
    quantile: float | None = None
    interval: Interval | None = None

    @property
    def compared(self) -> bool:
        """Whether two models can be told apart by it: it has a direction, and is made of sums."""
        return self.scorer is not None and self.higher_is_better is not None


_CLASS, _ANSWER = ("text-classification",), ("question-answering",)
_SUMMARY = ("summarization",)
_TEXT = ("translation", "text-generation")
_WRITTEN = (*_TEXT, *_SUMMARY, *_ANSWER)
_ALL = (*_WRITTEN, *_CLASS)
_SACRE = "; Post 2018, sacreBLEU"
_SKLEARN = "Pedregosa et al. 2011, scikit-learn"
_SQUAD = "Rajpurkar et al. 2016, SQuAD"
_ROUGE = "Lin 2004, ROUGE"


def _points(name: str, title: str, tasks: tuple[str, ...], citation: str, example: str,
            scorer: Callable[[str | None], Scorer], tokens: str | None) -> Metric:  # fmt: skip
    """A metric from 0 to 100."""
    return Metric(name, title, "points", True, (0, 100), tasks, citation + _SACRE,
                  f"evaluate.blind_to.{name}", example, 1.0, scorer, tokens=tokens)  # fmt: skip


def _words(name: str, title: str, tasks: tuple[str, ...], citation: str, blind_to: str,
           scorer: Callable[[str | None], Scorer],
           same_within: float = 0.01) -> Metric:  # fmt: skip
    """A metric from 0 to 1 of the words that answer and reference share."""
    return Metric(name, title, "share", True, (0, 1), tasks, citation,
                  f"evaluate.blind_to.{blind_to}", name, same_within, scorer,
                  tokens="word")  # fmt: skip


def _labels(name: str, title: str, blind_to: str, kind: str = "",
            tasks: tuple[str, ...] = _CLASS) -> Metric:  # fmt: skip
    """A metric from 0 to 1 of classes found, named and right."""
    return Metric(name, title, "share", True, (0, 1), tasks,
                  f"{_SKLEARN}; average='{kind}', zero_division=0",
                  f"evaluate.blind_to.{blind_to}", "accuracy", 0.0,
                  lambda _: labels.Classes(name), partial(labels.Classes, name))  # fmt: skip


def _meaning(name: str, title: str, citation: str,
             scorer: Callable[[str | None], Scorer]) -> Metric:  # fmt: skip
    """A cosine that an encoder gives; it is only computed when it is asked for."""
    return Metric(name, title, "number", True, (-1, 1), (), citation,
                  f"evaluate.blind_to.{name}", name, 0.01, scorer, needs="similarity")  # fmt: skip


def _also(name: str, title: str, unit: str, higher: bool | None, most: float | None,
          tasks: tuple[str, ...], citation: str, needs: str,
          scorer: Callable[[str | None], Scorer] | None, *, example: str | None = None,
          quantile: float | None = None) -> Metric:  # fmt: skip
    """A row of the second group."""
    return Metric(name, title, unit, higher, (0, most), tasks, citation,
                  f"evaluate.blind_to.{name}", example or name, 0.0, scorer, needs=needs,
                  also=True, quantile=quantile)  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _words("rougel", "ROUGE-L", _SUMMARY, _ROUGE, "rouge", overlap.rougel),
    _words("rouge1", "ROUGE-1", _SUMMARY, _ROUGE, "rouge", overlap.rouge1),
    _words("rouge2", "ROUGE-2", _SUMMARY, _ROUGE, "rouge", overlap.rouge2),
    _points("bleu", "BLEU", _TEXT, "Papineni et al. 2002", "chrf", sacre.Bleu, "language"),
    _points("chrf", "chrF", (*_TEXT, *_SUMMARY), "Popović 2015", "chrf", sacre.Chrf, None),
    _points("chrf++", "chrF++", _TEXT, "Popović 2017", "chrf++", sacre.ChrfPlus, "space"),
    Metric("ter", "TER", "percent", False, (0, None), ("translation",),
           "Snover et al. 2006" + _SACRE, "evaluate.blind_to.ter", "ter", 1.0, sacre.Ter,
           tokens="language"),
    _words("token_f1", "token F1", _ANSWER, _SQUAD, "token_f1", overlap.token_f1),
    replace(_words("exact_match", "exact match", _ANSWER, _SQUAD, "exact_match",
                   overlap.exact_match, 0.0), interval=share.alike_interval),
    Metric("accuracy", "accuracy", "share", True, (0, 1), _CLASS, _SKLEARN,
           "evaluate.blind_to.accuracy", "accuracy", 0.0, labels.accuracy, labels.same_labels,
           interval=share.alike_interval),
    _labels("f1", "macro F1", "macro", "macro"),
    _labels("precision", "macro precision", "macro", "macro"),
    _labels("recall", "macro recall", "macro", "macro"),
    _labels("weighted_f1", "weighted F1", "weighted_f1", "weighted"),
    _labels("micro_f1", "micro F1", "micro_f1", "micro", ()),
    Metric("mcc", "MCC", "number", True, (-1, 1), _CLASS, "Matthews 1975; Gorodkin 2004",
           "evaluate.blind_to.mcc", "accuracy", 0.0, lambda _: labels.Classes("mcc"),
           one_label=True),
    _meaning("bertscore", "BERTScore F1", "Zhang et al. 2020", similar.bertscore),
    _meaning("embedding", "embedding similarity", "Reimers and Gurevych 2019", similar.embedding),
    replace(_also("ece", "ECE", "share", False, 1, _CLASS, "Guo et al. 2017", "probabilities",
                  lambda _: calibration.Ece(), example="brier"),
            one_label=True, interval=calibration.ece_interval),
    replace(_also("brier", "Brier score", "number", False, 2, _CLASS, "Brier 1950",
                  "probabilities", calibration.brier), one_label=True),
    _also("perplexity", "perplexity", "number", False, None, _WRITTEN, "Jelinek et al. 1977",
          "likelihood", likelihood.perplexity),
    _also("bits_per_byte", "bits per byte", "bits", False, None, _WRITTEN, "Gao et al. 2020, Pile",
          "likelihood", likelihood.bits_per_byte),
    _also("length_ratio", "length ratio", "number", None, None, _WRITTEN, "in characters",
          "reference", writing.length_ratio),
    _also("repetition", "repetition", "share", False, 1, _WRITTEN, "Welleck et al. 2020, seq-rep-4",
          "answer", writing.repetition),
    replace(_also("empty", "empty answers", "share", False, 1, _ALL, "counted", "answer",
                  writing.empty), interval=share.alike_interval),
    _also("latency_p50", "latency p50", "seconds", False, None, _ALL, "nearest-rank median",
          "latency", None, quantile=0.5),
    _also("latency_p95", "latency p95", "seconds", False, None, _ALL,
          "nearest-rank 95th percentile", "latency", None, quantile=0.95),
    _also("throughput", "output speed", "tokens_per_second", True, None, _WRITTEN,
          "output tokens over seconds", "speed", operation.throughput),
    _also("usd_per_1000", "dollars per 1,000 requests", "dollars", False, None, _ALL,
          "mean price of a request", "dollars", operation.usd_per_1000),
)  # fmt: skip
"""In the order in which they are shown; a task's first is its headline."""


def metric(name: str) -> Metric:
    """The metric of that name.

    Raises:
        NotFound: There is none; the message lists the known ones.
    """
    return find(METRICS, name, "metric")


def for_task(task: str) -> tuple[str, ...]:
    """Names of the metrics that say how good answers to a task are, the headline first."""
    return tuple(row.name for row in METRICS if task in row.tasks and not row.also)


def also_for(task: str) -> tuple[str, ...]:
    """Names of those that say how a model works at a task."""
    return tuple(row.name for row in METRICS if task in row.tasks and row.also)


def choose(names: Sequence[str], task: str) -> tuple[str, ...]:
    """The metrics asked for, in the table's spelling and without repeats; none = the task's."""
    chosen = tuple(dict.fromkeys(metric(name).name for name in names))
    return chosen or (*for_task(task), *also_for(task))


def scorer_of(name: str, language: str | None, separator: str | None = None) -> Scorer:
    """The computation of a metric for a language, or for rows with several labels each.

    Raises:
        ValueError: It is a quantile, which no sum over examples gives.
    """
    row = metric(name)
    if separator is not None and row.several is not None:
        return row.several(separator)
    if row.scorer is None:
        raise ValueError(f"{name} is a quantile: `core.evaluate.operation` computes it")
    return row.scorer(language)


_LABELS_ALONE = ("precision", "recall", "f1", "weighted_f1", "micro_f1", "mcc", "ece")


def of_one_example(names: Sequence[str]) -> tuple[str, ...]:
    """The metrics to keep for each example: those named that mean something there, and companions.

    Scores of classes and of bins have no value for one example; accuracy and Brier speak for them.
    """
    wanted = [n for name in names for n in (name, metric(name).example)]
    return tuple(
        name for name in dict.fromkeys(wanted)
        if name not in _LABELS_ALONE and metric(name).scorer is not None
    )  # fmt: skip
