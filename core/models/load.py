"""Load a model that a name stands for, in float32: safetensors only, no code of the model's own."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BitsAndBytesConfig,
)
from transformers.utils import logging

from core.errors import BadInput
from core.models import cut
from core.models.hub import fetch
from core.models.resolve import ModelRef

logging.set_verbosity_error()
logging.disable_progress_bar()

PURPOSES = {
    "seq2seq": AutoModelForSeq2SeqLM,
    "classification": AutoModelForSequenceClassification,
    "question-answering": AutoModelForQuestionAnswering,
    "causal": AutoModelForCausalLM,
    "masked": AutoModelForMaskedLM,
    "auto": AutoModel,
}

TOKENIZER_FILES = ("tokenizer.json", "spiece.model", "tokenizer.model", "vocab.txt", "vocab.json")


def _folder(ref: ModelRef) -> Path:
    path = fetch(ref).path
    if path is None:
        raise BadInput(f"{ref.name} has no folder to load from; name another model.")
    return path


def load_config(ref: ModelRef) -> Any:
    """Load a model's configuration.

    Raises:
        BadInput: The folder's config.json is of an architecture that Transformers does not have.
    """
    folder = _folder(ref)
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (ValueError, KeyError, OSError) as error:
        raise BadInput(f"The configuration of {ref.name} cannot be used: {_first(error)}") from None


def load_tokenizer(ref: ModelRef) -> Any:
    """Load a model's tokenizer.

    Raises:
        BadInput: The folder has none that Transformers can read.
    """
    folder = _folder(ref)
    # Transformers would make an empty one out of nothing, without a word.
    if not any((folder / name).is_file() for name in TOKENIZER_FILES):
        raise BadInput(
            f"{ref.name} has no tokenizer; expected one of {', '.join(TOKENIZER_FILES)} beside its "
            "config.json."
        )
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (ValueError, KeyError, OSError, ImportError) as error:
        raise BadInput(f"The tokenizer of {ref.name} cannot be used: {_first(error)}") from None


def load_model(
    ref: ModelRef,
    purpose: str,
    labels: tuple[str, ...] | None = None,
    attention: str | None = None,
    *,
    several: bool = False,
    quantized: bool = False,
) -> Any:
    """Load a model in float32, in evaluation mode.

    Args:
        ref: What `core.models.resolve` gave.
        purpose: A key of PURPOSES.
        labels: Class names, for a new head of a classifier; None keeps those of the folder.
        attention: "eager" where attention weights are wanted; None = the fused kernel where the
            architecture has one (Bloom, MPT and Gemma 2 have none).
        several: A new head gives each class a yes or no of its own, for rows with several labels.
        quantized: In 4 bits (NF4), to train adapters on; needs bitsandbytes.

    Raises:
        BadInput: The folder's model is not of an architecture for that purpose.
    """
    folder = _folder(ref)
    if ref.engine != "transformers":
        raise BadInput(
            f"{ref.name} is a {ref.engine} model, which answers and can neither be trained on nor "
            "looked into; name the run that it was made from."
        )
    extra: dict[str, Any] = {}
    if labels is not None:
        extra = {
            "num_labels": len(labels),
            "id2label": dict(enumerate(labels)),
            "label2id": {label: number for number, label in enumerate(labels)},
            # A head for other labels is replaced by a new one.
            "ignore_mismatched_sizes": True,
            "problem_type": "multi_label_classification"
            if several
            else "single_label_classification",
        }
    if quantized:
        extra["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True
        )
    if cut.has_own_heads(folder):
        return cut.load(folder, PURPOSES[purpose], ref.name, attention, labels)
    try:
        model = PURPOSES[purpose].from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation=attention,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            **extra,
        )
    except (ValueError, OSError) as error:
        raise BadInput(f"{ref.name} cannot be loaded for {purpose}: {_first(error)}") from None
    except ImportError:
        raise BadInput(
            f"{ref.name} has weights of few bits, which need a package that is not here: "
            "pip install 'llm-assay[quant]'"
        ) from None
    return model.eval()


def _first(error: Exception) -> str:
    """The first sentence of a library's message."""
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
