"""How near an answer is to its reference in meaning, as an encoder sees it: two metrics.

`core.evaluate.similarity` computes what is scored here; the signature names the encoder. COMET is
not among them: unbabel-comet 2.2.7 wants transformers below 5, numpy below 2 and huggingface-hub
below 1, none of which can be installed beside this package.
"""

from collections.abc import Sequence

from core.evaluate.answer import Answer
from core.evaluate.scorer import Rate

ENCODER = "starter-encode"
"""Where none is named: small, and here without a network."""


def bertscore(_language: str | None) -> Rate:
    """BERTScore F1 (Zhang et al. 2020): every token matched with its nearest of the other text."""
    return _of("bertscore", "f1|layer:last|special:no|idf:no|rescale:no")


def embedding(_language: str | None) -> Rate:
    """Cosine of the two texts' mean token vectors (Reimers and Gurevych 2019)."""
    return _of("embedding", "cosine|pooling:mean|layer:last|special:no")


def encoder_of(answers: Sequence[Answer]) -> str | None:
    """Which encoder compared the answers."""
    return next((answer.encoder for answer in answers if answer.encoder is not None), None)


def _of(name: str, signature: str) -> Rate:
    def parts(_reference: str, answer: Answer) -> tuple[float, float] | None:
        return None if answer.similarity is None else (answer.similarity[name], 1.0)

    return Rate(signature, parts)
