"""Low-rank adapters (PEFT): on every matrix of the body, merged into the weights at the end."""

import shutil
import warnings
from pathlib import Path
from typing import Any

from peft import LoraConfig, PeftModel, TaskType, get_peft_model, prepare_model_for_kbit_training
from torch import nn
from transformers.pytorch_utils import Conv1D

from core.train.config import TrainConfig
from core.train.methods import head_names

TASKS = {"CausalLM": TaskType.CAUSAL_LM, "ConditionalGeneration": TaskType.SEQ_2_SEQ_LM,
         "MTModel": TaskType.SEQ_2_SEQ_LM, "SequenceClassification": TaskType.SEQ_CLS,
         "QuestionAnswering": TaskType.QUESTION_ANS}  # fmt: skip
"""By the end of a model's class name; what PEFT calls the task."""


def add(model: Any, config: TrainConfig) -> Any:
    """Wrap a model: every matrix of its body gets an adapter, a new head is trained whole.

    Matrices of all kinds, not queries and values alone: with them LoRA comes level with full
    tuning at the same rank (Dettmers et al. 2023, arXiv:2305.14314, section 4).

    Args:
        model: With its head; for "qlora" with a base in 4 bits.
        config: `lora_rank`, `lora_alpha`, `lora_dropout`.
    """
    name = type(model).__name__
    task = next((task for ending, task in TASKS.items() if name.endswith(ending)), None)
    head = [] if model.can_generate() else head_names(model)
    if config.method == "qlora":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    adapters = LoraConfig(
        task_type=task,
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=_matrices(model, head),
        modules_to_save=[part.rpartition(".")[2] for part in head] or None,
    )
    with warnings.catch_warnings():
        # PEFT asks Transformers by a name that will go in its next major version.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return get_peft_model(model, adapters)


def _matrices(model: Any, head: list[str]) -> list[str]:
    """Names of the linear layers of the body: neither the head nor the output embedding."""
    output = model.get_output_embeddings()
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | Conv1D)
        and module is not output
        and not any(name == part or name.startswith(f"{part}.") for part in head)
    ]


def save(model: Any, base: str, folder: Path) -> None:
    """Write the adapters alone, in safetensors.

    Args:
        model: PEFT's wrapper.
        base: Name of the base model, as others would find it.
        folder: Where; made anew.
    """
    model.peft_config["default"].base_model_name_or_path = base
    shutil.rmtree(folder, ignore_errors=True)
    # Embeddings are not trained; whether they were resized would be asked of the Hub.
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # a form to fill in, not a card


def merge(model: Any) -> Any:
    """The base with the adapters added to its weights: an ordinary model."""
    return model.merge_and_unload()


def merge_onto(base: Any, folder: Path) -> Any:
    """The same for a base that is loaded afresh.

    Weights in 4 bits cannot take an adapter without rounding it away.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return PeftModel.from_pretrained(base, str(folder)).merge_and_unload()
