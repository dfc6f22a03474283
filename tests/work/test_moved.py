"""The moved job: identical models, one rewritten head, and models that cannot be compared."""

import numpy as np
import pytest
import torch

from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput
from core.interpret import moved
from core.jobs.context import Context
from core.jobs.store import JobStore
from core.models.load import load_model, load_tokenizer
from core.models.resolve import resolve
from core.work import moved as work
from core.workspace import Workspace

TEST = [Example(str(n), f"in {n} days", f"in {n} Tagen") for n in range(2, 26)]
PREFIX = "translate English to German: "


@pytest.fixture
def context(tmp_path):
    workspace = Workspace.open(tmp_path / "home")
    datasets.save(workspace, "shop", "translation", {"test": TEST}, prefix=PREFIX)
    jobs = JobStore(workspace)
    job, _ = jobs.add("moved", {})
    return Context(workspace, job.id, jobs)


def copy(context, folder, change, purpose="seq2seq", name="starter-translate"):
    ref = resolve(context.workspace, name)
    model = load_model(ref, purpose)
    with torch.no_grad():
        change(model)
    model.save_pretrained(folder)
    load_tokenizer(ref).save_pretrained(folder)
    return str(folder)


def test_a_model_has_not_moved_from_itself(context):
    made = work.compare(context, "starter-translate", "starter-translate", "shop")
    assert len(made.heads) == 24
    assert made.moved == []
    assert max(head.distance_nats for head in made.heads) == 0
    assert min(head.floor_nats for head in made.heads) > 0
    assert work.compare(context, "starter-translate", "starter-translate", "shop") == made
    assert moved.STUDIES.newest(context.workspace) == [made]


def test_the_one_head_that_was_rewritten_is_found(context, tmp_path):
    def rewrite(model):
        # In the last layer, so that no other head of it or before it can feel the change.
        cross = model.decoder.block[1].layer[1].EncDecAttention
        cross.q.weight[2 * 32 : 3 * 32] *= -1

    tuned = copy(context, tmp_path / "tuned", rewrite)
    made = work.compare(context, "starter-translate", tuned, "shop", limit=16)
    assert [head.place for head in made.moved] == [("cross", 1, 2)]
    assert made.n == 16
    still = [head for head in made.heads if head.place != ("cross", 1, 2)]
    assert max(head.distance_nats for head in still) < 1e-9
    assert len(made.sentences) == 10
    first, second = made.sentences[:2]
    assert first.distance_nats >= second.distance_nats
    assert (first.kind, first.layer, first.head) == ("cross", 1, 2)
    assert first.change.shape == (len(first.queries), len(first.keys))
    assert first.change.sum(-1) == pytest.approx(0, abs=1e-3)
    p, q = np.array(first.before), np.array(first.after)
    assert moved.distance(p, q, causal=False) == pytest.approx(first.head_distance_nats, abs=1e-3)


@pytest.mark.parametrize("name", ["starter-causal", "starter-encode"])
def test_other_families(context, name):
    task = {"starter-causal": "text-generation", "starter-encode": "text-classification"}[name]
    rows = [Example(f"r{n}", f"The order {n} was", ["late", "early"][n % 2]) for n in range(9)]
    train = [Example(f"t{n}", row.input, row.target) for n, row in enumerate(rows)]
    datasets.save(context.workspace, "other", task, {"train": train, "test": rows})
    made = work.compare(context, name, name, "other")
    assert made.moved == []
    assert min(head.floor_nats for head in made.heads) > 0


def test_models_that_cannot_be_compared(context, tmp_path):
    with pytest.raises(BadInput, match=r"different shapes \(family: encoder-decoder and decoder"):
        work.compare(context, "starter-translate", "starter-causal", "shop")
    with pytest.raises(BadInput, match="is no network"):
        work.compare(context, "copy-source", "starter-translate", "shop")
    strange = copy(context, tmp_path / "strange", lambda model: None)
    swap = tmp_path / "strange" / "tokenizer.json"
    words = swap.read_text(encoding="utf-8")
    swap.write_text(words.replace('"▁in"', '"▁inin"'), encoding="utf-8")
    assert swap.read_text(encoding="utf-8") != words
    with pytest.raises(BadInput, match="different tokens"):
        work.compare(context, "starter-translate", strange, "shop")
