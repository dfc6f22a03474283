"""What the server is measured against, in a process of its own: prints [tokens/s, seconds each].

    python -m tests.benchmarks.serve_plain transformers FOLDER --prefix P --texts FILE
        [--batch N] [--seconds S] [--tokens N]
    python -m tests.benchmarks.serve_plain bare SPEC --texts FILE …

`transformers` is `generate` on batches, as a script would have it; `bare` is the server's own
engine, called without a server.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path


def plain(folder: str, prefix: str, tokens: int) -> Callable[[list[str]], int]:
    """Answers a batch by `generate`; returns how many tokens were written."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    torch.set_num_threads(os.cpu_count() or 1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()

    def answer(texts: list[str]) -> int:
        encoded = tokenizer([prefix + text for text in texts], padding=True, return_tensors="pt")
        with torch.inference_mode():
            ids = model.generate(
                input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"],
                max_new_tokens=tokens, do_sample=False, num_beams=1,
            )  # fmt: skip
        tokenizer.batch_decode(ids, skip_special_tokens=True)
        end = model.config.eos_token_id
        rows = [row[1:] for row in ids.tolist()]
        return sum(row.index(end) if end in row else len(row) for row in rows)

    return answer


def bare(spec: str, tokens: int) -> Callable[[list[str]], int]:
    """Answers a batch by the server's engine, in this process."""
    from core.deploy import worker
    from core.deploy.engine import EngineRequest, kind_of

    fields = json.loads(spec)
    engine = worker.load(kind_of(fields["engine"]).target, fields)

    def answer(texts: list[str]) -> int:
        requests = [
            EngineRequest(str(n), "predict", text, max_tokens=tokens)
            for n, text in enumerate(texts)
        ]
        return sum(found.output_tokens for found in engine.answer(requests))

    return answer


def main() -> None:
    """Answer batches for so long; print tokens a second, and the seconds of each batch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=("transformers", "bare"))
    parser.add_argument("what")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--tokens", type=int, default=24)
    args = parser.parse_args()
    texts = json.loads(args.texts.read_text(encoding="utf-8"))
    if args.how == "bare":
        answer = bare(args.what, args.tokens)
    else:
        answer = plain(args.what, args.prefix, args.tokens)
    for _ in range(3):
        answer(texts[: args.batch])
    times, written, place = [], 0, 0
    begun = time.perf_counter()
    while time.perf_counter() - begun < args.seconds:
        batch = [texts[(place + n) % len(texts)] for n in range(args.batch)]
        place += args.batch
        started = time.perf_counter()
        written += answer(batch)
        times.append(time.perf_counter() - started)
    json.dump([written / (time.perf_counter() - begun), times], sys.stdout)


if __name__ == "__main__":
    main()
