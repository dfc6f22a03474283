"""Near duplicates: which texts are almost the same, found without comparing all with all.

MinHash (Broder 1997) over runs of five characters: the share of equal places in two signatures
estimates the share of runs that two texts have in common (Jaccard). Texts that agree in a whole
band of places are candidates; each candidate pair is then measured exactly. Everything that is done
for every text is done in numpy for many texts at once.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

RUN_CHARACTERS = 5
ALIKE = 0.8
"""Share of runs in common from which two texts count as near duplicates."""
PLACES, BANDS = 64, 16
"""16 bands of 4 places: a pair with 0.8 in common is a candidate with probability 0.9998, one with
0.7 with 0.99, one with 0.3 with 0.12."""
MOST_RUNS = 512
"""Of a longer text the runs with the smallest hashes stand for all: the same ones in both texts."""
MOST_TEXTS = 300_000
"""Beyond it only equal texts are found: the signatures alone would take 80 MB and more."""
_CHUNK_CHARACTERS = 1_000_000
_NEIGHBOURS = 4
_SLACK = 0.2
"""Four standard errors of the estimate at 0.8 and 64 places: below, no exact look."""
_DIGITS = re.compile(r"\d+")

Hashes = NDArray[np.uint32]
Indices = NDArray[np.int64]


def clusters(texts: Sequence[str]) -> list[int]:
    """The cluster of each text: texts that are linked by near duplicates share a number.

    Two texts whose numbers differ are not near duplicates: "due on 3 March", "due on 4 March".

    Args:
        texts: Already folded (`core.data.preprocess.key`), so that case and spaces do not matter.

    Returns:
        For each text the index of the first text of its cluster.
    """
    place: dict[str, int] = {}
    own = [place.setdefault(text, len(place)) for text in texts]
    distinct = list(place)
    roots = _Forest(len(distinct))
    if len(distinct) <= MOST_TEXTS:
        for a, b in _candidates(distinct):
            if roots.find(a) != roots.find(b) and alike(distinct[a], distinct[b]) >= ALIKE:
                roots.join(a, b)
    first: dict[int, int] = {}
    return [first.setdefault(roots.find(number), index) for index, number in enumerate(own)]


def alike(a: str, b: str) -> float:
    """Share of runs that two texts have in common, 0 to 1; 0 where their numbers differ."""
    if _DIGITS.findall(a) != _DIGITS.findall(b):
        return 0.0
    runs_a, runs_b = _runs(a), _runs(b)
    return len(runs_a & runs_b) / len(runs_a | runs_b)


def _runs(text: str) -> set[str]:
    last = max(1, len(text) - RUN_CHARACTERS + 1)
    return {text[start : start + RUN_CHARACTERS] for start in range(last)}


class _Forest:
    """Union–find: which texts hang together."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def find(self, one: int) -> int:
        while self._above[one] != one:
            self._above[one] = self._above[self._above[one]]
            one = self._above[one]
        return one

    def join(self, a: int, b: int) -> None:
        a, b = self.find(a), self.find(b)
        self._above[max(a, b)] = min(a, b)


def _candidates(texts: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Pairs of texts that may be alike, by their signatures."""
    if len(texts) < 2:
        return ()
    signatures = np.concatenate(list(_signatures(texts)))
    rows = PLACES // BANDS
    codes = [_banded(signatures[:, band * rows : (band + 1) * rows]) for band in range(BANDS)]
    pairs = np.unique(np.concatenate(codes))
    a, b = np.divmod(pairs, len(texts))
    near = np.empty(len(pairs), bool)
    for start in range(0, len(pairs), 65_536):  # a signature is 256 bytes: 16 MB at a time
        part = slice(start, start + 65_536)
        same = (signatures[a[part]] == signatures[b[part]]).mean(axis=1)
        near[part] = same >= ALIKE - _SLACK
    return zip(a[near].tolist(), b[near].tolist(), strict=True)


def _banded(band: Hashes) -> Indices:
    """Pairs that agree in a band, each as `a * count + b` with a < b.

    Within many that agree, each is paired with its next few and with the first: two that are truly
    alike agree in about six bands, in other company each time.
    """
    count = len(band)
    keys = np.zeros(count, np.uint64)
    for column in band.T:
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + column
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    firsts = order[np.repeat(starts, np.diff(np.r_[starts, count]))]
    found = [_coded(firsts, order, count)]
    for step in range(1, min(_NEIGHBOURS, count - 1) + 1):
        same = keys[step:] == keys[:-step]
        found.append(_coded(order[:-step][same], order[step:][same], count))
    return np.concatenate(found)


def _coded(a: Indices, b: Indices, count: int) -> Indices:
    low, high = np.minimum(a, b), np.maximum(a, b)
    codes: Indices = (low * count + high)[low != high]
    return codes


def _signatures(texts: Sequence[str]) -> Iterable[Hashes]:
    """Signatures, (texts of a chunk, PLACES) each."""
    start = held = 0
    for end, text in enumerate(texts, 1):
        held += len(text) + RUN_CHARACTERS
        if held >= _CHUNK_CHARACTERS or end == len(texts):
            yield _signature(texts[start:end])
            start, held = end, 0


def _signature(texts: Sequence[str]) -> Hashes:
    hashes, owners = _hashes(texts)
    counts = np.bincount(owners, minlength=len(texts))
    # The smallest hashes of a long text: a fair sample, and the same in a text that is alike.
    share = np.minimum(1.0, MOST_RUNS / counts)
    kept = hashes <= (share * (2**32 - 1)).astype(np.uint32)[owners]
    kept |= counts[owners] <= MOST_RUNS
    hashes, owners = hashes[kept], owners[kept]
    starts = np.searchsorted(owners, np.arange(len(texts)))
    made = np.empty((len(texts), PLACES), np.uint32)
    for place, (factor, shift) in enumerate(_FACTORS):
        made[:, place] = np.minimum.reduceat(_mixed(hashes * factor + shift), starts)
    return made


def _hashes(texts: Sequence[str]) -> tuple[Hashes, Indices]:
    """The hash of every run, and the number of the text that it stands in."""
    lengths = np.array([max(len(text), RUN_CHARACTERS) for text in texts])
    joined = "".join(text.ljust(RUN_CHARACTERS, "\0") for text in texts)
    signs = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.cumsum(lengths)
    count = len(signs) - RUN_CHARACTERS + 1
    hashes = np.zeros(count, np.uint32)
    for offset in range(RUN_CHARACTERS):
        hashes = hashes * np.uint32(0x01000193) + signs[offset : offset + count]
    owners = np.repeat(np.arange(len(texts)), lengths)[:count]
    whole = np.arange(count) + RUN_CHARACTERS <= ends[owners]
    return _mixed(hashes[whole]), owners[whole]


def _mixed(hashes: Hashes) -> Hashes:
    """MurmurHash3's last step: every bit of the input moves every bit of the output."""
    hashes = hashes ^ (hashes >> np.uint32(16))
    hashes = hashes * np.uint32(0x85EBCA6B)
    return hashes ^ (hashes >> np.uint32(13))


_RNG = np.random.default_rng(20_260_101)
_FACTORS = tuple(
    (np.uint32(factor | 1), np.uint32(shift))
    for factor, shift in _RNG.integers(1, 2**32 - 1, (PLACES, 2), dtype=np.uint32)
)
