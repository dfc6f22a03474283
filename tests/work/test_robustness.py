"""The robustness job with a real small model."""

import pytest

from core.data import dataset as datasets
from core.data import looks
from core.data.dataset import Example
from core.errors import BadInput, NotFound
from core.evaluate.disturb import DISTURBANCES, STRENGTHS
from core.evaluate.local import LocalModel
from core.jobs.context import Context
from core.jobs.store import JobStore
from core.work import robustness as work
from core.workspace import Workspace

TEST = [Example(str(n), f"It will arrive in {n} days, or on Monday.", f"in {n} Tagen")
        for n in range(2, 14)]  # fmt: skip


@pytest.fixture
def context(tmp_path):
    workspace = Workspace.open(tmp_path)
    datasets.save(
        workspace, "shop", "translation", {"train": [Example("t", "a", "b")], "test": TEST},
        prefix="translate English to German: ", source_language="en", target_language="de",
    )  # fmt: skip
    jobs = JobStore(workspace)
    job, _ = jobs.add("robustness", {})
    return Context(workspace, job.id, jobs)


def test_a_model_is_tested_under_each_disturbance_in_one_go(context, monkeypatch):
    asked = []
    real = LocalModel.answer

    def watch(self, examples, tell):
        asked.append([(e.input, e.context) for e in examples])
        return real(self, examples, tell)

    monkeypatch.setattr(LocalModel, "answer", watch)
    made = work.measure(context, "shop", "starter-translate", limit=8)
    assert (made.name, made.n, made.metric, made.split, made.language) == (
        "shop-1", 8, "bleu", "test", "en")  # fmt: skip
    assert made.disturbances == tuple(row.name for row in DISTURBANCES)
    assert [p.strength for p in made.curve("case")] == [0, *STRENGTHS]
    assert made.curve("truncation")[-1].changed == 1.0
    assert all(p.low <= p.value <= p.high for p in made.points)
    for one in made.shown:
        assert one["before"] != one["after"]
        assert one["answer"] != one["clean_answer"]
    [inputs] = asked
    assert len(inputs) == len(set(inputs)) < 8 * (1 + len(DISTURBANCES) * len(STRENGTHS))
    data = datasets.open_dataset(context.workspace, "shop")
    assert looks.looks(context.workspace, data).count("evaluate") == 1
    # The same again is found, not made.
    assert work.measure(context, "shop", "starter-translate", limit=8) == made
    assert len(asked) == 1
    one = work.measure(context, "shop", "starter-translate", ["case"], "chrf", limit=8)
    assert (one.name, one.metric, one.disturbances) == ("shop-2", "chrf", ("case",))
    # Another metric of what was answered before asks nothing.
    assert len(asked) == 1


def test_what_has_no_robustness_is_said(context):
    with pytest.raises(BadInput, match="repeats its input"):
        work.measure(context, "shop", "copy-source")
    with pytest.raises(NotFound, match="Did you mean typos"):
        work.measure(context, "shop", "starter-translate", ["typo"])
