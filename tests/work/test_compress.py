"""The compress job: what it leaves behind, what it finds again, and what it refuses."""

import json
import shutil
from dataclasses import asdict
from importlib.util import find_spec

import pytest

from core import run as requests
from core.data import dataset as datasets
from core.deploy.variants import list_variants, open_variant
from core.errors import BadInput, DiskFull, NotFound
from core.evaluate import store
from core.jobs.context import Cancelled, Context
from core.jobs.store import JobStore
from core.models.resolve import resolve
from core.train.runs import open_run, write_run
from core.work import compress, measure
from core.work.variant_source import origin_of
from core.workspace import Workspace
from tests.variants import classification, generation, measured, translation


@pytest.fixture
def unweighed(monkeypatch):
    """Nothing is measured: a process that imports torch takes some seconds."""

    def made_up(workspace, ref, data, examples, **_):
        return measured(ref.name, engine=ref.engine)

    monkeypatch.setattr(compress, "measure", made_up)


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "REQUESTS", 6)
    workspace = Workspace.open(tmp_path / "home")
    jobs = JobStore(workspace)
    job, _ = jobs.add("compress", {})
    return Context(workspace, job.id, jobs)


def make(context, model, form, **settings):
    request = asdict(requests.CompressRequest(model, form, **settings))
    return open_variant(context.workspace, compress.run(request, context)["variant"])


def test_a_variant_is_made_measured_scored_and_compared(context):
    translation(context.workspace)
    made = make(context, "shop-1", "int8", batch=4)
    assert (made.variant, made.form, made.engine) == ("shop-1-ct2-int8", "ct2-int8", "ctranslate2")
    assert (made.run, made.made_from, made.n) == ("shop-1", "shop-1", 30)
    assert made.size_bytes == sum(
        path.stat().st_size for path in resolve(context.workspace, made.variant).path.iterdir()
    )
    for one in (made.measured, made.original):
        assert len(one.milliseconds) == one.n == 6
        assert all(time > 0 for time in one.milliseconds)
        assert one.tokens_per_second > 0
        assert one.batch == 4
        assert one.tokens_of == "output"
        assert one.joules_from in ("rapl", "estimated")
        assert 0 < one.loaded_bytes <= one.peak_bytes
    # Without torch it takes a small part of the memory.
    assert made.measured.peak_bytes < 0.5 * made.original.peak_bytes
    assert made.measured.size_bytes == made.size_bytes
    assert made.against.metric == "bleu"
    assert made.against.n == 30
    assert made.scores[0]["value"] == made.against.b
    assert made.a100["low"] < made.a100["usd"] < made.a100["high"]
    found = store.open_evaluation(context.workspace, made.evaluations["variant"])
    assert found.model == made.variant
    assert found in store.list_evaluations(context.workspace, "shop")

    again = make(context, "shop-1", "ct2-int8", batch=4)
    assert again.variant == made.variant
    assert again.measured == made.measured
    assert [one.variant for one in list_variants(context.workspace)] == [made.variant]


def test_heads_are_cut_on_rows_that_are_not_scored_and_it_can_be_converted(context, unweighed):
    translation(context.workspace)
    made = make(context, "shop-1", "pruned", share=0.5, tune_seconds=0.0, limit=6)
    assert made.made["chosen_on"] == {"split": "validation", "n": 8}
    assert made.made["plain"]
    assert made.made["parity"] < 1e-5
    assert len(made.made["heads_cut"]) == made.made["heads"] / 2
    assert made.parameters < 2_033_152
    small = make(context, made.variant, "ct2-fp32", limit=6)
    assert (small.run, small.made_from) == ("shop-1", made.variant)
    # CTranslate2 makes of the cut model what Transformers makes of it.
    answers = [
        [row["prediction"] for row in store.examples(context.workspace, one.evaluations["variant"])]
        for one in (made, small)
    ]
    assert answers[0] == answers[1]


def test_a_cut_classifier_is_read_by_its_heads_and_refused_where_it_cannot_be(context, unweighed):
    classification(context.workspace)
    made = make(context, "tickets-1", "pruned", tune_seconds=1.0)
    assert made.made["plain"] is False
    assert made.made["training"]["steps"] > 0
    config = json.loads((resolve(context.workspace, made.variant).path / "config.json").read_text())
    assert [len(heads) for heads in config["assay_heads"]["encoder"]] == [3] * 4
    assert made.task == "text-classification"
    with pytest.raises(BadInput, match="different numbers of heads, which only Assay reads"):
        make(context, made.variant, "ct2-int8")
    with pytest.raises(BadInput, match="was cut before"):
        make(context, made.variant, "shallow")
    assert [one.variant for one in list_variants(context.workspace)] == [made.variant]


def test_fewer_layers_may_be_tuned_afterwards(context, unweighed):
    classification(context.workspace)
    made = make(context, "tickets-1", "shallow", layers=1, tune_seconds=1.0)
    assert made.made["layers_kept"] == {"bert.encoder.layer": [0]}
    assert made.made["training"]["steps"] > 0
    folder = context.workspace.variant(made.variant)
    assert sorted(path.name for path in folder.iterdir()) == ["model", "record.json"]


def test_what_cannot_be_is_refused_before_anything_is_left(context):
    place = context.workspace
    translation(place)
    for form, settings, kind, words in (
        ("gguf", {}, NotFound, "no form"),
        ("int4", {}, BadInput, "int4 is made of decoder models"),
        ("pruned", {"share": 1.0}, BadInput, "--share 1 cannot be"),
        ("shallow", {"layers": 2}, BadInput, "keep 1 to 1"),
        ("distilled", {"student": "starter-encode"}, BadInput, "is an encoder model and its"),
        ("distilled", {"student": "nobody"}, NotFound, "no model called 'nobody'"),
        ("ct2-int8", {"watts": -1.0}, BadInput, "--watts -1 cannot be"),
    ):
        with pytest.raises(kind, match=words):
            make(context, "shop-1", form, **settings)
    assert list_variants(place) == []
    assert not place.variants().exists() or not list(place.variants().iterdir())


def test_a_run_that_failed_or_is_not_there_has_no_variants(context):
    place = context.workspace
    translation(place)
    write_run(place, open_run(place, "shop-1").__class__(
        **{**open_run(place, "shop-1").to_json(), "state": "failed", "files": {}}
    ))  # fmt: skip
    with pytest.raises(BadInput, match="has no finished model to make smaller"):
        make(context, "shop-1", "ct2-int8")
    with pytest.raises(NotFound, match="no run called 'shop-9'"):
        make(context, "shop-9", "ct2-int8")


def test_a_stored_form_is_the_last_one(context, unweighed):
    translation(context.workspace)
    made = make(context, "shop-1", "ct2-fp32", limit=4)
    with pytest.raises(BadInput, match="is stored in its last form"):
        origin_of(context.workspace, made.variant)


def test_a_full_disk_is_said_before_the_work(context, monkeypatch):
    translation(context.workspace)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(DiskFull, match="The files of a variant of shop-1 need about"):
        make(context, "shop-1", "ct2-int8")
    assert not context.workspace.variants().exists()


def test_a_job_that_is_stopped_leaves_nothing(context, monkeypatch):
    translation(context.workspace)

    def stop(*_, **__):
        raise Cancelled

    monkeypatch.setattr(compress, "measure", stop)
    with pytest.raises(Cancelled):
        make(context, "shop-1", "ct2-int8")
    assert list(context.workspace.variants().iterdir()) == []


def test_a_name_that_a_run_has_is_not_taken(context, unweighed):
    place = context.workspace
    translation(place)
    place.run("shop-1-ct2-fp32").mkdir()
    assert make(context, "shop-1", "ct2-fp32", limit=4).variant == "shop-1-ct2-fp32-2"


def test_a_dataset_without_test_rows_is_one_sentence(context):
    place = context.workspace
    translation(place)
    data = datasets.save(place, "bare", "translation",
                         {"train": datasets.read(place, datasets.open_dataset(place, "shop"),
                                                 "train")})  # fmt: skip
    run = open_run(place, "shop-1")
    write_run(place, run.__class__(**{**run.to_json(), "dataset": "bare",
                                      "data_version": data.version}))  # fmt: skip
    with pytest.raises(BadInput, match="has no test row to ask"):
        make(context, "shop-1", "ct2-int8")
    assert list(place.variants().iterdir()) == []


@pytest.mark.parametrize(("form", "package"), [("int8", "torchao"), ("int4", "bitsandbytes")])
@pytest.mark.filterwarnings("ignore")
def test_a_decoder_in_few_bits_answers(context, unweighed, form, package):
    generation(context.workspace)
    if find_spec(package) is None:
        with pytest.raises(BadInput, match=f"{form} needs {package}: pip install"):
            make(context, "dates-1", form)
        return
    made = make(context, "dates-1", form, limit=4)
    assert made.engine == "transformers"
    assert made.n == 4
