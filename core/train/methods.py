"""What of a model is trained: all of it, its upper half, adapters beside it, or a head alone.

    full     every parameter
    frozen   all but the embeddings and the lower half of the encoder (or of the only stack)
    lora     adapters on every matrix (PEFT); they are merged into the weights at the end
    qlora    the same on a base held in 4 bits (bitsandbytes)
    probe    a new head on a body that stays as it is: the cheap baseline, and no more than that

A tuned model is an ordinary one, whatever the method: adapters are merged when it is written, so
that it is evaluated, served and looked into like any other. They lie beside it as well
(`adapter/`), for whoever serves many of them on one base.
"""

from typing import Any

from torch import nn

from core.train.config import TrainConfig


def prepare(model: Any, config: TrainConfig) -> Any:
    """The model with only those parameters trained that the method trains.

    Args:
        model: As it was loaded, with its task's head.
        config: Its method, and rank, alpha and dropout of adapters.

    Returns:
        The model itself, or for "lora" and "qlora" PEFT's wrapper around it.
    """
    if config.method == "frozen":
        freeze(model)
    elif config.method == "probe":
        probe(model)
    elif config.method in ("lora", "qlora"):
        from core.train import adapters  # PEFT's import takes a second; only adapters need it

        return adapters.add(model, config)
    return model


def freeze(model: Any) -> None:
    """Keep the embeddings and the lower half of the encoder (or of the only stack) as they are."""
    stack = model.get_encoder() if model.config.is_encoder_decoder else model.base_model
    layers = next(m for m in stack.modules() if isinstance(m, nn.ModuleList))
    embeddings = getattr(stack, "embeddings", None) or model.get_input_embeddings()
    for module in (embeddings, *list(layers)[: max(1, len(layers) // 2)]):
        module.requires_grad_(False)


def probe(model: Any) -> None:
    """Train the head alone."""
    model.requires_grad_(False)
    for name in head_names(model):
        model.get_submodule(name).requires_grad_(True)


def head_names(model: Any) -> list[str]:
    """Modules between the body and the answer: what a new task brings along, untrained.

    A pooler counts as head: few checkpoints have one, and a new one in front of the classes that
    stayed as it was drawn would hide what the body knows.
    """
    body = model.base_model_prefix
    names = [
        name for name, module in model.named_children()
        if name != body and any(True for _ in module.parameters())
    ]  # fmt: skip
    if getattr(getattr(model, body, None), "pooler", None) is not None:
        names.append(f"{body}.pooler")
    return names
