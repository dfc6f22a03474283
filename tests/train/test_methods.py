"""Every method on every family of models: what is trained, what is left, what is written."""

import importlib.util
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.data.dataset import Dataset, Example
from core.evaluate.predict import answer, load
from core.models.load import load_model
from core.models.resolve import ModelRef
from core.train.adapters import merge_onto
from core.train.config import from_preset, learning_rate_for
from core.train.loop import train
from core.train.methods import prepare

MakeDataset = Callable[..., Dataset]
PAIRS = [("one", "eins"), ("two", "zwei"), ("three", "drei"), ("four", "vier")]
FAULTS = [("kettle leaks", "fault"), ("lamp broke", "fault"), ("lamp one", "usage"),
          ("kettle two", "usage")]  # fmt: skip


def rows(pairs: list[tuple[str, str]]) -> list[Example]:
    return [Example(f"e{n}", text, target) for n, (text, target) in enumerate(pairs * 4)]


def tuned(ref: ModelRef, data: Dataset, examples: list[Example], folder: Path, listener: Any,
          **settings: Any) -> tuple[Any, ModelRef]:  # fmt: skip
    given = {"batch_size": 4, "max_steps": 120, "epochs": 100, "learning_rate": 1e-2, **settings}
    splits = {"train": examples, "validation": examples[:4]}
    config = from_preset("balanced", given)
    result = train(ref, data, config, splits, None, folder, listener)
    return result, ModelRef("tuned", "folder", folder / "model")


def fallen(listener: Any, share: float = 0.5) -> float:
    """A share of the validation loss before the first step."""
    return share * float(listener.of("evaluation")[0]["loss"])


@pytest.mark.parametrize("kind", ["t5", "bart", "marian"])
def test_every_encoder_decoder_learns_to_translate(
    kind: str, dataset: MakeDataset, told: Any, folder: Path, request: pytest.FixtureRequest
) -> None:
    data = dataset("translation")
    rate, listener = 1e-2 if kind == "t5" else 3e-3, told()
    result, made = tuned(request.getfixturevalue(kind), data, rows(PAIRS), folder, listener,
                         learning_rate=rate)  # fmt: skip
    assert result.validation_loss < fallen(listener)
    answers = answer(*load(made, data), data, rows(PAIRS)[:4])
    assert set(answers) <= {target for _, target in PAIRS}
    if kind == "t5":
        assert answers == [target for _, target in PAIRS]


def test_a_decoder_classifies_with_a_head_of_its_own(
    llama: ModelRef, dataset: MakeDataset, told: Any, folder: Path
) -> None:
    data = dataset("text-classification", labels=("fault", "usage"))
    _, made = tuned(llama, data, rows(FAULTS), folder, told())
    config = json.loads((folder / "model" / "config.json").read_text())
    assert config["architectures"] == ["LlamaForSequenceClassification"]
    # Rows of other lengths in the batch: the last token that is no padding decides.
    assert answer(*load(made, data), data, rows(FAULTS)[:4]) == [label for _, label in FAULTS]
    longer = [Example("x", "one two three four lamp broke", ""), Example("y", "lamp one", "")]
    alone = [answer(*load(made, data), data, [example])[0] for example in longer]
    assert answer(*load(made, data), data, longer) == alone


@pytest.mark.parametrize("kind", ["t5", "bart", "bert", "llama"])
def test_adapters_are_trained_and_merged(
    kind: str, dataset: MakeDataset, told: Any, folder: Path, request: pytest.FixtureRequest
) -> None:
    ref: ModelRef = request.getfixturevalue(kind)
    task, pairs = ("translation", PAIRS) if kind != "bert" else ("text-classification", FAULTS)
    data = dataset(task if kind != "llama" else "text-generation",
                   labels=("fault", "usage") if kind == "bert" else ())  # fmt: skip
    listener = told()
    result, made = tuned(ref, data, rows(pairs), folder, listener, method="lora", lora_rank=8,
                         lora_dropout=0.0, learning_rate=2e-2, max_steps=240)  # fmt: skip
    assert result.validation_loss < fallen(listener, 0.95)  # the base is noise: there is little
    assert 0 < result.trainable_parameters < result.parameters / 2

    # An ordinary model lies there, and the adapters beside it: base + adapters = model.
    assert not any("lora" in name for name in load_file(folder / "model" / "model.safetensors"))
    assert sorted(path.name for path in (folder / "adapter").iterdir()) == [
        "adapter_config.json", "adapter_model.safetensors",
    ]  # fmt: skip
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == ref.name
    purpose = {"bert": "classification", "llama": "causal"}.get(kind, "seq2seq")
    again = merge_onto(load_model(ref, purpose, data.labels or None), folder / "adapter")
    merged, base = load_model(made, purpose), load_model(ref, purpose, data.labels or None)
    inputs = {"input_ids": torch.tensor([[5, 6, 1], [7, 8, 1]])}
    if purpose == "seq2seq":
        inputs["decoder_input_ids"] = torch.tensor([[0, 9], [0, 10]])
    with torch.inference_mode():
        logits = [each.eval()(**inputs).logits for each in (merged, again, base)]
    assert torch.allclose(logits[0], logits[1], atol=1e-5)
    assert not torch.allclose(logits[0], logits[2], atol=1e-2)


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_a_probe_trains_the_head_alone(
    kind: str, dataset: MakeDataset, told: Any, folder: Path, request: pytest.FixtureRequest
) -> None:
    ref: ModelRef = request.getfixturevalue(kind)
    data = dataset("text-classification", labels=("fault", "usage"))
    result, made = tuned(ref, data, rows(FAULTS), folder, told(), method="probe", max_steps=40)
    before = load_model(ref, "auto").state_dict()
    after = load_model(made, "auto").state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved <= {"pooler.dense.weight", "pooler.dense.bias"}
    head = {"bert": 16 * 16 + 16 + 2 * 16 + 2, "llama": 2 * 16}[kind]
    assert result.trainable_parameters == head


@pytest.mark.skipif(
    importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed"
)
def test_adapters_on_a_base_in_four_bits(
    wide_llama: ModelRef, dataset: MakeDataset, told: Any, folder: Path
) -> None:
    data = dataset("text-generation")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own, on a processor
        listener = told()
        result, made = tuned(wide_llama, data, rows(PAIRS), folder, listener, method="qlora",
                             lora_dropout=0.0)  # fmt: skip
    assert result.validation_loss < fallen(listener, 0.95)
    weights = load_file(folder / "model" / "model.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    assert answer(*load(made, data), data, rows(PAIRS)[:4]) == [target for _, target in PAIRS]


def test_adapters_leave_the_base_as_it_is(t5: ModelRef) -> None:
    model = load_model(t5, "seq2seq")
    wrapped = prepare(model, from_preset("balanced", {"method": "lora"}))
    trained = {name for name, value in wrapped.named_parameters() if value.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)


def test_adapters_and_probes_learn_faster_than_a_whole_model() -> None:
    for size in (10**7, 10**8, 10**9, 7 * 10**9):
        full = learning_rate_for("decoder", size)
        assert full < learning_rate_for("decoder", size, "lora") <= 10 * full
        assert learning_rate_for("decoder", size, "frozen") == full
    assert learning_rate_for("decoder", 7 * 10**9, "qlora") == pytest.approx(1e-4)


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_rows_with_several_labels(
    kind: str, dataset: MakeDataset, told: Any, folder: Path, request: pytest.FixtureRequest
) -> None:
    pairs = [("kettle leaks", "fault;urgent"), ("lamp broke", "fault"), ("lamp one", "usage"),
             ("kettle two", "urgent;usage")]  # fmt: skip
    data = dataset(
        "text-classification", labels=tuple(sorted({label for _, label in pairs})),
        columns={"label_separator": ";"},
    )  # fmt: skip
    assert data.classes == ("fault", "urgent", "usage")
    _, made = tuned(request.getfixturevalue(kind), data, rows(pairs), folder, told(),
                    max_steps=600, keep="last", learning_rate=2e-3, seed=1)  # fmt: skip
    config = json.loads((folder / "model" / "config.json").read_text())
    assert config["problem_type"] == "multi_label_classification"
    assert answer(*load(made, data), data, rows(pairs)[:4]) == [label for _, label in pairs]
