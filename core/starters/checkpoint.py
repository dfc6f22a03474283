"""Everything a training needs to go on: one safetensors file, written whole or not at all."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core.errors import BadInput


@dataclass(frozen=True)
class Progress:
    """Where a training stands; `seconds` are of processor time per thread."""

    step: int = 0
    examples: int = 0
    seconds: float = 0.0
    wall_seconds: float = 0.0
    last_loss: float | None = None


def save(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write weights, optimizer state and progress as one file, whole or not at all."""
    # named_parameters tells tied weights once, as safetensors wants them.
    tensors = {f"model.{name}": value for name, value in model.named_parameters()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(
        {name: value.detach().contiguous() for name, value in tensors.items()},
        partial,
        metadata={"progress": json.dumps(asdict(progress))},
    )
    partial.replace(path)


def restore(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Put a checkpoint back into model and optimizer; a fresh Progress if there is none.

    Raises:
        BadInput: The checkpoint is of another model.
    """
    if not path.is_file():
        return Progress()
    state: dict[int, dict[str, Tensor]] = {}
    weights: dict[str, Tensor] = {}
    with safe_open(path, framework="pt") as file:
        progress = Progress(**json.loads(file.metadata()["progress"]))
        for name in file.keys():  # noqa: SIM118 - not a dict
            kind, _, rest = name.partition(".")
            if kind == "model":
                weights[rest] = file.get_tensor(name)
            else:
                index, _, key = rest.partition(".")
                state.setdefault(int(index), {})[key] = file.get_tensor(name)
    shapes = {name: value.shape for name, value in model.named_parameters()}
    if shapes != {name: value.shape for name, value in weights.items()}:
        raise BadInput(
            f"{path} holds another model than the one to be trained; give another --work folder "
            "or remove the file."
        )
    # Not strict: a tied weight stands in the file under one of its names.
    model.load_state_dict(weights, strict=False)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    return progress
