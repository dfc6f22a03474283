"""Accepted corrections into training examples, keeping away from what the model is judged on.

One input in five is held out by its hash and never trained on: these corrections are the new slice
on which an update must be better. The hash decides, so that nobody chooses, and the same input is
held out in every update.
"""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.dataset import Example
from core.errors import BadInput
from core.train.replay import replayed
from core.update.feedback import Feedback

MOST_REPLAY = 0.9
HELD_ONE_IN = 5
"""Of all inputs that users corrected, one in so many judges and is not learnt."""


@dataclass(frozen=True)
class Learnt:
    """What became of the corrections.

    Attributes:
        splits: The dataset's splits with the corrections in "train".
        used: Feedback that went in.
        withheld: Feedback left out, because its input is a validation or test row.
        held: Feedback left out to judge the next model.
        corrected: The examples that were made of `used`; an example's id is its feedback's.
    """

    splits: dict[str, list[Example]]
    used: list[Feedback]
    withheld: list[Feedback]
    held: list[Feedback]
    corrected: list[Example]


def learn(splits: Mapping[str, Sequence[Example]], accepted: Sequence[Feedback]) -> Learnt:
    """Add accepted corrections (newest first) to the training split.

    A correction replaces training examples with the same input: left in, the wrong answer would go
    on being taught; one that is held out removes them, or its input would not be new. Of several
    corrections of one input the newest counts. Validation and test stay as they are, so that old
    and new are judged on the same rows.
    """
    judged = {same_input(e.input, e.context)
              for name in ("validation", "test") for e in splits[name]}  # fmt: skip
    newest: dict[tuple[str, str], Feedback] = {}
    withheld, held = [], []
    for entry in accepted:
        key = same_input(entry.input, entry.context)
        if key in judged:
            withheld.append(entry)
        elif held_out(entry.input, entry.context):
            held.append(entry)
        else:
            newest.setdefault(key, entry)
    corrected = [example_of(entry) for entry in newest.values()]
    gone = {*newest, *(same_input(entry.input, entry.context) for entry in held)}
    kept = [e for e in splits["train"] if same_input(e.input, e.context) not in gone]
    left = {entry.id for entry in (*withheld, *held)}
    return Learnt(
        {**{name: list(rows) for name, rows in splits.items()}, "train": [*kept, *corrected]},
        [entry for entry in accepted if entry.id not in left],
        withheld,
        held,
        corrected,
    )


def example_of(entry: Feedback) -> Example:
    """The example that a correction makes; its id says where it came from."""
    return Example(entry.id, entry.input, entry.correction or "", entry.context)


def learnable(corrections: Sequence[Feedback]) -> list[Feedback]:
    """Of accepted corrections those that are not held out."""
    return [entry for entry in corrections if not held_out(entry.input, entry.context)]


def held_out(text: str, context: str | None) -> bool:
    """Whether corrections of an input judge models and are never learnt."""
    digest = hashlib.sha256("\n".join(same_input(text, context)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_ONE_IN == 0


def check_replay(share: float | None) -> None:
    """Refuse a share of old rows that cannot be.

    Raises:
        BadInput: It is below 0 or above MOST_REPLAY.
    """
    if share is not None and not 0 <= share <= MOST_REPLAY:
        raise BadInput(
            f"replay: {share:g} cannot be the share of old rows among the training rows; give one "
            f"from 0 (new rows alone) to {MOST_REPLAY:g}, or leave it out to train on all rows."
        )


def mixed(
    learnt: Learnt, share: float, *, labels: Sequence[str] = (), seed: int = 0
) -> list[Example]:
    """The corrections, and so many older examples that these make up `share` of all.

    Args:
        learnt: What became of the corrections.
        share: Of older examples among all, 0 to 0.9; where there are too few, all of them.
        labels: For classification: of each, one older example is there at least, or the model would
            lose a class.
        seed: Of the draw.
    """
    new = {example.id for example in learnt.corrected}
    old = [example for example in learnt.splits["train"] if example.id not in new]
    drawn = {example.id for example in replayed(len(new), share, old, seed)}
    missing = set(labels) - {e.target for e in old if e.id in drawn}
    missing -= {example.target for example in learnt.corrected}
    for example in old:
        if example.target in missing:
            missing.discard(example.target)
            drawn.add(example.id)
    return [e for e in learnt.splits["train"] if e.id in drawn or e.id in new]


def same_input(text: str, context: str | None) -> tuple[str, str]:
    """What two inputs have in common that differ in case, width or spaces alone."""
    folded = (unicodedata.normalize("NFKC", part).casefold() for part in (text, context or ""))
    first, second = (" ".join(part.split()) for part in folded)
    return first, second
