"""The first batch of a run as the model sees it: tokens, padding, and what the loss counts.

It is drawn by the same Trainer as in the run, from the same features, so that it is the same batch.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import Tensor, nn
from transformers import set_seed

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.models.load import load_config, load_tokenizer
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef, known_shape
from core.train.checkpoint import Checkpoints
from core.train.clock import Clock
from core.train.config import TrainConfig
from core.train.loop import fit_tokenizer, replay_rows
from core.train.objectives import IGNORED, MAKERS, Collator, Feature
from core.train.replay import Replay
from core.train.trainer import build
from core.train.watch import Watch

MOST_ROWS = 50_000
"""Of a larger split only the beginning is turned into tokens, and that is said."""


class _Outline(nn.Module):  # type: ignore[misc]
    """What the Trainer must know of a model to draw batches: no weights are loaded."""

    def __init__(self, config: Any, purpose: str) -> None:
        super().__init__()
        self.config = config
        self._writes = purpose in ("seq2seq", "causal")
        self.nothing = nn.Linear(1, 1)

    def can_generate(self) -> bool:
        """Whether the model writes its answers."""
        return self._writes

    def forward(self, **_: Any) -> None:
        """It never computes."""


class _Nobody:
    """A listener that is told nothing."""

    pausing = False

    def report(self, *_: Any, **__: Any) -> None:
        """Nothing is told."""

    def event(self, *_: Any, **__: Any) -> None:
        """Nothing is told."""

    def check(self) -> None:
        """Nobody asks to stop."""

    def rest(self) -> None:
        """Nobody asks to pause."""

    def saving(self) -> AbstractContextManager[None]:
        """Nothing is saved."""
        return nullcontext()


def first_batch(
    ref: ModelRef,
    dataset: Dataset,
    config: TrainConfig,
    examples: Sequence[Example],
    replay: Replay | None = None,
) -> dict[str, Any]:
    """Draw the first batch that a run would train on.

    Args:
        ref: The base model, fetched.
        dataset: What the examples belong to.
        config: How it would be trained.
        examples: The training split.
        replay: General examples that may be mixed in, and their dataset.

    Returns:
        JSON: `rows[]` of {tokens, target, input[]{token, id, role}, labels[]{token, counted},
        padding, cut_input, cut_target}; `input_tokens` (width), `padding_share`, `learnt_tokens`,
        `considered_rows`, `whole` (whether these are all).

    Raises:
        BadInput: There is no training example, or the base cannot do the task.
    """
    if not examples:
        raise BadInput(f"{dataset.title} has no training example; import more rows.")
    set_seed(config.seed)
    purpose = purpose_for(known_shape(ref).family, dataset.task, ref.name)
    tokenizer, model_config = load_tokenizer(ref), load_config(ref)
    fit_tokenizer(tokenizer, model_config)
    taken = examples[:MOST_ROWS]
    made = MAKERS[purpose](tokenizer, dataset, taken, config)
    extra = replay_rows(tokenizer, MAKERS[purpose], made, replay, config)
    rows = _first(model_config, purpose, config, made.rows + extra, tokenizer.pad_token_id)
    known = {id(row): n for n, row in enumerate(made.rows)} if len(made.rows) == len(taken) else {}
    whole = [
        _lengths(tokenizer, dataset, taken[known[id(row)]]) if id(row) in known else None
        for row in rows
    ]
    batch = Collator(tokenizer.pad_token_id)(rows)
    names = dataset.labels if purpose == "classification" else ()
    listed = [_row(tokenizer, batch, n, names, lengths) for n, lengths in enumerate(whole)]
    return {
        "rows": listed,
        "input_tokens": batch["input_ids"].shape[1],
        "padding_share": 1 - float(batch["attention_mask"].float().mean()),
        "learnt_tokens": sum(cell["counted"] for row in listed for cell in row["labels"]),
        "considered_rows": len(taken),
        "whole": len(taken) == len(examples),
    }


def _first(
    model_config: Any, purpose: str, config: TrainConfig, rows: list[Feature], pad_id: int
) -> list[Feature]:
    """The features of the first batch, as the run's own Trainer draws them."""
    seen: list[list[Feature]] = []

    def collate(drawn: list[Feature]) -> dict[str, Tensor]:
        seen.append(drawn)
        return Collator(pad_id)(drawn)

    # Here, not in processes of their own: what is drawn must be seen.
    kept = {k: v for k, v in config.trainer.items() if not k.startswith("dataloader")}
    watch = Watch(replace(config, trainer=kept), Clock(None), _Nobody(), None)
    with TemporaryDirectory() as folder:
        trainer = build(
            _Outline(model_config, purpose), purpose, watch.config, 1e-3, rows, [], pad_id,
            Checkpoints(Path(folder), {}), watch,
        )  # fmt: skip
        trainer.data_collator = collate
        next(iter(trainer.get_train_dataloader()))
    return seen[0]


def _lengths(tokenizer: Any, dataset: Dataset, example: Example) -> tuple[int, int]:
    """Tokens of an example's input and target before anything is cut."""
    given = tokenizer(dataset.model_input(example))["input_ids"]
    return len(given), len(tokenizer(text_target=example.target)["input_ids"])


def _row(
    tokenizer: Any,
    batch: dict[str, Tensor],
    number: int,
    names: Sequence[str],
    lengths: tuple[int, int] | None,
) -> dict[str, Any]:
    """One row of a batch, position by position; `lengths` None = not known, shown as not cut."""
    special = set(tokenizer.all_special_ids)
    seen = batch["attention_mask"][number].tolist()
    ids = batch["input_ids"][number].tolist()
    given = [
        {"token": token, "id": i, "role": _role(i, here, special)}
        for token, i, here in zip(tokenizer.convert_ids_to_tokens(ids), ids, seen, strict=True)
    ]
    labels = _labels(tokenizer, batch, number, names)
    learnt = [cell["token"] for cell in labels if cell["counted"]]
    prompt = sum(seen) - (len(learnt) if len(labels) == len(given) and "labels" in batch else 0)
    return {
        "tokens": [cell["token"] for cell in given if cell["role"] != "padding"],
        "target": learnt,
        "input": given,
        "labels": labels,
        "padding": len(seen) - sum(seen),
        "cut_input": lengths is not None and lengths[0] > prompt,
        "cut_target": lengths is not None and not names and lengths[1] > len(learnt),
    }


def _role(token_id: int, seen: int, special: set[int]) -> str:
    if not seen:
        return "padding"
    return "special" if token_id in special else "text"


def _labels(
    tokenizer: Any, batch: dict[str, Tensor], number: int, names: Sequence[str]
) -> list[dict[str, Any]]:
    """What is to be said: label tokens, a class, or the first and last token of the answer."""
    if "labels" not in batch:
        places = [int(batch[f"{end}_positions"][number]) for end in ("start", "end")]
        ids = [int(batch["input_ids"][number][place]) for place in places]
        return [{"token": t, "counted": True} for t in tokenizer.convert_ids_to_tokens(ids)]
    labels = batch["labels"][number]
    if names and labels.dim() == 0:
        return [{"token": names[int(labels)], "counted": True}]
    return [
        {"token": "" if i == IGNORED else tokenizer.convert_ids_to_tokens(i),
         "counted": i != IGNORED}
        for i in labels.tolist()
    ]  # fmt: skip
