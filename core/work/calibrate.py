"""A probe of this machine: some steps of a few models, made up on the spot.

In a process of its own; nothing is kept, nothing fetched. Products and copies are measured with
torch, as training computes them.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, logging

from core.train.cores import use_free_cores
from core.units import MIB

SECONDS = 15.0
"""For each model, at most, after a step that warms up."""
FEWEST_STEPS, MOST_STEPS = 3, 30
PRODUCT = {"cpu": 1024, "cuda": 4096}
COPY_BYTES = 64 * MIB
GOES = 8


def _gpt2(layers: int, width: int, heads: int, length: int) -> dict[str, Any]:
    return {
        "model_type": "gpt2", "n_layer": layers, "n_embd": width, "n_head": heads,
        "n_positions": length, "vocab_size": 8192, "bos_token_id": 0, "eos_token_id": 0,
    }  # fmt: skip


SMALL = ("4 layers of 256", _gpt2(4, 256, 4, 128), 8, 64)
JOBS = {
    "cpu": (
        SMALL,
        ("8 layers of 512", _gpt2(8, 512, 8, 256), 4, 128),
        ("4 layers of 1024", _gpt2(4, 1024, 16, 256), 2, 256),
    ),
    "cuda": (
        SMALL,
        ("8 layers of 512", _gpt2(8, 512, 8, 256), 8, 256),
        ("8 layers of 1024", _gpt2(8, 1024, 16, 512), 32, 512),
        ("8 layers of 2048", _gpt2(8, 2048, 16, 1024), 16, 1024),
        ("4 layers of 4096", _gpt2(4, 4096, 32, 1024), 8, 1024),
    ),
}
"""Name, configuration, sequences of a batch, tokens of each. On a GPU the small ones wait for
launches, the others compute."""


def probe(_: dict[str, Any]) -> dict[str, Any]:
    """Measure this machine.

    Returns:
        `device` ("cpu", or the GPU's name), `memory_bytes` of the GPU or None,
        `product_flops_per_second`, `copy_bytes_per_second`, and `jobs`: `name`, `config`, `batch`,
        `length`, `steps`, `tokens_per_second`.
    """
    use_free_cores()
    logging.set_verbosity_error()  # a model that is made up gives rise to warnings
    on_gpu = torch.cuda.is_available()
    kind = "cuda" if on_gpu else "cpu"
    properties = torch.cuda.get_device_properties(0) if on_gpu else None
    return {
        "device": torch.cuda.get_device_name() if on_gpu else "cpu",
        "memory_bytes": int(properties.total_memory) if properties else None,
        "product_flops_per_second": _product(kind),
        "copy_bytes_per_second": _copy(kind),
        "jobs": [_job(kind, *job) for job in JOBS[kind]],
    }


def _job(kind: str, name: str, config: dict[str, Any], batch: int, length: int) -> dict[str, Any]:
    torch.manual_seed(0)
    made = {key: value for key, value in config.items() if key != "model_type"}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(config["model_type"], **made))
    model.to(kind).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    tokens = torch.randint(0, config["vocab_size"], (batch, length), device=kind)
    half = torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda")

    def step() -> None:
        with half:
            loss = model(input_ids=tokens, labels=tokens).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    step()
    _wait(kind)
    done, begun = 0, time.perf_counter()
    while done < FEWEST_STEPS or (done < MOST_STEPS and time.perf_counter() - begun < SECONDS):
        step()
        _wait(kind)
        done += 1
    seconds = time.perf_counter() - begun
    return {
        "name": name, "config": config, "batch": batch, "length": length, "steps": done,
        "tokens_per_second": done * batch * length / seconds,
    }  # fmt: skip


def _product(kind: str) -> float:
    """FLOP/s of a product, in the type that training computes in."""
    size = PRODUCT[kind]
    dtype = torch.bfloat16 if kind == "cuda" else torch.float32
    left = torch.randn(size, size, device=kind, dtype=dtype)
    return 2 * size**3 / _fastest(kind, lambda: left @ left)


def _copy(kind: str) -> float:
    """Bytes read and written by a copy, a second."""
    source = torch.ones(COPY_BYTES, dtype=torch.uint8, device=kind)
    target = torch.empty_like(source)
    return 2 * COPY_BYTES / _fastest(kind, lambda: target.copy_(source))


def _fastest(kind: str, work: Callable[[], object]) -> float:
    work()
    _wait(kind)
    times = []
    for _ in range(GOES):
        begun = time.perf_counter()
        work()
        _wait(kind)
        times.append(time.perf_counter() - begun)
    return min(times)


def _wait(kind: str) -> None:
    if kind == "cuda":
        torch.cuda.synchronize()
