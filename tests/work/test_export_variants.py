"""Variants and bundles taken away, evaluated and answered with like any model."""

import json

import pytest
from click.testing import CliRunner

from core import record
from core.cli.export import export as command
from core.deploy.bundle import read_bundle
from core.deploy.variants import open_variant, write_variant
from core.errors import BadInput
from core.evaluate import store
from core.evaluate.prepare import prepare
from core.models.resolve import resolve
from core.train.runs import open_run, write_run
from core.work.answer import Answerer, compute
from core.work.asked import model_hash, source_of
from core.work.convert import convert
from core.work.export import export
from core.workspace import Workspace
from tests import scored
from tests.variants import SCORE, translation, variant


@pytest.fixture
def place(tmp_path):
    """A run that nobody evaluated, and a variant of CTranslate2 that somebody did."""
    made = Workspace.open(tmp_path / "home")
    translation(made)
    name = "shop-1-ct2-fp32"
    convert(resolve(made, "shop-1"), "translation", None, made.variant(name) / "model")
    files = {path.name: record.hash_file(path)
             for path in (made.variant(name) / "model").iterdir()}  # fmt: skip
    run = open_run(made, "shop-1")
    variant("ct2-fp32", workspace=made, files=files, data_version=run.data_version)
    return made


def scores(place):
    run = open_run(place, "shop-1")
    write_run(place, run.__class__(**{**run.to_json(), "scores": [SCORE]}))


def test_a_bundle_without_an_evaluation_is_refused_unless_forced_and_says_so(place, tmp_path):
    with pytest.raises(BadInput, match=r"shop-1 was never evaluated.* or --force"):
        export(place, "shop-1", "bundle", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    made = export(place, "shop-1", "bundle", tmp_path / "out", force=True)
    assert not made.evaluated
    found = read_bundle(tmp_path / "out")
    assert (found.unevaluated, found.forced, found.scores) == (True, True, [])
    assert "**Not evaluated.**" in (tmp_path / "out" / "README.md").read_text()
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["scores"] == []


def test_an_evaluated_run_is_bundled_with_its_scores_and_without_the_machines_paths(
    place, tmp_path
):
    scores(place)
    made = export(place, "shop-1", "bundle", tmp_path / "out", force=True)
    assert made.evaluated
    found = read_bundle(tmp_path / "out")
    assert (found.unevaluated, found.forced) == (False, False)
    assert found.scores[0]["value"] == 40.0
    assert found.ask["prefix"] == "translate English to German: "
    assert {"model.safetensors", "tokenizer.json", "assay.json", "scores.json",
            "README.md"} <= set(found.files)  # fmt: skip
    text = "".join(path.read_text() for path in (tmp_path / "out").glob("*.json"))
    assert "--secret-path" not in text
    assert str(place.root) not in text
    # A bundle is replaced by a bundle, as an export is by an export.
    export(place, "shop-1", "bundle", tmp_path / "out")
    with pytest.raises(BadInput, match=r"holds 'notes\.txt'"):
        (tmp_path / "out" / "notes.txt").write_text("mine")
        export(place, "shop-1", "bundle", tmp_path / "out")


def test_an_evaluation_that_was_made_later_counts(place, tmp_path):
    scored.evaluation(place, "shop", "shop-1", {"e0": "60 Tage", "e1": "61 Tage"})
    export(place, "shop-1", "bundle", tmp_path / "out")
    assert read_bundle(tmp_path / "out").evaluated


def test_a_variants_bundle_answers_as_the_run_does(place, tmp_path):
    export(place, "shop-1-ct2-fp32", "bundle", tmp_path / "out")
    found = read_bundle(tmp_path / "out")
    assert (found.engine, found.form, found.run) == ("ctranslate2", "ct2-fp32", "shop-1")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "| metric | original | this model |" in card
    assert "ctranslate2.Translator(folder)" in card
    assert "library_name: ctranslate2" in card
    answers = []
    for model in ("shop-1", str(tmp_path / "out")):
        work = prepare(place, "shop", model=model, predictions=None, split="test", metrics=(),
                       limit=6)  # fmt: skip
        source = source_of(place, work)
        given = dict(pair for batch in source.answer(work.examples, print) for pair in batch)
        answers.append([given[n].text for n in range(6)])
    assert answers[0] == answers[1]


def test_a_bundle_of_transformers_answers_without_its_dataset(place, tmp_path):
    scores(place)
    export(place, "shop-1", "bundle", tmp_path / "out")
    elsewhere = Workspace.open(tmp_path / "elsewhere")
    bundle = Answerer(elsewhere, str(tmp_path / "out"))
    assert bundle.task == "translation"
    assert bundle(["62 days"], [None]) == Answerer(place, "shop-1")(["62 days"], [None])


def test_a_variant_answers_in_the_warm_process_as_the_run_does(place):
    asked = {"workspace": str(place.root), "inputs": ["62 days", "in 63 days"]}
    run, variant = (compute({**asked, "model": name}) for name in ("shop-1", "shop-1-ct2-fp32"))
    assert variant["outputs"] == run["outputs"]
    assert variant["tokens"] == run["tokens"]
    assert all(read > 2 and written > 0 for read, written in run["tokens"])


def test_ctranslate2_is_a_format_of_runs_and_of_its_variants(place, tmp_path):
    export(place, "shop-1", "ctranslate2", tmp_path / "run")
    export(place, "shop-1-ct2-fp32", "ctranslate2", tmp_path / "variant")
    weights = [(tmp_path / name / "model.bin").read_bytes() for name in ("run", "variant")]
    assert weights[0] == weights[1]
    with pytest.raises(BadInput, match="which the format hub does not hold"):
        export(place, "shop-1-ct2-fp32", "hub", tmp_path / "hub")
    assert not (tmp_path / "hub").exists()


def test_a_variant_that_was_changed_is_not_passed_on(place, tmp_path):
    made = open_variant(place, "shop-1-ct2-fp32")
    write_variant(place, made.__class__(**{**made.__dict__, "files": {"model.bin": "0" * 64}}))
    with pytest.raises(BadInput, match=r"model\.bin of the variant .* was changed"):
        export(place, made.variant, "bundle", tmp_path / "out")


def test_the_hash_of_a_model_of_ctranslate2_is_that_of_its_weights(place):
    ref = resolve(place, "shop-1-ct2-fp32")
    before = model_hash(ref)
    with (ref.path / "model.bin").open("ab") as file:
        file.write(b"x")
    assert model_hash(ref) != before


def test_the_evaluation_of_a_variant_is_one_that_a_plan_can_name(place):
    made = scored.evaluation(place, "shop", "shop-1-ct2-fp32", {"e0": "60 Tage", "e1": "x"})
    ready = prepare(place, "shop", model=made.model, predictions=None, split="test", metrics=(),
                    limit=2)  # fmt: skip
    assert ready.ref.kind == "variant"
    # What the strategy engine opens where an option names an `evaluation`.
    found = store.open_evaluation(place, made.evaluation)
    assert found.model == "shop-1-ct2-fp32"
    assert found.measured("bleu").number == made.scores[0].number


def test_the_command_says_what_nobody_evaluated(place, tmp_path):
    at = ["--workspace", str(place.root), "--format", "bundle", "--to", str(tmp_path / "out")]
    refused = CliRunner().invoke(command, ["shop-1", *at])
    assert isinstance(refused.exception, BadInput)
    said = CliRunner().invoke(command, ["shop-1", *at, "--force"])
    assert said.exit_code == 0
    assert "Nobody has evaluated shop-1; its card says so." in said.output
