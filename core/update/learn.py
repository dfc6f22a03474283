"""Accepted corrections into training examples, keeping away from what the model is judged on."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.dataset import Example
from core.update.feedback import Feedback


@dataclass(frozen=True)
class Learnt:
    """What became of the corrections.

    Attributes:
        splits: The dataset's splits with the corrections in "train".
        used: Feedback that went in.
        withheld: Feedback left out, because its input is a validation or test row.
    """

    splits: dict[str, list[Example]]
    used: list[Feedback]
    withheld: list[Feedback]


def learn(splits: Mapping[str, Sequence[Example]], accepted: Sequence[Feedback]) -> Learnt:
    """Add accepted corrections (newest first) to the training split.

    A correction replaces training examples with the same input: left in, the wrong answer would go
    on being taught. Of several corrections of one input the newest counts. Validation and test
    stay as they are, so that old and new are judged on the same rows.
    """
    held = {same_input(e.input, e.context) for name in ("validation", "test") for e in splits[name]}
    newest: dict[tuple[str, str], Feedback] = {}
    withheld = []
    for entry in accepted:
        key = same_input(entry.input, entry.context)
        if key in held:
            withheld.append(entry)
        else:
            newest.setdefault(key, entry)
    corrected = [
        Example(entry.id, entry.input, entry.correction or "", entry.context)
        for entry in newest.values()
    ]
    kept = [e for e in splits["train"] if same_input(e.input, e.context) not in newest]
    return Learnt(
        {**{name: list(rows) for name, rows in splits.items()}, "train": [*kept, *corrected]},
        [entry for entry in accepted if entry not in withheld],
        withheld,
    )


def same_input(text: str, context: str | None) -> tuple[str, str]:
    """What two inputs have in common that differ in case, width or spaces alone."""
    folded = (unicodedata.normalize("NFKC", part).casefold() for part in (text, context or ""))
    first, second = (" ".join(part.split()) for part in folded)
    return first, second
