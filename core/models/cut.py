"""Load a folder whose layers have heads that plain Transformers cannot be told of.

The model is made of its configuration, cut as `assay_heads` says, and given its weights: all of
them, from safetensors alone.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, GenerationConfig

from core.errors import BadInput
from core.models import heads


def has_own_heads(folder: Path) -> bool:
    """Whether a folder is of that kind."""
    return bool(json.loads((folder / "config.json").read_text("utf-8")).get("assay_heads"))


def load(
    folder: Path, made_by: Any, name: str, attention: str | None, labels: tuple[str, ...] | None
) -> Any:
    """The model, in float32 and evaluation mode.

    Args:
        folder: With one model.safetensors.
        made_by: The class of Transformers that makes it.
        name: The model's, for messages.
        attention: As `core.models.load.load_model` takes it.
        labels: Names of classes; they must be those it was trained on.

    Raises:
        BadInput: A weight is missing, or it was trained for other labels.
    """
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    kept = heads.from_json(config.assay_heads)
    if labels is not None and set(labels) != set(config.id2label.values()):
        raise BadInput(f"{name} was trained for other labels; name the run it was made from.")
    model = made_by.from_config(config, dtype=torch.float32, attn_implementation=attention)
    heads.cut(model, kept)
    weights = load_file(folder / "model.safetensors")
    missing, strange = model.load_state_dict(weights, strict=False)
    # What is tied to other weights, or computed from the configuration alone, is not written.
    unwritten = {*(model.all_tied_weights_keys or ()), *(model._keys_to_ignore_on_save or ())}
    lacking = sorted(set(missing) - unwritten) or sorted(strange)
    if lacking:
        raise BadInput(f"The weights of {name} do not fit its configuration ({lacking[0]}).")
    model.tie_weights()
    if (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder, local_files_only=True)
    return model.eval()
