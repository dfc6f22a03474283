"""How fast fine-tuning is, against Transformers' plain Seq2SeqTrainer, and whether it learns less.

    python -m tests.benchmarks.train --data DIR [--rows 20000] [--epochs 1] [--threads 2]

DIR holds `multi30k/`. Writes results/train_speed.md. Each arm trains the same new T5 of about 5 M
parameters in a process of its own; they take turns of some seconds, so that whatever else the
machine does hits all alike. Seconds are those of an arm's own turns, from the first step on.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import table

TURN_SECONDS = 5.0
VOCABULARY = 8_000
HELD_OUT_BATCH = 64
RATE = {"learning_rate": 3e-3, "warmup_steps": 0.06}
"""What the product takes for a T5 of this size."""


@dataclass(frozen=True)
class Arm:
    """One way to train: the plain Trainer, or this product with settings on top of a preset."""

    name: str
    plain: bool
    preset: str = "seed"
    settings: dict[str, Any] = field(default_factory=dict)


ARMS = (
    Arm("Seq2SeqTrainer, the seed's settings", True),
    Arm("assay, the seed's settings, batches of like length", False, "seed",
        {"batching": "length"}),
    Arm("Seq2SeqTrainer, batch 16, rate 3e-3", True, "seed", RATE),
    Arm("assay, preset balanced", False, "balanced"),
)  # fmt: skip


def pairs(data: Path, stem: str, rows: int | None = None) -> list[tuple[str, str]]:
    """English and German lines of a part of Multi30k."""
    columns = []
    for code in ("en", "de"):
        with gzip.open(data / "multi30k" / f"{stem}.{code}.gz", "rt", encoding="utf-8") as lines:
            columns.append([line.strip() for line in lines][:rows])
    return list(zip(*columns, strict=True))


def make_model(folder: Path, texts: list[str]) -> None:
    """A T5 with new weights and a tokenizer learnt from the training texts."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))  # noqa: S106 - not a password
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=special)
    )
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", None, [("</s>", 1)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>",  # noqa: S106
        unk_token="<unk>", model_max_length=512,  # noqa: S106
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=VOCABULARY, d_model=256, d_kv=64, d_ff=512, num_layers=2, num_heads=4,
        feed_forward_proj="gated-gelu", decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)


class Turns:
    """Works for some seconds, then hands over and waits; counts its own seconds."""

    def __init__(self) -> None:
        self.begun = False
        self.wall_seconds = self.cpu_seconds = 0.0

    def step(self) -> None:
        """After each step; the first begins the count."""
        if not self.begun:
            self.begun = True
            self._wait()
        elif time.perf_counter() - self._since >= TURN_SECONDS:
            self.stop()
            self._wait()

    def stop(self) -> None:
        """Count what was worked since the last turn began."""
        self.wall_seconds += time.perf_counter() - self._since
        self.cpu_seconds += time.process_time() - self._cpu_since

    def _wait(self) -> None:
        print("turn", flush=True)
        sys.stdin.readline()
        self._since, self._cpu_since = time.perf_counter(), time.process_time()


def plain_model(arm: Arm, base: Path, train: list[tuple[str, str]], epochs: float,
                folder: Path, turns: Turns) -> Any:  # fmt: skip
    """The listing of the article: Seq2SeqTrainer as it comes."""
    from transformers import (
        AutoModelForSeq2SeqLM,
        AutoTokenizer,
        DataCollatorForSeq2Seq,
        Seq2SeqTrainer,
        Seq2SeqTrainingArguments,
        TrainerCallback,
    )

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForSeq2SeqLM.from_pretrained(base)
    rows = [
        {"input_ids": tokenizer(en)["input_ids"], "labels": tokenizer(text_target=de)["input_ids"]}
        for en, de in train
    ]

    class Turn(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            turns.step()

    own = {"warmup_steps": 500, **arm.settings}
    trainer = Seq2SeqTrainer(
        model=model,
        args=Seq2SeqTrainingArguments(
            output_dir=str(folder), num_train_epochs=epochs, per_device_train_batch_size=16,
            per_device_eval_batch_size=64, weight_decay=0.01, save_strategy="no", use_cpu=True,
            dataloader_pin_memory=False, disable_tqdm=True, report_to="none", **own,
        ),
        train_dataset=rows,
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=model),
        callbacks=[Turn()],
    )  # fmt: skip
    trainer.train()
    turns.stop()
    return model


def own_model(arm: Arm, base: Path, train: list[tuple[str, str]], epochs: float, folder: Path,
              turns: Turns) -> Any:  # fmt: skip
    """The product's loop."""
    from core.data.dataset import Dataset, Example
    from core.models.load import load_model
    from core.models.resolve import ModelRef
    from core.train import loop
    from core.train.config import from_preset
    from tests.benchmarks.jobs import Silence

    class Listener(Silence):
        def check(self) -> None:
            turns.step()

    data = Dataset("m", "0" * 12, "translation", {}, {}, "", "", "en", "de", (), False, "", "")
    examples = [Example(str(n), en, de) for n, (en, de) in enumerate(train)]
    config = from_preset(arm.preset, {**arm.settings, "epochs": epochs, "keep": "last"})
    folder.mkdir()
    ref = ModelRef("t5-5m", "folder", base)
    save = loop._save
    # Writing the model is not a part of the loop that is compared.
    loop._save = lambda *given: (turns.stop(), save(*given))  # type: ignore[assignment]
    loop.train(ref, data, config, {"train": examples, "validation": []}, None, folder, Listener())
    return load_model(ModelRef("tuned", "folder", folder / "model"), "seq2seq")


def held_out_loss(model: Any, base: Path, held_out: list[tuple[str, str]]) -> float:
    """Nats a target token, padding not counted."""
    import torch
    from transformers import AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(base), model.eval()
    nats, tokens = 0.0, 0
    for start in range(0, len(held_out), HELD_OUT_BATCH):
        english, german = zip(*held_out[start : start + HELD_OUT_BATCH], strict=True)
        inputs = tokenizer(list(english), padding=True, return_tensors="pt")
        labels = tokenizer(text_target=list(german), padding=True, return_tensors="pt")["input_ids"]
        labels[labels == tokenizer.pad_token_id] = -100
        with torch.inference_mode():
            loss = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
                         labels=labels).loss.item()  # fmt: skip
        count = int((labels != -100).sum())
        nats, tokens = nats + loss * count, tokens + count
    return nats / tokens


def work(number: int, given: argparse.Namespace) -> None:
    """Train one arm and print its figures as the last line."""
    import torch

    torch.manual_seed(given.seed)
    turns, arm, base = Turns(), ARMS[number], given.folder / "base"
    train = pairs(given.data, "train", given.rows)
    make = plain_model if arm.plain else own_model
    model = make(arm, base, train, given.epochs, given.folder / f"arm-{number}", turns)
    print(json.dumps({
        "wall_seconds": turns.wall_seconds,
        "cpu_seconds": turns.cpu_seconds,
        "loss": held_out_loss(model, base, pairs(given.data, "val")),
    }), flush=True)  # fmt: skip


def race(given: argparse.Namespace) -> list[dict[str, float]]:
    """Run the arms in turns; their figures in order."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(given.threads)}
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.train", *sys.argv[1:], "--arm", str(number),
             "--folder", str(given.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )
        for number in given.arms
    ]  # fmt: skip
    found: dict[int, dict[str, float]] = {}
    for child in children:
        _until_turn(child)
    while len(found) < len(children):
        for number, child in enumerate(children):
            if number in found:
                continue
            child.stdin.write("go\n")  # type: ignore[union-attr]
            child.stdin.flush()  # type: ignore[union-attr]
            said = _until_turn(child)
            if said != "turn":
                found[number] = json.loads(said)
    return [found[number] for number in range(len(children))]


def _until_turn(child: "subprocess.Popen[str]") -> str:
    """What the child says when its turn is over: "turn", or its figures."""
    for line in child.stdout or ():
        if line.strip() == "turn" or line.startswith('{"wall_seconds"'):
            return line.strip()
    raise SystemExit(f"An arm ended without figures (status {child.wait()}).")


def main() -> None:
    """Race the arms and write the table; with --arm, be one of them."""
    options = argparse.ArgumentParser()
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--epochs", type=float, default=1)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--arms", type=int, nargs="+", default=list(range(len(ARMS))))
    options.add_argument("--arm", type=int)
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.arm is not None:
        work(given.arm, given)
        return
    given.folder = Path(tempfile.mkdtemp())
    make_model(given.folder / "base", [text for pair in pairs(given.data, "train", given.rows)
                                       for text in pair])  # fmt: skip
    found = race(given)
    examples, rows = given.rows * given.epochs, []
    base = found[0]
    for number, row in zip(given.arms, found, strict=True):
        rows.append((
            ARMS[number].name, f"{examples / row['wall_seconds']:.0f}",
            f"{base['wall_seconds'] / row['wall_seconds']:.2f}",
            f"{1000 * row['cpu_seconds'] / examples:.1f}",
            f"{base['cpu_seconds'] / row['cpu_seconds']:.2f}", f"{row['loss']:.3f}",
        ))  # fmt: skip
    made = table.write(
        "train_speed",
        "Fine-tuning: examples a second and what was learnt",
        ("arm", "examples/s", "times the first", "CPU ms/example", "times the first (CPU)",
         "held-out loss, nats/token"),
        rows,
        f"{given.rows:,} Multi30k pairs, {given.epochs:g} epochs, a new T5 of 4.9 M parameters, "
        f"{given.threads} threads, seed {given.seed}; held out: 1,014 validation pairs. The arms "
        f"took turns of {TURN_SECONDS:g} s. The optimizer is the fused AdamW in all of them: it is "
        "the Trainer's default.",
    )  # fmt: skip
    print(made.read_text())


if __name__ == "__main__":
    main()
