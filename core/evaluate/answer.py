"""What a model gave for one example: the text, and what was noted on the way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One answer, from wherever it came.

    Attributes:
        text: What was written, chosen or pointed at; "" where nothing was.
        probabilities: Of a classifier, by label: they sum to 1, or, where an example may have
            several labels, each is that of a yes. None = not known.
        reference_nats: −ln p(reference | input), summed over the reference's tokens. None = not
            computed.
        reference_tokens: How many tokens that sum has.
        seconds: From asking to the whole answer, where it was asked alone; None in a batch.
        input_tokens, output_tokens: As the model's tokenizer, or the endpoint, counts them.
        dollars: What it cost, where each answer has a price.
        similarity: To the reference, by metric, as `encoder` sees it. None = not computed.
        encoder: The name of the model that compared the two.
        error: Why there is none: one sentence; the text is "" then.
    """

    text: str
    probabilities: Mapping[str, float] | None = None
    reference_nats: float | None = None
    reference_tokens: int | None = None
    seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    dollars: float | None = None
    similarity: Mapping[str, float] | None = None
    encoder: str | None = None
    error: str | None = None


def of_texts(texts: Iterable[str]) -> list[Answer]:
    """Answers of which nothing but the text is known."""
    return [Answer(text) for text in texts]
