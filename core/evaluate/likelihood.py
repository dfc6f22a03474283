"""How well a model foretells the reference, whatever it would write itself."""

import math

import numpy as np

from core.evaluate.answer import Answer
from core.evaluate.scorer import Rate


def perplexity(_language: str | None) -> Rate:
    """E to the mean negative log-likelihood of a reference token (Jelinek et al. 1977).

    As hard as a choice between so many tokens that are equally likely. Tokens are the model's own,
    so that only models with one tokenizer can be compared.
    """
    return Rate("per:model token|condition:input", _per_token, _exponential)


def bits_per_byte(_language: str | None) -> Rate:
    """The same in bits for each UTF-8 byte of the reference: comparable across tokenizers."""
    return Rate("per:utf-8 byte|condition:input", _per_byte)


def _per_token(_reference: str, answer: Answer) -> tuple[float, float] | None:
    if answer.reference_nats is None or not answer.reference_tokens:
        return None
    return answer.reference_nats, float(answer.reference_tokens)


def _per_byte(reference: str, answer: Answer) -> tuple[float, float] | None:
    if answer.reference_nats is None or not reference:
        return None
    return answer.reference_nats / math.log(2), float(len(reference.encode()))


def _exponential(nats: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(nats))
