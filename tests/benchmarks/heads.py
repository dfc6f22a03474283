"""Seconds of the three studies of heads, on a starter and on a random T5 of the size of t5-small.

    python -m tests.benchmarks.heads [--examples N]

Without the import of torch and the loading of the model by a job's own process.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import transformers as tf

from core.data import dataset as datasets
from core.data.samples import import_sample
from core.jobs.context import Context
from core.jobs.store import JobStore
from core.models.load import load_tokenizer
from core.models.resolve import resolve
from core.work import alignment, moved, prices
from core.workspace import Workspace
from tests.benchmarks import table

STARTER, DATA = "starter-translate", "localise-de"


def small(workspace: Workspace, folder: Path) -> str:
    """A T5 with random weights: 6 + 6 layers of 8 heads, width 512."""
    tokenizer = load_tokenizer(resolve(workspace, STARTER))
    torch.manual_seed(0)
    config = tf.T5Config(
        vocab_size=len(tokenizer), d_model=512, d_kv=64, d_ff=1024, num_layers=6, num_heads=8,
        feed_forward_proj="gated-gelu", decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    tf.T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def main() -> None:
    """Time each study once, in a fresh workspace, so that nothing is found again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    n = parser.parse_args().examples
    rows = []
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace.open(Path(home) / "home")
        import_sample(workspace, DATA)
        data = datasets.open_dataset(workspace, DATA).title
        with JobStore(workspace) as jobs:
            job, _ = jobs.add("heads", {})
            context = Context(workspace, job.id, jobs)
            for model in (STARTER, small(workspace, Path(home) / "t5-small-random")):
                studies: dict[str, Callable[..., object]] = {
                    "moved": partial(moved.compare, context, model, model, data),
                    "alignment": partial(alignment.align, context, data, model, "reference"),
                    "heads": partial(prices.price, context, data, model, (0.1, 0.25, 0.5)),
                }
                for name, study in studies.items():
                    begun = time.perf_counter()
                    study(limit=n)
                    seconds = time.perf_counter() - begun
                    rows.append((Path(model).name, name, n, f"{seconds:.1f}"))
                    print(*rows[-1], flush=True)
    table.write(
        "heads", "Studies of heads", ("model", "study", "examples", "seconds"), rows,
        "`heads` holds 3 drops, each answered anew; of more than 96 heads it tries 96 alone.",
    )  # fmt: skip


if __name__ == "__main__":
    main()
