"""Explanations and the trust job with small models."""

import json

import numpy as np
import pytest

from core.data import dataset as datasets
from core.data import looks
from core.data.dataset import Example
from core.errors import BadInput, NotFound
from core.interpret import explained, trust_test
from core.jobs.context import Context
from core.jobs.store import JobStore
from core.work import explain, trust
from core.workspace import Workspace
from tests.interpret.explained import DECISIVE, blind
from tests.interpret.models import tokenizer

PREFIX = "translate English to German: "
TEST = [Example(str(n), f"It will arrive in {n} days, on Monday.", "a") for n in range(2, 8)]
TEST.append(Example("short", "Go", "a"))


@pytest.fixture
def context(tmp_path) -> Context:
    workspace = Workspace.open(tmp_path)
    datasets.save(
        workspace, "shop", "translation", {"train": [Example("t", "a", "b")], "test": TEST},
        prefix=PREFIX, source_language="en", target_language="de",
    )  # fmt: skip
    jobs = JobStore(workspace)
    job, _ = jobs.add("trust", {})
    return Context(workspace, job.id, jobs)


@pytest.fixture
def classifier(tmp_path) -> str:
    """The folder of a classifier whose attention looks at all tokens alike."""
    folder = tmp_path / "blind"
    blind().save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return str(folder)


def ask(context: Context, **request):
    given = {"workspace": str(context.workspace.root), "model": "starter-translate",
             "text": f"{PREFIX}in 3 days", **request}  # fmt: skip
    answer = explain.compute(given)
    return answer, explained.open_explanation(context.workspace, answer["key"])


def test_an_explanation_is_made_once_and_tested_when_that_is_asked(context) -> None:
    first, made = ask(context)
    assert first["new"] and made.verdicts is None and made.curves is None
    assert not ask(context)[0]["new"]
    tested, again = ask(context, trust=True)
    assert tested == {"key": first["key"], "new": True}
    assert np.array_equal(again.scores["rollout"], made.scores["rollout"])
    assert [verdict.method for verdict in again.verdicts] == list(explained.METHODS)
    assert not ask(context, trust=True)[0]["new"] and not ask(context)[0]["new"]


@pytest.mark.parametrize("change", [
    {"text": "in 4 days"}, {"target": "in 3 Tagen"}, {"position": 0}, {"scale": "logit"},
    {"model": "starter-causal"}, {"head": 1}, {"generate": 2},
])  # fmt: skip
def test_every_input_is_in_the_key(context, change: dict) -> None:
    assert ask(context, **change)[0]["key"] != ask(context)[0]["key"]


def test_scores_stand_for_the_tokens_that_they_are_named_after(context) -> None:
    _, made = ask(context, target="in 3 Tagen", position=1)
    assert made.labels[-1] == "</s>" and not made.removable[-1]
    assert all(len(scores) == len(made.labels) for scores in made.scores.values())
    assert made.places == (1,) and len(made.following) > 3
    assert made.probability == pytest.approx(np.exp(made.value))
    assert made.converged and made.completeness_share < made.tolerance
    for name in ("attention", "rollout"):
        assert made.scores[name].sum() == pytest.approx(1, abs=1e-6)
    shape = made.arrays["lens.probabilities"].shape
    assert shape == (3, len(made.following), 5)


def test_a_head_of_its_own_is_read_by_attention_and_rollout_alone(context) -> None:
    _, mean = ask(context)
    heads = [ask(context, head=head)[1] for head in range(4)]
    for place in range(len(mean.labels)):
        assert np.mean([one.scores["attention"][place] for one in heads]) == pytest.approx(
            mean.scores["attention"][place]
        )
    assert not np.allclose(heads[0].scores["rollout"], mean.scores["rollout"])
    assert np.array_equal(heads[0].scores["gradient_input"], mean.scores["gradient_input"])
    with pytest.raises(BadInput, match="no head 4 in every layer: the layers have 4, counted from"):
        ask(context, head=4)


def test_a_text_of_two_tokens_is_explained_and_not_tested(context) -> None:
    _, made = ask(context, model="starter-causal", text="The order", trust=True)
    assert made.verdicts == () and made.curves is None


def test_many_texts_give_intervals_and_short_ones_are_counted(context) -> None:
    made = trust.measure(context, "shop", "starter-translate")
    assert (made.n, made.skipped, made.orders, made.split) == (6, 1, 20, "test")
    assert made.methods == list(explained.METHODS)
    for verdict in made.verdicts:
        assert verdict.low <= verdict.difference <= verdict.high and verdict.n == 6
    lines = [line for line in trust_test.lines(context.workspace, made.name) if "gaps" in line]
    assert np.mean([line["gaps"]["rollout"] for line in lines]) == pytest.approx(
        made.verdicts[1].difference, abs=1e-5
    )
    # The instruction is kept: what is left of a text is not nothing.
    assert {line["id"] for line in lines} == {example.id for example in TEST[:-1]}
    assert trust.measure(context, "shop", "starter-translate") == made
    data = datasets.open_dataset(context.workspace, "shop")
    assert looks.looks(context.workspace, data).count("show") == 1
    less = trust.measure(context, "shop", "starter-translate", limit=3)
    assert less.key != made.key and less.n + less.skipped == 3


def test_a_test_that_was_stopped_goes_on_where_it_was(context, monkeypatch) -> None:
    whole = trust.measure(context, "shop", "starter-translate")
    folder = context.workspace.trust_test(whole.name)
    (folder / "record.json").unlink()
    path = folder / "examples.jsonl"
    path.write_text("".join(f"{line}\n" for line in path.read_text().splitlines()[:4]))
    asked = []
    real = trust._one

    def watch(held, data, example):
        asked.append(example.id)
        return real(held, data, example)

    monkeypatch.setattr(trust, "_one", watch)
    again = trust.measure(context, "shop", "starter-translate")
    assert len(asked) == len(TEST) - 4
    assert again.verdicts == whole.verdicts and again.curves == whole.curves


def test_where_every_text_is_refused_the_reason_is_given(context) -> None:
    splits = {"train": [Example("t", "a", "b")], "test": TEST[-1:]}
    datasets.save(context.workspace, "tiny", "translation", splits, prefix=PREFIX)
    with pytest.raises(BadInput, match=r"None of the 1 texts could be tested.*fewer than 3"):
        trust.measure(context, "tiny", "starter-translate")


def test_attention_that_says_nothing_does_not_beat_random_over_many_texts(
    context, classifier
) -> None:
    rng = np.random.default_rng(0)
    words = ["where", "cat", "sat", "on", "mat", "saw", "dog"]
    rows = [
        Example(str(n), " ".join(rng.permutation([*words, DECISIVE])), "with") for n in range(24)
    ]
    datasets.save(context.workspace, "words", "text-classification",
                  {"train": [Example("t", "cat", "without"), Example("u", DECISIVE, "with")],
                   "test": rows})  # fmt: skip
    made = trust.measure(context, "words", classifier)
    outcome = {verdict.method: verdict.outcome for verdict in made.verdicts}
    assert made.n == 24
    assert outcome["attention"] == "tie"
    assert outcome["integrated_gradients"] == "better"
    assert made.verdicts[-1].difference > 0.3


def test_a_baseline_and_an_unknown_model_are_refused(context) -> None:
    with pytest.raises(BadInput, match="is a baseline"):
        trust.measure(context, "shop", "copy-source")
    with pytest.raises(NotFound, match="no model called 'nobody'"):
        trust.measure(context, "shop", "nobody")


def test_the_job_names_its_result(context) -> None:
    request = {"dataset": "shop", "model": "starter-translate", "split": "test", "limit": 4}
    found = trust.run(request, context)
    assert trust_test.open_test(context.workspace, found["trust"]).n == found["n"]
    json.dumps(found)
