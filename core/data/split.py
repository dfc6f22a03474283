"""Train, validation and test: seeded, by label, and never one group on two sides.

A group is what must not be torn apart: near duplicates, or rows of one value in a user's column.
"""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

from core.data.near import MOST_TEXTS, clusters
from core.errors import BadInput

VALIDATION_MOST = 1_000
TEST_MOST = 2_000
"""No split made here is larger: more examples would cost scoring time and narrow little."""
MOST_SHARE = 0.5


@dataclass(frozen=True)
class Scheme:
    """How rows are split.

    Attributes:
        test_share, validation_share: Of the rows, up to TEST_MOST and VALIDATION_MOST rows.
        seed: The same rows and seed give the same split.
        group_column: What keeps rows together instead of likeness; None = near duplicates do.
    """

    test_share: float = 0.1
    validation_share: float = 0.1
    seed: int = 0
    group_column: str | None = None

    def __post_init__(self) -> None:
        """Check the shares.

        Raises:
            BadInput: A share is not from 0 to 0.5.
        """
        for name in ("test_share", "validation_share"):
            share = getattr(self, name)
            if not 0 <= share <= MOST_SHARE:
                flag = f"--{name.replace('_', '-')}"
                raise BadInput(f"{flag} {share:g} cannot be used: expected 0 to {MOST_SHARE:g}.")

    def without(self, splits: Iterable[str]) -> "Scheme":
        """The same, with nothing for these splits."""
        shares: dict[str, Any] = {f"{split}_share": 0.0 for split in splits}
        return replace(self, **shares)


USUAL = Scheme()


@dataclass(frozen=True)
class Assigned:
    """Where each row goes, and what a reader should know of it.

    Attributes:
        names: For each row "train", "validation" or "test".
        record: The scheme and what it met, as JSON: `grouped_by`, `by_label`, `groups`,
            `largest_group_rows`, `labels_kept_in_training` (labels of a single group, which cannot
            be on two sides), and ten of these.
    """

    names: list[str]
    record: dict[str, Any]


def assign(groups: Sequence[Hashable], labels: Sequence[str] | None, scheme: Scheme) -> Assigned:
    """Say for each row which split it goes to.

    Every label gives its share, to within a row or a group; a label of a single group stays in
    training, where it can at least be learnt. A group has the label of its first row.

    Args:
        groups: For each row what it must stay together with.
        labels: For each row its label, for classification; None = no strata.
        scheme: Shares and seed.

    Raises:
        BadInput: All rows are of one group of the user's column, so nothing can be held out.
    """
    rng = Random(f"split-{scheme.seed}")  # noqa: S311 - a split, not a secret
    number: dict[Hashable, int] = {}
    own = [number.setdefault(group, len(number)) for group in groups]
    if len(number) == 1 and len(own) > 1 and scheme.group_column:
        raise BadInput(
            f"The group column {scheme.group_column!r} has one value in all {len(own):,} rows, "
            "so nothing can be held out for a test; name another column, or none."
        )
    sizes = [0] * len(number)
    strata: dict[str, list[int]] = defaultdict(list)
    for row, group in enumerate(own):
        if not sizes[group]:
            strata[labels[row] if labels else ""].append(group)
        sizes[group] += 1
    side = ["train"] * len(number)
    for split, wanted in _wanted(len(own), scheme).items():
        _take(side, sizes, strata, split, wanted, rng)
    if scheme.test_share and "test" not in side and len(number) > 1:
        # Shares of a few rows round to nothing, and something must be measured on.
        side[min(range(len(side)), key=lambda group: (sizes[group], rng.random()))] = "test"
    single = sorted(label for label, found in strata.items() if labels and len(found) == 1)
    record = {
        **asdict(scheme),
        "grouped_by": _grouped_by(len(own), scheme),
        "by_label": labels is not None,
        "groups": len(number),
        "largest_group_rows": max(sizes, default=0),
        "labels_kept_in_training": len(single),
        "labels_kept_examples": single[:10],
    }
    return Assigned([side[group] for group in own], record)


def _wanted(count: int, scheme: Scheme) -> dict[str, float]:
    """Rows that the held-out splits should have."""
    return {
        "test": min(scheme.test_share * count, TEST_MOST),
        "validation": min(scheme.validation_share * count, VALIDATION_MOST),
    }


def _grouped_by(count: int, scheme: Scheme) -> str:
    if scheme.group_column:
        return "column"
    return "near duplicates" if count <= MOST_TEXTS else "equal inputs"


def _take(
    side: list[str],
    sizes: Sequence[int],
    strata: Mapping[str, Sequence[int]],
    split: str,
    wanted: float,
    rng: Random,
) -> None:
    """Move to a split its share of the groups of each label; the next label makes up what is owed.

    A group larger than what is owed would take the place of others: it stays in training.
    """
    share = wanted / max(1, sum(sizes))
    owed = rng.random() - 0.5 if len(strata) > 1 else 0.0
    for label in sorted(strata):
        owed += share * sum(sizes[group] for group in strata[label])
        free = [group for group in strata[label] if side[group] == "train"]
        rng.shuffle(free)
        left = len(free)
        for group in free:
            if left < 2 or owed < 0.5:
                break
            if sizes[group] <= owed + 0.5:
                side[group] = split
                owed -= sizes[group]
                left -= 1


def groups_of(keys: Iterable[str], count: int) -> list[Hashable]:
    """The groups that likeness makes.

    Args:
        keys: The folded text of each row (`core.data.preprocess.key`).
        count: How many there are; beyond MOST_TEXTS only equal texts belong together.
    """
    if count > MOST_TEXTS:
        return [hashlib.blake2b(key.encode(), digest_size=16).digest() for key in keys]
    return list(clusters(list(keys)))
