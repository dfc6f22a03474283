"""Batches of like length, in random order, each of about as many tokens: little is padded.

Transformers' own `group_by_length` sorts within large groups that are drawn at random, so that
neighbouring steps see texts of one length; learning suffered. Where a whole epoch is sorted, texts
of exactly one length, which are often of one kind, are learnt together, and held-out loss stays
higher. So an epoch is cut into pools of a few batches at random, each pool is cut into batches of
like length, and then the order of all batches is drawn.

A batch of an epoch is a pure function of the sizes, the number of batches, the seed and the epoch:
`epoch_batches(...)[k]` is what step k of that epoch learns from, however often and wherever it is
asked. A run that is resumed in the middle of an epoch asks again and goes on at k.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

Size = tuple[int, ...]
"""Tokens of a row in each stack that reads it: (input,), or (input, target)."""
POOL = 16
"""Batches that are made of one draw of rows."""


def epoch_batches(
    sizes: Sequence[Size], count: int, seed: int, epoch: int, *, even: str = "tokens"
) -> list[list[int]]:
    """Cut an epoch into batches of like length.

    Rows are drawn into pools of `POOL` batches. Those of a pool are sorted by size, equal ones in
    random order, and cut into runs of at most a budget of tokens, padding counted, or of rows. The
    budget is the smallest that gives the pool's batches, so there are exactly `count` in each
    epoch. Then the order of all batches is drawn.

    Args:
        sizes: Of each row; all tuples equally long.
        count: Batches to make, 1 to the number of rows.
        seed: Of the draw.
        epoch: Which one; the draw depends on it too.
        even: What batches hold as many of: "tokens", for a loss that is a mean over tokens; "rows",
            for one over rows, where each row should weigh the same.

    Returns:
        `count` lists of indices of rows; each row stands in one of them.
    """
    rng = random.Random(f"{seed} {epoch}")  # noqa: S311 - a reproducible draw, not a secret
    drawn = rng.sample(range(len(sizes)), len(sizes))
    batches = []
    for first in range(0, count, POOL):
        last = min(first + POOL, count)
        rows = drawn[first * len(drawn) // count : last * len(drawn) // count]
        rows.sort(key=lambda i: (max(sizes[i]), sizes[i], rng.random()))
        batches += _pool(rows, sizes, last - first, even)
    rng.shuffle(batches)
    return batches


def _pool(rows: list[int], sizes: Sequence[Size], count: int, even: str) -> list[list[int]]:
    """Cut sorted rows into `count` batches."""
    if even == "rows":
        return [rows[k * len(rows) // count : (k + 1) * len(rows) // count] for k in range(count)]
    own = [sizes[i] for i in rows]
    cuts = _cuts(_groups(own), token_budget(own, count))
    batches = [rows[a:b] for a, b in zip([0, *cuts], cuts, strict=False)]
    while len(batches) < count:
        largest = max(range(len(batches)), key=lambda i: len(batches[i]))
        half = len(batches[largest]) // 2
        batches[largest : largest + 1] = [batches[largest][:half], batches[largest][half:]]
    return batches


def token_budget(sizes: Sequence[Size], count: int) -> int:
    """The fewest padded tokens a batch may hold so that at most `count` batches are needed."""
    groups = _groups(sizes)
    low, high = 1, padded_tokens(sizes)
    while low < high:
        middle = (low + high) // 2
        if len(_cuts(groups, middle)) <= count:
            high = middle
        else:
            low = middle + 1
    return low


def padded_tokens(sizes: Sequence[Size]) -> int:
    """Tokens of a batch of these rows, all stacks together, each padded to its longest."""
    longest: list[int] = [max(stack) for stack in zip(*sizes, strict=True)]
    return sum(longest) * len(sizes)


def _groups(sizes: Sequence[Size]) -> list[tuple[Size, int]]:
    """Each size that occurs and how many rows have it, sorted as rows are."""
    return sorted(Counter(sizes).items(), key=lambda group: (max(group[0]), group[0]))


def _cuts(groups: Sequence[tuple[Size, int]], budget: int) -> list[int]:
    """Where each run of sorted rows ends; a run holds a row, or more within the budget.

    Args:
        groups: As `_groups` gives them.
        budget: Padded tokens that a run may hold.
    """
    ends: list[int] = []
    start, place, longest = 0, 0, groups[0][0]
    for size, rows in groups:
        longest = tuple(map(max, longest, size))
        end = place + rows
        # How far the run may reach; what was in it before this size came fits in any case.
        while (fit := max(place, start + max(1, budget // sum(longest)))) < end:
            ends.append(fit)
            start, longest = fit, size
        place = end
    return [*ends, place]


class LengthBatches:
    """The batches of one epoch after the other, as a DataLoader's `batch_sampler`.

    Args:
        sizes: Of each row.
        batch_size: Rows of a batch on average: there are as many batches as if each had so many.
        seed: Of the draw.
        even: As for `epoch_batches`.

    `set_epoch` is called by the Trainer, also of a run that is resumed.
    """

    def __init__(
        self, sizes: Sequence[Size], batch_size: int, seed: int, even: str = "tokens"
    ) -> None:
        self._sizes, self._seed, self._even, self._epoch = sizes, seed, even, 0
        self._count = -(-len(sizes) // batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch is asked for next."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Batches of an epoch, the same for each."""
        return self._count

    def __iter__(self) -> Iterator[list[int]]:
        """Indices of the rows of each batch of the epoch."""
        made = epoch_batches(self._sizes, self._count, self._seed, self._epoch, even=self._even)
        return iter(made)
