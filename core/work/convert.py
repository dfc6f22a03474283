"""A model of Transformers to one of CTranslate2, in a flat folder of its own.

model.bin, its vocabulary, tokenizer, generation_config.json, head.safetensors of a classifier; and
config.json, which holds what Transformers says of the model and, where the two differ in names,
what CTranslate2 adds. Only safetensors are read, and no code of the model's own.
"""

import json
from pathlib import Path
from typing import Any

import torch
from ctranslate2.converters.transformers import (
    _MODEL_LOADERS,
    TransformersConverter,
)
from safetensors.torch import save_file

from core.errors import BadInput
from core.models.ct2 import HEAD
from core.models.load import load_config, load_model, load_tokenizer
from core.models.resolve import ModelRef
from core.models.shape import from_config

_HEADS = {
    "bert": ("pooler", (("classifier", "none"),)),
    "roberta": ("first", (("classifier.dense", "tanh"), ("classifier.out_proj", "none"))),
    "xlm-roberta": ("first", (("classifier.dense", "tanh"), ("classifier.out_proj", "none"))),
    "camembert": ("first", (("classifier.dense", "tanh"), ("classifier.out_proj", "none"))),
    "distilbert": ("first", (("pre_classifier", "relu"), ("classifier", "none"))),
}
"""By model type: what a classifier's head reads, and its layers, each with what follows it."""


class _Converter(TransformersConverter):  # type: ignore[misc]
    """The converter of CTranslate2, given the weights in float32 and without its own downloads."""

    def load_model(self, model_class: Any, model_name_or_path: str, **_: Any) -> Any:
        model = model_class.from_pretrained(
            model_name_or_path, dtype=torch.float32, use_safetensors=True, local_files_only=True,
            trust_remote_code=False,
        )  # fmt: skip
        if not hasattr(model.config, "position_embedding_type"):
            # Transformers 5 has no other kind any more; the converter still asks.
            model.config.position_embedding_type = "absolute"
        return model

    def load_tokenizer(self, tokenizer_class: Any, model_name_or_path: str, **_: Any) -> Any:
        return tokenizer_class.from_pretrained(
            model_name_or_path, local_files_only=True, trust_remote_code=False
        )


def why_not(ref: ModelRef, task: str) -> str | None:
    """Why CTranslate2 cannot take a model; None = it can."""
    if ref.engine != "transformers":
        return "it is one of CTranslate2 already"
    config = load_config(ref)
    name = type(config).__name__
    if getattr(config, "assay_heads", None):
        return "its layers have different numbers of heads, which only Assay reads"
    if name not in _MODEL_LOADERS:
        return f"CTranslate2 does not know the architecture {config.model_type}"
    family = from_config(config.to_dict()).family
    if task == "question-answering" and family == "encoder":
        return "CTranslate2 has no head that points at an answer in a passage"
    labels = task == "text-classification" and family != "encoder-decoder"
    if labels and config.model_type not in _HEADS:
        return f"the label head of {config.model_type} is not known to CTranslate2"
    return None


def convert(ref: ModelRef, task: str, quantization: str | None, folder: Path) -> None:
    """Write `ref` to `folder` as CTranslate2 reads it.

    Args:
        ref: A model of Transformers, fetched.
        task: What it does.
        quantization: "int8", or None for float32.
        folder: New.

    Raises:
        BadInput: CTranslate2 does not take a model like it; the message says why.
    """
    refused = why_not(ref, task)
    if refused or ref.path is None:
        raise BadInput(
            f"{ref.name} cannot become a CTranslate2 model: {refused or 'it was not fetched'}; "
            "choose another form, such as shallow or distilled."
        )
    config = load_config(ref)
    try:
        _Converter(str(ref.path)).convert(str(folder), quantization=quantization, force=True)
    except (ValueError, NotImplementedError, AttributeError, KeyError, AssertionError) as error:
        raise BadInput(
            f"{ref.name} cannot become a CTranslate2 model: its converter stopped "
            f"({type(error).__name__}: {str(error)[:150]}); choose another form."
        ) from error
    load_tokenizer(ref).save_pretrained(folder)
    generation = ref.path / "generation_config.json"
    if generation.is_file():
        (folder / generation.name).write_bytes(generation.read_bytes())
    _one_config(ref.path / "config.json", folder / "config.json")
    if config.model_type in _HEADS and task == "text-classification":
        _head(ref, config.model_type, folder)


def compute(request: dict[str, Any]) -> dict[str, Any]:
    """Convert in float32, for an export: {name, path, task, folder}."""
    ref = ModelRef(request["name"], "folder", Path(request["path"]))
    convert(ref, request["task"], None, Path(request["folder"]))
    return {}


def _one_config(original: Path, made: Path) -> None:
    ours, theirs = (json.loads(path.read_text("utf-8")) for path in (original, made))
    # What CTranslate2 leaves open is its own default, and never a reason to forget the model's.
    added = {name: value for name, value in theirs.items() if value is not None or name not in ours}
    made.write_text(json.dumps({**ours, **added}, indent=1, ensure_ascii=False), "utf-8")


def _head(ref: ModelRef, model_type: str, folder: Path) -> None:
    reads, layers = _HEADS[model_type]
    model = load_model(ref, "classification")
    kept = {}
    for number, (name, _) in enumerate(layers):
        layer = model.get_submodule(name)
        kept[f"{number}.weight"] = layer.weight.detach().float().contiguous()
        kept[f"{number}.bias"] = layer.bias.detach().float().contiguous()
    said = {"from": reads, "activations": ",".join(name for _, name in layers)}
    save_file(kept, folder / HEAD, said)
