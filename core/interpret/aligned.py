"""What is kept of a study of translation alignment."""

from dataclasses import asdict, dataclass
from typing import Any

from core.interpret import studies

ALPHA = 0.05


@dataclass(frozen=True)
class HeadAlignment:
    """How well one cross-attention head aligns.

    Attributes:
        layer, head: Counted from 0.
        rows: "writes" or "reads": by which of its rows a target word is aligned better, that which
            chooses its tokens or that which reads them.
        error, error_low, error_high: Alignment error rate on all sentences, 0 to 1, with its 95 %
            interval.
        copied_share: Share of copied words whose largest weight is on the word they copy; None
            where there are none.
    """

    layer: int
    head: int
    rows: str
    error: float
    error_low: float
    error_high: float
    copied_share: float | None


@dataclass(frozen=True)
class Relation:
    """How a measure of attention and the score of a sentence go together.

    Attributes:
        measure: One of `core.interpret.alignment.MEASURES`.
        rank, low, high: Spearman's rank correlation over sentences, with its 95 % interval; None
            where one of the two does not vary.
        given_length: The same with the length of the source held fixed (partial correlation).
        p_value, p_corrected: Two-sided, by chance pairings; after Holm's correction.
    """

    measure: str
    rank: float | None
    low: float | None
    high: float | None
    given_length: float | None
    p_value: float | None
    p_corrected: float | None

    @property
    def decided(self) -> bool:
        """Whether chance is ruled out."""
        return self.p_corrected is not None and self.p_corrected < ALPHA

    @property
    def by_length(self) -> bool:
        """Whether its sign is another with the length held fixed: then the length explains it."""
        return (self.rank or 0.0) * (self.given_length or 0.0) <= 0


@dataclass(frozen=True)
class Sentence:
    """One example.

    Attributes:
        id, input, reference: As the dataset has them.
        target: What the attention was measured on.
        answer: What the model writes itself, which is scored.
        score: Of the answer.
        coverage, entropy_nats, sink_mass, jump_share: As `core.interpret.alignment.Measures`.
    """

    id: str
    input: str
    reference: str
    target: str
    answer: str
    score: float | None
    coverage: float
    entropy_nats: float
    sink_mass: float
    jump_share: float


@dataclass(frozen=True)
class Alignment:
    """What a model's cross-attention says on a dataset.

    Attributes:
        key: Hash of all that it depends on.
        model, dataset, data_version, split: What was asked, on what.
        n: Sentences.
        limit: How many were asked for; None = all. Those without a usable answer do not count.
        target: "own" or "reference": what the sentences' measures are taken on. The heads are
            always judged on the references.
        heads: All, the best on one half of the sentences first.
        held_error, held_low, held_high: The error rate of the best on the other half, which did not
            choose it; None where there are too few sentences.
        diagonal_error: What needs no model, on that half.
        learnt_pairs: Sentence pairs that the silver alignment was learnt from.
        sure_links: Links of the sentences that both of its directions found.
        copied_words: How many words could be checked letter for letter.
        metric, unit: What the sentences are scored by.
        relations: Measures and score.
        sentences: The lowest score first.
        seconds: Time spent.
        created_at: UTC, ISO 8601.
    """

    key: str
    model: str
    dataset: str
    data_version: str
    split: str
    n: int
    limit: int | None
    target: str
    heads: tuple[HeadAlignment, ...]
    held_error: float | None
    held_low: float | None
    held_high: float | None
    diagonal_error: float | None
    learnt_pairs: int
    sure_links: int
    copied_words: int
    metric: str
    unit: str
    relations: tuple[Relation, ...]
    sentences: tuple[Sentence, ...]
    seconds: float
    created_at: str

    @property
    def best(self) -> HeadAlignment:
        """The head that aligns best."""
        return self.heads[0]

    @property
    def strongest(self) -> Relation | None:
        """The largest decided relation that length does not explain, if there is one."""
        found = [one for one in self.relations if one.decided and not one.by_length]
        return max(found, key=lambda one: abs(one.rank or 0.0), default=None)

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def _made(document: dict[str, Any]) -> Alignment:
    fields = {name: document[name] for name in Alignment.__dataclass_fields__}
    fields["heads"] = tuple(HeadAlignment(**one) for one in document["heads"])
    fields["relations"] = tuple(Relation(**one) for one in document["relations"])
    fields["sentences"] = tuple(Sentence(**one) for one in document["sentences"])
    return Alignment(**fields)


STUDIES = studies.Shelf("alignment", _made)
