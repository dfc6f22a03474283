"""The heads job on a real small model: what it finds, keeps, and refuses."""

from dataclasses import replace

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput
from core.evaluate.prepare import prepare
from core.interpret import gates, prices
from core.jobs.context import Cancelled, Context
from core.jobs.store import JobStore
from core.work import prices as work
from core.work.asked import source_of
from core.work.forced import Forced
from core.workspace import Workspace

TEST = [Example(str(n), f"in {n} days", f"in {n} Tagen") for n in range(2, 10)]
LABELLED = [Example(str(n), f"Where is order {n}?", ["order", "refund"][n % 2]) for n in range(6)]
ASKED = [Example(str(n), "How many days?", f"{n} days", f"It takes {n} days.") for n in range(3, 7)]


@pytest.fixture
def context(tmp_path):
    workspace = Workspace.open(tmp_path)
    datasets.save(
        workspace, "shop", "translation", {
            "train": [Example("t", "a", "b")], "test": TEST,
            "validation": [replace(row, id=f"v{row.id}") for row in TEST],
        },
        prefix="translate English to German: ", source_language="en", target_language="de",
    )  # fmt: skip
    train = [replace(row, id=f"t{row.id}") for row in LABELLED]
    datasets.save(workspace, "tickets", "text-classification", {"train": train, "test": LABELLED})
    datasets.save(workspace, "faq", "question-answering", {"test": ASKED})
    jobs = JobStore(workspace)
    job, _ = jobs.add("heads", {})
    return Context(workspace, job.id, jobs)


def opened(context, dataset, model):
    made = prepare(context.workspace, dataset, model=model, predictions=None, split="test",
                   metrics=(), limit=None)  # fmt: skip
    return made, source_of(context.workspace, made)


def test_gates_of_one_give_the_models_own_answers(context):
    made, source = opened(context, "shop", "starter-translate")
    model, tokenizer = source.loaded
    forced = Forced(model, tokenizer, made.dataset, made.examples, name="m")
    layers = gates.layout(model, next(forced.batches(1)).inputs, "m")
    own = sorted(pair for batch in source.answer(made.examples, print) for pair in batch)
    open_ = work.without(source, layers, [])
    again = sorted(pair for batch in open_(made.examples, print) for pair in batch)
    assert again == own
    everything = [(*place, head) for place, n in layers.items() for head in range(n)]
    shut = work.without(source, layers, everything)
    assert sorted(pair for batch in shut(made.examples, print) for pair in batch) != own


def test_a_list_of_a_real_model(context):
    made = work.price(context, "shop", "starter-translate", [0.25, 0.5], limit=6)
    assert (made.n, made.split, made.order_split, made.order_n) == (6, "test", "validation", 8)
    assert made.ordered == 12
    assert len(made.heads) == len(made.order) == len({head.place for head in made.heads}) == 24
    assert made.metrics == ("bleu", "chrf")
    assert [drop.heads for drop in made.of("bleu")] == [6, 12]
    for head in made.heads:
        assert head.price_low_nats <= head.price_nats <= head.price_high_nats
        assert head.pull_nats >= abs(head.forecast_nats)
        assert head.pattern_share_low < head.pattern_sentence_share <= head.pattern_share_high
        assert sum(head.patterns.values()) == pytest.approx(1)
        assert head.patterns[head.pattern] == max(head.patterns.values())
    assert 0 < made.drops[0].parameters_share_estimated < 0.1
    assert made.same_answers == 6
    assert work.price(context, "shop", "starter-translate", [0.5, 0.25], limit=6) == made
    assert prices.STUDIES.newest(context.workspace) == [made]


@pytest.mark.parametrize(
    ("dataset", "model", "kind"),
    [("tickets", "starter-encode", "encoder"), ("faq", "starter-encode", "encoder"),
     ("shop", "starter-causal", "decoder")],
)  # fmt: skip
def test_other_tasks_and_families(context, dataset, model, kind):
    made = work.price(context, dataset, model, [0.5])
    assert {head.kind for head in made.heads} == {kind}
    assert len(made.heads) == 16
    assert made.loss_nats > 0
    assert made.drops


def test_where_heads_are_many_the_lowest_and_highest_by_pull_are_tried(context, monkeypatch):
    monkeypatch.setattr(work, "MOST_TRIED", 4)
    made = work.price(context, "shop", "starter-translate", [0.25], limit=3)
    by_pull = sorted(made.heads, key=lambda head: head.pull_nats)
    assert {one.place for one in made.tried} == {
        one.place for one in (*by_pull[:2], *by_pull[-2:])}  # fmt: skip
    assert made.ordered == 4, "no more candidates than that"
    assert set(made.order[:4]) == {one.place for one in by_pull[:4]}
    assert list(made.order[4:]) == [one.place for one in by_pull[4:]]


def test_what_has_no_heads_or_no_answers_is_refused(context):
    with pytest.raises(BadInput, match="is no network"):
        work.price(context, "shop", "copy-source", [0.5])
    with pytest.raises(BadInput, match="latency_p50 cannot be compared"):
        work.price(context, "shop", "starter-translate", [0.5], ["latency_p50"])
    silent = [Example("1", "a", " ")]
    data = datasets.save(context.workspace, "silent", "translation", {"test": silent})
    with pytest.raises(BadInput, match="None of the 1 examples of silent"):
        work.price(context, data.title, "starter-translate", [0.5])


def test_it_stops_when_asked(context):
    with JobStore(context.workspace) as jobs:
        jobs.request(context.job_id, "cancel")
    context.stop()
    with pytest.raises(Cancelled):
        work.price(context, "shop", "starter-translate", [0.5])
