"""Decoders with weights of 8 or 4 bits, which plain Transformers loads again.

8 bits: a scale a row (torchao). 4 bits: NF4 in blocks of 64, as QLoRA has them (bitsandbytes).
Embeddings stay as they are, so small models of large vocabularies shrink by little.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from core.deploy.forms import Settings
from core.errors import BadInput
from core.jobs.context import Context
from core.models.load import load_tokenizer
from core.work.variant_source import Origin


def int8(origin: Origin, _: Settings, folder: Path, context: Context) -> dict[str, Any]:
    """Weights in 8 bits."""
    from core.work.torchao_int8 import configuration  # an extra: only this form needs it

    return _made(origin, configuration(), folder, context)


def int4(origin: Origin, _: Settings, folder: Path, context: Context) -> dict[str, Any]:
    """Weights in 4 bits."""
    asked = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32
    )
    return _made(origin, asked, folder, context)


def _made(origin: Origin, asked: Any, folder: Path, context: Context) -> dict[str, Any]:
    context.check()
    if origin.dataset.task == "text-classification":
        raise BadInput(
            f"{origin.ref.name} chooses labels with a head of its own, which is not stored in so "
            "few bits; choose pruned, shallow or distilled."
        )
    model = AutoModelForCausalLM.from_pretrained(
        origin.ref.path, dtype=torch.float32, quantization_config=asked, device_map="cpu",
        use_safetensors=True, local_files_only=True, trust_remote_code=False,
    )  # fmt: skip
    model.save_pretrained(folder / "model")
    load_tokenizer(origin.ref).save_pretrained(folder / "model")
    return {}
