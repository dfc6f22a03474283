"""How fast answers are made, tested, scored and shown; writes results/evaluate.md.

    python -m tests.benchmarks.evaluate --data DIR [--model DIR] [--rows 1000]
        [--predictions 100000] [--evaluations 200] [--examples 10000] [--threads 2]

DIR holds `multi30k/`. Without --model a new T5 of about 5 M parameters is trained for --train
seconds first, so that it stops where a sentence ends. Arms take turns, so that whatever else the
machine does hits all alike; seconds are wall and, in brackets, of the processor. A busy machine
adds to the former.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from core.data.dataset import Dataset, Example
from core.evaluate import paired, scoring
from core.evaluate.answer import of_texts
from core.evaluate.metrics import METRICS
from core.evaluate.tally import Tally
from core.workspace import Workspace
from tests.benchmarks import table
from tests.benchmarks.train import make_model, pairs

ROUNDS = 3
PLAIN_BATCH = 16
RESAMPLES = TRIALS = 10_000
DRAWINGS = 5
DATA = Dataset("m", "0" * 12, "translation", {}, {}, "", "", "en", "de", (), False, "", "")
CLASSES = ("text-classification",)
Row = tuple[str, str, str, str]
"""What, seconds, what it is measured against, how many times as fast."""


class Clock:
    """Wall and processor seconds of what is done within."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> "Clock":
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu

    def __str__(self) -> str:
        return f"{self.wall:.2f} ({self.cpu:.2f})"

    def times(self, other: "Clock") -> str:
        """How many times as fast another is."""
        return f"{self.wall / other.wall:.1f} ({self.cpu / other.cpu:.1f})"


def trained(folder: Path, data: Path, seconds: float) -> Path:
    """A T5 of about 5 M parameters that the product has tuned for so long."""
    from core.models.resolve import ModelRef
    from core.train import loop
    from core.train.config import from_preset
    from tests.benchmarks.jobs import Silence

    known = pairs(data, "train")
    make_model(folder / "base", [text for pair in known for text in pair])
    examples = [Example(str(n), en, de) for n, (en, de) in enumerate(known)]
    config = from_preset("balanced", {"max_seconds": seconds, "keep": "last"})
    ref = ModelRef("t5-5m", "folder", folder / "base")
    (folder / "run").mkdir()
    loop.train(ref, DATA, config, {"train": examples, "validation": []}, None, folder / "run",
               Silence())  # fmt: skip
    return folder / "run" / "model"


def answering(folder: Path, test: list[tuple[str, str]], scratch: Path) -> tuple[list[Row], str]:
    """Rows of the table, and a sentence on whether all arms agree."""
    import torch
    from transformers import (
        AutoModelForSeq2SeqLM,
        AutoTokenizer,
        DataCollatorForSeq2Seq,
        Seq2SeqTrainer,
        Seq2SeqTrainingArguments,
    )

    from core.evaluate import predict
    from core.evaluate.batches import answer_tokens

    tokenizer = AutoTokenizer.from_pretrained(folder)
    # The Trainer changes the settings of a model that it is given, so each arm has its own.
    model, plain_model = (AutoModelForSeq2SeqLM.from_pretrained(folder).eval() for _ in range(2))
    rows = [Example(str(n), en, de) for n, (en, de) in enumerate(test)]
    limit = answer_tokens(tokenizer, rows)
    plain_model.generation_config.max_new_tokens = limit
    encoded = [{"input_ids": tokenizer(row.input)["input_ids"], "labels": [1]} for row in rows]
    trainer = Seq2SeqTrainer(
        model=plain_model,
        args=Seq2SeqTrainingArguments(
            output_dir=str(scratch), per_device_eval_batch_size=PLAIN_BATCH, use_cpu=True,
            predict_with_generate=True, generation_num_beams=1, dataloader_pin_memory=False,
            disable_tqdm=True, report_to="none",
        ),
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=plain_model),
    )  # fmt: skip

    def decoded(ids: Any) -> list[str]:
        return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]

    def plain() -> list[str]:
        found = trainer.predict(encoded).predictions  # type: ignore[arg-type]
        return decoded(np.where(found == -100, tokenizer.pad_token_id, found))

    def alone(part: list[Example]) -> list[str]:
        found = []
        for row in part:
            ids = tokenizer(row.input, return_tensors="pt")
            with torch.inference_mode():
                new = model.generate(input_ids=ids["input_ids"], max_new_tokens=limit,
                                     attention_mask=ids["attention_mask"], do_sample=False,
                                     num_beams=1)  # fmt: skip
            found += decoded(new)
        return found

    own, trainers, one = Clock(), Clock(), Clock()
    predict.answer(model, tokenizer, DATA, rows[:8])  # to warm up
    singly: list[str] = []
    for turn in range(ROUNDS):
        with one:
            singly += alone(rows[turn * len(rows) // ROUNDS : (turn + 1) * len(rows) // ROUNDS])
        with trainers:
            theirs = plain()
        with own:
            ours = predict.answer(model, tokenizer, DATA, rows, max_new_tokens=limit)
    for clock in (own, trainers):
        clock.wall, clock.cpu = clock.wall / ROUNDS, clock.cpu / ROUNDS
    differ = [sum(a != b for a, b in zip(ours, others, strict=True)) for others in (singly, theirs)]
    said = (
        f"Answers that differ from one-by-one `generate`: {differ[0]}, from the Trainer's: "
        f"{differ[1]}, of {len(rows):,}; {limit} tokens at most."
    )
    against = f"Seq2SeqTrainer.predict at batch {PLAIN_BATCH}, {trainers}"
    return [
        (f"{len(rows):,} answers", str(own), f"one-by-one generate, {one}", one.times(own)),
        (f"{len(rows):,} answers", str(own), against, trainers.times(own)),
    ], said  # fmt: skip


def testing(references: list[str]) -> tuple[list[Row], str]:
    """The paired test of two systems that are nearly as good, and a slice, beside sacreBLEU's."""
    from sacrebleu.metrics import BLEU
    from sacrebleu.significance import PairedTest

    answers, worse = noisy(references, 1), noisy(references, 2)
    counted = [{"bleu": Tally(references, of_texts(texts), language="de").of("bleu")}
               for texts in (answers, worse)]  # fmt: skip
    own, theirs, sliced = Clock(), Clock(), Clock()
    inside = np.random.default_rng(0).random(len(references)) < 0.5
    found: dict[str, Any] = {}
    for kind in ("bs", "ar"):
        test = PairedTest([("a", answers), ("b", worse)], {"BLEU": BLEU(force=True)}, [references],
                          test_type=kind, n_samples=RESAMPLES)  # fmt: skip
        clock = theirs if kind == "bs" else Clock()
        with clock:
            found[kind] = test()[1]["BLEU"][1].p_value
    with own:
        (row,) = paired.differences(*counted, language="de", resamples=RESAMPLES)
    with sliced:
        paired.differences(*counted, language="de", rows=inside)
    said = (f"BLEU {row.a:.2f} and {row.b:.2f}: p = {row.p_value:.4f} by approximate randomisation "
            f"with {TRIALS:,} trials, sacreBLEU's {found['ar']:.4f} (by its bootstrap "
            f"{found['bs']:.4f}).")  # fmt: skip
    return [
        (f"paired bootstrap of BLEU, {RESAMPLES:,} resamples, and randomisation, {TRIALS:,} trials",
         str(own), f"sacreBLEU's PairedTest, bootstrap alone, {theirs}", theirs.times(own)),
        ("a slice tested again", str(sliced), "at most 0.2", ""),
    ], said  # fmt: skip


def noisy(texts: list[str], seed: int) -> list[str]:
    """The texts with some words left out, doubled or moved."""
    lot, found = random.Random(seed), []
    for text in texts:
        words = text.split() or ["a"]
        for _ in range(max(1, len(words) // 5)):
            place, what = lot.randrange(len(words)), lot.random()
            word = words.pop(place) if len(words) > 1 else words[0]
            if what > 0.3:
                words.insert(lot.randrange(len(words) + 1), word)
            if what > 0.8:
                words.insert(place, word)
        found.append(" ".join(words))
    return found


def score_many(data: Path, count: int) -> None:
    """Score so many predictions with all metrics of strings; print seconds and memory."""
    german = [de for _, de in pairs(data, "train")]
    references = [german[n % len(german)] for n in range(count)]
    answers = of_texts(noisy(references, 0))
    names = [row.name for row in METRICS if row.scorer and row.needs in ("reference", "answer")
             and row.tasks and row.tasks != CLASSES]  # fmt: skip
    begun = time.perf_counter()
    tally = Tally(references, answers, language="de")
    scores = scoring.score_tally(names, tally)
    for name in names:
        scoring.per_example_tally(name, tally)
    seconds = time.perf_counter() - begun
    assert all(score.value is not None for score in scores)
    # The parent and the children that ran at once, each at its most.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    most += (os.cpu_count() or 1) * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    cpu = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF,
                                                           resource.RUSAGE_CHILDREN))  # fmt: skip
    print(json.dumps({"wall": seconds, "cpu": cpu, "gib": most / 2**20, "names": names}))


def page(evaluations: int, examples: int) -> list[Row]:
    """The page's script, each section at its first look and later, as after any click."""
    from tests.benchmarks.evaluate_page import SECTIONS, build, drawn

    rows = []
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as folder:
        os.environ["ASSAY_HOME"] = small
        build(Workspace.open(small), 2, 50)
        drawn("compare").run()  # a server that has shown this page before has its modules
        os.environ["ASSAY_HOME"] = folder
        build(Workspace.open(folder), evaluations, examples)
        for section in SECTIONS:
            opened, first, later = drawn(section), Clock(), Clock()
            with first:
                opened.run()
            for _ in range(DRAWINGS):
                with later:
                    opened.run()
            assert not opened.exception, opened.exception[0].value
            later.wall, later.cpu = later.wall / DRAWINGS, later.cpu / DRAWINGS
            what = f"{evaluations:,} evaluations of {examples:,} examples, {section}"
            rows.append((what, f"{later}, at first {first}", "at most 0.3", ""))
    return rows


def main() -> None:
    """Measure and write the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--model", type=Path)
    options.add_argument("--train", type=float, default=60)
    options.add_argument("--rows", type=int, default=1000)
    options.add_argument("--predictions", type=int, default=100_000)
    options.add_argument("--evaluations", type=int, default=200)
    options.add_argument("--examples", type=int, default=10_000)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--score-many", action="store_true")
    given = options.parse_args()
    if given.score_many:
        score_many(given.data, given.predictions)
        return
    import torch

    torch.set_num_threads(given.threads)
    scratch = Path(tempfile.mkdtemp())
    folder = given.model or trained(scratch, given.data, given.train)
    test = pairs(given.data, "test_2016_flickr", given.rows)
    rows, agreed = answering(folder, test, scratch)
    more, told = testing([de for _, de in test])
    child = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.evaluate", *sys.argv[1:], "--score-many"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    many = json.loads(child.stdout.splitlines()[-1])
    rows += [
        *more,
        (f"{given.predictions:,} predictions by {len(many['names'])} metrics of strings",
         f"{many['wall']:.1f} ({many['cpu']:.1f}), {many['gib']:.2f} GiB", "at most 60, 2 GiB", ""),
        *page(given.evaluations, given.examples),
    ]  # fmt: skip
    made = table.write(
        "evaluate", "Evaluation: answers, tests, scores and the page",
        ("what", "seconds (of the processor)", "against", "times as fast"), rows,
        f"Multi30k, test 2016, a T5 of about 5 M parameters, {given.threads} threads. {agreed} "
        f"{told} Metrics of strings: {', '.join(many['names'])}.",
    )  # fmt: skip
    print(made.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
