"""The alignment job: a cross-attention head made to align is found; what cannot be aligned."""

import numpy as np
import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput, NotFound
from core.evaluate.answer import Answer
from core.interpret import aligned
from core.jobs.context import Context
from core.jobs.store import JobStore
from core.work import alignment as work
from core.workspace import Workspace

PREFIX = "translate English to German: "
RNG = np.random.default_rng(0)
WORDS = {"days": "Tage", "weeks": "Wochen", "hours": "Stunden", "years": "Jahre"}
ENGLISH = {german: english for english, german in WORDS.items()}


def rows(name, count):
    found = []
    for n in range(count):
        word, number = list(WORDS)[n % 4], int(RNG.integers(2, 90))
        found.append(Example(f"{name}{n}", f"{number} {word} </s>", f"</s> {WORDS[word]} {number}"))
    return found


@pytest.fixture
def context(tmp_path):
    workspace = Workspace.open(tmp_path)
    datasets.save(workspace, "shop", "translation", {"train": rows("t", 40), "test": rows("e", 12)},
                  prefix=PREFIX, source_language="en", target_language="de")  # fmt: skip
    jobs = JobStore(workspace)
    job, _ = jobs.add("alignment", {})
    return Context(workspace, job.id, jobs)


def test_the_head_that_aligns_is_found(context, monkeypatch):
    """One head is given the silver alignment itself as attention: nothing can be better."""
    real = work._merged

    def merged(job, forced, layers, progress, examples=None, ways=("writes", "reads")):
        for words, weights in real(job, forced, layers, progress, examples, ways):
            exact = np.zeros(weights[ways[0]].shape[-2:])
            for j, word in enumerate(words.target):
                same = ENGLISH.get(word, word)
                exact[j, words.source.index(same) if same in words.source else 0] = 1.0
            for way in ways:
                weights[way][1, 2] = exact
            yield words, weights

    monkeypatch.setattr(work, "_merged", merged)
    made = work.align(context, "shop", "starter-translate", "reference")
    assert (made.best.layer, made.best.head) == (1, 2)
    assert made.best.copied_share == 1.0
    assert made.held_error < 0.1 < made.diagonal_error
    assert made.held_low <= made.held_error <= made.held_high


def test_a_study_of_a_real_model(context):
    made = work.align(context, "shop", "starter-translate")
    assert made.target == "own"
    assert len(made.heads) == 8
    assert {head.rows for head in made.heads} <= {"writes", "reads"}
    assert made.learnt_pairs == 52
    assert made.copied_words >= 12  # Each number, once in both.
    assert made.metric == "chrf"
    assert [one.measure for one in made.relations] == list(work.maths.MEASURES)
    scores = [one.score for one in made.sentences]
    assert scores == sorted(scores)
    assert all(0 <= one.coverage <= 1 and 0 <= one.sink_mass <= 1 for one in made.sentences)
    assert {one.id for one in made.sentences} <= {f"e{n}" for n in range(12)}
    assert work.align(context, "shop", "starter-translate") == made
    assert aligned.STUDIES.newest(context.workspace) == [made]


def test_a_model_that_writes_nothing_is_one_sentence(context, monkeypatch):
    silent = [Answer("") for _ in range(12)]
    monkeypatch.setattr(work, "collect", lambda *_: silent)
    with pytest.raises(BadInput, match="wrote nothing for any of the 12 examples"):
        work.align(context, "shop", "starter-translate")
    assert work.align(context, "shop", "starter-translate", "reference").n == 12


def test_what_cannot_be_aligned_is_one_sentence(context):
    labels = [Example(str(n), "a", "late") for n in range(3)]
    datasets.save(context.workspace, "tickets", "text-classification",
                  {"train": [Example("t", "a", "late")], "test": labels})  # fmt: skip
    for name, model, words in (
        ("shop", "starter-causal", "is a decoder alone and has no cross-attention"),
        ("shop", "starter-encode", "is an encoder model"),
        ("shop", "copy-source", "is no network"),
        ("tickets", "starter-translate", "are labels"),
    ):
        with pytest.raises(BadInput, match=words):
            work.align(context, name, model)
    with pytest.raises(BadInput, match="'best' is no target"):
        work.align(context, "shop", "starter-translate", "best")
    with pytest.raises(NotFound):
        work.align(context, "nothing", "starter-translate")
    datasets.save(context.workspace, "empty", "translation", {"train": rows("x", 2)})
    with pytest.raises(BadInput, match="has no example to score"):
        work.align(context, "empty", "starter-translate")
