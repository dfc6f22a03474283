"""Engines of real models: they answer as the evaluation does, and each text alone as in a batch."""

import asyncio
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.data.dataset import Example
from core.deploy import engine_ct2, worker
from core.deploy.bundle import seal
from core.deploy.call import Call
from core.deploy.child import EngineProcess
from core.deploy.engine import ENGINES, EngineRequest, EngineSpec, TooLong, kind_of
from core.errors import BadInput, WorkFailed
from core.evaluate import predict
from core.models.load import load_model, load_tokenizer
from core.models.resolve import ModelRef, resolve
from core.work import serving
from core.work.answer import made_up
from core.workspace import Workspace, assets

TEXTS = [
    "The weather is good today.",
    "We will meet on Saturday at the station, and then we go home together.",
    "Thank you.",
    "I do not know where the red book is; perhaps it is under the table.",
    "Ja",
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Workspace.open(tmp_path_factory.mktemp("engines"))


def prepared(workspace, model, engine="auto", **more):
    found = serving.prepare(
        {"workspace": str(workspace.root), "model": model, "engine": engine, **more}
    )
    return EngineSpec(**found["spec"]), found["notes"]


@pytest.fixture(scope="module")
def specs(workspace):
    return {
        "ctranslate2": prepared(workspace, "starter-translate")[0],
        "seq2seq": prepared(workspace, "starter-translate", "transformers")[0],
        "decoder": prepared(workspace, "starter-causal")[0],
        "encoder": prepared(workspace, "starter-encode")[0],
    }


@pytest.fixture(scope="module")
def engines(specs):
    return {
        name: worker.load(kind_of(spec.engine).target, spec.to_json())
        for name, spec in specs.items()
    }


def asked(texts, kind="predict", **how):
    return [EngineRequest(str(n), kind, text, **how) for n, text in enumerate(texts)]


def reference(name, texts, limit=24):
    ref = ModelRef(name, "starter", assets() / "models" / name)
    task = "translation" if name == "starter-translate" else "text-generation"
    prefix = "translate English to German: " if name == "starter-translate" else ""
    data = made_up(name, task, prefix)
    model, tokenizer = predict.load(ref, data)
    rows = [Example(str(n), text, "") for n, text in enumerate(texts)]
    return predict.answer(model, tokenizer, data, rows, max_new_tokens=limit)


def collect(engine, requests):
    """Pieces and answers by id, and the errors."""
    pieces, answers, errors = {}, {}, {}

    def emit(events):
        for kind, name, value in events:
            if kind == "piece":
                pieces[name] = pieces.get(name, "") + value
            else:
                (answers if kind == "answer" else errors)[name] = value

    engine.take(requests)
    while engine.busy:
        engine.step(emit)
    return pieces, answers, errors


def test_each_model_has_its_engine(specs):
    assert [spec.engine for spec in specs.values()] == [
        "ctranslate2", "transformers", "transformers", "transformers",
    ]  # fmt: skip
    assert specs["ctranslate2"].tokenizer == "light"
    assert specs["encoder"].context_tokens == 256
    assert {row.name for row in ENGINES} == {"ctranslate2", "transformers", "vllm"}


@pytest.mark.parametrize("name", ["ctranslate2", "seq2seq"])
def test_translations_are_the_evaluations(engines, name):
    found = engines[name].answer(asked(TEXTS, max_tokens=24))
    assert [answer.text for answer in found] == reference("starter-translate", TEXTS)
    assert all(answer.input_tokens > 4 for answer in found)
    assert [a.finish for a in found] == ["length" if a.output_tokens >= 24 else "stop"
                                         for a in found]  # fmt: skip


@pytest.mark.parametrize(("gain", "two"), [(0.0, True), (math.inf, False)])
def test_few_rows_and_many_are_answered_alike(specs, monkeypatch, gain, two):
    """Many are put to more threads where those are quicker by the gain."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(engine_ct2, "cores", lambda: 2)
    monkeypatch.setattr(engine_ct2, "GAIN", gain)
    engine = engine_ct2.load(specs["ctranslate2"])
    assert (engine._wide is not engine._model) == two
    few = engine.answer(asked(TEXTS, max_tokens=24))
    many = engine.answer(asked(TEXTS * 4, max_tokens=24))
    assert [answer.text for answer in many] == [answer.text for answer in few] * 4


def test_a_decoders_answers_are_the_evaluations(engines):
    prompts = [f"{text} Then" for text in TEXTS]
    found = engines["decoder"].answer(asked(prompts, max_tokens=24))
    assert [answer.text for answer in found] == reference("starter-causal", prompts)


def test_rows_that_join_and_leave_a_running_batch_write_what_they_write_alone(engines):
    decoder = engines["decoder"]
    requests = [
        EngineRequest(f"r{n}", "complete", f"{text} Then", max_tokens=8 + 5 * n, stream=n % 2 == 0)
        for n, text in enumerate(TEXTS)
    ]
    alone = {r.id: decoder.answer([r])[0] for r in requests}
    pieces, answers = {}, {}

    def emit(events):
        for kind, name, value in events:
            if kind == "piece":
                pieces[name] = pieces.get(name, "") + value
            else:
                answers[name] = value

    waiting = list(requests)
    steps = 0
    while waiting or decoder.busy:
        if waiting and steps % 3 == 0:
            decoder.take([waiting.pop(0)])
        decoder.step(emit)
        steps += 1
    # The rounding of sums may differ in a batch, by less than is ever looked at.
    for name, answer in answers.items():
        assert answer.confidence == pytest.approx(alone[name].confidence, abs=1e-4)
        assert replace(answer, confidence=None) == replace(alone[name], confidence=None)
    assert set(answers) == set(alone)
    assert pieces == {r.id: alone[r.id].text for r in requests if r.stream and alone[r.id].text}


def test_the_confidence_of_a_decoder_is_its_tokens_geometric_mean(engines):
    text = "The weather is"
    found = engines["decoder"].answer(asked([text], "complete", max_tokens=6))[0]
    ref = ModelRef("starter-causal", "starter", assets() / "models" / "starter-causal")
    model, tokenizer = load_model(ref, "causal"), load_tokenizer(ref)
    ids, nats = tokenizer(text, return_tensors="pt")["input_ids"], []
    for _ in range(6):
        with torch.inference_mode():
            shares = model(input_ids=ids).logits[0, -1].log_softmax(-1)
        nats.append(float(shares.max()))
        token = int(shares.argmax())
        if token == tokenizer.eos_token_id:
            break
        ids = torch.cat([ids, torch.tensor([[token]])], dim=1)
    assert found.confidence == pytest.approx(np.exp(np.mean(nats)), rel=1e-3)


@pytest.mark.parametrize("name", ["ctranslate2", "decoder"])
def test_drawing_and_its_seed(engines, name):
    def drawn(seed, temperature=1.5):
        how = {"max_tokens": 16, "temperature": temperature, "seed": seed}
        return engines[name].answer(asked([f"{TEXTS[1]} Then"], "complete", **how))[0].text

    assert engines[name].info.seeds == (name == "decoder")
    if engines[name].info.seeds:
        assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(6)}) > 1
    assert drawn(1, 0.0) == drawn(2, 0.0)


@pytest.mark.parametrize("name", ["ctranslate2", "decoder"])
def test_a_stream_adds_up_and_stops_at_a_text(engines, name):
    text = f"{TEXTS[1]} Then"
    requests = asked([text], "complete", max_tokens=20, stream=True)
    pieces, answers, _ = collect(engines[name], requests)
    whole = answers["0"].text
    assert pieces["0"] == whole
    if len(whole) > 4:
        stop = (whole[3:5],)
        cut, ended, _ = collect(
            engines[name], asked([text], "complete", max_tokens=20, stream=True, stop=stop)
        )
        assert cut.get("0", "") == ended["0"].text == whole.partition(stop[0])[0]
        assert ended["0"].finish == "stop"


@pytest.mark.parametrize("name", ["ctranslate2", "seq2seq", "decoder", "encoder"])
def test_a_text_that_is_too_long_is_refused_and_the_others_answered(engines, name):
    engine = engines[name]
    kind = "embed" if name == "encoder" else "predict"
    _, answers, errors = collect(engine, asked(["word " * 600, TEXTS[0]], kind, max_tokens=4))
    assert isinstance(errors["0"], TooLong)
    assert f"reads at most {engine.info.context_tokens - (name == 'decoder'):,}" in str(errors["0"])
    assert set(answers) == {"1"}


def test_prompt_and_answer_must_fit_a_decoder_together(engines):
    _, answers, errors = collect(
        engines["decoder"], asked(["word " * 100], "complete", max_tokens=500)
    )
    assert "together this model takes 512" in str(errors["0"])
    assert not answers


@pytest.mark.parametrize("name", ["ctranslate2", "decoder"])
def test_what_nobody_waits_for_is_not_written(engines, name):
    engine = engines[name]
    engine.dropped.add("0")
    _, answers, errors = collect(engine, asked(TEXTS[:2], "complete", max_tokens=8))
    engine.dropped.clear()
    assert set(answers) == {"1"}
    assert not errors


def test_vectors_are_the_mean_of_the_last_states(engines):
    found = engines["encoder"].answer(asked(TEXTS, "embed"))
    ref = ModelRef("starter-encode", "starter", assets() / "models" / "starter-encode")
    model, tokenizer = load_model(ref, "auto"), load_tokenizer(ref)
    for text, answer in zip(TEXTS, found, strict=True):
        with torch.inference_mode():
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        mean = states.mean(0)
        assert answer.embedding == pytest.approx((mean / mean.norm()).tolist(), abs=1e-5)
        assert answer.input_tokens == len(states)
    with pytest.raises(BadInput, match="gives vectors alone"):
        engines["encoder"].answer(asked(TEXTS))
    with pytest.raises(BadInput, match="gives no vectors"):
        engines["seq2seq"].answer(asked(TEXTS, "embed"))


def test_a_converted_model_is_made_once_and_again_if_it_is_damaged(workspace):
    spec, _ = prepared(workspace, "starter-translate")
    weights = Path(spec.converted) / "model.bin"
    before = weights.stat().st_mtime_ns
    prepared(workspace, "starter-translate")
    assert weights.stat().st_mtime_ns == before
    good = weights.read_bytes()
    weights.write_bytes(good[:-100] + bytes(100))
    again, notes = prepared(workspace, "starter-translate")
    assert (Path(again.converted) / "model.bin").read_bytes() == good
    assert notes == ["CTranslate2 answers 6 of 6 probes as Transformers does."]


def test_models_that_answer_otherwise_are_left_to_transformers(workspace, monkeypatch):
    monkeypatch.setattr(serving, "_same", lambda *_: (5, 6))
    monkeypatch.setattr(serving, "METHOD", 0)  # what was found before does not count
    spec, notes = prepared(workspace, "starter-translate")
    assert (spec.engine, spec.converted) == ("transformers", None)
    assert notes[0].startswith("CTranslate2 answers 5 of 6")
    assert prepared(workspace, "starter-translate", "ctranslate2")[0].engine == "ctranslate2"


@pytest.mark.parametrize(
    ("model", "engine", "words"),
    [
        ("starter-causal", "ctranslate2", "serves encoder-decoder models"),
        ("starter-encode", "vllm", "vLLM serves decoders"),
        ("starter-causal", "vllm", "environment of its own"),
    ],
)
def test_an_engine_that_cannot_run_a_model(workspace, monkeypatch, model, engine, words):
    monkeypatch.setattr(serving, "installed", lambda: False)
    with pytest.raises(BadInput, match=words):
        prepared(workspace, model, engine)


def test_a_decoder_on_a_gpu_is_vllms_where_that_is_installed(workspace, monkeypatch):
    monkeypatch.setattr(serving, "installed", lambda: True)
    assert prepared(workspace, "starter-causal")[0].engine == "transformers"
    monkeypatch.setattr(serving, "_has_gpu", lambda: True)
    assert prepared(workspace, "starter-causal")[0].engine == "vllm"
    assert prepared(workspace, "starter-encode")[0].engine == "transformers"


def test_a_damaged_model_is_one_sentence(workspace, specs, tmp_path):
    place = tmp_path / "bad"
    place.mkdir()
    for file in Path(specs["ctranslate2"].converted).iterdir():
        (place / file.name).write_bytes(file.read_bytes()[:1_000])
    fields = {**specs["ctranslate2"].to_json(), "converted": str(place)}
    with pytest.raises(BadInput, match="cannot be read by CTranslate2"):
        engine_ct2.load(EngineSpec(**fields))


def test_what_was_found_of_a_converted_model_is_found_once(workspace, monkeypatch):
    _, first = prepared(workspace, "starter-translate")
    monkeypatch.setattr(serving, "_same", lambda *_: pytest.fail("it was asked again"))
    assert prepared(workspace, "starter-translate")[1] == first


@pytest.mark.parametrize("evaluated", [True, False])
def test_a_bundle_without_an_evaluation_says_so(workspace, tmp_path, evaluated):
    place = tmp_path / "bundle"
    shutil.copytree(assets() / "models" / "starter-translate", place)
    ask = {"prefix": "", "labels": [], "separator": None, "chat": False, "synthetic": False,
           "source_language": "en", "target_language": "de"}  # fmt: skip
    about = {"model": "m", "run": "m", "form": None, "engine": "transformers",
             "task": "translation", "dataset": "d", "data_version": "1", "ask": ask, "scores": [],
             "evaluated": evaluated, "forced": not evaluated,
             "created_at": "2026-11-25"}  # fmt: skip
    seal(place, about)
    said = prepared(workspace, str(place), "transformers")[0].about
    assert said == ({} if evaluated else {"unevaluated": True})


def alone(spec, work):
    """Run a coroutine with an engine's process."""

    async def main():
        ended, waiting = [], {}

        def on_events(backend, events):
            for kind, name, value in events:
                call = backend.calls.get(name)
                if call is None:
                    continue  # dropped when it was answered already
                if kind == "piece":
                    call.piece(value)
                else:
                    (call.finish if kind == "answer" else call.fail)(value)
                    del backend.calls[name]

        process = EngineProcess(spec, on_events, ended.append)
        try:
            await process.start()
            return await work(process, ended, waiting)
        finally:
            await process.close()

    return asyncio.run(main())


def test_an_engine_in_its_own_process(specs):
    async def work(process, ended, _):
        calls = [Call(request, "me") for request in asked(TEXTS, max_tokens=24)]
        process.send(calls)
        found = [(await call.answer).text for call in calls]
        long = Call(EngineRequest("long", "predict", "word " * 600), "me")
        process.send([long])
        await asyncio.wait([long.answer])
        assert isinstance(long.answer.exception(), TooLong)
        dropped = Call(EngineRequest("gone", "predict", TEXTS[0]), "me")
        process.send([dropped])
        process.drop(dropped)
        again = Call(EngineRequest("again", "predict", TEXTS[0]), "me")
        process.send([again])
        await again.answer
        assert not process.calls
        assert not ended
        process.kill()
        for _ in range(500):
            if ended:
                break
            await asyncio.sleep(0.01)
        assert ended == [process]
        return found

    assert alone(specs["ctranslate2"], work) == reference("starter-translate", TEXTS)


def test_a_process_that_cannot_load_says_why(specs, tmp_path):
    fields = {**specs["ctranslate2"].to_json(), "converted": str(tmp_path)}
    with pytest.raises(BadInput, match="cannot be read by CTranslate2"):
        alone(EngineSpec(**fields), None)
    broken = tmp_path / "model"
    broken.mkdir()
    for file in Path(specs["decoder"].folder).iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "model.safetensors").write_bytes(b"not weights")
    fields = {**specs["decoder"].to_json(), "folder": str(broken)}
    with pytest.raises((BadInput, WorkFailed), match=r"cannot be loaded|could not be loaded"):
        alone(EngineSpec(**fields), None)


def test_a_spec_travels_as_json(specs):
    for spec in specs.values():
        there = EngineSpec(**json.loads(json.dumps(spec.to_json())))
        assert there == EngineSpec(**json.loads(json.dumps(there.to_json())))
        assert there.data.model_input(Example("0", "x", "")) == spec.data.model_input(
            Example("0", "x", "")
        )


def test_a_classifier_gives_the_evaluations_labels(workspace, tmp_path):
    ref = resolve(workspace, "starter-encode")
    torch.manual_seed(0)
    model = load_model(ref, "classification", ("bad", "fine", "good"))
    model.save_pretrained(tmp_path / "judge")
    load_tokenizer(ref).save_pretrained(tmp_path / "judge")
    spec, _ = prepared(workspace, str(tmp_path / "judge"))
    engine = worker.load(kind_of(spec.engine).target, spec.to_json())
    found = engine.answer(asked(TEXTS))
    with torch.inference_mode():
        for text, answer in zip(TEXTS, found, strict=True):
            encoded = load_tokenizer(ref)(text, return_tensors="pt")
            encoded.pop("token_type_ids", None)
            shares = model(**encoded).logits[0].softmax(-1)
            assert list(answer.scores.values()) == pytest.approx(shares.tolist(), abs=1e-5)
            assert answer.text == ("bad", "fine", "good")[int(shares.argmax())]
            assert answer.confidence == pytest.approx(float(shares.max()), abs=1e-5)
    assert engine.info.task == "text-classification"
    assert len(engine.answer(asked(["a"], "embed"))[0].embedding) == 128
