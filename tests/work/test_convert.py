"""Models of CTranslate2 against the models that they were made of."""

import json
from pathlib import Path

import pytest

from core.data import dataset as datasets
from core.deploy import engine_ct2
from core.deploy.engine import EngineRequest, EngineSpec
from core.errors import BadInput
from core.evaluate.local import LocalModel
from core.evaluate.local_ct2 import Ct2Source
from core.models import ct2
from core.models.load import load_config, load_model
from core.models.resolve import ModelRef, resolve
from core.work import engine as engine_whole
from core.work import serving
from core.work.convert import convert, why_not
from core.workspace import Workspace
from tests.interpret.models import build, tokenizer
from tests.variants import classification, generation, translation


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    made = Workspace.open(tmp_path_factory.mktemp("convert"))
    for maker in (translation, classification, generation):
        maker(made)
    return made


def both(workspace, run, folder, quantization=None):
    """The original and its conversion as sources, and the test rows."""
    data = datasets.open_dataset(workspace, run.removesuffix("-1"))
    ref = resolve(workspace, run)
    convert(ref, data.task, quantization, folder)
    every = list(datasets.each(workspace, data, "all"))
    made = ModelRef("v", "variant", folder, engine="ctranslate2")
    rows = datasets.read(workspace, data, "test")
    return LocalModel(ref, "a", data, every), Ct2Source(made, "b", data, every), rows


def said(source, rows):
    found = dict(pair for batch in source.answer(rows, print) for pair in batch)
    return [found[place] for place in range(len(rows))]


@pytest.mark.parametrize("run", ["shop-1", "dates-1"])
def test_in_float32_it_writes_what_transformers_writes_greedily(workspace, run, tmp_path):
    original, made, rows = both(workspace, run, tmp_path / "m")
    ours, theirs = said(original, rows), said(made, rows)
    assert [one.text for one in theirs] == [one.text for one in ours]
    assert [one.input_tokens for one in theirs] == [one.input_tokens for one in ours]
    assert len({one.text for one in ours}) > 1


@pytest.mark.parametrize("run", ["shop-1", "dates-1"])
def test_it_is_as_surprised_by_the_references(workspace, run, tmp_path):
    original, made, rows = both(workspace, run, tmp_path / "m")
    ours, theirs = (
        dict(pair for batch in one.surprise(rows, print) for pair in batch)
        for one in (original, made)
    )
    for place, known in ours.items():
        assert theirs[place].reference_tokens == known.reference_tokens
        assert theirs[place].reference_nats == pytest.approx(known.reference_nats, rel=2e-3)


def test_a_classifier_is_as_sure_of_each_label(workspace, tmp_path):
    original, made, rows = both(workspace, "tickets-1", tmp_path / "m")
    for one, other in zip(said(original, rows), said(made, rows), strict=True):
        assert other.text == one.text
        assert other.probabilities == pytest.approx(one.probabilities, abs=1e-5)
    assert all(answer.reference_nats is None for batch in made.surprise(rows, print)
               for _, answer in batch)  # fmt: skip


def test_eight_bits_take_a_third_of_the_room_and_answer_in_the_same_way(workspace, tmp_path):
    _, whole, rows = both(workspace, "shop-1", tmp_path / "a")
    _, small, _ = both(workspace, "shop-1", tmp_path / "b", "int8")
    sizes = [(tmp_path / name / "model.bin").stat().st_size for name in "ab"]
    assert sizes[1] < 0.4 * sizes[0]
    same = sum(a.text == b.text for a, b in zip(said(whole, rows), said(small, rows), strict=True))
    assert same >= 0.6 * len(rows)


def test_the_folder_says_what_transformers_and_what_ctranslate2_need(workspace, tmp_path):
    both(workspace, "shop-1", tmp_path / "m")
    made = ModelRef("v", "variant", tmp_path / "m", engine="ctranslate2")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    assert (config["model_type"], config["decoder_start_token"]) == ("t5", "<pad>")
    assert load_config(made).num_heads == 4
    with pytest.raises(BadInput, match="which answers and can neither be trained on nor"):
        load_model(made, "seq2seq")


def test_a_network_that_is_wanted_is_said_not_to_be_there(workspace, tmp_path):
    _, made, _ = both(workspace, "shop-1", tmp_path / "m")
    with pytest.raises(BadInput, match="cannot be looked into"):
        _ = made.loaded


def saved(name: str, folder: Path) -> ModelRef:
    build(name).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return ModelRef(name, "folder", folder)


@pytest.mark.parametrize(
    ("name", "task", "words"),
    [
        ("albert", "text-classification", "does not know the architecture albert"),
        ("bert", "question-answering", "no head that points"),
        ("gpt2", "text-classification", "the label head of gpt2"),
    ],
)
def test_what_it_does_not_take_is_one_sentence(tmp_path, name, task, words):
    ref = saved(name, tmp_path / "in")
    assert words in (why_not(ref, task) or "")
    with pytest.raises(BadInput, match=words):
        convert(ref, task, None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_it_cannot_open_is_one_sentence(tmp_path):
    (tmp_path / "config.json").write_text(
        (
            resolve(Workspace.open(tmp_path / "w"), "starter-translate").path / "config.json"
        ).read_text()
    )
    (tmp_path / "model.bin").write_bytes(b"\x06\0\0\0\x10\0TransformerSpec\0")
    with pytest.raises(BadInput, match="CTranslate2 cannot open"):
        ct2.Ct2Model(tmp_path)


@pytest.mark.parametrize("run", ["tickets-1", "dates-1", "shop-1"])
def test_it_is_served_as_it_is_evaluated(workspace, run, tmp_path, monkeypatch):
    _, made, rows = both(workspace, run, tmp_path / "m")
    kept = ModelRef("v", "variant", tmp_path / "m", engine="ctranslate2")
    monkeypatch.setattr(serving, "resolve", lambda *_: kept)
    monkeypatch.setattr(serving, "task_of", lambda *_: (datasets.open_dataset(
        workspace, run.removesuffix("-1")),) * 2)  # fmt: skip
    request = {"workspace": str(workspace.root), "model": "v", "engine": "auto"}
    spec = EngineSpec(**serving.prepare(request)["spec"])
    engine = (engine_ct2 if spec.engine == "ctranslate2" else engine_whole).load(spec)
    assert engine.info.engine == "ctranslate2"
    asked = [EngineRequest(row.id, "predict", row.input, max_tokens=32) for row in rows[:6]]
    given = dict(pair for batch in made.each(rows[:6], 32) for pair in batch)
    for place, answer in enumerate(engine.answer(asked)):
        assert answer.text == given[place].text
        assert answer.input_tokens == given[place].input_tokens
