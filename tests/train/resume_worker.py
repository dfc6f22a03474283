"""A training in a process of its own, to be killed: `python -m tests.train.resume_worker JSON`.

It writes each step that ended to standard output, so that the test knows when to kill it.
"""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from core.data.dataset import Dataset, Example
from core.models.resolve import ModelRef
from core.train.config import from_preset
from core.train.loop import train
from core.train.watch import Watch

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")


class Quiet:
    """A listener that says nothing of steps, and everything else."""

    pausing = False

    def rest(self) -> None:
        pass

    def saving(self) -> AbstractContextManager[None]:
        return nullcontext()

    def report(self, progress: float | None, message: str, **values: Any) -> None:
        pass

    def event(self, kind: str, **payload: Any) -> None:
        if kind in ("resumed", "checkpoint_refused", "out_of_memory"):
            print(json.dumps([kind, payload]), flush=True)

    def check(self) -> None:
        pass


def rows(task: str, count: int) -> list[Example]:
    """Examples of different lengths."""
    texts = [" ".join(WORDS[(n + i) % 8] for i in range(1 + n % 5)) for n in range(count)]
    targets = {
        "translation": ("eins", "zwei drei", "vier"),
        "text-classification": ("a", "b", "c"),
        "text-generation": ("seven", "six five", "four"),
    }[task]
    return [Example(f"e{n}", text, targets[n % 3]) for n, text in enumerate(texts)]


def main(base: str, task: str, folder: str, settings: dict[str, Any]) -> None:
    """Train, telling of each step that ended."""
    dataset = Dataset(
        name="tiny", version="0" * 12, task=task, splits={}, columns={}, source="", prefix="",
        source_language=None, target_language=None,
        labels=("a", "b", "c") if task == "text-classification" else (), synthetic=True,
        created_at="", notes="",
    )  # fmt: skip
    whole = Watch.on_step_end

    def told(self: Watch, args: Any, state: Any, control: Any, **rest: Any) -> None:
        whole(self, args, state, control, **rest)
        print(json.dumps(["step", state.global_step]), flush=True)

    with patch.object(Watch, "on_step_end", told):
        _train(base, dataset, folder, settings)


def _train(base: str, dataset: Dataset, folder: str, settings: dict[str, Any]) -> None:
    examples = rows(dataset.task, 37)
    ref = ModelRef("tiny", "folder", Path(base))
    config = from_preset("balanced", settings)
    train(ref, dataset, config, {"train": examples[:30], "validation": examples[30:]}, None,
          Path(folder), Quiet())  # fmt: skip


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
