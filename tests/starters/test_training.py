"""The makings, a few steps each, on data made here."""

import gzip
import json
import random

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM

from core import record
from core.errors import BadInput, NotFound
from core.starters import __main__ as command
from core.starters import cards, causal, corpus, encode, loop, make, translate
from core.starters.checkpoint import Progress, restore
from core.starters.passages import passages

WORDS = ("cat", "dog", "bird", "house", "tree", "car", "book", "song", "door", "ship", "star")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tatoeba")
    rng = random.Random(0)
    for row in corpus.LANGUAGES:
        lines = []
        for number in range(300):
            words = rng.sample(WORDS, 3)
            target = "的".join(words) if row.code == "zh" else " und ".join(words)
            lines.append(f"{' and '.join(words)} {number}.\t{target} {number}.\n")
        with gzip.open(folder / row.file, "wt", encoding="utf-8") as file:
            file.writelines(lines)
    return folder


@pytest.fixture
def few_resamples(monkeypatch):
    monkeypatch.setattr("core.starters.scores.RESAMPLES", 20)
    monkeypatch.setattr("core.starters.scores.SAMPLE", 20)
    monkeypatch.setattr("core.starters.cldr.phrases", lambda: ["in 0 days", "vor 0 Tagen"])


def seconds_spent(checkpoint):
    with safe_open(checkpoint, framework="pt") as file:
        return json.loads(file.metadata()["progress"])["seconds"]


KINDS = {
    "translate": AutoModelForSeq2SeqLM,
    "encode": AutoModelForMaskedLM,
    "causal": AutoModelForCausalLM,
}


@pytest.mark.parametrize("model", KINDS)
def test_making_and_going_on(model, data, tmp_path, few_resamples, capsys):
    arguments = [model, "--data", str(data), "--out", str(tmp_path / "out")]
    arguments += ["--work", str(tmp_path / "work")]
    # The budget is looked at before each step: any time at all is one step.
    assert command.main([*arguments, "--minutes", "1e-9"]) == 0
    folder = tmp_path / "out" / f"starter-{model}"
    assert record.read(folder / "scores.json", "starter")["steps"] == 1

    spent = seconds_spent(tmp_path / "work" / f"{model}.safetensors")
    assert command.main([*arguments, "--minutes", repr((spent + 1e-6) / 60)]) == 0
    figures = record.read(folder / "scores.json", "starter")
    assert figures["steps"] == 2

    shipped = KINDS[model].from_pretrained(folder, local_files_only=True)
    assert {p.dtype for p in shipped.parameters()} == {torch.float32}
    assert figures["parameters"] == sum(p.numel() for p in shipped.parameters())
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"{figures['parameters']:,} parameters" in text
    assert f"{figures['steps']:,} steps" in text


def test_missing_data_is_one_sentence(tmp_path, capsys):
    arguments = ["translate", "--data", str(tmp_path / "no"), "--work", str(tmp_path / "work")]
    assert command.main(arguments) == 2
    assert "eng-deu.tsv.gz is missing; --data wants the folder" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["translate"])


def test_a_broken_line_is_named(tmp_path, data):
    for row in corpus.LANGUAGES:
        (tmp_path / row.file).write_bytes((data / row.file).read_bytes())
    with gzip.open(tmp_path / "eng-cmn.tsv.gz", "at", encoding="utf-8") as file:
        file.write("only English\n")
    with pytest.raises(BadInput, match="line 301 has 1 columns"):
        corpus.read(tmp_path)


def test_cards_need_scores(tmp_path):
    with pytest.raises(NotFound, match=r"scores\.json"):
        cards.write_all(tmp_path)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    small, large = torch.nn.Linear(2, 2), torch.nn.Linear(2, 3)
    task = loop.Task([1] * 4, ones, squares, nothing)
    plan = loop.Plan(minutes=1e-4, batch=2)
    loop.fit(small, task, plan, tmp_path / "c.safetensors")
    with pytest.raises(BadInput, match="another model"):
        loop.fit(large, task, plan, tmp_path / "c.safetensors")


def ones(chosen, rng):
    return {"x": torch.ones(len(chosen), 2)}


def nothing(model):
    return {}


def squares(model, batch):
    return model(batch["x"]).square().mean()


def test_a_checkpoint_gives_back_weights_and_optimizer(tmp_path):
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 2)
    task = loop.Task([1] * 4, ones, squares, nothing)
    progress = loop.fit(model, task, loop.Plan(1e-3, batch=2), tmp_path / "c.safetensors")
    other = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(other.parameters(), fused=True)
    assert restore(tmp_path / "c.safetensors", other, optimizer) == progress
    assert torch.equal(other.weight, model.weight)
    (state, _) = optimizer.state_dict()["state"].values()
    assert state["step"].item() == progress.step
    assert restore(tmp_path / "none.safetensors", other, optimizer) == Progress()


def test_the_rate_rises_and_falls():
    plan = loop.Plan(minutes=10, learning_rate=1.0, warmup_share=0.1)
    assert loop.rate(plan, 30) == pytest.approx(0.5)
    assert loop.rate(plan, 60) == pytest.approx(1.0)
    assert loop.rate(plan, 330) == pytest.approx(0.5)
    assert loop.rate(plan, 600) == 0
    assert loop.rate(plan, 900) == 0


def test_batches_cover_every_example_once_and_go_on_where_they_stopped():
    lengths = [n % 17 for n in range(1_000)]
    whole = loop.batches(lengths, 64, seed=3)
    epoch = [next(whole) for _ in range(16)]
    assert sorted(index for batch in epoch for index in batch) == list(range(1_000))
    following = [next(whole) for _ in range(20)]
    later = loop.batches(lengths, 64, seed=3, skip=16)
    assert [next(later) for _ in range(20)] == following


def test_masking_hides_fifteen_percent_and_labels_only_those():
    rng = random.Random(0)
    row = list(range(100, 200))
    hidden, labels = encode.mask(row, rng, 8_000)
    places = [i for i, label in enumerate(labels) if label != -100]
    assert len(places) == 15
    assert all(labels[i] == row[i] for i in places)
    assert all(hidden[i] == row[i] for i in range(100) if i not in places)


def test_scores_agree_with_a_plain_computation():
    ids = [[10, 11, 12, 13], [14, 15]]
    torch.manual_seed(0)
    model = causal.build(40, width=16, layers=1).eval()
    scored = causal.score(model, ids)
    for row, found in zip(ids, scored, strict=True):
        tokens = [causal.BEGIN_ID, *row, causal.END_ID]
        logits = model(torch.tensor([tokens])).logits[0].log_softmax(-1)
        expected = [-logits[i, t].item() for i, t in enumerate(tokens[1:])]
        assert [token for token, _, _ in found] == tokens[1:]
        assert [nats for _, nats, _ in found] == pytest.approx(expected, abs=1e-5)

    model = encode.build(40, width=16, layers=1).eval()
    scored = encode.score(model, ids, seed=0)
    for row, found in zip(ids, scored, strict=True):
        ((token, nats, _),) = found
        place = row.index(token)
        read = [encode.CLS_ID, *row, encode.SEP_ID]
        read[place + 1] = encode.MASK_ID
        logits = model(torch.tensor([read])).logits[0, place + 1].log_softmax(-1)
        assert nats == pytest.approx(-logits[token].item(), abs=1e-5)


def test_preparing_changes_no_answer_of_the_translator():
    torch.manual_seed(0)
    model = translate.build(40, width=16, layers=1).eval()
    inputs = {"input_ids": torch.tensor([[9, 8, 1]]), "labels": torch.tensor([[7, 1]])}
    before = model(**inputs).logits
    translate.prepare(model)
    assert torch.allclose(model(**inputs).logits, before, atol=1e-6)


def test_passages_use_each_sentence_once_a_round():
    texts = {"en": [f"s{n}" for n in range(50)], "zh": [f"句{n}。" for n in range(50)]}
    made = passages(texts, seed=0, repeats=2)
    english = [word for text in made if text.startswith("s") for word in text.split()]
    assert sorted(english) == sorted(texts["en"] * 2)
    assert not any(" " in text for text in made if text.startswith("句"))
    assert passages(texts, seed=0, repeats=2) == made


def test_the_command_line_knows_every_making():
    assert set(make.MAKINGS) == set(command.MODELS) == set(make.MINUTES) == set(make.RATES)
