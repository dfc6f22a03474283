"""Memory that a long text's attention keeps: one layer against all of them.

    python -m tests.benchmarks.attention_memory [--tokens N]...

Each way runs in a process of its own, on the same random BERT of 12 layers × 12 heads, d = 64.
"Extra" is the resident memory after the work and a garbage collection, less that before it;
"kept" are the bytes of the arrays themselves.
"""

import argparse
import ctypes
import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import table

MEGA = 10**6
WAYS = {
    "eager": "every layer, as `output_attentions=True` gives it",
    "capture": "every layer, captured and checked (`assay attention`)",
    "long": "one layer as bytes, the others on SDPA, checked (`assay attention --long`)",
}
SKIPPED = {"capture": 1024}
"""More tokens than this and Assay keeps one layer by itself."""


def resident_bytes() -> int:
    """Resident memory of this process, after everything that can go is gone."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """The most that was resident so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def once(way: str, tokens: int) -> dict[str, Any]:
    """Read a text in one way; what it cost."""
    import numpy as np
    import torch
    import transformers as tf

    from core.interpret import long, parity
    from core.interpret.anatomy import survey
    from core.interpret.capture import look
    from core.interpret.layer import keep_layer
    from core.interpret.tap import evaluating

    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    model = tf.BertModel(tf.BertConfig(vocab_size=1000, max_position_embeddings=tokens)).eval()
    ids = {"input_ids": torch.randint(0, 1000, (1, tokens))}
    small = {"input_ids": ids["input_ids"][:, :16]}
    with evaluating(model), torch.no_grad():
        body = survey(model, "bert")
        # Libraries reserve memory when they first work; that is not the picture's.
        keep_layer(model, small, body, "encoder", 0)
        model.set_attn_implementation("eager" if way == "eager" else "sdpa")
        before, began = resident_bytes(), time.perf_counter()
        checked = None
        if way == "eager":
            kept: Any = model(**ids, output_attentions=True).attentions
            size = sum(tensor.nbytes for tensor in kept)
        elif way == "capture":
            found = look(model, ids, body)
            checked, kept = found.parity, found.array("encoder")
            del found
            size = kept.nbytes
        else:
            kept, checked = keep_layer(model, ids, body, "encoder", 6)
            size = kept.nbytes
        seconds = time.perf_counter() - began
    if checked:
        parity.check(checked, "bert")
    extra = resident_bytes() - before
    hover = None
    if isinstance(kept, long.Long):
        began = time.perf_counter()
        for query in range(0, tokens, max(1, tokens // 50)):
            kept.weight(3, query, query // 2)
        hover = (time.perf_counter() - began) / len(range(0, tokens, max(1, tokens // 50)))
        shares = (kept.pixels[3] / np.float32(255)) ** 2
        assert np.abs(shares - kept.matrix(3)).max() <= 0.004
    return {
        "extra": extra, "kept": size, "peak": peak_bytes(), "seconds": seconds, "hover": hover,
        "error": checked.attention_max_abs_error if checked else None,
    }  # fmt: skip


def main() -> None:
    """Run every way, each in a fresh process, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--once", nargs=2, metavar=("WAY", "TOKENS"), help="one way, in here")
    given = parser.parse_args()
    if given.once:
        print(json.dumps(once(given.once[0], int(given.once[1]))))
        return
    rows = []
    for tokens in given.tokens:
        for way, name in WAYS.items():
            if tokens > SKIPPED.get(way, tokens):
                continue
            command = [
                sys.executable,
                "-m",
                "tests.benchmarks.attention_memory",
                "--once",
                way,
                str(tokens),
            ]
            said = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(said.stdout.splitlines()[-1])
            error, hover = found["error"], found["hover"]
            rows.append(
                (
                    f"{tokens:,}", name, f"{found['extra'] / MEGA:,.0f} MB",
                    f"{found['kept'] / MEGA:,.0f} MB", f"{found['peak'] / MEGA:,.0f} MB",
                    f"{found['seconds']:.1f} s", "–" if error is None else f"{error:.1e}",
                    "–" if hover is None else f"{1000 * hover:.1f} ms",
                )
            )  # fmt: skip
    path = table.write(
        "attention_memory",
        "Memory that a picture of attention keeps (12 layers × 12 heads, d = 64, float32)",
        ("tokens", "kept", "extra, resident", "arrays", "peak of the process", "time",
         "max |Δ weight| to eager", "one hovered cell, exact"),
        rows,
        "Each row is a process of its own. Wanted: at 2,048 tokens at most 150 MB extra.",
    )  # fmt: skip
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
