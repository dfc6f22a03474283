"""Counting many texts on all cores."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor

import numpy as np

from core.evaluate.answer import of_texts
from core.evaluate.metrics import scorer_of
from core.evaluate.scorer import Array

OF_TEXTS = ("bleu", "chrf", "chrf++", "ter", "rouge1", "rouge2", "rougel", "token_f1",
            "exact_match", "repetition")  # fmt: skip
"""Metrics of nothing but reference and text, that take some ten microseconds an example or more."""
MANY = 20_000
"""Examples from which other processes are worth their start, about a second each."""
_PART = 5_000


def by_parts(
    names: Sequence[str], language: str | None, references: Sequence[str], texts: Sequence[str]
) -> dict[str, Array | Exception]:
    """Counts (n, k) of metrics of texts, each part of the examples in some process.

    Returns:
        For each metric its counts, or what it raised; empty where there are too few examples, or
        cores, for it to be worth it.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not names or len(texts) < MANY or (cores or 1) < 2:
        return {}
    # A forked child of a process with threads may wait for ever.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=context) as pool:
        places = [slice(start, start + _PART) for start in range(0, len(texts), _PART)]
        made = {
            name: [pool.submit(_counts, name, language, references[place], texts[place])
                   for place in places]
            for name in names
        }  # fmt: skip
        return {name: _whole(parts) for name, parts in made.items()}


def _whole(parts: Sequence[Future[Array]]) -> Array | Exception:
    try:
        return np.concatenate([part.result() for part in parts])
    except Exception as error:  # that of one metric; the others stand
        return error


def _counts(
    name: str, language: str | None, references: Sequence[str], texts: Sequence[str]
) -> Array:
    (table,) = scorer_of(name, language).counts(references, of_texts(texts))
    return table
