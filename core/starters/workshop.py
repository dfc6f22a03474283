"""Where a starter model is made: its folders, what is noted of the training, how it is saved."""

import hashlib
import json
import platform
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from core import record
from core.starters import tokenizer as pieces
from core.starters.checkpoint import Progress
from core.starters.corpus import LANGUAGES, Corpus, read, split
from core.starters.loop import Plan
from core.starters.script import simplified
from core.units import SECONDS_PER_MINUTE

SEED = 0


@dataclass(frozen=True)
class Workshop:
    """Where and how a model is made.

    Attributes:
        data: The Tatoeba folder.
        out: The folder of the finished models.
        work: The folder of checkpoints and of the tokenizer.
        minutes: Minutes of training, in processor time per thread.
        threads: Threads of torch.
    """

    data: Path
    out: Path
    work: Path
    minutes: float
    threads: int

    def checkpoint(self, model: str) -> Path:
        """The file a model's training goes on from."""
        return self.work / f"{model}.safetensors"

    def folder(self, model: str) -> Path:
        """Where the finished model stands."""
        return self.out / f"starter-{model}"


def begin(
    shop: Workshop, model: str, *, one_script: bool = False
) -> tuple[Corpus, Tokenizer, PreTrainedTokenizerFast]:
    """Corpus, bare tokenizer and the model's own; torch is set to its threads and seed.

    Args:
        shop: Where the model is made.
        model: "translate" or a sibling.
        one_script: Chinese in simplified characters alone. The tokenizer, which all models share,
            has seen both scripts.
    """
    torch.set_num_threads(shop.threads)
    torch.manual_seed(SEED)
    pairs = read(shop.data)
    siblings = sorted(shop.out.glob("starter-*/tokenizer.json"))
    base = pieces.load_or_train(lambda: split(pairs), shop.work, siblings)
    corpus = split(simplified(pairs) if one_script else pairs)
    return corpus, base, pieces.dressed(base, model)


def about(
    shop: Workshop, plan: Plan, progress: Progress, examples: int, corpus: Corpus
) -> dict[str, Any]:
    """What a card says of a training: data, time, machine, versions."""
    return {
        "date": record.now()[:10],
        "plan": asdict(plan),
        "steps": progress.step,
        "epochs": round(progress.examples / examples, 2),
        "examples": examples,
        "minutes": round(progress.seconds / SECONDS_PER_MINUTE, 1),
        "wall_minutes": round(progress.wall_seconds / SECONDS_PER_MINUTE, 1),
        "processor": processor(),
        "versions": {
            "python": platform.python_version(),
            **{k: v for k, v in record.environment()["libraries"].items() if v is not None},
        },
        "data": {
            "files": {
                row.file: hashlib.sha256((shop.data / row.file).read_bytes()).hexdigest()
                for row in LANGUAGES
            },
            "train_pairs": len(corpus.train),
            "validation_pairs": len(corpus.validation),
            "test_pairs": len(corpus.test),
            "dropped_as_leaks": corpus.dropped_leaks,
        },
    }


def processor() -> str:
    """The processor's name as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def save(model: Any, tokenizer: PreTrainedTokenizerFast, shop: Workshop, name: str) -> None:
    """Put weights (16-bit floats, to be loaded as 32-bit), configuration and tokenizer in place."""
    making = shop.work / f"starter-{name}.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    model.to(torch.float16).save_pretrained(making)
    tokenizer.save_pretrained(making)
    config = json.loads((making / "config.json").read_text(encoding="utf-8"))
    config["dtype"] = "float32"
    (making / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    folder = shop.folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(making.iterdir()):
        path.chmod(0o644)
        shutil.move(path, folder / path.name)
    making.rmdir()


def finish(
    model: Any, tokenizer: PreTrainedTokenizerFast, shop: Workshop, name: str, body: dict[str, Any]
) -> None:
    """Write scores.json: the figures of the card."""
    folder = shop.folder(name)
    record.write(
        folder / "scores.json",
        "starter",
        {
            "name": f"starter-{name}",
            "architecture": type(model).__name__,
            "parameters": sum(p.numel() for p in model.parameters()),
            "vocabulary": len(tokenizer),
            **body,
        },
    )
