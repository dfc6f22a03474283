"""Which heads look elsewhere after a fine-tune: the distance of two models' attention.

The distance of two rows of attention p and q is their Jensen–Shannon divergence in nats,
½ Σ p ln(p/m) + ½ Σ q ln(q/m) with m = (p + q)/2 (Lin 1991): 0 where they are the same, ln 2 where
they look at different keys altogether. A head's is the mean over rows, and then over sentences.

A distance above 0 means little: the same model under dropout moves too. So the distance of two
dropout replicas of the tuned model on the same sentences is the noise floor, and a head has moved
where it is beyond it.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.interpret import studies

Array = NDArray[np.float64]
ALPHA = 0.05


def divergence(p: ArrayLike, q: ArrayLike) -> Array:
    """Jensen–Shannon divergence along the last axis, in nats."""
    a, b = np.asarray(p, np.float64), np.asarray(q, np.float64)
    middle = (a + b) / 2
    # Rounding may give a little less than 0.
    return np.asarray(np.maximum((_relative(a, middle) + _relative(b, middle)) / 2, 0.0))


def _relative(p: Array, m: Array) -> Array:
    """Σ p ln(p/m), with 0 ln 0 = 0."""
    ratio = np.divide(p, m, out=np.ones_like(p), where=p > 0)
    return np.asarray((p * np.log(ratio)).sum(-1))


def distance(p: ArrayLike, q: ArrayLike, *, causal: bool) -> Array:
    """The mean divergence of the rows of two attentions (…, queries, keys), in nats, (…).

    The first row of a causal one sees itself alone, and does not count.
    """
    rows = divergence(p, q)
    if causal and rows.shape[-1] > 1:
        rows = rows[..., 1:]
    return np.asarray(rows.mean(-1))


@dataclass(frozen=True)
class MovedHead:
    """One head of both models.

    Attributes:
        kind: "encoder", "decoder" or "cross".
        layer, head: Counted from 0.
        distance_nats, low_nats, high_nats: Mean over sentences, with its 95 % interval.
        floor_nats, floor_low_nats, floor_high_nats: The same of two dropout replicas.
        p_corrected: One-sided, that the distance is above the floor; corrected for all heads.
    """

    kind: str
    layer: int
    head: int
    distance_nats: float
    low_nats: float
    high_nats: float
    floor_nats: float
    floor_low_nats: float
    floor_high_nats: float
    p_corrected: float

    @property
    def place(self) -> tuple[str, int, int]:
        """Kind, layer and head."""
        return self.kind, self.layer, self.head

    @property
    def moved(self) -> bool:
        """Whether it moved beyond the noise floor."""
        return self.p_corrected < ALPHA


@dataclass(frozen=True)
class MovedSentence:
    """One example, and the head that moved farthest on it.

    Attributes:
        id, input, target: As the dataset has them.
        distance_nats: Mean over all heads.
        kind, layer, head: The head.
        head_distance_nats: Its own distance here.
        queries, keys: Labels of tokens.
        before, after: Its weights in a and in b, (queries, keys); None where the text is too long
            to be drawn.
    """

    id: str
    input: str
    target: str
    distance_nats: float
    kind: str
    layer: int
    head: int
    head_distance_nats: float
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    before: tuple[tuple[float, ...], ...] | None
    after: tuple[tuple[float, ...], ...] | None

    @property
    def change(self) -> Array | None:
        """After less before, (queries, keys)."""
        if self.before is None or self.after is None:
            return None
        return np.asarray(np.array(self.after) - np.array(self.before))

    @property
    def gained(self) -> tuple[int, int] | None:
        """Query and key of the weight that grew most; None where nothing is known."""
        change = self.change
        if change is None:
            return None
        query, key = np.unravel_index(int(change.argmax()), change.shape)
        return int(query), int(key)


@dataclass(frozen=True)
class Moved:
    """Two models' attention on the same sentences.

    Attributes:
        key: Hash of all that it depends on.
        a, b: The models; b is the tuned one, whose replicas make the floor.
        dataset, data_version, split: What both read, with the same targets.
        n: Sentences.
        limit: How many were asked for; None = all. Those without a usable answer do not count.
        dropout: Rate of the replicas.
        heads: In the order in which layers run.
        sentences: Those whose attention moved most.
        seconds: Time spent.
        created_at: UTC, ISO 8601.
    """

    key: str
    a: str
    b: str
    dataset: str
    data_version: str
    split: str
    n: int
    limit: int | None
    dropout: float
    heads: tuple[MovedHead, ...]
    sentences: tuple[MovedSentence, ...]
    seconds: float
    created_at: str

    @property
    def moved(self) -> list[MovedHead]:
        """The heads that moved beyond the floor, farthest first."""
        found = [head for head in self.heads if head.moved]
        return sorted(found, key=lambda head: -head.distance_nats)

    @property
    def farthest(self) -> list[MovedHead]:
        """All heads, those that moved first, each group by its distance."""
        return sorted(self.heads, key=lambda head: (not head.moved, -head.distance_nats))

    @property
    def kinds(self) -> list[str]:
        """The kinds of attention they have."""
        return list(dict.fromkeys(head.kind for head in self.heads))

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON, and of each head whether it moved."""
        body = asdict(self)
        body["heads"] = [{**asdict(head), "moved": head.moved} for head in self.heads]
        return body


def _made(document: dict[str, Any]) -> Moved:
    fields = {name: document[name] for name in Moved.__dataclass_fields__}
    known = MovedHead.__dataclass_fields__
    fields["heads"] = tuple(
        MovedHead(**{name: head[name] for name in known}) for head in document["heads"]
    )
    fields["sentences"] = tuple(_sentence(one) for one in document["sentences"])
    return Moved(**fields)


def _sentence(document: dict[str, Any]) -> MovedSentence:
    fields = dict(document)
    for name in ("queries", "keys"):
        fields[name] = tuple(document[name])
    for name in ("before", "after"):
        if document[name] is not None:
            fields[name] = tuple(map(tuple, document[name]))
    return MovedSentence(**fields)


STUDIES = studies.Shelf("moved", _made)
