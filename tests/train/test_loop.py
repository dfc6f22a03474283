import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from core.data.dataset import Dataset, Example
from core.errors import BadInput, WorkFailed
from core.models.load import load_model, load_tokenizer
from core.models.resolve import ModelRef
from core.train import cores, loop
from core.train.config import TrainConfig, from_preset
from core.train.loop import spread, train
from core.train.methods import freeze
from core.train.objectives import MAKERS, Collator
from core.train.trainer import ClockedTrainer, embedding_factor
from core.train.watch import Watch

MakeDataset = Callable[..., Dataset]


def go(
    ref: ModelRef,
    data: Dataset,
    examples: list[Example],
    folder: Path,
    listener: Any,
    validation: list[Example] | None = None,
    replay: Any = None,
    answer: Any = None,
    grade: Any = None,
    **settings: Any,
) -> Any:
    defaults = {"batch_size": 4, "max_steps": 8, "epochs": 100, "learning_rate": 1e-2}
    config = from_preset("balanced", {**defaults, **settings})
    splits = {"train": examples, "validation": validation or []}
    return train(ref, data, config, splits, replay, folder, listener, answer, grade)


def test_it_learns_and_leaves_a_model_that_can_be_loaded(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    listener = told()
    data = dataset("translation")
    result = go(t5, data, pairs, folder, listener, pairs[:4], max_steps=120)
    assert result.steps == 120
    losses = [event["loss"] for event in listener.of("evaluation")]
    assert losses[-1] < losses[0] / 2
    assert result.validation_loss == min(losses)

    tuned = ModelRef("tuned", "folder", folder / "model")
    model, tokenizer = load_model(tuned, "seq2seq"), load_tokenizer(tuned)
    ids = tokenizer([e.input for e in pairs[:4]], return_tensors="pt")["input_ids"]
    answers = tokenizer.batch_decode(model.generate(ids), skip_special_tokens=True)
    assert answers == [e.target for e in pairs[:4]]
    # A slow machine has written a checkpoint by then; the run removes it once it is recorded.
    assert {path.name for path in folder.iterdir()} - {"checkpoints"} == {"model"}
    assert (folder / "model" / "model.safetensors").is_file()


def test_what_was_measured(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    result = go(t5, dataset("translation"), pairs, folder, told(), pairs[:2])
    model = load_model(t5, "seq2seq")
    # One word and its end, in and out: four tokens a row, four rows a step.
    assert result.tokens == 8 * 4 * 4
    assert result.parameters == sum(p.numel() for p in model.parameters())
    assert result.trainable_parameters == result.parameters
    assert (result.train_rows, result.replay_rows) == (len(pairs), 0)
    assert result.learning_rate == 1e-2
    assert result.peak_memory_bytes > 4 * result.parameters
    assert result.tokens_per_second > 0
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["device"] == result.device


def test_events_say_step_loss_rate_and_norm(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    listener = told()
    go(t5, dataset("translation"), pairs, folder, listener, pairs[:2])
    steps = listener.of("step")
    assert steps[-1]["step"] == 8
    promised = {"step", "loss", "learning_rate", "grad_norm", "epoch", "tokens_per_second",
                "tokens", "seconds", "share", "memory_bytes", "gpu_memory_bytes",
                "energy_joules"}  # fmt: skip
    assert set(steps[0]) == promised
    assert steps[-1]["tokens"] == 8 * 4 * 4
    assert steps[-1]["memory_bytes"] > 1_000_000
    assert listener.of("evaluation")[0]["step"] == 0  # the base, before any step
    shares = [share for share, *_ in listener.reports]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_samples_show_what_the_model_answers(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    listener = told()
    go(
        t5, dataset("translation"), pairs, folder, listener, pairs[:5],
        answer=lambda model, tokenizer, data, examples: [f"<b>{e.input}" for e in examples],
    )  # fmt: skip
    first = listener.of("sample")[0]
    assert first == {"step": 0, "input": "one", "reference": "eins", "prediction": "<b>one"}
    assert len(listener.of("sample")) % 3 == 0


def test_a_bounded_sample_is_scored_while_it_trains(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(loop, "QUIZ_ROWS", 2)
    listener, asked = told(), []

    def grade(data: Dataset, references: Sequence[str], answers: Sequence[str]) -> Any:
        asked.append(len(references))
        right = sum(r == a for r, a in zip(references, answers, strict=True))
        return [{"metric": "accuracy", "value": right / len(references)}]

    go(
        t5, dataset("translation"), pairs, folder, listener, pairs[:5], grade=grade,
        answer=lambda model, tokenizer, data, examples: [e.target for e in examples],
    )  # fmt: skip
    ends = [listener.of("evaluation")[n]["scores"] for n in (0, -1)]
    assert ends == [[{"metric": "accuracy", "value": 1.0}]] * 2
    assert set(asked) == {2}


def one_step(ref: ModelRef, data: Dataset, rows: list[Example], folder: Path, listener: Any,
             **settings: Any) -> tuple[float, float]:  # fmt: skip
    folder.mkdir()
    # Two batches of like length would not be halves of the whole.
    go(ref, data, rows, folder, listener, max_steps=1, keep="last", batching="plain", **settings)
    event = listener.of("step")[0]
    return event["loss"], event["grad_norm"]


@pytest.mark.parametrize("kind", ["t5", "bert", "llama"])
def test_accumulated_gradients_are_those_of_the_whole_batch(
    kind: str, dataset: MakeDataset, told: Any, folder: Path, request: pytest.FixtureRequest
) -> None:
    """Against plain torch: two batches of four make the step that one batch of eight makes."""
    ref: ModelRef = request.getfixturevalue(kind)
    task, purpose = {
        "t5": ("translation", "seq2seq"),
        "bert": ("question-answering", "question-answering"),
        "llama": ("text-generation", "causal"),
    }[kind]
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    rows = [Example(f"e{n}", word, "lamp", f"lamp {word}") for n, word in enumerate(words)]
    data = dataset(task)
    if kind != "bert":
        rows = [Example(e.id, e.input, e.target) for e in rows]

    # The question-answering head is new: the same seed gives the loop and the oracle the same.
    torch.manual_seed(0)
    model = load_model(ref, purpose)
    made = MAKERS[purpose](load_tokenizer(ref), data, rows, TrainConfig())
    loss = model(**Collator(0)(made.rows)).loss
    loss.backward()
    norm = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]).norm()
    expected = pytest.approx((loss.item(), norm.item()), rel=1e-4)

    whole = one_step(ref, data, rows, folder / "1", told(), batch_size=8)
    halves = one_step(ref, data, rows, folder / "2", told(), batch_size=4, accumulation_steps=2)
    assert whole == expected
    assert halves == expected


def test_the_same_seed_gives_the_same_model(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    weights = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (folder / name).mkdir()
        go(t5, dataset("translation"), pairs, folder / name, told(), seed=seed, batch_size=3)
        weights.append((folder / name / "model" / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_frozen_leaves_embeddings_and_the_lower_half_alone(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    result = go(t5, dataset("translation"), pairs, folder, told(), method="frozen")
    before = load_model(t5, "seq2seq").state_dict()
    after = load_model(ModelRef("x", "folder", folder / "model"), "seq2seq").state_dict()
    same = {name for name, value in before.items() if torch.equal(value, after[name])}
    assert {n for n in before if n.startswith(("shared.", "encoder.block.0."))} <= same
    assert not any(n.startswith(("encoder.block.1.", "decoder.block.")) for n in same)
    assert result.trainable_parameters < result.parameters


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_freezing_finds_the_layers_of_other_models(
    kind: str, request: pytest.FixtureRequest
) -> None:
    purpose = {"bert": "classification", "llama": "causal"}[kind]
    model = load_model(request.getfixturevalue(kind), purpose)
    freeze(model)
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    lower = {"bert": "bert.encoder.layer.0.", "llama": "model.layers.0."}[kind]
    upper = {"bert": "bert.encoder.layer.1.", "llama": "model.layers.1."}[kind]
    assert any(name.startswith(lower) for name in frozen)
    assert not any(name.startswith(upper) for name in frozen)
    assert any("embed" in name for name in frozen)


def test_classifier_keeps_its_labels(
    bert: ModelRef, dataset: MakeDataset, told: Any, folder: Path
) -> None:
    data = dataset("text-classification", labels=("fault", "usage"))
    rows = [Example(f"e{n}", text, label) for n, (text, label) in enumerate(
        [("kettle leaks", "fault"), ("lamp one", "usage")] * 8)]  # fmt: skip
    listener = told()
    result = go(bert, data, rows, folder, listener, rows[:2], max_steps=60)
    assert result.validation_loss < 0.1
    config = json.loads((folder / "model" / "config.json").read_text())
    assert config["id2label"] == {"0": "fault", "1": "usage"}


def test_a_span_model_learns(bert: ModelRef, dataset: MakeDataset, told: Any, folder: Path) -> None:
    rows = [Example(f"e{n}", "one", "lamp", text) for n, text in enumerate(
        ["lamp broke", "two lamp", "three four lamp"] * 4)]  # fmt: skip
    listener = told()
    result = go(bert, dataset("question-answering"), rows, folder, listener, rows[:3], max_steps=80)
    assert result.validation_loss < listener.of("evaluation")[0]["loss"] / 4


def test_a_causal_model_learns(
    llama: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    listener = told()
    result = go(llama, dataset("text-generation"), pairs, folder, listener, pairs[:4], max_steps=80)
    assert result.validation_loss < listener.of("evaluation")[0]["loss"] / 4


def test_replayed_examples_are_mixed_in(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    general = [Example(f"g{n}", "five six", "seven") for n in range(50)]
    result = go(
        t5, dataset("translation"), pairs, folder, told(), replay_share=0.2,
        replay=(dataset("translation", name="general"), general),
    )  # fmt: skip
    assert (result.train_rows, result.replay_rows) == (20, 4)


def test_the_time_limit_ends_it(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    listener = told()
    result = go(t5, dataset("translation"), pairs, folder, listener, max_steps=None, epochs=1000,
                max_seconds=1)  # fmt: skip
    assert 0 < result.steps < 4 * 1000
    assert listener.of("step")[-1]["learning_rate"] < 0.5e-2


@pytest.mark.parametrize("checks", [0, 3])
def test_a_stop_leaves_nothing_behind(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path, checks: int
) -> None:
    class Stopped(BaseException):
        pass

    with pytest.raises(Stopped):
        go(t5, dataset("translation"), pairs, folder, told(checks, Stopped), pairs[:2])
    assert list(folder.iterdir()) == []


def test_an_absurd_rate_is_stopped_with_advice(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole = ClockedTrainer.training_step
    monkeypatch.setattr(ClockedTrainer, "training_step", lambda *args: whole(*args) * float("nan"))
    with pytest.raises(WorkFailed, match="learning rate"):
        go(t5, dataset("translation"), pairs, folder, told())
    assert list(folder.iterdir()) == []


def test_the_base_itself_may_be_the_step_that_is_kept(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(Watch, "put_back", lambda *_: 0)
    assert go(t5, dataset("translation"), pairs, folder, told(), pairs[:2]).kept_step == 0


def test_wrong_requests_are_refused(
    t5: ModelRef, bert: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any,
    folder: Path,
) -> None:  # fmt: skip
    with pytest.raises(BadInput, match="tiny-bert is an encoder model and cannot write"):
        go(bert, dataset("translation"), pairs, folder, told())
    with pytest.raises(BadInput, match="has no training example"):
        go(t5, dataset("translation"), [], folder, told())


@pytest.mark.parametrize(
    ("busy_percent", "expected"), [(0.0, 4), (5.0, 4), (12.0, 3), (50.0, 2), (100.0, 1)]
)
def test_it_computes_on_the_cores_that_are_free(
    busy_percent: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: set(range(4)))
    monkeypatch.setattr(cores.psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(cores.psutil, "cpu_percent", lambda interval: busy_percent)
    try:
        assert cores.use_free_cores() == expected
    finally:
        torch.set_num_threads(before)


def test_a_number_of_threads_that_was_asked_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert cores.use_free_cores() == torch.get_num_threads()


def test_validation_is_drawn_from_all_over() -> None:
    rows = [Example(f"e{n}", "a", "b") for n in range(100)]
    drawn = spread(rows, 10, 0)
    assert len({e.id for e in drawn}) == 10
    assert drawn == spread(rows, 10, 0)
    assert drawn != rows[:10]
    assert spread(rows[:10], 10, 0) == rows[:10]


def test_bfloat16_computes_but_keeps_float32_weights(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    go(t5, dataset("translation"), pairs, folder, told(), precision="bfloat16")
    model = load_model(ModelRef("x", "folder", folder / "model"), "seq2seq")
    assert json.loads((folder / "model" / "config.json").read_text())["dtype"] == "float32"
    assert model.dtype == torch.float32


def test_arguments_of_the_trainer_reach_it(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    listener = told()
    go(t5, dataset("translation"), pairs, folder, listener, lr_scheduler_type="constant",
       optim="sgd", max_grad_norm=1e-9, weight_decay=0)  # fmt: skip
    assert {event["learning_rate"] for event in listener.of("step")} == {1e-2}
    before = load_model(t5, "seq2seq").state_dict()
    after = load_model(ModelRef("x", "folder", folder / "model"), "seq2seq").state_dict()
    # Plain descent along a gradient of length 1e-9 moves nothing far.
    assert all(torch.allclose(before[name], after[name], atol=1e-8) for name in before)


def test_it_stops_early_when_the_loss_no_longer_falls(
    t5: ModelRef, dataset: MakeDataset, pairs: list[Example], told: Any, folder: Path
) -> None:
    listener = told()
    wrong = [Example(f"v{n}", e.input, "lamp") for n, e in enumerate(pairs[:4])]
    result = go(t5, dataset("translation"), pairs, folder, listener, wrong, max_steps=100,
                patience=2)  # fmt: skip
    losses = [event["loss"] for event in listener.of("evaluation")]
    assert result.steps < 100
    assert min(losses) == losses[-3] == result.validation_loss


def test_large_word_embeddings_of_a_small_t5_learn_at_a_rate_of_their_size(t5: ModelRef) -> None:
    model = load_model(t5, "seq2seq")
    words = model.get_input_embeddings().weight
    plain = embedding_factor(model)
    with torch.no_grad():
        words.mul_(100)
    assert embedding_factor(model) > plain
    assert embedding_factor(model) > 10
    words.requires_grad_(False)
    assert embedding_factor(model) == 1.0
