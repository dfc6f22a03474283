"""The robustness job: one test as it is and under each disturbance, answered in one go."""

import time
from collections import Counter
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from core import record
from core.data import looks
from core.data.cleaning.identify import identify
from core.data.dataset import Example
from core.errors import BadInput
from core.evaluate import robustness as store
from core.evaluate.answer import of_texts
from core.evaluate.answered import collect
from core.evaluate.disturb import DISTURBANCES, STRENGTHS, Disturbance, disturbed
from core.evaluate.metrics import metric, scorer_of
from core.evaluate.prepare import Prepared, prepare
from core.evaluate.robustness import Robustness
from core.jobs.context import Context
from core.table import find
from core.work.asked import source_of, teller
from core.work.evaluate import LIBRARIES, SEED

METHOD = 1
"""Raise it when texts are disturbed, or points measured, in another way."""
SHOWN = 3
"""Examples of each disturbance that are kept to be looked at, at the greatest strength."""
SAMPLED = 200
"""So many inputs tell the language, where the dataset does not."""
_PREDICTING = 0.95

Variant = tuple[Disturbance, float, tuple[Example, ...]]


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Do as a RobustnessRequest says; the result names the record.

    Raises:
        BadInput: The metric or model does not fit; see `core.evaluate.prepare.prepare`.
        NotFound: There is no such dataset, model, metric or disturbance.
    """
    made = measure(
        context, request["dataset"], request["model"], request["disturbances"],
        request["metric"], request["split"], request["limit"],
    )  # fmt: skip
    return {"robustness": made.name, "n": made.n}


def measure(
    context: Context,
    dataset_name: str,
    model: str,
    disturbances: Sequence[str] = (),
    metric_name: str | None = None,
    split: str = "test",
    limit: int | None = None,
) -> Robustness:
    """Test a model, or find the test that was made of the same things; see `run`."""
    begun = time.monotonic()
    workspace = context.workspace
    asked = [metric_name] if metric_name else []
    work = prepare(workspace, dataset_name, model=model, predictions=None, split=split,
                   metrics=asked, limit=limit)  # fmt: skip
    rows = [find(DISTURBANCES, name, "disturbance") for name in disturbances] or [*DISTURBANCES]
    if work.ref is None:
        raise BadInput(f"{work.model} repeats its input, whatever that is; name a model.")
    source, name, data = source_of(workspace, work), work.metrics[0], work.dataset
    key = record.hash_json(
        [METHOD, source.key, work.model, data.title, work.split, limit, name, SEED, STRENGTHS,
         [row.name for row in rows], {lib: metadata.version(lib) for lib in LIBRARIES}]
    )  # fmt: skip
    found = store.find(workspace, key)
    if found:
        context.report(1.0, "where.progress.known", n=found.n)
        return found
    language = data.source_language or _spoken(work.examples)
    variants: list[Variant] = [
        (row, strength,
         tuple(disturbed(e, row, strength, language, data.task, SEED) for e in work.examples))
        for row in rows for strength in STRENGTHS
    ]  # fmt: skip
    asked_of = [*work.examples, *(e for *_, some in variants for e in some)]
    given = collect(
        workspace, source.key, asked_of, source.answer, teller(context.part(0.0, _PREDICTING))
    )
    answers = [answer.text for answer in given]
    if work.split in ("test", "all"):
        looks.add_rows(workspace, data, "evaluate", work.model, work.examples)
    context.report(_PREDICTING, "where.progress.measuring", n=len(variants) + 1)
    points, scorer_signature = _points(work, variants, answers)
    made = Robustness(
        "", work.model, data.name, data.version, work.split, len(work.examples), name,
        metric(name).unit, scorer_signature, language, points,
        tuple(_shown(work.examples, variants, answers)), key, time.monotonic() - begun,
        record.now(),
    )  # fmt: skip
    return store.save(workspace, made)


def _points(
    work: Prepared, variants: Sequence[Variant], answers: Sequence[str]
) -> tuple[tuple[store.Point, ...], str]:
    """The clean point and one for each variant; and how they were scored."""
    name, n = work.metrics[0], len(work.examples)
    scorer = scorer_of(name, work.dataset.target_language, work.dataset.label_separator)
    parts = [of_texts(answers[start : start + n]) for start in range(0, len(answers), n)]
    counts = scorer.counts([example.target for example in work.examples], *parts)
    points = [store.clean_point(scorer, counts[0], SEED)]
    for (row, strength, some), part in zip(variants, counts[1:], strict=True):
        pairs = zip(work.examples, some, strict=True)
        changed = sum(before.input != after.input for before, after in pairs) / n
        where = (row.name, strength, changed)
        points.append(store.point(name, scorer, counts[0], part, where, SEED))
    return store.corrected(points), scorer.signature


def _shown(
    clean: Sequence[Example], variants: Sequence[Variant], answers: Sequence[str]
) -> list[dict[str, Any]]:
    """The first examples whose answer the strongest of each disturbance changed."""
    n, found = len(clean), []
    for number, (row, strength, some) in enumerate(variants, start=1):
        if strength != STRENGTHS[-1]:
            continue
        said = answers[number * n : (number + 1) * n]
        changed = [place for place in range(n) if said[place] != answers[place]][:SHOWN]
        found += [
            {"disturbance": row.name, "strength": strength, "before": clean[place].input,
             "after": some[place].input, "clean_answer": answers[place], "answer": said[place]}
            for place in changed
        ]  # fmt: skip
    return found


def _spoken(examples: Sequence[Example]) -> str | None:
    """The language of most inputs that can be told."""
    told = Counter(identify(example.input)[0] for example in examples[:SAMPLED])
    told.pop(None, None)
    return told.most_common(1)[0][0] if told else None
