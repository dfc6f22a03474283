"""The cost engine's speed, and llm-analysis on the same published runs beside it.

    python -m tests.benchmarks.cost [--llm-analysis PYTHON]

PYTHON is the interpreter of an environment of its own with llm-analysis (`pip install
llm-analysis`): it wants other versions of shared libraries than this project does. Without it, its
rows say so. Writes results/cost.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np

from core.cost.backtest import checks
from core.cost.cases_serving import card
from core.cost.cases_training import plan_of
from core.cost.draws import draw
from core.cost.grid import grid
from core.cost.hardware import gpu
from core.cost.published import rows as published
from core.cost.published import shape_of
from core.cost.training import estimate_training
from core.models.catalog import model
from tests.benchmarks import table

SHAPE = model("llama-2-7b").shape
RUNS = 7
FRESH = """
import time, numpy
begun = time.perf_counter()
from core.cost.training import estimate_training
from core.models.catalog import model
shape = model("llama-2-7b").shape
estimate_training(shape, {tokens}, "A100-80-SXM", {gpus}, "{method}")
print(time.perf_counter() - begun)
"""
THEIRS = """
import contextlib, io, json, sys, time
begun = time.perf_counter()
from llm_analysis import analysis, config
imported = time.perf_counter() - begun
analysis.logger.setLevel("CRITICAL")
found = []
for job in json.load(sys.stdin):
    begun = time.perf_counter()
    rate = error = None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            made = analysis.LLMAnalysis(
                config.ModelConfig(name=job["name"], **job["shape"]),
                analysis.get_gpu_config_by_name(job["gpu"]),
                analysis.get_dtype_config_by_name("w16a16e16"),
                analysis.ParallelismConfig(**job["parallel"]),
                flops_efficiency=job["efficiency"], hbm_memory_efficiency=1,
                intra_node_memory_efficiency=1, inter_node_memory_efficiency=1,
            )
            told = made.training(
                activation_recomputation=analysis.ActivationRecomputation(2 * job["recompute"]),
                ds_zero=analysis.DSZeRO(job["zero"]), flash_attn=True,
                mlp_gated_linear_units=job["gated"], **job["batch"])
        rate = job["tokens"] / told["latency_per_iter"]
    except Exception as caught:
        error = repr(caught)
    found.append({"rate": rate, "seconds": time.perf_counter() - begun, "error": error})
print(json.dumps({"imported": imported, "found": found}))
"""
GPUS = {"A100-40-SXM": "a100-sxm-40gb", "A100-80-SXM": "a100-sxm-80gb",
        "A100-40-PCIe": "a100-pcie-40gb", "A100-80-PCIe": "a100-pcie-80gb"}  # fmt: skip


def fresh(tokens: int, gpus: int, method: str) -> float:
    """Seconds of the import and one estimate in a new interpreter, beyond NumPy's own import."""
    code = FRESH.format(tokens=tokens, gpus=gpus, method=method)
    return statistics.median(
        float(subprocess.check_output([sys.executable, "-c", code], text=True))
        for _ in range(RUNS)
    )  # fmt: skip


def seconds(work: Any) -> float:
    """The median of some goes."""
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def jobs(efficiency: float) -> tuple[list[dict[str, Any]], list[tuple[float, float]]]:
    """Published steady runs as llm-analysis wants them; measured, and as this engine says.

    This engine's figures are by constants that were fitted without the run's family of models.
    """
    known = {row.name: row for row in published("training_runs")}
    found, pairs = [], []
    for check in checks("pretraining"):
        row = known[check.name]
        shape = shape_of(row)
        plan = plan_of(row, shape) if shape else None
        if shape is None or plan is None or shape.family != "decoder" or shape.experts > 1:
            continue
        pairs.append((check.measured, check.predicted))
        found.append({
            "name": row.name, "gpu": GPUS[card(row).name], "efficiency": efficiency,
            "shape": {
                "num_layers": shape.layers, "n_head": shape.heads, "hidden_dim": shape.hidden,
                "vocab_size": shape.vocab, "num_key_value_heads": shape.kv_heads,
                "ffn_embed_dim": shape.ffn, "max_seq_len": plan.length,
                "expansion_ratio": shape.ffn / shape.hidden, "model_type": "llama",
            },
            "parallel": {"tp_size": plan.tensor, "pp_size": plan.pipeline, "dp_size": plan.data},
            "zero": 3 if plan.sharded else int(plan.optimizer_shards > 1),
            "recompute": bool(plan.recompute), "gated": shape.gated_mlp,
            "batch": {"batch_size_per_gpu": plan.micro_batch,
                      "gradient_accumulation_steps": plan.micro_steps, "seq_len": plan.length},
            "tokens": plan.tokens_per_step(shape) / plan.gpus,
        })  # fmt: skip
    return found, pairs


def theirs(python: str, efficiency: float) -> list[tuple[str, ...]]:
    """llm-analysis on the published runs: its error, how many it answers, and its time."""
    wanted, pairs = jobs(efficiency)
    answer = json.loads(
        subprocess.run([python, "-c", THEIRS], input=json.dumps(wanted), capture_output=True,
                       text=True, check=True).stdout.splitlines()[-1]
    )  # fmt: skip
    rates = [one["rate"] for one in answer["found"]]
    errors = [abs(rate / measured - 1) for rate, (measured, _) in zip(rates, pairs, strict=True)
              if rate]  # fmt: skip
    each = statistics.median(one["seconds"] for one in answer["found"])
    return [
        (f"llm-analysis, efficiency {efficiency:g}: error on {len(errors)} of {len(rates)} "
         "published steady runs", _errors(errors), "measured tokens/s per GPU"),
        (f"llm-analysis, efficiency {efficiency:g}: import; one estimate",
         f"{1e3 * answer['imported']:,.0f} ms; {1e3 * each:.2f} ms", ""),
    ]  # fmt: skip


def _errors(errors: list[float]) -> str:
    if not errors:
        return "none answered"
    p90 = float(np.quantile(errors, 0.9))
    return f"median {100 * statistics.median(errors):.1f} %, p90 {100 * p90:.0f} %"


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm-analysis", metavar="PYTHON")
    arguments = parser.parse_args()
    small, whole = fresh(60_000_000, 1, "lora"), fresh(2 * 10**12, 1024, "full")
    long_run = estimate_training(SHAPE, 10**11, "A100-80-SXM", 64, "full")
    drawn = seconds(lambda: draw(long_run, 10**6))
    card_80 = gpu("A100-80-SXM")
    cells = seconds(lambda: grid(SHAPE, 10**11, card_80, range(1, 251), range(1, 51)))
    warm = seconds(lambda: [estimate_training(SHAPE, 10**6 + n, card_80, 8) for n in range(50)])
    _, pairs = jobs(1.0)
    own = [abs(predicted / measured - 1) for measured, predicted in pairs]
    lines: list[tuple[str, ...]] = [
        ("import and one LoRA estimate, fresh interpreter, beyond NumPy", f"{1e3 * small:.0f} ms",
         "at most 150 ms"),
        ("import and one whole pre-training run, likewise", f"{1e3 * whole:.0f} ms",
         "at most 150 ms"),
        ("one more estimate", f"{1e3 * warm / 50:.1f} ms", ""),
        ("a million draws of one job", f"{drawn:.2f} s", "at most 2 s"),
        ("a grid of 100,000: 250 numbers of GPUs × 50 batches × 2 × 4", f"{cells:.2f} s",
         "at most 2 s"),
        (f"this engine: error on {len(own)} published steady runs, family left out",
         _errors(own), "measured tokens/s per GPU"),
    ]  # fmt: skip
    if arguments.llm_analysis:
        for efficiency in (1.0, 0.5):
            lines += theirs(arguments.llm_analysis, efficiency)
    else:
        lines.append(("llm-analysis", "not installed here", "--llm-analysis PYTHON"))
    made = table.write(
        "cost", "The cost engine: speed, and error beside llm-analysis",
        ("what", "measured", "wanted"), lines,
        f"`python -m tests.benchmarks.cost`; medians of {RUNS}. llm-analysis leaves the efficiency "
        "to the user: 1 is its default, 0.5 what its documentation takes for training. Its error "
        "is on the same runs, with their layouts, batches and checkpointing.",
    )  # fmt: skip
    print(made.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
