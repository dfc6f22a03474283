import pytest
import torch

from core import run, uncertainty
from core.data import dataset as store
from core.data.dataset import Example, open_dataset
from core.errors import BadInput, NotFound
from core.jobs import runner
from core.models.load import load_model, load_tokenizer
from core.models.resolve import resolve
from core.train.runs import Run, write_run
from core.uncertainty import classifier, known
from core.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A dataset, and an untrained classifier in the place of a finished run."""
    place = Workspace.open(tmp_path_factory.mktemp("unsure"))
    rows = [Example(f"e{n}", f"message number {n} of some length", "abc"[n % 3]) for n in range(40)]
    splits = {"train": rows[:30], "validation": rows[30:35], "test": rows[35:]}
    data = store.save(place, "shop", "text-classification", splits)
    torch.manual_seed(3)
    ref = resolve(place, "starter-encode")
    folder = place.run("shop-1") / "model"
    load_model(ref, "classification", labels=data.labels).save_pretrained(folder)
    load_tokenizer(ref).save_pretrained(folder)
    write_run(
        place,
        Run(
            "shop-1",
            "succeeded",
            ref.name,
            None,
            "full",
            "quick",
            "text-classification",
            "shop",
            data.version,
            {},
            0,
            "j-1",
            "2026-01-01",
        ),
    )
    return place


def test_the_rows_with_the_least_margin_come_first(workspace):
    data = open_dataset(workspace, "shop")
    chosen = classifier(workspace, data)
    assert known(workspace, data, chosen) is None
    job, _ = run.start(workspace, run.UncertainRequest(data.title, chosen.run))
    assert runner.follow(workspace, job.id).result == {"rows": 35, "model": "shop-1"}
    found = known(workspace, data, chosen)
    assert {one.split for one in found} == {"train", "validation"}
    margins = [one.margin for one in found]
    assert margins == sorted(margins)

    model = load_model(resolve(workspace, "shop-1"), "classification").eval()
    ids = load_tokenizer(resolve(workspace, "shop-1"))(found[0].input, return_tensors="pt")
    with torch.inference_mode():
        best = torch.softmax(model(**ids).logits[0], -1).sort(descending=True)
    assert found[0].margin == pytest.approx(float(best.values[0] - best.values[1]), abs=1e-4)
    names = [model.config.id2label[int(number)] for number in best.indices[:2]]
    assert {found[0].best, found[0].second} == set(names)


def test_what_was_computed_belongs_to_a_version_and_a_run(workspace):
    data = open_dataset(workspace, "shop")
    chosen = classifier(workspace, data)
    path = uncertainty._kept_at(workspace, data, chosen)
    other = Run(**{**chosen.to_json(), "finished_at": "2026-01-02"})
    assert uncertainty._kept_at(workspace, data, other) != path


@pytest.mark.parametrize(
    ("task", "model", "error", "message"),
    [
        ("translation", None, BadInput, "can be told for text-classification"),
        ("text-classification", None, NotFound, "No classifier was tuned on 'other' yet"),
        ("text-classification", "nobody", NotFound, "no run called 'nobody'"),
    ],
)
def test_without_a_classifier_there_is_a_sentence(task, model, error, message, workspace):
    rows = {"train": [Example("1", "a", "b"), Example("2", "c", "d")]}
    data = store.save(workspace, "other", task, rows)
    with pytest.raises(error, match=message):
        classifier(workspace, data, model)
